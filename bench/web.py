"""The pages on a long journal: server time of each, and memory over many requests.

    python -m bench.web [--events 200000] [--requests 10000] [--unsent]

Prints a table and one JSON line. The journal is filled in one transaction, with the rows that `Journal.append` writes;
the pages are asked without a network between, so the figures are the server's own.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from checkpoint.events import Event, Kind, Lane, canonical, chain_hash
from checkpoint.journal import Journal
from checkpoint.journal.rows import insert_event
from tests.web.pages import CHEN, LIU, WANG, Pages, make_pages

PATHS = (
    "/gate",
    "/gate/card",
    "/bench",
    "/bench/board",
    "/status",
    "/log",
    "/log?verdict=refuse",
    "/log?officer=Nobody",
    "/log?kind=overridden",
    "/log?span=24h",
    "/log?before=1000",
    "/health",
)
ROUNDS = 60
VERDICTS = ("admit",) * 95 + ("hold",) * 4 + ("refuse",)


def fill(pages: Pages, count: int) -> None:
    """Append `count` decided crossings, one every seven seconds, in one transaction."""
    journal: Journal = pages.parts.journal
    journal.append(Kind.STATION_STARTED, {"officer": CHEN})
    head = journal.head()
    moment = pages.parts.clock.now()
    began = moment.wall - timedelta(seconds=7 * count)
    previous = journal.event(head.seq).hash
    with journal.writing("filling") as db:
        for n in range(count):
            event = Event(
                epoch=head.epoch,
                seq=head.seq + 1 + n,
                kind=Kind.CROSSING_DECIDED,
                moment=replace(moment, wall=began + timedelta(seconds=7 * n)),
                rules="pinghu-road-2022-03-20@1",
                body={
                    "crossing": f"c{n}",
                    "seat": 1,
                    "people": 1,
                    "category": "resident",
                    "verdict": VERDICTS[n % 100],
                    "seat_verdict": VERDICTS[n % 100],
                    "reason": "rules-met",
                    "findings": [{"rule": "resident-naat", "verdict": "admit", "reason": "rules-met", "clause": ""}],
                    "officer": (CHEN, WANG)[n % 2],
                },
                commitment=None,
                photos=(),
                lane=Lane.SOON,
                prev_hash=previous,
                hash=b"",
            )
            text = canonical(event)
            previous = chain_hash(previous, text)
            insert_event(db, replace(event, hash=previous), text.decode(), None)


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--unsent", action="store_true", help="headquarters has not had any of it: all is counted")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pages = make_pages(Path(folder))
        fill(pages, wanted.events)
        if not wanted.unsent:
            pages.parts.journal.outbox.remember("cursor", str(pages.parts.journal.head().seq))
        tablet = pages.client(LIU)
        figures: dict[str, float] = {}
        print(f"server time on a journal of {wanted.events} events, ms\n{'page':<26}{'p50':>8}{'p95':>8}")
        for path in PATHS:
            spent = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                answer = tablet.get(path)
                spent.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, (path, answer.status_code)
            p95 = statistics.quantiles(spent, n=20)[18]
            figures[path] = round(p95, 1)
            print(f"{path:<26}{statistics.median(spent):>8.1f}{p95:>8.1f}")
        before = _memory_mb()
        for n in range(wanted.requests):
            tablet.get(PATHS[n % len(PATHS)])
        after = _memory_mb()
        print(f"memory: {before:.0f} MB before, {after:.0f} MB at most over {wanted.requests} further requests")
        pages.parts.journal.close()
    print(json.dumps({"events": wanted.events, "p95_ms": figures, "memory_mb": [round(before), round(after)]}))


def _memory_mb() -> float:
    """Return the most this process has held so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
