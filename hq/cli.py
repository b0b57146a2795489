"""`checkpoint-hq`: headquarters from the command line.

Exit codes: 0 done, 1 the answer is no, 2 usage or input error.
"""

import logging
import signal
import sys
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import sqlalchemy as sa

from checkpoint.serving import serve as serve_app
from checkpoint.wire import MOST_UNPACKED
from hq.accounts import Accounts, Role
from hq.app import build_app
from hq.config import Config, RetentionPolicy
from hq.distribution import distribute, has_citus
from hq.enrolment import invite, set_state
from hq.logs import log_as_json
from hq.office import Office, open_office
from hq.proof import prove, station_ids
from hq.retention import destroy
from hq.s3_shelf import S3Config, S3Shelf
from hq.sticks import import_folder
from hq.watch import RETENTION, keep_watch

NO, WRONG = 1, 2
LOCAL = {"127.0.0.1", "::1", "localhost"}
DEMO_USERS = (
    ("duty", "demo-duty-1", Role.DUTY),
    ("admin", "demo-admin-1", Role.ADMIN),
    ("rules", "demo-rules-1", Role.EDITOR),
    ("audit", "demo-audit-1", Role.AUDITOR),
)

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/headquarters"),
    show_default=True,
    help="Folder of keys, photos and the SQLite file.",
)
database_option = click.option(
    "--database", default="", envvar="CHECKPOINT_HQ_DATABASE", help="Another store, as an SQLAlchemy URL."
)

photos_options = (
    click.option(
        "--photos", default="", envvar="CHECKPOINT_HQ_PHOTOS", help="s3://BUCKET/PREFIX instead of the data folder."
    ),
    click.option("--s3-endpoint", default="", envvar="CHECKPOINT_HQ_S3_ENDPOINT", help="URL of the object store."),
    click.option("--s3-key", default="", envvar="CHECKPOINT_HQ_S3_KEY", help="Its access key; else where boto3 looks."),
    click.option(
        "--s3-secret", default="", envvar="CHECKPOINT_HQ_S3_SECRET", help="Its secret key; better by the environment."
    ),
)


retention_options = (
    click.option(
        "--retention-days",
        type=click.IntRange(1, 3650),
        default=30,
        show_default=True,
        envvar="CHECKPOINT_HQ_RETENTION_DAYS",
        help="How long personal data and photos are kept.",
    ),
    click.option(
        "--case-retention-days",
        type=click.IntRange(1, 3650),
        default=180,
        show_default=True,
        envvar="CHECKPOINT_HQ_CASE_RETENTION_DAYS",
        help="The same, where a case stands on the record; never before the case is closed.",
    ),
)


class Wrong(click.ClickException):
    """Something about the input is wrong: one clear line, exit code 2."""

    exit_code = WRONG


def open_or_say(config: Config) -> Office:
    """Open headquarters; one clear line where that is not possible."""
    try:
        return open_office(config)
    except OSError as error:
        raise Wrong(f"{config.data} cannot be used: {error.strerror or error}") from error
    except sa.exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise Wrong(f"the store cannot be used: {cause}") from error
    except ValueError as error:
        raise Wrong(f"the keys in {config.data} cannot be used: {error}") from error


