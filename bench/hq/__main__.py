"""Headquarters on a mass-testing day: taking it in, showing a positive meanwhile, and what a growing store costs.

python -m bench.hq [--crossings 566104] [--stations 200] [--most 100000000] [--minutes 15] [--only day sqlite ...]

Everything runs on this machine, on 127.0.0.1, and goes away at the end: a PostgreSQL of its own (fsync on), an SQLite
file, ingest processes, simulated stations with real keys, chains and signatures. One decision event, with its sealed
personal record, stands for a crossing. What simulated stations do before sending is not measured. It ends by itself
within --minutes, and says what it left out.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from bench.hq.alerts import alerts_while_uploading
from bench.hq.day import Day
from bench.hq.growth import Growth
from bench.hq.say import say
from tests.hq.postgres import running

CROSSINGS = 566_104
WORKERS = 2
AIM_S = 60.0
SQLITE_TAKES_TIMES = 2.5  # as long as PostgreSQL with two processes
SERVER = ("shared_buffers=512MB", "max_wal_size=4GB", "checkpoint_timeout=15min", "maintenance_work_mem=256MB")
PARTS = ("day", "sqlite", "alerts", "growth")


def main() -> int:
    """Print the figures; exit 1 where an aim is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.hq", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--crossings", type=int, default=CROSSINGS)
    parser.add_argument("--stations", type=int, default=200)
    parser.add_argument("--most", type=int, default=100_000_000, help="grow the store up to about so many events")
    parser.add_argument("--minutes", type=float, default=15.0, help="start nothing that would not end within this time")
    parser.add_argument("--watch-s", type=float, default=40.0, help="how long positives are read while others upload")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="some parts of it")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # cut short, it still clears up after itself
    deadline = time.monotonic() + asked.minutes * 60
    scratch = Path(tempfile.mkdtemp(prefix="checkpoint-bench-"))
    try:
        met = _measure(asked, scratch, deadline)
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0 if met else 1


def _measure(asked: argparse.Namespace, scratch: Path, deadline: float) -> bool:
    met = True
    day = Day(scratch / "day", asked.crossings, asked.stations)
    if {"day", "sqlite", "growth"} & set(asked.only):
        day.write(WORKERS)
    with running(fsync=True, settings=SERVER) as server:
        data = scratch / "hq"
        data.mkdir(mode=0o700)
        seconds = 0.0
        if {"day", "growth"} & set(asked.only):
            seconds = day.take_in(data, server.url, WORKERS)
            if "day" in asked.only:
                copied = day.plain_copy(server.url, scratch)
                aim_s = AIM_S * asked.crossings / CROSSINGS
                met = seconds <= aim_s
                say(what="aim", day_takes_times_the_copy=round(seconds / copied, 2), aim_s=round(aim_s, 1), met=met)
                say(what="stored", bytes_per_event=_stored_bytes(server.url) // asked.crossings)
        if "sqlite" in asked.only and _fits(deadline, SQLITE_TAKES_TIMES * seconds, "the day into SQLite"):
            day.take_in(scratch / "sqlite", "", 1)
            shutil.rmtree(scratch / "sqlite")
        if "alerts" in asked.only and _fits(deadline, asked.watch_s * 2, "a positive on the desk"):
            met &= alerts_while_uploading(data, server.url, say, asked.watch_s)
        if "growth" in asked.only:
            Growth(data, server.url, asked.crossings, asked.most, deadline).run()
    return met


def _fits(deadline: float, needs_s: float, what: str) -> bool:
    """Return whether a part would end in time; say that it is left out where it would not."""
    left = deadline - time.monotonic()
    if needs_s > left:
        say(left_out=what, why=f"it takes about {needs_s:.0f} s, {left:.0f} s of --minutes are left")
    return needs_s <= left


def _stored_bytes(database: str) -> int:
    """Return how large `events` is, its partitions and indexes with it."""
    engine = sa.create_engine(database)
    with engine.connect() as db:
        parts = "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('events')"
        size = int(db.execute(sa.text(parts)).scalar_one())
    engine.dispose()
    return size


if __name__ == "__main__":
    sys.exit(main())
