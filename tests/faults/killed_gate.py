"""Run as a program: a gate at work, with everything that goes on beside it, to be killed at any moment.

Arguments: folder, sync ("sync" or "alone"). It admits travellers without end, and tells on standard output

- ``event SEQ``: an append has returned (which is when anybody may be told),
- ``green SEQ``: the lamp was just lit green, and this is the crossing's event,
- ``acked SEQ``: headquarters' receipt covers everything up to there.

Retention, thinning and backups run beside it in a thread of their own, and, with "sync", a headquarters' receipts.
"""

import os
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from checkpoint.clock import ClockTrust, Moment
from checkpoint.crossing import Category, Lamp
from checkpoint.errors import JournalError
from checkpoint.events import Event
from checkpoint.gate import Gate, GateSettings
from checkpoint.journal import open_or_recover
from checkpoint.journal.journal import Journal
from checkpoint.journal.seal import Seal
from checkpoint.policy import PackShelf, shipped_packs
from hardware.lamps.simulated import SimulatedLamps
from tests.checkpoint.station_parts import NOON, Codebook


class PassingClock:
    """Noon of the day the codes are made for, and the time since."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def now(self) -> Moment:
        passed = time.monotonic() - self._started
        return Moment(NOON + timedelta(seconds=passed), round(passed * 1000), f"boot-{os.getpid()}", ClockTrust.TRUSTED)


def tell(line: str) -> None:
    """Write one line at once: a pipe keeps it whatever happens to this program."""
    os.write(1, f"{line}\n".encode())


class TellingLamps(SimulatedLamps):
    """Lamps that tell which event stood in the journal when they turned green."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    def show(self, lamp: Lamp, *, sound: bool = False) -> None:
        super().show(lamp, sound=sound)
        if lamp is Lamp.GREEN:
            tell(f"green {self._journal.head().seq}")


def acknowledge_all(journal: Journal) -> None:
    """Do what a round of uploads does to the journal: receipts, and photos confirmed."""
    head = journal.head()
    if head.seq:
        journal.outbox.acknowledge(head.seq, head.hash, epoch=head.epoch, text="{}", sig=b"sig")
        tell(f"acked {head.seq}")
    for sha256 in journal.outbox.photos_due(50):
        journal.outbox.confirm_photo(sha256)


def upkeep(journal: Journal, folder: Path, stopping: threading.Event, *, sync: bool) -> None:
    """Retention, thinning, backups and receipts without a pause, beside the gate."""
    while not stopping.wait(0.002):
        try:
            if sync:
                acknowledge_all(journal)
                journal.destroy_personal(NOON - timedelta(days=1))
                journal.thin_photos(1500)
            journal.back_up(folder / "stick", keep=2)
        except JournalError as error:
            tell(f"trouble {error}")


def main(folder: Path, sync: bool) -> None:
    clock = PassingClock()
    journal, recovery = open_or_recover(
        folder / "journal", clock=clock, seal=Seal.open(folder / "keys"), backups=[folder / "stick"]
    )
    if recovery is not None:
        tell(f"trouble recovered: {recovery.damage}")

    def appended(event: Event) -> None:
        tell(f"event {event.seq}")

    journal.subscribe(appended)
    codes = Codebook()
    gate = Gate(
        journal=journal,
        lamps=TellingLamps(journal),
        clock=clock,
        credentials=codes,
        rules=PackShelf(folder / "packs", {}, shipped_packs()).in_force,
        new_id=lambda: os.urandom(6).hex(),
        settings=GateSettings(category=Category.RESIDENT),
    )
    threading.Thread(
        target=upkeep, args=(journal, folder, threading.Event()), kwargs={"sync": sync}, daemon=True
    ).start()
    number = 0
    while True:
        number += 1
        hours = 5 if number % 3 else 50  # every third report is stale: held, with a photo
        code = codes.naat(f"Li {number} {os.getpid()}", NOON - timedelta(hours=hours))
        gate.present([code], officer="Chen", photo=lambda: journal.keep_photo(os.urandom(1500), "image/jpeg"))
        gate.next(officer="Chen")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "sync")
