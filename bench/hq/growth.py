"""What a growing store costs: taking in by the real path, and every page of the desk, at each class of size."""

import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.hq.day import LASTS, START, after_the_day
from bench.hq.fleet import enrol_all, fleet, packed_day
from bench.hq.say import say
from checkpoint.wire import unpack
from hq.app import build_app
from hq.config import Config
from hq.figures.tallies import count_on
from hq.ingest.event_writer import COLUMNS
from hq.ingest.intake import Ingest
from hq.office import Office, open_office
from hq.people.accounts import Accounts, Role
from hq.store.models import events
from hq.store.partitions import partition_name

CLASSES = (1_000_000, 10_000_000, 100_000_000)
PAGES = ("/", "/alerts", "/records", "/records?verdict=refuse", "/stations", "/kits", "/rules", "/brief", "/metrics")
ROUNDS = 20
MEASURED = 20_000  # events taken in at each class
AIM_MS = 200
_A_SHIFT = 10_000_000
_MEASURING_S = 60
_ROOM = 1.5  # of disk, for what PostgreSQL writes beside the table


@dataclass(slots=True)
class Growth:
    """A store that grows up to `most` events, as far as `deadline` (`time.monotonic`) and the disk allow."""

    data: Path
    database: str
    crossings: int
    most: int
    deadline: float
    _days: int = 0
    _rate: float = 20_000.0  # events a second that the filling makes, at first a guess

    def run(self) -> None:
        """Print what taking in and looking cost at each class of size; say what was left out, and why."""
        office = open_office(Config(data=self.data, database=self.database), after_the_day)
        while count_on(office.store):
            pass
        _look(office, self._measure_ingest(office, 0), self._held(office))
        for number, size in enumerate((one for one in CLASSES if one > self.crossings), start=1):
            if (why := self._too_much(office, size)) is not None:
                say(left_out=f"a store of {size} events", why=why)
                break
            started, before = time.perf_counter(), self._held(office)
            while self._held(office) < size:
                self._days += 1
                fill_day(office, self._days)
            with office.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
                db.execute(sa.text("ANALYZE"))
            seconds = time.perf_counter() - started
            self._rate = (self._held(office) - before) / seconds
            say(step="store filled", events=self._held(office), seconds=round(seconds), days=self._days)
            _look(office, self._measure_ingest(office, number), self._held(office))
        office.store.close()

    def _too_much(self, office: Office, size: int) -> str | None:
        missing = size - self._held(office)
        with office.store.reading() as db:
            stored = db.execute(sa.text("SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('events')"))
            needed = int(stored.scalar_one()) / self._held(office) * missing * _ROOM
        free = shutil.disk_usage("/").free
        if size > self.most:
            return f"--most {self.most}"
        if needed > free:
            return f"it needs {needed / 1e9:.0f} GB of disk, {free / 1e9:.0f} GB are free"
        needs_s = missing / self._rate + _MEASURING_S
        if time.monotonic() + needs_s > self.deadline:
            left = self.deadline - time.monotonic()
            return f"it takes about {needs_s:.0f} s to fill and measure, {left:.0f} s of --minutes are left"
        return None

    def _held(self, office: Office) -> int:
        with office.store.reading() as db:
            return int(db.execute(sa.select(sa.func.count()).select_from(events)).scalar_one())

    def _measure_ingest(self, office: Office, number: int) -> float:
        """Take events in from stations that were not there before, by one process; return events a second."""
        own = fleet(4, seed=1000 + number)
        for index, station in enumerate(own):
            station.device = f"late-{number}-{index}"
        enrol_all(office.store, own, START)
        bodies = [body for station in own for body in packed_day(station, MEASURED // len(own), START, LASTS)]
        ingest = Ingest(office.store, office.keys, office.now)
        started = time.perf_counter()
        for body in bodies:
            ingest.batch(unpack(body))
        return MEASURED / (time.perf_counter() - started)


def fill_day(office: Office, back: int) -> None:
    """Add the day again, so many days back, with its counters and its cases, which are closed: a past day.

    Its partition is filled before it has keys and indexes, which PostgreSQL then builds at once, and joined after.
    """
    columns = {"seq": f"seq + {back * _A_SHIFT}", "day": f"day - {back * 2}", "at": f"at - interval '{back * 2} days'"}
    picked, names = ", ".join(columns.get(name, name) for name in COLUMNS), ", ".join(COLUMNS)
    for day in (START.date(), START.date() + timedelta(days=1)):
        own, name = day - timedelta(days=back * 2), partition_name(day - timedelta(days=back * 2))
        limits = f"FOR VALUES FROM ('{own}') TO ('{own + timedelta(days=1)}')"
        with office.store.writing() as db:
            for statement in (
                f"CREATE TABLE {name} (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
                f"INSERT INTO {name} ({names}) SELECT {picked} FROM {partition_name(day)} WHERE seq < {_A_SHIFT}",  # noqa: S608  fixed text
                f"ALTER TABLE {name} ADD CHECK (day >= '{own}' AND day < '{own + timedelta(days=1)}')",
                f"ALTER TABLE events ATTACH PARTITION {name} {limits}",
            ):
                db.execute(sa.text(statement))
    with office.store.writing() as db:
        db.execute(sa.text(_PAST_TALLIES), {"days": back * 2, "day": START.date()})
        db.execute(sa.text(_PAST_CASES), {"days": back * 2, "shift": back * _A_SHIFT})


_PAST_TALLIES = """
    INSERT INTO tallies (station_id, hour, measure, count)
    SELECT station_id, hour - make_interval(days => CAST(:days AS integer)), measure, count
    FROM tallies WHERE hour >= CAST(:day AS date) AND hour < CAST(:day AS date) + 2
"""
_PAST_CASES = """
    INSERT INTO alerts (station_id, id, kind, urgency, at, received_at, epoch, seq, detail, state, state_at, team)
    SELECT station_id, id || '-past-' || CAST(:days AS text), kind, urgency,
        at - make_interval(days => CAST(:days AS integer)),
        received_at - make_interval(days => CAST(:days AS integer)),
        epoch, seq + CAST(:shift AS bigint), detail, 'closed',
        state_at - make_interval(days => CAST(:days AS integer)), team
    FROM alerts WHERE state != 'closed' AND kind = 'refused'
"""


def _look(office: Office, rate: float, held: int) -> None:
    """Print the cost at the store's size now."""
    while count_on(office.store):
        pass
    client = build_app(office).test_client()
    log_in(client, office)
    looked = {path: _p95s(lambda path=path: client.get(path)) for path in PAGES}  # type: ignore[misc]  # bound early
    times = {path: wall for path, (wall, _) in looked.items()}
    say(what="one process, at a store of", events=held, events_per_s=round(rate), desk_p95_ms=times, aim_ms=AIM_MS,
        met=max(times.values()) < AIM_MS, desk_processor_p95_ms={path: own for path, (_, own) in looked.items()},
    )  # fmt: skip


def log_in(client: Any, office: Office) -> None:
    """Log a duty officer in at the desk."""
    Accounts(office.store, office.now).set("bench", "bench-bench-1", Role.DUTY)
    page = client.get("/login").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    client.post("/login", data={"csrf_token": token, "name": "bench", "password": "bench-bench-1"})


def _p95s(get: Callable[[], Any]) -> tuple[int, int]:
    """Return the 95th percentile of a page's milliseconds, the first time included: by the clock, and of the processor.

    The processor's are this program's own, without PostgreSQL's: what a busy machine does not distort.
    """
    times, own = [], []
    for _ in range(ROUNDS):
        started, began = time.perf_counter(), time.process_time()
        status = get().status_code
        own.append((time.process_time() - began) * 1000)
        times.append((time.perf_counter() - started) * 1000)
        assert status == 200, status
    return round(statistics.quantiles(times, n=20)[-1]), round(statistics.quantiles(own, n=20)[-1])
