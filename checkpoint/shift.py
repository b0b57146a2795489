"""The shift: who leads it since when, what it hands over, and both signatures under the journal's head."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from checkpoint.assay import Outcome
from checkpoint.errors import ShiftError
from checkpoint.events import Event, Head, Json, Kind, wall_text
from checkpoint.journal import Journal, LogQuery
from checkpoint.kits import Kits
from checkpoint.ports import Clock
from checkpoint.slots import SlotView

LONGEST_NOTE = 500  # characters; sealed like personal data, for a note may name people
MOST_POSITIVES = 200  # of one shift, named one by one on the sheet


@dataclass(frozen=True, slots=True)
class Shift:
    """A running shift: its number at this station, who began it, and when (UTC)."""

    number: int
    lead: str
    began: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Positive:
    """A positive of this shift; ``sent``: headquarters has it."""

    seq: int
    at: datetime
    slot: int
    lot: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one shift hands to the next. Nothing on it is personal: it stands in the journal as signed."""

    shift: Shift
    at: datetime
    open_slots: tuple[SlotView, ...]
    kits: tuple[tuple[str, int], ...]  # lot, left
    positives: tuple[Positive, ...]
    faults: tuple[str, ...]  # names of the checks at fault
    pending_events: int
    pending_photos: int
    head: Head

    @property
    def alerts(self) -> int:
        """How many things the next shift must see to."""
        return len(self.faults) + sum(not positive.sent for positive in self.positives)

    def body(self) -> Json:
        """Return the sheet as it stands in the hand-over's event."""
        return {
            "shift": self.shift.number,
            "began": wall_text(self.shift.began),
            "open_slots": [
                {"slot": view.number, "test": view.test.id, "readiness": view.readiness}
                for view in self.open_slots
                if view.test is not None
            ],
            "kits": dict(self.kits),
            "positives": [positive.seq for positive in self.positives],
            "unsent_positives": [positive.seq for positive in self.positives if not positive.sent],
            "faults": list(self.faults),
            "pending_events": self.pending_events,
            "pending_photos": self.pending_photos,
            "head": {"epoch": self.head.epoch, "seq": self.head.seq, "hash": self.head.hash.hex()},
        }


def head_text(station: str, head: Head) -> str:
    """Return the journal's head as the QR code of the sheet says it: whoever keeps it can prove later what was there.

    >>> head_text("lane 1", Head(1, 4182, bytes.fromhex("ab" * 32)))[:34]
    'CHECKPOINT-HEAD lane 1 1:4182 abab'
    """
    return f"CHECKPOINT-HEAD {station} {head.epoch}:{head.seq} {head.hash.hex()}"


@dataclass(slots=True)
class Shifts:
    """The shift's use cases. Thread-safe. Who signs has proved it by PIN before these are called."""

    journal: Journal
    clock: Clock
    kits: Kits
    slots: Callable[[], Sequence[SlotView]]
    changed: list[Callable[[], None]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def current(self) -> Shift | None:
        """Return the running shift, None between shifts."""
        started = self._newest(Kind.SHIFT_STARTED)
        if started is None:
            return None
        ended = self._newest(Kind.SHIFT_HANDED_OVER)
        if ended is not None and ended.seq > started.seq:
            return None
        body = started.body
        return Shift(int(body["shift"]), str(body["officer"]), started.moment.wall, started.seq)

    def last_hand_over(self) -> Event | None:
        """Return the newest hand-over with its sheet."""
        return self._newest(Kind.SHIFT_HANDED_OVER)

    def begin(self, *, officer: str) -> Shift:
        """Begin a shift where none runs."""
        with self._lock:
            if self.current() is not None:
                raise ShiftError("shift-running")
            shift = self._start(officer)
        self._tell()
        return shift

    def sheet(self, faults: Sequence[str] = ()) -> Sheet:
        """Return what the running shift would hand over now."""
        shift = self.current()
        if shift is None:
            raise ShiftError("no-shift")
        pending = self.journal.pending()
        stock = self.kits.stock()
        return Sheet(
            shift=shift,
            at=self.clock.now().wall,
            open_slots=tuple(view for view in self.slots() if view.test is not None),
            kits=tuple((lot.lot, lot.left) for lot in stock.lots if lot.left),
            positives=self._positives(shift, all_told=pending.now == 0),
            faults=tuple(faults),
            pending_events=pending.events,
            pending_photos=pending.photos,
            head=self.journal.head(),
        )

    def hand_over(
        self, *, leaving: str, taking: str, seen_seq: int, note: str = "", faults: Sequence[str] = ()
    ) -> Shift | None:
        """End the running shift, and begin the next where somebody takes over; `taking` "" closes the checkpoint.

        `seen_seq` is the head's number on the sheet that both looked at: what came since is named in the event, and
        an open slot that is not on that sheet is refused, for nobody has signed for it.
        """
        if leaving == taking:
            raise ShiftError("second-person-needed")
        with self._lock:
            sheet = self.sheet(faults)
            if any(view.test.recorded.seq > seen_seq for view in sheet.open_slots if view.test is not None):
                raise ShiftError("sheet-changed")
            if not taking and sheet.open_slots:
                raise ShiftError("slots-open")
            body = sheet.body() | {
                "officer": leaving,
                "second": taking,
                "seen_seq": seen_seq,
            }
            said = note.strip()[:LONGEST_NOTE]
            self.journal.append(Kind.SHIFT_HANDED_OVER, body, personal={"note": said} if said else None)
            shift = self._start(taking) if taking else None
        self._tell()
        return shift

    # -- inside --------------------------------------------------------------------------------------------------

    def _start(self, officer: str) -> Shift:
        before = self._newest(Kind.SHIFT_STARTED)
        number = int(before.body.get("shift", 0)) + 1 if before else 1
        event = self.journal.append(Kind.SHIFT_STARTED, {"shift": number, "officer": officer})
        return Shift(number, officer, event.moment.wall, event.seq)

    def _positives(self, shift: Shift, *, all_told: bool) -> tuple[Positive, ...]:
        reads = self.journal.glances([Kind.TEST_READ], ["outcome", "slot", "lot"], after=shift.seq)
        found = [glance for glance in reads if glance.values[0] == Outcome.POSITIVE]
        return tuple(
            Positive(glance.seq, glance.at, int(glance.values[1] or 0), str(glance.values[2] or ""), sent=all_told)
            for glance in found[-MOST_POSITIVES:]
        )

    def _newest(self, kind: Kind) -> Event | None:
        entries = self.journal.search(LogQuery(kind=kind, limit=1)).entries
        return entries[0] if entries else None

    def _tell(self) -> None:
        for callback in self.changed:
            callback()
