"""`checkpoint-hq serve`: both doors of headquarters, and its watch."""

import logging
import multiprocessing
import signal
import sys
import threading
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from checkpoint.serving import serve as serve_app
from checkpoint.wire import MOST_UNPACKED
from hq.app import build_app
from hq.commands.options import Wrong, data_option, database_option, open_or_say, with_photos, with_retention
from hq.config import Config, RetentionPolicy
from hq.desk.live import MOST_STREAMS
from hq.door import PHOTOS_AT_WORK, PHOTOS_WAITING
from hq.ingest.batches import BatchWorkers
from hq.logs import set_up_logs
from hq.people.accounts import Accounts, Role
from hq.photos.s3_shelf import S3Config
from hq.watch import keep_watch, watch_beside

log = logging.getLogger(__name__)

_FOR_OTHERS = 8
_LOOK_S = 0.5
_WATCH_AGAIN_S = 5.0
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
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    default=0,
    show_default=True,
    envvar="CHECKPOINT_HQ_WORKERS",
    help="Processes that take batches in, beside the one with the pages; on PostgreSQL as many as there are cores.",
)
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
    workers: int,
) -> None:
    """Run headquarters until Ctrl-C or SIGTERM."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Wrong(f"no time zone {timezone!r}: name one as in Asia/Shanghai") from error
    set_up_logs(as_json=json_log)
    if demo and host not in LOCAL:
        raise Wrong("--demo has known passwords, so it listens on 127.0.0.1 only")
    config = Config(
        data=data,
        database=database,
        photos=photos,
        url=url or f"http://{host}:{port}",
        demo=demo,
        timezone=timezone,
        retention=retention,
        uploads_at_work=2 * max(workers, 1),
    )
    office = open_or_say(config)
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

    try:
        with ExitStack() as beside:
            batches = _workers(config, workers, json_log, stop, beside) if workers else None
            if not workers:
                _start(threading.Thread(target=keep_watch, args=(office, stop), name="watch"), stop, beside)
            app = build_app(office, batches)
            app.extensions["versions"].stopped = stop  # open streams end with the server
            serve_app(
                app, host=host, port=port, stop=stop, ready=ready, largest_body=MOST_UNPACKED, threads=_threads(config)
            )
    except OSError as error:
        raise Wrong(f"port {port} on {host} cannot be used: {error.strerror or error}") from error
    finally:
        office.store.close()


def _workers(config: Config, count: int, json_log: bool, stop: threading.Event, beside: ExitStack) -> BatchWorkers:
    """Start the processes beside this one: those that take batches in, and the watch."""
    try:
        batches = BatchWorkers(config, count, json_log=json_log)
    except BrokenProcessPool:
        raise Wrong("the workers cannot open headquarters: the log above says why") from None
    beside.callback(batches.close)
    _start(threading.Thread(target=_watch_beside, args=(config, json_log, stop), name="watch"), stop, beside)
    return batches


def _start(watch: threading.Thread, stop: threading.Event, beside: ExitStack) -> None:
    """Start a thread that ends with `stop`, which is set and waited for when `beside` is left."""
    watch.start()
    beside.callback(watch.join)
    beside.callback(stop.set)


def _watch_beside(config: Config, json_log: bool, stop: threading.Event) -> None:
    """Have a process of its own keep watch; another one where it ends by itself."""
    context = multiprocessing.get_context("spawn")
    while not stop.is_set():
        ended = context.Event()
        watch = context.Process(target=watch_beside, args=(config, json_log, ended), name="watch")
        watch.start()
        while watch.is_alive() and not stop.wait(_LOOK_S):
            pass
        ended.set()
        watch.join()
        if not stop.is_set():
            log.error("the watch ended by itself (exit code %s): another one is started", watch.exitcode)
            stop.wait(_WATCH_AGAIN_S)


def _threads(config: Config) -> int:
    """Return how many threads serve: uploads and open pages may hold theirs, the rest are for all others."""
    uploads = config.uploads_at_work + config.uploads_waiting + PHOTOS_AT_WORK + PHOTOS_WAITING
    return uploads + MOST_STREAMS + _FOR_OTHERS
