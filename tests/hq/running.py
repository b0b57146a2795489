"""A real headquarters on a free port of 127.0.0.1, and stations that talk to it over real HTTP."""

import atexit
import queue
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from checkpoint.clock import ClockTrust, Moment
from checkpoint.journal import Journal, Seal
from checkpoint.serving import serve
from checkpoint.sync import Enrolment, SyncClient, enrol, parse_invitation
from checkpoint.wire import MOST_UNPACKED
from hq.app import build_app
from hq.config import Config
from hq.office import Office, open_office
from hq.stations.enrolment import invite

START = datetime(2022, 3, 20, 2, 14, 7, tzinfo=UTC)


class TestClock:
    """The time everybody in a test shares; it moves only when told."""

    __test__ = False

    def __init__(self) -> None:
        self.moment = Moment(START, 60_000, "boot-1", ClockTrust.TRUSTED)

    def now(self) -> Moment:
        return self.moment

    def wall(self) -> datetime:
        return self.moment.wall

    def move(self, **by: float) -> None:
        self.moment = replace(self.moment, wall=self.moment.wall + timedelta(**by))


@dataclass
class Headquarters:
    """A running headquarters."""

    office: Office
    url: str
    clock: TestClock

    def rows(self, query: sa.Select[Any]) -> list[Any]:
        with self.office.store.reading() as db:
            return list(db.execute(query).all())

    def invitation(self, name: str = "Gate 1", *, approve: bool = True) -> str:
        offer = invite(
            self.office.store, self.office.keys, url=self.url, name=name, approve=approve, now=self.clock.wall()
        )
        return offer.text


@cache
def _empty_store() -> Path:
    """Return a store that was migrated once, for every test to start from."""
    folder = Path(tempfile.mkdtemp(prefix="checkpoint-hq-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_office(Config(data=folder)).store.close()
    return folder / "hq.db"


@contextmanager
def headquarters(
    folder: Path, clock: TestClock, *, wrap: Callable[[Any], Any] | None = None, **settings: Any
) -> Iterator[Headquarters]:
    """Run a headquarters on `folder` behind waitress; `wrap` may put trouble between it and the line."""
    folder.mkdir(parents=True, exist_ok=True)
    if "database" not in settings and not (folder / "hq.db").exists():
        shutil.copyfile(_empty_store(), folder / "hq.db")
    office = open_office(Config(data=folder, **settings), clock.wall)
    app = build_app(office)
    stop, ports = threading.Event(), queue.SimpleQueue[int]()
    app.extensions["versions"].stopped = stop
    thread = threading.Thread(
        target=serve,
        args=(wrap(app) if wrap else app,),
        kwargs={
            "host": "127.0.0.1",
            "port": 0,
            "stop": stop,
            "ready": ports.put,
            "largest_body": MOST_UNPACKED,
            "threads": 10,
            "look_s": 0.02,
        },
    )
    thread.start()
    try:
        yield Headquarters(office, f"http://127.0.0.1:{ports.get(timeout=10)}", clock)
    finally:
        stop.set()
        thread.join(10)
        office.store.close()


@dataclass
class Station:
    """A station with its journal and its line to headquarters."""

    journal: Journal
    client: SyncClient
    enrolment: Enrolment
    folder: Path
    http: httpx.Client


@contextmanager
def station(hq: Headquarters, folder: Path, name: str = "Gate 1", *, approve: bool = True) -> Iterator[Station]:
    """Make a station in `folder` and enrol it."""
    with (
        httpx.Client(timeout=20) as http,
        Journal.open(folder / "journal", clock=hq.clock, seal=Seal.open(folder / "keys")) as journal,
    ):
        enrolment = enrol(parse_invitation(hq.invitation(name, approve=approve)), folder / "keys", journal, http)
        yield Station(journal, SyncClient(journal, enrolment, http, hq.clock.now), enrolment, folder, http)
