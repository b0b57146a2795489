"""What a crossing costs the card: bytes written for each, as the program asked and as the file system's device saw.

    python -m bench.wear [--crossings 400] [--folder DIR]

One crossing is one admitted traveller: the decision, and its closing. Every third is held, with a photo of 60 kB.
"asked" is write_bytes of /proc/self/io: pages this program dirtied, before the file system merges them; "device" is
the disk's own counter, which counts every program's writes: run it on a quiet disk, or read "asked" alone.
"""

import argparse
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from checkpoint.crossing import Category
from checkpoint.gate import Gate, GateSettings
from checkpoint.journal import Journal, Seal
from checkpoint.journal import database as journal_database
from checkpoint.policy import PackShelf, shipped_packs
from hardware.lamps.simulated import SimulatedLamps
from tests.checkpoint.station_parts import Codebook, TurnedClock

PHOTO_BYTES = 60_000
SECTOR = 512


def asked_bytes() -> int:
    """Return the bytes this program caused to be written so far, 0 where the kernel does not count them."""
    try:
        lines = Path("/proc/self/io").read_text("ascii").splitlines()
    except OSError:
        return 0
    return int(dict(line.split(": ") for line in lines)["write_bytes"])


def device_bytes(folder: Path) -> int | None:
    """Return the bytes the disk under `folder` has taken so far; None where it is no plain disk."""
    number = folder.stat().st_dev
    stat = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat")
    return int(stat.read_text("ascii").split()[6]) * SECTOR if stat.exists() else None


def measure(folder: Path, crossings: int, *, photos: bool) -> dict[str, Any]:
    """Return the figures of so many crossings on a new journal."""
    clock, codes = TurnedClock(), Codebook()
    with Journal.open(folder / "journal", clock=clock, seal=Seal.open(folder / "keys")) as journal:
        gate = Gate(
            journal=journal,
            lamps=SimulatedLamps(),
            clock=clock,
            credentials=codes,
            rules=PackShelf(folder / "packs", {}, shipped_packs()).in_force,
            new_id=lambda: os.urandom(6).hex(),
            settings=GateSettings(category=Category.RESIDENT),
        )
        asked, device = asked_bytes(), device_bytes(folder)
        for number in range(crossings):
            stale = photos and number % 3 == 0
            code = codes.naat(f"Traveller {number}", clock.now().wall - timedelta(hours=50 if stale else 5))
            gate.present(
                [code], officer="bench", photo=lambda: journal.keep_photo(os.urandom(PHOTO_BYTES), "image/jpeg")
            )
            gate.next(officer="bench")
            clock.turn(seconds=20)
        asked_after, device_after = asked_bytes(), device_bytes(folder)
        with journal.writing("counting") as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0] * db.execute("PRAGMA page_size").fetchone()[0]
    return {
        "crossings": crossings,
        "photos": photos,
        "asked_bytes_a_crossing": round((asked_after - asked) / crossings),
        "device_bytes_a_crossing": None
        if device is None or device_after is None
        else round((device_after - device) / crossings),
        "kept_bytes_a_crossing": round(pages / crossings),
    }


VARIANTS: dict[str, dict[str, int]] = {
    "as shipped": {},
    "page 1 kB": {"page_size": 1024},
    "page 2 kB": {"page_size": 2048},
    "page 4 kB": {"page_size": 4096},
    "page 8 kB": {"page_size": 8192},
    "checkpoint 4000 pages": {"wal_autocheckpoint": 4000},
    "checkpoint 250 pages": {"wal_autocheckpoint": 250},
}


def with_pragmas(connect: Callable[[Path], sqlite3.Connection], pragmas: dict[str, int]) -> Any:
    """Return `connect` with other knobs turned; synchronous=FULL stays what it is."""

    def turned(path: Path) -> sqlite3.Connection:
        if "page_size" in pragmas and not path.exists():
            with sqlite3.connect(path) as new:  # before the first table, and before WAL
                new.execute(f"PRAGMA page_size={pragmas['page_size']}")
                new.execute("VACUUM")
            new.close()
        db = connect(path)
        if "wal_autocheckpoint" in pragmas:
            db.execute(f"PRAGMA wal_autocheckpoint={pragmas['wal_autocheckpoint']}")
        return db

    return turned


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crossings", type=int, default=400, help="how many")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure (default: a temporary one)")
    options = parser.parse_args()
    shipped = journal_database.connect
    figures = []
    for name, pragmas in VARIANTS.items():
        journal_database.connect = with_pragmas(shipped, pragmas)
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            figures.append({"knobs": name, **measure(Path(folder), options.crossings, photos=False)})
    journal_database.connect = shipped
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures.append({"knobs": "as shipped, photos", **measure(Path(folder), options.crossings, photos=True)})
    print(f"{'':<24} {'asked':>9} {'device':>9} {'kept':>9}   bytes a crossing")
    for row in figures:
        device = row["device_bytes_a_crossing"]
        print(
            f"{row['knobs']:<24} {row['asked_bytes_a_crossing']:>9} {device if device is not None else '-':>9} "
            f"{row['kept_bytes_a_crossing']:>9}"
        )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
