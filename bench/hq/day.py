"""The mass-testing day: written down beforehand, taken in by real ingest processes, beside a plain COPY of its rows."""

import itertools
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.hq.fleet import enrol_all, fleet, packed_day
from bench.hq.say import say
from checkpoint.wire import unpack
from hq.config import Config
from hq.ingest.event_writer import COLUMNS
from hq.ingest.intake import Ingest
from hq.office import open_office
from hq.store.models import events

LASTS = timedelta(hours=4.5)
START = datetime(2022, 3, 28, 22, 0, tzinfo=UTC)  # six in the morning in Pinghu
PATIENCE_S = 900


def after_the_day() -> datetime:
    """Return the time at headquarters: the day is over."""
    return START + LASTS


@dataclass(frozen=True, slots=True)
class Day:
    """A day's batches in a folder, as they would come over the line."""

    folder: Path
    crossings: int
    stations: int

    def write(self, processes: int) -> None:
        """Write everybody's day."""
        started = time.perf_counter()
        self.folder.mkdir()
        edges = [self.stations * part // processes for part in range(processes + 1)]
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
            parts = [pool.submit(_write, self, *pair) for pair in itertools.pairwise(edges)]
            size = sum(part.result() for part in parts)
        say(step="simulated day written", crossings=self.crossings, stations=self.stations,
            megabytes=round(size / 1e6), seconds=round(time.perf_counter() - started, 1))  # fmt: skip

    def take_in(self, data: Path, database: str, processes: int) -> float:
        """Take the whole day in by so many processes; return the seconds it took, and prove that all of it is there."""
        office = open_office(Config(data=data, database=database), after_the_day)
        enrol_all(office.store, fleet(self.stations), START)
        started, cpu = time.perf_counter(), 0.0
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, context, initializer=_open, initargs=(data, database)) as pool:
            list(pool.map(_ready, range(processes)))  # they import and open; that is no part of a day
            time.sleep(2)
            started = time.perf_counter()
            shares = [pool.submit(_take_in, self.folder, part, processes) for part in range(processes)]
            cpu = sum(share.result(timeout=PATIENCE_S) for share in shares)
            seconds = time.perf_counter() - started
        with office.store.reading() as db:
            held = db.execute(sa.select(sa.func.count()).select_from(events)).scalar_one()
        assert held == self.crossings, (held, self.crossings)
        office.store.close()
        say(what="day into " + ("PostgreSQL" if database else "SQLite"), processes=processes, seconds=round(seconds, 1),
            events_per_s=round(self.crossings / seconds),
            cpu_us_per_event=round(cpu / self.crossings * 1e6))  # fmt: skip
        return seconds

    def plain_copy(self, database: str, scratch: Path) -> float:
        """Copy the very same rows into a table with the same keys and indexes; return the seconds."""
        import psycopg

        names = ", ".join(COLUMNS)
        everything = f"COPY (SELECT {names} FROM events) TO STDOUT"  # noqa: S608  fixed text
        with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as db:
            with (scratch / "rows").open("wb") as file, db.cursor().copy(everything) as out:
                for block in out:
                    file.write(block)
            db.execute("CREATE TABLE plain (LIKE events INCLUDING ALL)")
            started = time.perf_counter()
            with (scratch / "rows").open("rb") as file, db.cursor().copy(f"COPY plain ({names}) FROM STDIN") as into:
                while block := file.read(1 << 18):
                    into.write(block)
            seconds = time.perf_counter() - started
            db.execute("DROP TABLE plain")
        (scratch / "rows").unlink()
        say(what="plain COPY of the same rows", seconds=round(seconds, 1), events_per_s=round(self.crossings / seconds))
        return seconds


def _write(day: Day, first: int, last: int) -> int:
    size = 0
    share, rest = divmod(day.crossings, day.stations)
    for number, station in enumerate(fleet(day.stations)[first:last], start=first):
        for index, data in enumerate(packed_day(station, share + (number < rest), START, LASTS)):
            (day.folder / f"{index:06d}-{station.device}.batch").write_bytes(data)
            size += len(data)
    return size


_ingest: list[Ingest] = []


def _open(data: Path, database: str) -> None:
    office = open_office(Config(data=data, database=database), after_the_day)
    _ingest.append(Ingest(office.store, office.keys, office.now))


def _ready(_: Any) -> None:
    time.sleep(0.5)  # long enough for each process to get one


def _take_in(folder: Path, part: int, parts: int) -> float:
    """Take in the batches of some stations, in the order in which they would come; return the processor's seconds."""
    files = [file for file in sorted(folder.iterdir()) if int(file.stem.rpartition("-")[2]) % parts == part]
    before = time.process_time()
    for file in files:
        _ingest[0].batch(unpack(file.read_bytes()))
    return time.process_time() - before
