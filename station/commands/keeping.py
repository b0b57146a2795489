"""`checkpoint backup`, `restore` and `retention`: what survives, and what must not."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from checkpoint.errors import JournalError, JournalFull
from checkpoint.journal import look_at
from checkpoint.journal import restore as restore_journal
from hardware.clock import SystemClock
from station import RELEASED
from station.commands.options import config_option, loaded, opened_journal
from station.commands.output import ANSWER_IS_NO, dated, leave, print_json
from station.folders import Folders
from station.upkeep import back_up, retain
from station.wiring import backup_folder, open_seal


@click.command(epilog="Example: checkpoint backup   or, onto a stick: checkpoint backup --to /media/stick")
@config_option
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to back up into; left out, [backup] folder, else `backups` beside the journal.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def backup(config_path: Path, to: Path | None, as_json: bool) -> None:
    """Back the journal and its photos up, beside the running station or without it, and read the copy back.

    The station's key is not in a backup: keep a copy of the keys folder elsewhere, under lock.

    Exit code 0: done; 1: not possible (no room, no stick), older backups are as they were; 2: no journal.
    """
    config = loaded(config_path)
    with opened_journal(config) as (journal, folders, clock):
        place = to or backup_folder(config)
        try:
            made = back_up(journal, place, folders.data, keep=config.backup.keep, now=clock.now().wall)
        except JournalError as error:
            click.echo(str(error), err=True)
            leave(ANSWER_IS_NO)
    generation = made.generation
    if as_json:
        print_json(
            {"file": str(generation.path), "events": generation.seq, "photos": made.photos, "dropped": made.dropped}
        )
        return
    click.echo(
        f"{generation.path}: {generation.seq} events, read back whole; {made.photos} new photos"
        + (f"; {made.dropped} older ones made way" if made.dropped else "")
    )


@click.command(epilog="Example: checkpoint restore /media/stick   or one file: checkpoint restore journal-e1-....db")
@click.argument("source", metavar="FILE|FOLDER", type=click.Path(path_type=Path, exists=True))
@config_option
@click.option("--replace", is_flag=True, help="Even where the journal here is another station's work.")
@click.option("--look", is_flag=True, help="Only read the backup and say what it holds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def restore(source: Path, config_path: Path, replace: bool, look: bool, as_json: bool) -> None:
    """Put a backup in place of this station's journal. The station must be stopped.

    The journal that was there is kept aside, and what it holds after the backup is taken over. The station goes on in
    a new epoch, which headquarters sees with the next upload.

    Exit code 0: done; 1: the backup is not whole, or the journal must not be replaced; 2: usage.
    """
    config = loaded(config_path)
    folders = Folders(config.data)
    try:
        if look:
            found = look_at(source)
            if as_json:
                print_json(
                    {"file": str(found.path), "epoch": found.epoch, "events": found.seq, "made_at": found.made_at or ""}
                )
            else:
                made = f", made {dated(found.made_at, ZoneInfo(config.timezone))}" if found.made_at else ""
                click.echo(f"{found.path}: whole, {found.seq} events{made}")
            return
        clock = SystemClock(floor=RELEASED)
        done = restore_journal(folders.journal, source, clock=clock, seal=open_seal(folders), replace=replace)
    except JournalFull:
        raise
    except JournalError as error:
        click.echo(str(error), err=True)
        leave(ANSWER_IS_NO)
    if as_json:
        print_json(
            {
                "source": str(done.source),
                "restored": done.restored,
                "salvaged": done.salvaged,
                "epoch": done.epoch,
                "kept_aside": str(done.kept_aside or ""),
                "readable": done.readable,
            }
        )
        return
    click.echo(
        f"restored {done.restored} events from {done.source}, took {done.salvaged} later ones over; "
        f"now in epoch {done.epoch}"
    )
    if done.kept_aside:
        click.echo(f"the journal that was here: {done.kept_aside}")
    if not done.readable:
        click.echo("its personal records were sealed by another key than this station's: headquarters can open them")


@click.group(epilog="Example: checkpoint retention run")
def retention() -> None:
    """Destroy personal data whose time is over; the running station does it each night by itself."""


@retention.command(epilog="Example: checkpoint retention run --json")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def run(config_path: Path, as_json: bool) -> None:
    """Destroy what is older than [retention] allows, now. What headquarters has not confirmed stays.

    Exit code 0: done; 1: the clock is not trusted, so nobody can say what is old; 2: no journal.
    """
    config = loaded(config_path)
    with opened_journal(config) as (journal, _folders, clock):
        now = clock.now()
        if not now.trust.may_admit and config.clock.source == "system":
            click.echo("the clock is not trusted, so nothing was destroyed: let an officer confirm the time", err=True)
            leave(ANSWER_IS_NO)
        done = retain(journal, config.retention, now.wall)
    if as_json:
        print_json({"destroyed": done.destroyed, "left_to_headquarters": done.left_to_headquarters})
        return
    click.echo(f"{done.destroyed} personal records destroyed, {done.left_to_headquarters} left to headquarters alone")
