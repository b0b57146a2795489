"""A station at work for hours: does it grow? Memory, file descriptors and threads, every minute and at the end.

    python -m tests.faults.soak --minutes 120

A whole station (simulated cameras and lamps, real journal) sees a new code every other second, its pages are asked, and
backup and retention run every five minutes. Prints the median of the first and of the last quarter side by side, and
what the descriptors open at the one end and not at the other lead to; the first tenth is left out as warming up.
"""

import argparse
import contextlib
import json
import logging
import os
import re
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from checkpoint.errors import GateError
from checkpoint.events import Kind
from station.config import Config
from station.folders import Folders
from station.memory import return_pictures_to_the_system
from station.running import Station
from station.upkeep import back_up, retain
from station.wiring import build
from web import create_app

PAGES = ("/", "/login", "/health.json")
UPKEEP_EVERY_S = 300.0
SAMPLE_EVERY_S = 60.0
SCENE_S = 2.0
#: What differs between two descriptors of one kind: the inode of a socket or pipe, the folder of the run.
NUMBERS = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Sample:
    """How large the program is: resident memory (MB), open file descriptors, threads, and events so far."""

    rss_mb: float
    descriptors: int
    threads: int
    events: int
    open_files: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        """Return the sizes as a line of JSON."""
        return json.dumps({name: getattr(self, name) for name in ("rss_mb", "descriptors", "threads", "events")})


def sample(events: int) -> Sample:
    """Return this program's size now."""
    status = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines() if ":" in line
    )
    return Sample(
        rss_mb=round(int(status["VmRSS"].split()[0]) / 1024, 1),
        descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208  names are all that is wanted
        threads=int(status["Threads"]),
        events=events,
        open_files=_open_files(),
    )


def _open_files() -> Counter[str]:
    """Return what each descriptor leads to, and how many lead there."""
    found: Counter[str] = Counter()
    for descriptor in os.listdir("/proc/self/fd"):  # noqa: PTH208  names are all that is wanted
        with contextlib.suppress(FileNotFoundError):  # the one that listed the folder is closed already
            found[NUMBERS.sub("", str(Path("/proc/self/fd", descriptor).readlink()))] += 1
    return found


def soak(folder: Path, minutes: float) -> list[Sample]:
    """Keep a station busy for so long; return its size at each minute."""
    config = Config.model_validate({"data": folder, "demo": True, "clock": {"source": "assume-trusted"}})
    station = build(config)
    app = create_app(station.services, secret_key=os.urandom(32))
    samples: list[Sample] = []
    station.start()
    try:
        station.journal.append(Kind.LOGGED_IN, {"officer": "soak", "role": "officer"})
        scenes = cycle([name for group, name in station.services.scenes.names() if group == "codes"])  # type: ignore[union-attr]  # a demo has scenes
        end, next_sample, next_upkeep = (time.monotonic() + s for s in (minutes * 60, SAMPLE_EVERY_S, UPKEEP_EVERY_S))
        while time.monotonic() < end:
            _one_traveller(station, next(scenes), app)
            if time.monotonic() >= next_upkeep:
                next_upkeep += UPKEEP_EVERY_S
                now = datetime.now(UTC)
                retain(station.journal, config.retention, now)
                back_up(station.journal, folder / "stick", Folders(folder).journal, keep=3, now=now)
            if time.monotonic() >= next_sample:
                next_sample += SAMPLE_EVERY_S
                samples.append(sample(station.journal.head().seq))
                print(samples[-1].line(), flush=True)
        station.journal.verify()
    finally:
        app.extensions["pulse"].stop()
        station.close()
    return samples


def _one_traveller(station: Station, scene: str, app: object) -> None:
    station.services.scenes.show("gate", scene)  # type: ignore[union-attr]  # a demo has scenes
    time.sleep(SCENE_S)
    with contextlib.suppress(GateError):
        station.services.gate.next(officer="soak")
    client = app.test_client()  # type: ignore[attr-defined]  # Flask
    for page in PAGES:
        client.get(page)


def main() -> int:
    """Soak and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120.0, help="how long")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to use (default: a temporary one)")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    return_pictures_to_the_system()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        samples = soak(Path(folder), options.minutes)
    warm = samples[len(samples) // 10 :]
    if len(warm) < 4:
        print(f"{len(samples)} samples are too few to compare: soak for longer")
        return 1
    quarter = len(warm) // 4
    print(f"{options.minutes:g} minutes, {samples[-1].events} events; median of the first and of the last quarter:")
    for name in ("rss_mb", "descriptors", "threads"):
        first, last = (statistics.median(getattr(s, name) for s in part) for part in (warm[:quarter], warm[-quarter:]))
        print(f"  {name:<12} {first:8.1f} -> {last:8.1f}  ({last / first - 1:+.1%})")
    for sign, files in (
        ("+", samples[-1].open_files - warm[0].open_files),
        ("-", warm[0].open_files - samples[-1].open_files),
    ):
        for leads_to, count in sorted(files.items()):
            print(f"  {sign}{count} {leads_to}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
