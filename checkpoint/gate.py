"""The gate: one vehicle at a time, everybody in it judged, one light, the worst of them.

What an officer does at the gate, as methods. The order never changes: read, decide, write to the journal,
and only then light the lamp. Where the journal cannot be written the lamp shows a fault, whatever was decided.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from checkpoint.aside import Aside
from checkpoint.assay import Outcome
from checkpoint.clock import Moment
from checkpoint.credential import Credential, Format, Holder
from checkpoint.crossing import (
    Category,
    Decision,
    Evidence,
    Lamp,
    Problem,
    SpotTest,
    Verdict,
    lamp_for,
)
from checkpoint.crossing_record import personal_record
from checkpoint.errors import CredentialError, GateError, JournalError
from checkpoint.events import Event, Kind, Lane, PhotoRef
from checkpoint.gate_view import GateSettings, GateView, Shown
from checkpoint.journal import Journal, LogQuery
from checkpoint.policy import RulePack
from checkpoint.policy.guards import settled_by_test
from checkpoint.ports import Clock, Lamps
from checkpoint.reasons import Reason
from checkpoint.recent_codes import RecentCodes, Sighted
from checkpoint.seat_judge import SeatJudge
from checkpoint.seating import (
    DIGEST_CHARS,
    ID_SETTLES,
    Presented,
    digest,
    doubt_whose,
    presented,
    seated_evidence,
    with_doubt,
)
from checkpoint.sighting import Code
from checkpoint.vehicle import Crossing, Recorded, Seat, Traveller, Vehicle

__all__ = ["Gate", "GateSettings", "GateView", "digest"]

MOST_PEOPLE = 60  # a coach
CODE_AGAIN_S = 600.0  # a code that left so lately and comes back is compared with an ID before it admits anybody
LINGERS_MS = 1_500
CORRECTABLE = frozenset(
    {
        Kind.CROSSING_DECIDED,
        Kind.OVERRIDDEN,
        Kind.TEST_STARTED,
        Kind.TEST_READ,
        Kind.TEST_CONFIRMED,
        Kind.TEST_VOIDED,
        Kind.KITS_RECEIVED,
        Kind.KITS_DRAWN,
    }
)
"""What an officer may say was wrong: acts, not log-ins, faults or another correction."""


class Identifies(Protocol):
    """Recognises and verifies a presented text; raises `CredentialError` with the reason where it is bad."""

    def identify(self, text: str, now: datetime) -> Credential:
        """Return the verified credential."""


@dataclass(slots=True)
class Gate:
    """The gate's use cases. Thread-safe: the live camera and several tablets call it at once."""

    journal: Journal
    lamps: Lamps
    clock: Clock
    credentials: Identifies
    rules: Callable[[Category, datetime], RulePack | None]
    new_id: Callable[[], str]
    settings: GateSettings = field(default_factory=GateSettings)
    changed: list[Callable[[], None]] = field(default_factory=list)
    _crossing: Crossing | None = None
    _judges: SeatJudge = field(init=False)
    _aside: Aside = field(init=False)
    _next_vehicle: Vehicle | None = None
    _shown: Shown = field(default_factory=Shown)
    _vehicles: int = 0
    _lingers_since_ms: int | None = None
    _recent: RecentCodes = field(default_factory=lambda: RecentCodes(CODE_AGAIN_S))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._judges = SeatJudge(self.journal, self.rules)
        self._aside = Aside(self.journal)

    # -- what pages ask ------------------------------------------------------------------------------------------

    def view(self) -> GateView:
        """Return what the gate shows now."""
        with self._lock:
            now = self.clock.now()
            decided = self._shown.decided
            return GateView(
                crossing=self._crossing,
                lamp=self.lamps.shown,
                neutral=self._shown.barrier_neutral,
                decided_at=decided.wall if decided else None,
                shown_for_s=(now.boot_ms - decided.boot_ms) / 1000 if decided else 0.0,
                waiting_at_bench=self._aside.waiting,
                notice=self._shown.notice,
                fault=self._shown.fault,
                noticed=self._shown.noticed,
                light_of=None if self._shown.neutral else self._shown.light_of,
            )

    @property
    def vehicle(self) -> Vehicle:
        """The vehicle before the barrier, or the one announced for the next crossing."""
        if self._crossing is not None:
            return self._crossing.vehicle
        return self._next_vehicle or Vehicle(category=self.settings.category)

    # -- what happens at the gate --------------------------------------------------------------------------------

    def present(
        self, codes: Sequence[Code], *, officer: str, photo: Callable[[], PhotoRef | None] | None = None
    ) -> Crossing | None:
        """Judge the codes now in view; return the crossing, or None where nothing in view concerns the gate.

        Several different health codes at once are held: nobody can say whose light it would be. An issuer's answer that
        comes when the vehicle was already sent on counts for nobody. Codes that no
        format knows are passed over beside one that is known, and never change a verdict that already stands.
        `photo` is called, once, for a decision worth a picture: anything that does not admit.
        """
        now = self.clock.now()
        vehicles = self._vehicles
        found = self._identified(codes, now)  # alone: an issuer may take seconds to answer, and pages must not wait
        if not found:
            return self._crossing
        with self._acting():
            if self._vehicles != vehicles:
                # The officer sent the vehicle on while its issuer was asked: its green must not meet the next one.
                self._notice("answer-after-next")
                return self._crossing
            code = found[0]
            if len(found) > 1:
                all_of_them = digest("+".join(sorted(one.codes[0] for one in found)))[:DIGEST_CHARS]
                code = Presented(Problem(Reason.SEVERAL_CODES, f"{len(found)} codes in view"), (all_of_them,))
            return self._judge(code, self.clock.now(), officer, photo)

    def present_typed(self, credential: Credential, *, officer: str) -> Crossing | None:
        """Judge what an officer typed (an ID number, a pass): evidence that is marked as unverified."""
        with self._acting():
            code = Presented(credential, (credential.digest[:DIGEST_CHARS],))
            return self._judge(code, self.clock.now(), officer, None)

    def describe_vehicle(self, vehicle: Vehicle, *, officer: str) -> None:
        """Set plate, people, category and route; everybody already checked is judged anew under them."""
        if not 1 <= vehicle.people <= MOST_PEOPLE:
            raise GateError("people-out-of-range", f"1 to {MOST_PEOPLE} people, not {vehicle.people}")
        with self._acting():
            crossing = self._crossing
            if crossing is None:
                self._next_vehicle = vehicle
                return
            if vehicle == crossing.vehicle:
                return
            now = self.clock.now()
            people = max(vehicle.people, len(crossing.seats))
            crossing = replace(crossing, vehicle=replace(vehicle, people=people))
            same = vehicle.category is self._open_crossing().vehicle.category
            anew = [
                self._as_described(crossing, seat, now) for seat in crossing.seats if not (seat.overridden and same)
            ]
            crossing = self._judges.record_all(crossing, anew, now, officer)
            self._now_stands(crossing)
            self._light(crossing, now)

    def compared_with_id(self, seat: int, *, officer: str) -> None:
        """The officer compared the code's holder with an ID document.

        That tells whose code it is, so a code that was here a moment ago is judged anew without that doubt.
        """
        with self._acting():
            crossing = self._open_crossing()
            place = crossing.seat(seat)
            self.journal.append(Kind.ID_COMPARED, {"crossing": crossing.id, "seat": seat, "officer": officer})
            crossing = crossing.seated(replace(place, compared_with_id=True))
            settled = tuple(p for p in place.evidence.problems if p.reason not in ID_SETTLES)
            if settled != place.evidence.problems:
                now = self.clock.now()
                crossing = self._judges.others_as_of(now, crossing, seat, officer)
                crossing = self._judges.record(crossing, seat, replace(place.evidence, problems=settled), now, officer)
                self._light(crossing, now)
            self._now_stands(crossing)

    def override(self, seat: int, *, why: str, officer: str, second: str) -> None:
        """Admit against the rules, with a reason and a second person; headquarters is told at once."""
        if not second or second == officer:
            raise GateError("second-person-needed", "an override needs two different people")
        if not why.strip():
            raise GateError("reason-needed", "an override needs a reason")
        with self._acting():
            crossing = self._open_crossing()
            place = crossing.seat(seat)
            if place.verdict is Verdict.ADMIT:
                raise GateError("nothing-to-override", "this person is admitted already")
            crossing = self._judges.others_as_of(self.clock.now(), crossing, seat, officer)
            crossing = crossing.seated(replace(place, overridden=True))
            event = self.journal.append(
                Kind.OVERRIDDEN,
                {
                    "crossing": crossing.id,
                    "seat": seat,
                    "verdict": crossing.verdict,
                    "seat_verdict": Verdict.ADMIT,
                    "reason": Reason.OVERRIDDEN,
                    "was": {"verdict": place.decision.verdict, "reason": place.decision.reason},
                    "why": why.strip(),
                    "officer": officer,
                    "second": second,
                },
                personal=personal_record(crossing, place.evidence),
                lane=Lane.NOW,
            )
            crossing = crossing.seated(replace(crossing.seat(seat), recorded=Recorded.of(event)))
            self._now_stands(crossing)
            self._light(crossing, event.moment)

    def correct(self, seat: int, *, why: str, officer: str) -> None:
        """Undo one person's check: a new event, after which that person counts as unchecked."""
        with self._acting():
            crossing = self._open_crossing()
            place = crossing.seat(seat)
            self.journal.append(
                Kind.CORRECTED,
                {"crossing": crossing.id, "seat": seat, "corrects": place.recorded.seq, "why": why, "officer": officer},
            )
            crossing = replace(crossing, seats=tuple(s for s in crossing.seats if s.number != seat))
            self._now_stands(crossing)
            now = self.clock.now()
            crossing = self._judges.others_as_of(now, crossing, seat, officer)
            self._now_stands(crossing)
            self._light(crossing, now)

    def correct_entry(self, event: Event, *, why: str, officer: str) -> None:
        """Say by a new event that an entry of the journal is wrong; what stands at the barrier is undone with it."""
        if event.kind not in CORRECTABLE:
            raise GateError("not-correctable", f"{event.kind} is no act that can be taken back")
        if not why.strip():
            raise GateError("reason-needed", "a correction needs a reason")
        with self._acting():
            seats = self._crossing.seats if self._crossing is not None else ()
            seat = next((s.number for s in seats if s.recorded.seq == event.seq), None)
            if seat is not None:
                self.correct(seat, why=why, officer=officer)
                return
            self._aside.undo(event.seq)
            body = {"corrects": event.seq, "why": why.strip(), "officer": officer}
            told = {
                name: event.body[name] for name in ("crossing", "seat", "slot", "test", "lot") if name in event.body
            }
            self.journal.append(Kind.CORRECTED, told | body)

    def next(self, *, officer: str, because: str = "next") -> None:
        """Close the crossing: the lamp returns to red, and the card to neutral."""
        with self._acting():
            self._rest()
            self._vehicles += 1
            self._next_vehicle = None
            if self._crossing is not None:
                self._close(self._crossing, officer, because)

    def tick(self) -> None:
        """Let a verdict go neutral once its time is over; an old green is never taken for the next car's."""
        with self._lock:
            shown = self._shown.decided
            if shown is None or self._shown.neutral:
                return
            if (self.clock.now().boot_ms - shown.boot_ms) / 1000 >= self.settings.verdict_s:
                self._rest()
                self._tell()

    def lingers(self, seen: bool) -> None:
        """Say whether a code of the vehicle that left is still in view, or again: it counts for no other vehicle.

        It is told once it has lingered for a while; most phones are just being put away.
        """
        with self._lock:
            now_ms = self.clock.now().boot_ms
            if not seen or self._crossing is not None:
                self._lingers_since_ms = None
                if self._shown.notice == "just-checked":
                    self._shown.notice = ""
                    self._tell()
            elif self._lingers_since_ms is None:
                self._lingers_since_ms = now_ms
            elif now_ms - self._lingers_since_ms >= LINGERS_MS and self._shown.notice != "just-checked":
                self._notice("just-checked")
                self._tell()

    def fault(self, detail: str) -> None:
        """Show the fault light: something broke that decisions rest on."""
        with self._lock:
            self._shown.fault = detail
            self.lamps.show(Lamp.FAULT)
            self._tell()

    def recovered(self) -> None:
        """Back from a fault: the lamp rests at red until the next decision."""
        with self._lock:
            if self._shown.fault:
                self._shown.fault = ""
                self._rest()
                self._tell()

    # -- the way to the bench and back ---------------------------------------------------------------------------

    def to_bench(self, seat: int) -> Traveller:
        """Return who goes to the bench from `seat`; the vehicle waits aside and the gate is free for the next."""
        with self._acting():
            crossing = self._open_crossing()
            place = crossing.seat(seat)
            self._aside.send(crossing, seat)
            return Traveller(crossing.id, seat, crossing.vehicle, place.evidence)

    def recall(self, crossing: str, *, officer: str) -> None:
        """Bring a vehicle that waits aside back to the barrier: to check who is left, or to compare an ID."""
        with self._acting():
            if self._crossing is not None:
                raise GateError("gate-taken", "another vehicle stands at the barrier")
            aside = next((waiting for waiting in self._aside.waiting if waiting.id == crossing), None)
            if aside is None:
                raise GateError("not-aside", f"crossing {crossing} does not wait aside")
            now = self.clock.now()
            self.journal.append(Kind.CROSSING_RECALLED, {"crossing": crossing, "officer": officer})
            aside = self._judges.others_as_of(now, aside, 0, officer)
            self._next_vehicle = None
            self._now_stands(aside)
            self._light(aside, now)

    def walk_in(self, holder: Holder, vehicle: Vehicle) -> Traveller:
        """Return somebody who comes to the bench without having shown a code at the gate."""
        evidence = Evidence(category=vehicle.category)
        if holder.known:
            typed = Credential(format=Format.TYPED_ID, holder=holder, facts=(), issuer="officer", verified=False)
            evidence = replace(evidence, credentials=(typed,))
        return Traveller(crossing=self.new_id(), seat=1, vehicle=vehicle, evidence=evidence)

    def settle_test(self, traveller: Traveller, test: SpotTest, *, officer: str) -> Decision:
        """Judge `traveller` anew with the outcome of their test, and say so on the lamp where it is theirs to take.

        They are judged with all that they and their vehicle have shown up to now, not as they were when the test began.
        Green is lit only while no other vehicle stands at the barrier; a positive lights red whoever stands there.
        """
        with self._acting():
            now = self.clock.now()
            crossing, evidence = self._as_they_stand(traveller)
            crossing = self._judges.others_as_of(now, crossing, traveller.seat, officer)
            crossing = self._judges.record(crossing, traveller.seat, _tested(evidence, test), now, officer)
            at_barrier = self._crossing is not None and self._crossing.id == crossing.id
            neutral = self._shown.barrier_neutral
            free = self._crossing is None or (neutral and not self._crossing.unchecked)
            self._aside.take(crossing)
            if at_barrier:
                self._now_stands(crossing)
            elif crossing.verdict is Verdict.ADMIT:
                self._recent.leave(crossing, now)  # what admitted them must not admit the next vehicle, too
            if at_barrier or free:
                self._light(crossing, now)
            elif test.outcome is Outcome.POSITIVE:
                self.lamps.show(Lamp.RED, sound=True)
            if not at_barrier and (free or test.outcome is Outcome.POSITIVE):
                self._shown.light_of = crossing
                self._shown.barrier_neutral = free or neutral
                if neutral:
                    self._shown.neutral, self._shown.decided = False, now
            return crossing.seat(traveller.seat).decision

    def counts_already(self, traveller: Traveller, test_id: str) -> bool:
        """Whether the outcome of this very test stands among what its traveller is judged by."""
        with self._lock:
            _, evidence = self._as_they_stand(traveller)
            return evidence.spot_test is not None and evidence.spot_test.test_id == test_id

    def restore(self) -> None:
        """Remember, after a restart, which codes were here a moment ago."""
        now = self.clock.now()
        since = now.wall - timedelta(seconds=CODE_AGAIN_S)
        newest: dict[tuple[str, int], Event] = {}
        for event in self.journal.search(LogQuery(kind=Kind.CROSSING_DECIDED, since=since, limit=500)).entries:
            body = event.body
            whose = (str(body.get("crossing", "")), int(body.get("seat") or 0))
            last = newest.setdefault(whose, event)  # what became of whoever showed it
            if code := body.get("code_digest"):
                admitted = last.body.get("seat_verdict") == Verdict.ADMIT
                self._recent.add(code, Sighted(whose[0], "", last.seq, admitted, last.moment))

    # -- inside --------------------------------------------------------------------------------------------------

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """One act of an officer or the camera: alone, told to the pages, and a fault where the journal fails."""
        with self._lock:
            self._shown.notice = ""
            try:
                yield
            except JournalError as error:
                self.fault(f"journal: {error}")
                raise
            finally:
                self._tell()

    def _tell(self) -> None:
        for callback in self.changed:
            callback()

    def _as_described(self, crossing: Crossing, seat: Seat, now: Moment) -> Seat:
        """Return one person with the doubts that the vehicle's plate settles taken away."""
        if not any(p.reason is Reason.SAME_CODE_OTHER_PERSON for p in seat.evidence.problems):
            return seat
        code = Presented(Problem(Reason.SAME_CODE_OTHER_PERSON), seat.codes)
        doubt = doubt_whose(crossing, code, seat.number, parked=self._aside.all, recent=self._recent, now=now)
        if doubt is not None:
            return seat
        rest = tuple(p for p in seat.evidence.problems if p.reason is not Reason.SAME_CODE_OTHER_PERSON)
        return replace(seat, evidence=replace(seat.evidence, problems=rest))

    @contextmanager
    def holding(self, crossing: str) -> Iterator[None]:
        """Keep the vehicle that an act is meant for at the barrier while it is done.

        Raise `GateError` where another stands there by now: no act may hit the next vehicle.
        """
        with self._lock:
            if (self._crossing.id if self._crossing is not None else "") != crossing:
                raise GateError("vehicle-changed", "another vehicle is at the gate")
            yield

    def _identified(self, codes: Sequence[Code], now: Moment) -> tuple[Presented, ...]:
        """Return what the codes in view are, each once; unknown ones only where nothing else is in view.

        Of the parts of one card, all in view at once, the card itself counts, or else the last part.
        """
        known: dict[str, Presented] = {}
        parts: list[Presented] = []
        unknown: list[Presented] = []
        for code in codes:
            text = code.text if code.text is not None else code.data.decode("latin-1")
            try:
                found = presented(text, self.credentials.identify(text, now.wall))
            except CredentialError as error:
                found = presented(text, Problem(error.reason, error.detail, dict(error.data)))
                if error.reason is Reason.INCOMPLETE_CODE:
                    parts.append(found)
                    continue
                if error.reason is Reason.UNKNOWN_CODE:
                    unknown.append(found)
                    continue
            known[found.codes[0]] = found
        return tuple(known.values()) or tuple(parts[-1:]) or tuple(unknown[:1])

    def _judge(
        self, code: Presented, now: Moment, officer: str, photo: Callable[[], PhotoRef | None] | None
    ) -> Crossing | None:
        stray = isinstance(code.shown, Problem) and code.shown.reason is Reason.UNKNOWN_CODE
        crossing = self._crossing
        if stray and crossing is not None and crossing.seats and not self._shown.barrier_neutral:
            self._notice("unknown-code-ignored")
            return crossing
        if crossing is not None and self._is_over(crossing, code.holder):
            self._close(crossing, officer, "verdict-timed-out")
            crossing = None
        if crossing is None:
            crossing = Crossing(id=self.new_id(), vehicle=self.vehicle)
            self._next_vehicle = None
        number, evidence = seated_evidence(crossing, code, self._aside.at_bench(crossing.id))
        doubt = doubt_whose(crossing, code, number, parked=self._aside.all, recent=self._recent, now=now)
        if doubt is not None:
            evidence = with_doubt(evidence, doubt)
        if self._says_nothing_new(crossing, number, evidence, code, now):
            self._notice("already-seen-others-left" if crossing.unchecked else "already-seen")
            return crossing
        crossing = self._judges.others_as_of(now, crossing, number, officer)
        crossing = self._judges.record(crossing, number, evidence, now, officer, code=code, photo=photo)
        crossing = self._judges.others_as_of(now, crossing, number, officer)  # once more: a pass serves all in the cab
        self._now_stands(crossing)
        self._light(crossing, now)
        return crossing

    def _is_over(self, crossing: Crossing, holder: Holder) -> bool:
        """Whether the crossing's verdict has timed out, everybody was checked, and somebody new shows a code.

        Whoever is held may be showing the next proof: they stay until the officer says next.
        """
        known = any(seat.evidence.holder.same_person(holder) for seat in crossing.seats)
        done = bool(crossing.seats) and not crossing.unchecked and crossing.verdict is not Verdict.HOLD
        return self._shown.barrier_neutral and done and not known

    def _notice(self, notice: str) -> None:
        self._shown.notice = notice
        self._shown.noticed += 1

    def _says_nothing_new(
        self, crossing: Crossing, number: int, evidence: Evidence, code: Presented, now: Moment
    ) -> bool:
        """Whether this very code was judged for this seat already, stands on the card, and would be judged the same."""
        seat = next((s for s in crossing.seats if s.number == number), None)
        if seat is None or not code.known_to(seat) or self._shown.barrier_neutral or self._shown.light_of is not None:
            return False
        decision = self._judges.decide(crossing, number, evidence, now)
        found, before = ({f.reason for f in d.findings} for d in (decision, seat.decision))
        return (decision.verdict, decision.reason, found) == (seat.decision.verdict, seat.decision.reason, before)

    def _now_stands(self, crossing: Crossing) -> None:
        """Put the crossing at the barrier, as it now stands; where somebody of it is at the bench, there too."""
        self._crossing = crossing
        self._aside.follow(crossing)

    def _light(self, crossing: Crossing, decided: Moment) -> None:
        """Show the vehicle's light: only ever after its event is durable."""
        self._shown.fault = ""
        self.lamps.show(lamp_for(crossing.verdict), sound=True)
        self._shown.decided = decided
        self._shown.neutral = self._shown.barrier_neutral = False
        self._shown.light_of = None

    def _rest(self) -> None:
        """Red is the resting light: stop and wait your turn."""
        self.lamps.show(Lamp.FAULT if self._shown.fault else Lamp.RED)
        self._shown.neutral = self._shown.barrier_neutral = True
        self._shown.light_of = None

    def _close(self, crossing: Crossing, officer: str, because: str) -> None:
        self.journal.append(
            Kind.CROSSING_CLOSED,
            {"crossing": crossing.id, "because": because, "left_as": crossing.verdict, "officer": officer},
        )
        self._recent.leave(crossing, self.clock.now())
        self._crossing = None

    def _open_crossing(self) -> Crossing:
        if self._crossing is None:
            raise GateError("no-vehicle", "no vehicle is open at the gate")
        return self._crossing

    def _as_they_stand(self, traveller: Traveller) -> tuple[Crossing, Evidence]:
        """Return the crossing a test belongs to, and all that its traveller has shown up to now.

        The crossing is at the barrier, aside, or in the journal from before a restart. Whose check was undone while the
        test ran has shown nothing: the test alone counts.
        """
        at_barrier = self._crossing is not None and self._crossing.id == traveller.crossing
        crossing = self._crossing if at_barrier else self._aside.find(traveller)
        if crossing is None:  # walked in
            return Crossing(id=traveller.crossing, vehicle=traveller.vehicle), traveller.evidence
        seat = next((s for s in crossing.seats if s.number == traveller.seat), None)
        return crossing, seat.evidence if seat else Evidence(category=crossing.vehicle.category)


def _tested(evidence: Evidence, test: SpotTest) -> Evidence:
    """Return the evidence with the outcome of a test taken here.

    A positive stands: another cassette does not lift it, only two people who dispute that very one. A negative settles
    what was shown and proved nothing.
    """
    before = evidence.spot_test
    if before is not None and before.outcome is Outcome.POSITIVE and before.test_id != test.test_id:
        return evidence
    problems = evidence.problems
    if test.outcome is Outcome.NEGATIVE:
        problems = tuple(problem for problem in problems if not settled_by_test(problem.reason))
    return replace(evidence, spot_test=test, problems=problems)
