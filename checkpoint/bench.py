"""The bench: many cassettes, each tied to a person and a slot, each with its own clock.

A slot never changes its person without an event. Too early and too late are refused with the reason, and both
are written down: reading early may miss a positive, reading late counts for nothing.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from checkpoint.assay import Outcome, Readiness, Reading
from checkpoint.bench_record import (
    TO_CONFIRM,
    confirm_body,
    journaled,
    personal_record,
    read_body,
    read_test_of,
    start_body,
    trace_of,
    void_body,
)
from checkpoint.cassette_memory import MOST_REMEMBERED, CassetteMemory, Trace
from checkpoint.clock import Moment
from checkpoint.crossing import Decision, SpotTest
from checkpoint.errors import BenchError, JournalError, JournalFull
from checkpoint.events import Event, Json, Kind, Lane, PhotoRef
from checkpoint.journal import Journal
from checkpoint.ports import Clock
from checkpoint.reasons import Reason
from checkpoint.slots import (
    BenchSettings,
    FinishedTest,
    ReadTest,
    RunningTest,
    SeenBefore,
    SlotRead,
    SlotView,
    running_test_of,
)
from checkpoint.vehicle import Recorded, Traveller

log = logging.getLogger(__name__)

__all__ = ["Bench", "BenchSettings", "FinishedTest", "ReadTest", "RunningTest", "SlotRead", "SlotView"]

DISPUTES = {
    Outcome.NEGATIVE: frozenset({Outcome.POSITIVE, Outcome.INVALID}),
    Outcome.POSITIVE: frozenset({Outcome.INVALID}),
}
"""What two readers may put in the place of the machine's outcome; never what would admit."""


