"""Headquarters on a mass-testing day: taking it in, showing a positive meanwhile, and what a growing store costs.

python -m bench.hq [--crossings 566104] [--stations 200] [--most 3000000] [--skip-sqlite] [--skip-alerts]

Everything runs on this machine, on 127.0.0.1, and goes away at the end: a PostgreSQL of its own (fsync on), an SQLite
file, ingest processes, simulated stations with real keys, chains and signatures. One decision event, with its sealed
personal record, stands for a crossing. What simulated stations do before sending is not measured.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.hq.alerts import alerts_while_uploading
from bench.hq.fleet import enrol_all, fleet, packed_day
from checkpoint.wire import unpack
from hq.app import build_app
from hq.config import Config
from hq.ingest.event_writer import COLUMNS
from hq.ingest.intake import Ingest
from hq.office import Office, open_office
from hq.people.accounts import Accounts, Role
from hq.store.models import events
from hq.store.partitions import make_partition
from tests.hq.postgres import running

CROSSINGS = 566_104
LASTS = timedelta(hours=4.5)
START = datetime(2022, 3, 28, 22, 0, tzinfo=UTC)  # six in the morning in Pinghu
WORKERS = 2
AIM_S = 60.0
SERVER = ("shared_buffers=512MB", "max_wal_size=4GB", "checkpoint_timeout=15min")


def say(**told: object) -> None:
    """Print one figure as a JSON line."""
    print(json.dumps(told, ensure_ascii=False), flush=True)


def after_the_day() -> datetime:
    """Return the time at headquarters: the day is over."""
    return START + LASTS


# -- the day, written down beforehand ---------------------------------------------------------------------------------


def write_day(folder: Path, first: int, last: int, count: int, crossings: int) -> int:
    """Write the batches of stations `first` to before `last` into `folder`; return how many bytes they travel as."""
    size = 0
    share, rest = divmod(crossings, count)
    for number, station in enumerate(fleet(count)[first:last], start=first):
        for index, data in enumerate(packed_day(station, share + (number < rest), START, LASTS)):
            (folder / f"{index:06d}-{station.device}.batch").write_bytes(data)
            size += len(data)
    return size


def write_all(folder: Path, count: int, crossings: int) -> None:
    """Write everybody's day, in as many processes as will take it in."""
    started = time.perf_counter()
    edges = [count * part // WORKERS for part in range(WORKERS + 1)]
    with ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn")) as pool:
        parts = [pool.submit(write_day, folder, *pair, count, crossings) for pair in itertools.pairwise(edges)]
        size = sum(part.result() for part in parts)
    say(step="simulated day written", crossings=crossings, stations=count, megabytes=round(size / 1e6),
        seconds=round(time.perf_counter() - started, 1))  # fmt: skip


# -- taking it in ------------------------------------------------------------------------------------------------------


def take_in(data: Path, database: str, folder: Path, part: int, parts: int, go: Any, done: Any) -> None:
    """Take in the share of one ingest process: its stations' batches, in the order in which they would come."""
    office = open_office(Config(data=data, database=database), after_the_day)
    ingest = Ingest(office.store, office.keys, office.now)
    files = [file for file in sorted(folder.iterdir()) if int(file.stem.rpartition("-")[2]) % parts == part]
    go.wait()
    for file in files:
        ingest.batch(unpack(file.read_bytes()))
    office.store.close()
    done.put(time.process_time())


def timed_ingest(data: Path, database: str, folder: Path, workers: int, count: int, crossings: int) -> float:
    """Take the whole day in by `workers` processes; return the seconds it took, and prove that all of it is there."""
    office = open_office(Config(data=data, database=database), after_the_day)
    enrol_all(office.store, fleet(count), START)
    context = multiprocessing.get_context("spawn")
    go, done = context.Event(), context.Queue()
    processes = [
        context.Process(target=take_in, args=(data, database, folder, part, workers, go, done))
        for part in range(workers)
    ]
    for process in processes:
        process.start()
    time.sleep(4)  # they import and open; that is no part of a day
    started = time.perf_counter()
    go.set()
    cpu = sum(done.get(timeout=900) for _ in processes)
    seconds = time.perf_counter() - started
    for process in processes:
        process.join(30)
    with office.store.reading() as db:
        held = db.execute(sa.select(sa.func.count()).select_from(events)).scalar_one()
    assert held == crossings, (held, crossings)
    office.store.close()
    say(what="day into " + ("PostgreSQL" if database else "SQLite"), processes=workers, seconds=round(seconds, 1),
        events_per_s=round(crossings / seconds), cpu_us_per_event=round(cpu / crossings * 1e6),
        load_average=round(os.getloadavg()[0], 1))  # fmt: skip
    return seconds


def plain_copy(database: str, scratch: Path) -> float:
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
    return seconds


def stored_bytes(database: str) -> int:
    """Return how large `events` is, its partitions and indexes with it."""
    engine = sa.create_engine(database)
    with engine.connect() as db:
        parts = "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('events')"
        size = int(db.execute(sa.text(parts)).scalar_one())
    engine.dispose()
    return size


# -- what a growing store costs ----------------------------------------------------------------------------------------


def grow(office: Office, times: int) -> None:
    """Add the day again, that many times, as days before it."""
    columns = {"seq": "seq + :shift", "day": "day - :days", "at": "at - make_interval(days => :days)"}
    picked = ", ".join(columns.get(name, name) for name in COLUMNS)
    with office.store.reading() as db:
        first, last, before = db.execute(
            sa.text("SELECT min(day), max(day), (max(day) - min(day) + 1) FROM events")
        ).one()
    for number in range(1, times + 1):
        days = number + (before - 2)
        for day in (first, last):
            make_partition(office.store.engine, day - timedelta(days=days))
        with office.store.writing() as db:
            db.execute(
                sa.text(
                    f"INSERT INTO events ({', '.join(COLUMNS)}) SELECT {picked} FROM events "  # noqa: S608  fixed text
                    "WHERE day >= :first AND seq < 10000000"
                ),
                {"shift": days * 10_000_000, "days": days, "first": START.date()},
            )


def cost_now(data: Path, database: str, number: int) -> None:
    """Print what taking in and looking cost at the store's size now, with stations that were not there before."""
    office = open_office(Config(data=data, database=database), after_the_day)
    own = fleet(4, seed=1000 + number)
    for index, station in enumerate(own):
        station.device = f"late-{number}-{index}"
    enrol_all(office.store, own, START)
    bodies = [body for station in own for body in packed_day(station, 5000, START, LASTS)]
    ingest = Ingest(office.store, office.keys, office.now)
    started = time.perf_counter()
    for body in bodies:
        ingest.batch(unpack(body))
    rate = 20_000 / (time.perf_counter() - started)
    client = build_app(office).test_client()
    log_in(client, office)
    times = {path: quickest_and_p95(client, path) for path in ("/", "/alerts", "/records", "/stations")}
    with office.store.reading() as db:
        size = db.execute(sa.select(sa.func.count()).select_from(events)).scalar_one()
    say(what="one process, at a store of", events=size, events_per_s=round(rate), desk_p95_ms=times)
    office.store.close()


def log_in(client: Any, office: Office) -> None:
    """Log a duty officer in at the desk."""
    Accounts(office.store, office.now).set("bench", "bench-bench-1", Role.DUTY)
    page = client.get("/login").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    client.post("/login", data={"csrf_token": token, "name": "bench", "password": "bench-bench-1"})


def quickest_and_p95(client: Any, path: str, rounds: int = 20) -> int:
    """Return the 95th percentile of a page's milliseconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        status = client.get(path).status_code
        times.append((time.perf_counter() - started) * 1000)
        assert status == 200, (path, status)
    return round(statistics.quantiles(times, n=20)[-1])


# -- all of it ---------------------------------------------------------------------------------------------------------


def main() -> int:
    """Print the figures; exit 1 where the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crossings", type=int, default=CROSSINGS)
    parser.add_argument("--stations", type=int, default=200)
    parser.add_argument("--most", type=int, default=3_000_000, help="grow the store up to about so many events")
    parser.add_argument("--skip-sqlite", action="store_true")
    parser.add_argument("--skip-alerts", action="store_true")
    asked = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="checkpoint-bench-"))
    missed = False
    try:
        (scratch / "day").mkdir()
        write_all(scratch / "day", asked.stations, asked.crossings)
        with running(fsync=True, settings=SERVER) as server:
            day: Callable[[Path, str, int], float] = lambda data, url, workers: timed_ingest(  # noqa: E731  terse
                data, url, scratch / "day", workers, asked.stations, asked.crossings
            )
            seconds = day(scratch / "hq", server.url, WORKERS)
            copied = plain_copy(server.url, scratch)
            say(what="plain COPY of the same rows", seconds=round(copied, 1),
                events_per_s=round(asked.crossings / copied), day_takes_times=round(seconds / copied, 2))  # fmt: skip
            aim_s = AIM_S * asked.crossings / CROSSINGS
            missed = seconds > aim_s
            say(what="aim", seconds=round(aim_s, 1), met=not missed)
            say(what="stored", bytes_per_event=stored_bytes(server.url) // asked.crossings)
            if not asked.skip_alerts:
                missed |= not alerts_while_uploading(scratch / "hq", server.url, say)
            office = open_office(Config(data=scratch / "hq", database=server.url), after_the_day)
            for number, size in enumerate((1, 3, 10, 30, 100)):
                if asked.crossings * size > max(asked.most, asked.crossings):
                    break
                if number:
                    grow(office, size - (1, 1, 3, 10, 30)[number])
                cost_now(scratch / "hq", server.url, number)
            office.store.close()
        if not asked.skip_sqlite:
            day(scratch / "sqlite", "", 1)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
