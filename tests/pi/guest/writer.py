"""In the guest: write events into the station's journal until the power goes; say each one when it is durable.

`writer.py` prints "ACK number hash" after each commit. `writer.py check` reads such lines from a file, verifies the
whole chain, and prints "KEPT count lost" where every acknowledged event is there as it was acknowledged.
"""

import sys
from pathlib import Path

from checkpoint.events import Kind
from checkpoint.journal import Journal, Seal
from hardware.clock import SystemClock
from station import RELEASED

DATA = Path("/var/lib/checkpoint")


def journal() -> Journal:
    """Open the station's own journal as the station does."""
    return Journal.open(DATA / "journal", clock=SystemClock(floor=RELEASED), seal=Seal.open(DATA / "keys"))


def write() -> None:
    """Write without end."""
    with journal() as book:
        while True:
            photo = book.keep_photo(b"\xff\xd8" + bytes(4000), "image/jpeg")
            event = book.append(Kind.DEVICE_RECOVERED, {"device": "power-cut"}, photos=[photo])
            print(f"ACK {event.seq} {event.hash.hex()}", flush=True)


def check(acknowledged: Path) -> None:
    """Compare what was acknowledged with what is there."""
    with journal() as book:
        count = book.verify()
        lost = 0
        for line in acknowledged.read_text().split("\n"):
            if not line.startswith("ACK "):
                continue
            _, seq, digest = line.split()
            try:
                event = book.event(int(seq))
            except KeyError:
                lost += 1
                continue
            lost += event.hash.hex() != digest
    print(f"KEPT {count} {lost}")


if __name__ == "__main__":
    check(Path(sys.argv[2])) if sys.argv[1:2] == ["check"] else write()