class Settles(Protocol):
    """The gate, as the bench knows it: judges a traveller anew once their test has an outcome."""

    def settle_test(self, traveller: Traveller, test: SpotTest, *, officer: str) -> Decision:
        """Record and return the new decision."""

    def counts_already(self, traveller: Traveller, test_id: str) -> bool:
        """Return whether the outcome of this very test already counts."""


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
    _waiting: dict[int, ReadTest] = field(default_factory=dict)
    _last: dict[int, FinishedTest] = field(default_factory=dict)
    _cassettes: CassetteMemory = field(default_factory=CassetteMemory)
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
            if not self._is_free(slot):
                raise BenchError("slot-taken", f"slot {slot} holds another person's test")
            if any(
                t.traveller.crossing == traveller.crossing and t.traveller.seat == traveller.seat
                for t in (*self._running.values(), *(read.test for read in self._waiting.values()))
            ):
                raise BenchError("test-running", "this person has a test running already")
            test_id = self.new_id()
            event = self.journal.append(
                Kind.TEST_STARTED,
                start_body(
                    test_id, slot, traveller, lot=lot, cassette_type=cassette_type, after=after, officer=officer
                ),
                personal=personal_record(traveller),
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

    def read(self, slot: int, reading: Reading, photos: Sequence[PhotoRef], *, officer: str) -> SlotRead:
        """Let `reading` stand for the test in `slot`, until an officer confirms or disputes it.

        A positive leaves for headquarters at once and lights red at once. A negative admits nobody yet. Without a
        control line the test ends here. Each decision about the person is an event of its own, the lamp after it.
        """
        with self._lock:
            test = self.may_read(slot, officer=officer)
            earlier = self._cassettes.find(Trace.of(reading), but_not=test.id)
            event = self.journal.append(
                Kind.TEST_READ,
                read_body(test, reading, self.clock.now(), officer, earlier),
                photos=photos,
                lane=Lane.NOW if reading.outcome is Outcome.POSITIVE else Lane.SOON,
            )
            taken = tuple(photos)
            if reading.outcome is Outcome.RETAKE:
                self._running[slot] = replace(test, retakes=test.retakes + 1)
                look = SlotRead(reading, taken)
            else:
                self._cassettes.keep(Trace.of(reading), SeenBefore(test.id, slot, Recorded.of(event)))
                look = self._let_stand(ReadTest(test, reading, Recorded.of(event), taken, None, earlier), officer)
        self._tell()
        return look

    def confirm(self, slot: int, test_id: str, *, officer: str, second: str = "") -> FinishedTest:
        """An officer looked and agrees; the person is judged by the outcome, and the slot is free.

        A cassette that looks like an earlier test's needs `second`, another person who says that it is not that one.
        """
        with self._lock:
            read = self._read_in(slot, test_id)
            if read.seen_before is not None:
                _two(officer, second)
            finished = self._conclude(read, read.reading.outcome, officer, second)
        self._tell()
        return finished

    def dispute(self, slot: int, test_id: str, outcome: Outcome, *, officer: str, second: str) -> FinishedTest:
        """Two people saw something else than the machine: positive after all, or no result and a new cassette.

        Never negative: an eye that sees less than the machine is settled by another cassette.
        """
        with self._lock:
            read = self._read_in(slot, test_id)
            if outcome not in DISPUTES[read.reading.outcome]:
                raise BenchError("not-disputable", f"{read.reading.outcome} cannot become {outcome}")
            _two(officer, second)
            finished = self._conclude(read, outcome, officer, second)
        self._tell()
        return finished

    def void(self, slot: int, *, why: str, officer: str) -> FinishedTest:
        """End the test in `slot` without a result: spilt, dropped, the person left.

        Also one that was read and not confirmed, unless it is positive: that stands until two people dispute it.
        """
        if not why.strip():
            raise BenchError("reason-needed", "say why the test is void")
        with self._lock:
            read = self._waiting.get(slot)
            if read is not None and read.reading.outcome is Outcome.POSITIVE:
                raise BenchError("positive-stands", "a positive is confirmed, or disputed by two people")
            test = read.test if read is not None else self._test_in(slot)
            finished = self._void(test, Reason.ANTIGEN_VOID, officer, why=why.strip())
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
        """Take up the tests that were running or unconfirmed when the station stopped; return how many."""
        ended = {e.body["test"] for kind in (Kind.TEST_VOIDED, Kind.TEST_CONFIRMED) for e in self._journaled(kind)}
        read: dict[str, Event] = {}
        for event in self._journaled(Kind.TEST_READ):
            body = event.body
            if body["outcome"] == Outcome.RETAKE:
                continue
            if body.get("to_confirm"):
                read.setdefault(body["test"], event)
            else:
                ended.add(body["test"])
        with self._lock:
            for event in self._journaled(Kind.TEST_STARTED):
                body = event.body
                if body["test"] in ended or body["slot"] > self.settings.slots or not self._is_free(body["slot"]):
                    continue
                personal = self._personal_of(event)
                test = running_test_of(event, personal or {}, self.settings.window_of(body["cassette_type"]))
                waiting = read_test_of(read[test.id], test) if test.id in read else None
                if personal is None and (waiting is None or waiting.reading.outcome is not Outcome.POSITIVE):
                    self._void_nameless(test)
                elif waiting is not None:
                    self._waiting[test.slot] = waiting
                else:
                    self._running[test.slot] = test
            for event in reversed(list(journaled(self.journal, Kind.TEST_READ, most=MOST_REMEMBERED))):
                seen = SeenBefore(event.body["test"], event.body["slot"], Recorded.of(event))
                self._cassettes.keep(trace_of(event), seen)
            return len(self._running) + len(self._waiting)

    # -- inside --------------------------------------------------------------------------------------------------

    def _personal_of(self, event: Event) -> Json | None:
        """Return whose test started, None where the record does not open: no reason for the station to stand still."""
        try:
            return self.journal.personal(event.seq) or {}
        except JournalError as error:
            log.error("whose test started with event %d cannot be read: %s", event.seq, error)
            return None

    def _void_nameless(self, test: RunningTest) -> None:
        """End a test that would admit nobody knows whom; the slot says so, and the person is tested anew."""
        body = void_body(test, Reason.ANTIGEN_VOID, "record-unreadable", "")
        try:
            recorded = Recorded.of(self.journal.append(Kind.TEST_VOIDED, body))
        except JournalFull as error:
            log.error("the test %s is void, and it cannot be written: %s", test.id, error)
            return
        self._last[test.slot] = FinishedTest(test, None, Outcome.INVALID, Reason.ANTIGEN_VOID, None, recorded)

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
            return SlotView(number=number, read=self._waiting.get(number), last=self._last.get(number))
        waited = now.waited_since(test.started)
        passed = waited or 0.0
        return SlotView(
            number=number,
            test=test,
            readiness=test.window.readiness(waited),
            waits_s=max(0.0, test.window.read_from_min * 60 - passed),
            leaves_s=max(0.0, test.window.read_until_min * 60 - passed),
        )

    def _read_in(self, slot: int, test_id: str) -> ReadTest:
        self._check_slot(slot)
        read = self._waiting.get(slot)
        if read is None or read.test.id != test_id:
            raise BenchError("nothing-to-confirm", f"slot {slot} holds no reading of test {test_id}")
        return read

    def _is_free(self, slot: int) -> bool:
        return slot not in self._running and slot not in self._waiting

    def _let_stand(self, read: ReadTest, officer: str) -> SlotRead:
        """Put a reading in the place of the running test."""
        reading, slot = read.reading, read.test.slot
        self._running.pop(slot, None)
        if reading.outcome not in TO_CONFIRM:
            finished = self._finish(read.test, reading, reading.outcome, reading.reason, read.recorded, officer)
            finished = self._last[slot] = replace(finished, photos=read.photos)
            return SlotRead(reading, read.photos, finished=finished)
        self._waiting[slot] = read
        if reading.outcome is Outcome.POSITIVE:
            read = self._waiting[slot] = replace(read, decision=self._settle(read.test, reading.outcome, read, officer))
        return SlotRead(reading, read.photos, waiting=read)

    def _conclude(self, read: ReadTest, outcome: Outcome, officer: str, second: str) -> FinishedTest:
        disputed = outcome is not read.reading.outcome
        event = self.journal.append(
            Kind.TEST_CONFIRMED,
            confirm_body(read, outcome, officer, second),
            lane=Lane.NOW if Outcome.POSITIVE in {outcome, read.reading.outcome} else Lane.SOON,
        )
        self._waiting.pop(read.test.slot, None)
        reason = Reason.SECOND_READER if disputed else read.reading.reason
        settled = read.decision if not disputed else None
        if settled is not None and not self.gate.counts_already(read.test.traveller, read.test.id):
            settled = None  # the check was undone since; the outcome still is this person's
        try:
            finished = self._finish(read.test, read.reading, outcome, reason, read.recorded, officer, settled)
        except JournalError:
            # What was said of it is written, what follows from it is not: it can be said once more.
            self._waiting[read.test.slot] = read
            self._last.pop(read.test.slot, None)
            raise
        finished = replace(finished, photos=read.photos, confirmed=Recorded.of(event), disputed=disputed)
        self._last[read.test.slot] = finished
        return finished

    def _void(self, test: RunningTest, reason: Reason, officer: str, why: str = "") -> FinishedTest:
        event = self.journal.append(Kind.TEST_VOIDED, void_body(test, reason, why, officer))
        return self._finish(test, None, Outcome.INVALID, reason, Recorded.of(event), officer)

    def _finish(
        self,
        test: RunningTest,
        reading: Reading | None,
        outcome: Outcome,
        reason: Reason,
        recorded: Recorded,
        officer: str,
        settled: Decision | None = None,
    ) -> FinishedTest:
        """Free the slot and judge the person by the outcome, unless that was `settled` when it was read."""
        self._running.pop(test.slot, None)
        self._waiting.pop(test.slot, None)
        finished = FinishedTest(test, reading, outcome, reason, settled, recorded)
        self._last[test.slot] = finished  # also where the journal fails next: the test has ended
        if settled is None:
            finished = replace(finished, decision=self._settle(test, outcome, finished, officer))
            self._last[test.slot] = finished
        return finished

    def _settle(self, test: RunningTest, outcome: Outcome, read: ReadTest | FinishedTest, officer: str) -> Decision:
        spot = SpotTest(test_id=test.id, outcome=outcome, read_at=read.recorded.at)
        return self.gate.settle_test(test.traveller, spot, officer=officer)

    def _journaled(self, kind: Kind) -> Iterable[Event]:
        return journaled(self.journal, kind)


def _two(officer: str, second: str) -> None:
    if not second or second == officer:
        raise BenchError("second-person-needed", "two different people are needed")
