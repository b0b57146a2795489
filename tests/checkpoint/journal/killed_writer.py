"""Run as a program: let a child append to a journal, kill it without warning, many times; print what was promised.

Arguments: folder, number of kills, seed. Prints one JSON list with, for each kill, the numbers of the events whose
append had returned (which is when a lamp may turn green) and the photos that had been kept.
"""

import json
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from checkpoint.clock import ClockTrust, Moment
from checkpoint.events import Kind
from checkpoint.journal import Journal, Seal


class WallClock:
    """Good enough for a writer that is about to be killed."""

    def now(self) -> Moment:
        return Moment(datetime.now(UTC), time.monotonic_ns() // 1_000_000, "boot", ClockTrust.TRUSTED)


def write(folder: Path, promised: int) -> None:
    """Append until killed, and promise each event only once it is durable."""
    with Journal.open(folder, clock=WallClock(), seal=Seal.open(folder)) as journal:
        while True:
            photo = journal.keep_photo(os.urandom(2000), "image/jpeg")
            seq = journal.append(Kind.TEST_READ, {"note": "x" * 500}, personal={"name": "A"}, photos=[photo]).seq
            os.write(promised, f"{seq} {photo.sha256}\n".encode())


def main(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    promises: list[list[tuple[int, str]]] = []
    for _ in range(kills):
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read_end)
            write(folder, write_end)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as pipe:
            first = pipe.readline()  # it is at work
            time.sleep(chance.uniform(0, 0.05))
            os.kill(child, signal.SIGKILL)
            rest = pipe.read()
        os.waitpid(child, 0)
        lines = [line.split() for line in (first + rest).decode().splitlines(keepends=True) if line.endswith("\n")]
        promises.append([(int(seq), sha256) for seq, sha256 in lines])
    print(json.dumps(promises))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
