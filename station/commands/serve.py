"""`checkpoint serve`: the station, until it is told to stop."""

import faulthandler
import logging
import secrets
import signal
import socket
import threading
from pathlib import Path
from types import FrameType

import click

from checkpoint.durable import write_durably
from checkpoint.notify import notify
from checkpoint.serving import serve as serve_until
from station.commands.options import config_option, loaded
from station.commands.output import InputError
from station.config import Config
from station.memory import return_pictures_to_the_system
from station.watchdog import Watchdog, fed_every_s
from station.wiring import build, tls_of
from web import create_app

SECRET_BYTES = 32
LARGEST_UPLOAD_BYTES = 32 * 1024 * 1024  # a photo held before the demo camera


@click.command(epilog="Example: checkpoint serve --config /etc/checkpoint/station.toml")
@config_option
def serve(config_path: Path) -> None:
    """Run the station: cameras, lamps, the officers' pages and the uploads, until Ctrl-C or a termination signal."""
    return_pictures_to_the_system()
    faulthandler.enable(2)  # the watchdog ends a hanging station by SIGABRT: the log shows where every thread was
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "waitress"):
        logging.getLogger(chatty).setLevel(logging.WARNING)  # a line for every request would fill the card
    config = loaded(config_path)
    try:
        config.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{config.data}: cannot be made: {error.strerror}") from error
    check_port_is_free(config.web.host, config.web.port)
    stopping = stopped_by_signals()
    while _run(config, stopping):
        click.echo("station begins anew")


def _run(config: Config, stopping: threading.Event) -> bool:
    """Serve until stopped; return whether to begin anew: a step of the set-up that the whole station must know."""
    again, end = threading.Event(), threading.Event()

    def begin_anew() -> None:
        again.set()
        end.set()

    station = build(config, restart=begin_anew)
    app = create_app(station.services, secret_key=_secret(config.data / "keys" / "web.key"))
    station.uploads.tell(lambda: app.extensions["pulse"].bump("health"))
    watchdog = Watchdog(station.looks(), every_s=fed_every_s())

    tls = tls_of(config, station.services.gate.clock)
    scheme = "https" if tls else "http"

    def ready(port: int) -> None:
        station.start()
        watchdog.start()
        notify("READY=1", f"STATUS=pages on port {port}")
        click.echo(f"station {station.services.station.name!r} ready on {scheme}://{config.web.host}:{port}")
        if station.services.authority is not None:
            click.echo(f"its certificate authority, SHA-256: {station.services.authority[1]}")

    try:
        serve_until(
            app,
            host=config.web.host,
            port=config.web.port,
            stop=_Either(stopping, end),
            ready=ready,
            tls=tls,
            threads=config.web.threads,
            largest_body=LARGEST_UPLOAD_BYTES,
            ending=app.extensions["pulse"].stop,
        )
    except OSError as error:
        raise InputError(f"port {config.web.port} on {config.web.host}: {error.strerror}; set [web] port") from error
    finally:
        # A service that said it stops is killed after its time to stop, whatever it says later.
        notify("STATUS=begins anew" if again.is_set() and not stopping.is_set() else "STOPPING=1")
        watchdog.stop()
        station.close()
        click.echo("station stopped")
    return again.is_set() and not stopping.is_set()


class _Either(threading.Event):
    """Set as soon as one of two others is."""

    def __init__(self, *others: threading.Event) -> None:
        super().__init__()
        self._others = others

    def is_set(self) -> bool:
        """Whether one of them is set."""
        return any(other.is_set() for other in self._others)


def stopped_by_signals() -> threading.Event:
    """Return an event that Ctrl-C or a termination signal sets."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopping


def check_port_is_free(host: str, port: int) -> None:
    """End with one clear line where `port` cannot be listened on, before anything is written or opened."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(f"port {port} on {host} cannot be used: {error.strerror}; set [web] port") from error


def _secret(path: Path) -> bytes:
    """Return the key that signs sessions, made on first use and kept, so that a restart logs nobody out."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(path, secrets.token_bytes(SECRET_BYTES), mode=0o600)
    return path.read_bytes()
