"""`checkpoint-hq verify`, `retain` and `import`: what is held is proven, forgotten in time, and added to by hand."""

import sys
from pathlib import Path

import click

from hq.commands.options import NO, Wrong, on_headquarters, with_retention
from hq.config import RetentionPolicy
from hq.ingest.sticks import import_folder
from hq.office import Office
from hq.people.accounts import Accounts
from hq.records.proof import prove, station_ids
from hq.records.retention import destroy
from hq.watch import RETENTION


@click.command(epilog="Example: checkpoint-hq verify lane-1-0f3a9c21")
@click.argument("stations", nargs=-1)
@on_headquarters
def verify(office: Office, stations: tuple[str, ...]) -> None:
    """Prove whole chains again and name the first bad event. Exit code 1: a chain is broken."""
    broken = False
    with office.store.reading() as db:
        for station in stations or station_ids(db):
            try:
                proof = prove(db, station)
            except KeyError:
                raise Wrong(f"no station {station}") from None
            if proof.bad is None:
                click.echo(f"{station}: {proof.events} events, unbroken")
            else:
                epoch, seq, why = proof.bad
                click.echo(f"{station}: event {seq} of epoch {epoch} {why}")
                broken = True
    if broken:
        sys.exit(NO)


@click.command(epilog="Example: checkpoint-hq retain --retention-days 30")
@with_retention
@on_headquarters
def retain(office: Office, retention: RetentionPolicy) -> None:
    """Destroy personal data and photos whose time is over; `serve` does so every day by itself.

    The records stay, and every chain still verifies.
    """
    try:
        done = destroy(office.store, office.shelf, retention, office.now())
    except OSError as error:
        raise Wrong(f"a photo could not be destroyed: {error}") from error
    told = f"{done.records} records, {done.photos} photos; {done.kept} kept for cases"
    Accounts(office.store, office.now).note("command line", RETENTION, told)
    click.echo(f"destroyed: {told}")


@click.command("import", epilog="Example: checkpoint-hq import /media/stick")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@on_headquarters
def import_(office: Office, folder: Path) -> None:
    """Take in the batches and photos on a stick and leave receipts on it. Exit code 1: something was refused."""
    try:
        done = import_folder(office, folder)
    except OSError as error:
        raise Wrong(f"{folder}: {error.strerror or error}") from error
    for station, count in done.events.items():
        click.echo(f"{station}: {count} events")
    click.echo(f"{done.photos} photos")
    for name, why in done.refused:
        click.echo(f"{name}: {why}", err=True)
    if done.refused:
        sys.exit(NO)
