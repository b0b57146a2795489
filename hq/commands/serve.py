"""`checkpoint-hq serve`: both doors of headquarters, and its watch."""

import logging
import signal
import sys
import threading
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from checkpoint.serving import serve as serve_app
from checkpoint.wire import MOST_UNPACKED
from hq.app import build_app
from hq.commands.options import Wrong, data_option, database_option, open_or_say, with_photos, with_retention
from hq.config import Config, RetentionPolicy
from hq.logs import log_as_json
from hq.people.accounts import Accounts, Role
from hq.photos.s3_shelf import S3Config
from hq.watch import keep_watch

LOCAL = {"127.0.0.1", "::1", "localhost"}
DEMO_USERS = (
    ("duty", "demo-duty-1", Role.DUTY),
    ("admin", "demo-admin-1", Role.ADMIN),
    ("rules", "demo-rules-1", Role.EDITOR),
    ("audit", "demo-audit-1", Role.AUDITOR),
)


@click.command(epilog="Example: checkpoint-hq serve --port 8090 --data ./var/headquarters --demo")
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