def with_photos(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where photos are, as one `photos`."""

    @wraps(command)
    def run(photos: str, s3_endpoint: str, s3_key: str, s3_secret: str, **options: Any) -> None:
        try:
            place = S3Config.from_url(photos, endpoint=s3_endpoint, key=s3_key, secret=s3_secret) if photos else None
        except ValueError as error:
            raise Wrong(str(error)) from error
        command(photos=place, **options)

    for option in reversed(photos_options):
        run = option(run)
    return run


def with_retention(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of retention, as one `retention`."""

    @wraps(command)
    def run(retention_days: int, case_retention_days: int, **options: Any) -> None:
        try:
            policy = RetentionPolicy(retention_days, case_retention_days)
        except ValueError as error:
            raise Wrong(str(error)) from error
        command(retention=policy, **options)

    for option in reversed(retention_options):
        run = option(run)
    return run


def on_headquarters(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the opened headquarters instead of its folder, and close it afterwards."""

    @data_option
    @database_option
    @with_photos
    @wraps(command)
    def run(data: Path, database: str, photos: S3Config | None, **options: Any) -> None:
        office = open_or_say(Config(data=data, database=database, photos=photos))
        try:
            command(office, **options)
        finally:
            office.store.close()

    return run


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
    Examples:
      checkpoint-hq serve --demo                            everything, to look at
      checkpoint-hq user li --role duty                     somebody who may log in
      checkpoint-hq serve --host 0.0.0.0 --url https://hq.example
      checkpoint-hq invite --name "Lane 1" --town Pinghu --url https://hq.example
      checkpoint-hq verify                                  prove every chain again
      checkpoint-hq import /media/stick                     what came by hand""",
)
@click.version_option(package_name="checkpoint-station")
def main() -> None:
    """Headquarters: takes in what the stations know, proves it whole, and shows it."""


@main.command(epilog="Example: checkpoint-hq serve --port 8090 --data ./var/headquarters --demo")
@data_option
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8090,
    show_default=True,
    help="The port of the pages and of the stations.",
)
@click.option("--url", default="", help="How stations reach this server; stands in invitations. [http://HOST:PORT]")
@click.option("--demo", is_flag=True, help="Make log-ins with known passwords; on this machine's own address only.")
@click.option("--json-log", is_flag=True, help="Log one JSON object a line.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True, help="How the desk shows times.")
@with_photos
@with_retention
def serve(
    data: Path,
    database: str,
    photos: S3Config | None,
    retention: RetentionPolicy,
    timezone: str,
    host: str,
    port: int,
    url: str,
    demo: bool,
    json_log: bool,
) -> None:
    """Run headquarters until Ctrl-C or SIGTERM."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Wrong(f"no time zone {timezone!r}: name one as in Asia/Shanghai") from error
    if json_log:
        log_as_json()
    else:
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
        logging.getLogger("alembic").setLevel(logging.WARNING)
    if demo and host not in LOCAL:
        raise Wrong("--demo has known passwords, so it listens on 127.0.0.1 only")
    office = open_or_say(
        Config(
            data=data,
            database=database,
            photos=photos,
            url=url or f"http://{host}:{port}",
            demo=demo,
            timezone=timezone,
            retention=retention,
        )
    )
    accounts = Accounts(office.store, office.now)
    if demo:
        for name, password, role in DEMO_USERS:
            accounts.set(name, password, role)
    elif not accounts.anybody():
        click.echo("nobody can log in yet: checkpoint-hq user --help", err=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def ready(bound: int) -> None:
        logins = ", ".join(f"{name} / {password}" for name, password, _ in DEMO_USERS)
        click.echo(f"headquarters: http://{host}:{bound}" + (f"  (demo log-ins: {logins})" if demo else ""))
        sys.stdout.flush()

    app = build_app(office)
    app.extensions["versions"].stopped = stop  # open streams end with the server
    watch = threading.Thread(target=keep_watch, args=(office, stop), name="watch")
    watch.start()
    try:
        serve_app(app, host=host, port=port, stop=stop, ready=ready, largest_body=MOST_UNPACKED)
    except OSError as error:
        raise Wrong(f"port {port} on {host} cannot be used: {error.strerror or error}") from error
    finally:
        stop.set()
        watch.join()
        office.store.close()


@main.command(epilog="Example: checkpoint-hq init --data ./var/headquarters")
@on_headquarters
def init(office: Office) -> None:
    """Make or update the store, the keys and the photos' bucket, without starting the server.

    On a PostgreSQL server with the Citus extension the tables are distributed by station.
    """
    with office.store.writing() as db:
        distributed = distribute(db) if has_citus(db) else []
    if isinstance(office.shelf, S3Shelf):
        try:
            office.shelf.make_bucket()
        except OSError as error:
            raise Wrong(str(error)) from error
    if distributed:
        click.echo(f"distributed by station: {', '.join(distributed)}")
    click.echo(f"ready: {office.store.engine.url.render_as_string(hide_password=True)}")


@main.command(epilog="Example: checkpoint-hq user li --role duty")
@click.argument("name")
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help="What they may do.")
@click.password_option(help="Asked for where it is not given.", envvar="CHECKPOINT_HQ_PASSWORD")
@on_headquarters
def user(office: Office, name: str, role: str, password: str) -> None:
    """Add somebody, or give them a new password and role."""
    try:
        Accounts(office.store, office.now).set(name, password, Role(role))
    except ValueError as error:
        raise Wrong(str(error)) from error
    click.echo(f"{name} may log in as {role}")


@main.command(
    "invite", epilog='Example: checkpoint-hq invite --name "Lane 1" --town Pinghu --url https://hq.example > lane1.json'
)
@click.option("--name", required=True, help="The station's name on the board.")
@click.option("--town", default="", help="Where it stands.")
@click.option("--url", default="http://127.0.0.1:8090", show_default=True, help="How the station reaches this server.")
@click.option("--approve", is_flag=True, help="Let it in at once, without another look at the desk.")
@on_headquarters
def invite_station(office: Office, name: str, town: str, url: str, approve: bool) -> None:
    """Print a one-time invitation for one station (JSON; valid 24 hours)."""
    try:
        offer = invite(office.store, office.keys, url=url, name=name, town=town, approve=approve, now=office.now())
    except ValueError as error:
        raise Wrong(str(error)) from error
    click.echo(offer.text)


@main.command(epilog="Example: checkpoint-hq approve lane-1-0f3a9c21")
@click.argument("station")
@on_headquarters
def approve(office: Office, station: str) -> None:
    """Let an enrolled station in. Exit code 1: there is none of that name."""
    _set_state(office, station, "approved")


@main.command(epilog="Example: checkpoint-hq revoke lane-1-0f3a9c21")
@click.argument("station")
@on_headquarters
def revoke(office: Office, station: str) -> None:
    """Take nothing from a station any more. Exit code 1: there is none of that name."""
    _set_state(office, station, "revoked")


def _set_state(office: Office, station: str, state: str) -> None:
    if not set_state(office.store, station, state):
        click.echo(f"no station {station}", err=True)
        sys.exit(NO)
    Accounts(office.store, office.now).note("command line", f"station-{state}", station)
    click.echo(f"{station} is {state}")


@main.command(epilog="Example: checkpoint-hq verify lane-1-0f3a9c21")
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


@main.command(epilog="Example: checkpoint-hq retain --retention-days 30")
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


@main.command("import", epilog="Example: checkpoint-hq import /media/stick")
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
