"""The bench: many cassettes, each tied to a person and a slot, each with its own clock.

A slot never changes its person without an event. Too early and too late are refused with the reason, and both
are written down: reading early may miss a positive, reading late counts for nothing.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from checkpoint.assay import LineReading, Outcome, Readiness, Reading
from checkpoint.clock import Moment
from checkpoint.crossing import Decision, SpotTest
from checkpoint.errors import BenchError
from checkpoint.events import Event, Kind, Lane, PhotoRef
from checkpoint.journal import Journal, LogQuery
from checkpoint.policy.evidence import evidence_to_json
from checkpoint.ports import Clock, Json
from checkpoint.reasons import Reason
from checkpoint.slots import BenchSettings, FinishedTest, RunningTest, SlotRead, SlotView, running_test_of
from checkpoint.vehicle import Recorded, Traveller

__all__ = ["Bench", "BenchSettings", "FinishedTest", "RunningTest", "SlotRead", "SlotView"]

MOST_PROFILE_POINTS = 160  # enough to draw the plot again; the journal is no picture store


class Settles(Protocol):
    """The gate, as the bench knows it: judges a traveller anew once their test has an outcome."""

    def settle_test(self, traveller: Traveller, test: SpotTest, *, officer: str) -> Decision:
        """Record and return the new decision."""


class KitInUse(Protocol):
    """A kit's lot as the bench needs it: its name, its cassette's type, and whether a delivery told both."""

    @property
    def lot(self) -> str: ...
    @property
    def cassette_type(self) -> str: ...
    @property
    def known(self) -> bool: ...


class KnowsKits(Protocol):
    """The kits, as the bench knows them: which may be used."""

    def for_use(self, text: str) -> KitInUse:
        """Return the lot in a scanned or typed text; raise `KitsError` where none of it may be used."""


@dataclass(slots=True)
class Bench:
    """The bench's use cases. Thread-safe: several tablets call it at once."""

    journal: Journal
    clock: Clock
    gate: Settles
    new_id: Callable[[], str]
    settings: BenchSettings = field(default_factory=BenchSettings)
    kits: KnowsKits | None = None
    changed: list[Callable[[], None]] = field(default_factory=list)
    _running: dict[int, RunningTest] = field(default_factory=dict)
    _last: dict[int, FinishedTest] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def board(self) -> tuple[SlotView, ...]:
        """Return every slot with its clock as of now."""
        with self._lock:
            now = self.clock.now()
            return tuple(self._slot_view(number, now) for number in range(1, self.settings.slots + 1))

    def slot(self, number: int) -> SlotView:
        """Return one slot; raise `BenchError` where the bench has no such slot."""
        self._check_slot(number)
        with self._lock:
            return self._slot_view(number, self.clock.now())

    def start(
        self,
        slot: int,
        traveller: Traveller,
        *,
        lot: str,
        officer: str,
        cassette_type: str = "generic",
        after: str = "",
    ) -> RunningTest:
        """Tie `traveller` to `slot`: the drops are on the cassette, its clock runs from now.

        `lot` is what was scanned or typed. A lot whose delivery was entered tells its cassette's type, and with it
        the read window; an expired one is refused with `KitsError`.
        """
        self._check_slot(slot)
        if self.kits is not None:
            kit = self.kits.for_use(lot)
            lot = kit.lot
            if kit.known:
                cassette_type = kit.cassette_type
        with self._lock:
            if slot in self._running:
                raise BenchError("slot-taken", f"slot {slot} holds another person's test")
            if any(
                t.traveller.crossing == traveller.crossing and t.traveller.seat == traveller.seat
                for t in self._running.values()
            ):
                raise BenchError("test-running", "this person has a test running already")
            test_id = self.new_id()
            event = self.journal.append(
                Kind.TEST_STARTED,
                {
                    "test": test_id,
                    "slot": slot,
                    "lot": lot,
                    "cassette_type": cassette_type,
                    "after": after,
                    "crossing": traveller.crossing,
                    "seat": traveller.seat,
                    "people": traveller.vehicle.people,
                    "category": traveller.vehicle.category,
                    "evidence": evidence_to_json(traveller.evidence),
                    "officer": officer,
                },
                personal=_personal(traveller),
            )
            test = RunningTest(
                id=test_id,
                slot=slot,
                traveller=traveller,
                lot=lot,
                cassette_type=cassette_type,
                window=self.settings.window_of(cassette_type),
                started=event.moment,
                recorded=Recorded.of(event),
                after=after,
            )
            self._running[slot] = test
            self._last.pop(slot, None)
        self._tell()
        return test

    def may_read(self, slot: int, *, officer: str) -> RunningTest:
        """Return the test in `slot` if it may be read now; otherwise write down the attempt and say why not.

        An overdue test, and one whose waiting time cannot be known, ends here as void: the person needs a new one.
        """
        with self._lock:
            test = self._test_in(slot)
            waited = self.clock.now().waited_since(test.started)
            match test.window.readiness(waited):
                case Readiness.READY:
                    return test
                case Readiness.TOO_EARLY:
                    left = test.window.read_from_min * 60 - (waited or 0.0)
                    self.journal.append(
                        Kind.TEST_REFUSED,
                        {
                            "test": test.id,
                            "slot": slot,
                            "reason": Reason.TOO_EARLY,
                            "left_s": round(left),
                            "officer": officer,
                        },
                    )
                    raise BenchError(Reason.TOO_EARLY, f"{left:.0f} s to wait", left_s=f"{left:.0f}")
                case Readiness.OVERDUE:
                    self._void(test, Reason.OVERDUE, officer)
                    raise BenchError(Reason.OVERDUE, "the read window is over: a new cassette is needed")
                case Readiness.VOID:
                    self._void(test, Reason.ANTIGEN_VOID, officer)
                    raise BenchError(Reason.ANTIGEN_VOID, "the waiting time cannot be known: a new cassette is needed")

    def read(self, slot: int, reading: Reading, photos: Sequence[PhotoRef], *, officer: str) -> FinishedTest | None:
        """Let `reading` stand for the test in `slot`; None where the picture must be taken again.

        A positive is journaled in the lane that leaves at once. The decision about the person follows as an
        event of its own, and the lamp only after that.
        """
        with self._lock:
            test = self.may_read(slot, officer=officer)
            event = self.journal.append(
                Kind.TEST_READ,
                _read_body(test, reading, self.clock.now(), officer),
                photos=photos,
                lane=Lane.NOW if reading.outcome is Outcome.POSITIVE else Lane.SOON,
            )
            if reading.outcome is Outcome.RETAKE:
                self._running[slot] = replace(test, retakes=test.retakes + 1)
                finished = None
            else:
                finished = self._finish(test, reading, reading.reason, event, tuple(photos), officer)
        self._tell()
        return finished

    def void(self, slot: int, *, why: str, officer: str) -> FinishedTest:
        """End the test in `slot` without a result: spilt, dropped, the person left."""
        if not why.strip():
            raise BenchError("reason-needed", "say why the test is void")
        with self._lock:
            finished = self._void(self._test_in(slot), Reason.ANTIGEN_VOID, officer, why=why.strip())
        self._tell()
        return finished

    def repeat(self, slot: int, *, lot: str, officer: str) -> RunningTest:
        """Start a new cassette for the person whose last test in `slot` had no result."""
        with self._lock:
            last = self._last.get(slot)
            if last is None or last.outcome is not Outcome.INVALID:
                raise BenchError("nothing-to-repeat", f"the last test in slot {slot} needs no repetition")
            return self.start(
                slot,
                last.test.traveller,
                lot=lot,
                officer=officer,
                cassette_type=last.test.cassette_type,
                after=last.test.id,
            )

    def restore(self) -> int:
        """Take up the tests that were running when the station stopped; return how many."""
        ended = {e.body["test"] for e in self._journaled(Kind.TEST_VOIDED)}
        ended |= {e.body["test"] for e in self._journaled(Kind.TEST_READ) if e.body["outcome"] != Outcome.RETAKE}
        with self._lock:
            for event in self._journaled(Kind.TEST_STARTED):
                if event.body["test"] not in ended and event.body["slot"] <= self.settings.slots:
                    personal = self.journal.personal(event.seq) or {}
                    window = self.settings.window_of(event.body["cassette_type"])
                    self._running.setdefault(event.body["slot"], running_test_of(event, personal, window))
            return len(self._running)

    # -- inside --------------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        for callback in self.changed:
            callback()

    def _check_slot(self, slot: int) -> None:
        if not 1 <= slot <= self.settings.slots:
            raise BenchError("unknown-slot", f"the bench has slots 1 to {self.settings.slots}, not {slot}")

    def _test_in(self, slot: int) -> RunningTest:
        self._check_slot(slot)
        try:
            return self._running[slot]
        except KeyError:
            raise BenchError("slot-free", f"no test runs in slot {slot}") from None

    def _slot_view(self, number: int, now: Moment) -> SlotView:
        test = self._running.get(number)
        if test is None:
            return SlotView(number=number, last=self._last.get(number))
        waited = now.waited_since(test.started)
        passed = waited or 0.0
        return SlotView(
            number=number,
            test=test,
            readiness=test.window.readiness(waited),
            waits_s=max(0.0, test.window.read_from_min * 60 - passed),
            leaves_s=max(0.0, test.window.read_until_min * 60 - passed),
        )

    def _void(self, test: RunningTest, reason: Reason, officer: str, why: str = "") -> FinishedTest:
        event = self.journal.append(
            Kind.TEST_VOIDED,
            {
                "test": test.id,
                "slot": test.slot,
                "reason": reason,
                "why": why,
                "lot": test.lot,
                "officer": officer,
                "crossing": test.traveller.crossing,
                "seat": test.traveller.seat,
            },
        )
        return self._finish(test, None, reason, event, (), officer)

    def _finish(
        self,
        test: RunningTest,
        reading: Reading | None,
        reason: Reason,
        event: Event,
        photos: tuple[PhotoRef, ...],
        officer: str,
    ) -> FinishedTest:
        self._running.pop(test.slot, None)
        outcome = reading.outcome if reading else Outcome.INVALID
        finished = FinishedTest(test, reading, reason, None, Recorded.of(event), photos)
        self._last[test.slot] = finished
        spot = SpotTest(test_id=test.id, outcome=outcome, read_at=event.moment.wall)
        decision = self.gate.settle_test(test.traveller, spot, officer=officer)
        finished = replace(finished, decision=decision)
        self._last[test.slot] = finished
        return finished

    def _journaled(self, kind: Kind) -> Iterable[Event]:
        """Yield the journal's events of one kind, newest first, as far back as a test can still matter."""
        before: int | None = None
        while True:
            page = self.journal.search(LogQuery(kind=kind, before_seq=before, limit=200))
            yield from page.entries
            if page.next_before is None:
                return
            before = page.next_before


def _personal(traveller: Traveller) -> Json:
    holder = traveller.holder
    return {
        "holder": {"name": holder.name, "born": holder.born, "id_number": holder.id_number},
        "plate": traveller.vehicle.plate,
        "trailer": traveller.vehicle.trailer,
    }


def _read_body(test: RunningTest, reading: Reading, now: Moment, officer: str) -> Json:
    waited = now.waited_since(test.started)
    step = max(1, len(reading.profile) // MOST_PROFILE_POINTS)
    return {
        "test": test.id,
        "slot": test.slot,
        "lot": test.lot,
        "crossing": test.traveller.crossing,
        "seat": test.traveller.seat,
        "outcome": reading.outcome,
        "reason": reading.reason,
        "control": _line(reading.control),
        "test_line": _line(reading.test),
        "score": round(reading.score, 4),
        "profile": [round(value, 3) for value in reading.profile[::step]],
        "cassette_type": reading.cassette_type,
        "waited_s": round(waited) if waited is not None else None,
        "officer": officer,
    }


def _line(line: LineReading) -> Json:
    return {"contrast": round(line.contrast, 4), "snr": round(line.snr, 2), "position_mm": line.position_mm}
