"""Deciding about the people of a vehicle: by the rules in force at that moment, and never without an entry."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from checkpoint.clock import Moment
from checkpoint.crossing import Category, Decision, Evidence, Verdict
from checkpoint.crossing_record import decision_body, personal_record
from checkpoint.events import Kind, Lane, PhotoRef
from checkpoint.journal import Journal
from checkpoint.policy import RulePack, decide
from checkpoint.seating import Presented, borrowed_passes
from checkpoint.vehicle import Crossing, Recorded, Seat


@dataclass(frozen=True, slots=True)
class SeatJudge:
    """Judges one seat of a crossing at a time, and writes each decision to the journal."""

    journal: Journal
    rules: Callable[[Category, datetime], RulePack | None]

    def others_as_of(self, now: Moment, crossing: Crossing, but: int, officer: str) -> Crossing:
        """Return the crossing with everybody but seat `but` judged as of now.

        Somebody admitted half an hour ago may not be any more when the last of the vehicle is; whoever is judged
        otherwise than before is recorded anew.
        """
        changed = []
        for seat in crossing.seats:
            if seat.number == but or seat.overridden:
                continue
            decision = self.decide(crossing, seat.number, seat.evidence, now)
            if (decision.verdict, decision.reason) != (seat.decision.verdict, seat.decision.reason):
                changed.append(seat)
        return self.record_all(crossing, changed, now, officer)

    def record_all(self, crossing: Crossing, seats: Iterable[Seat], now: Moment, officer: str) -> Crossing:
        """Decide about several people at once and write each down: no entry tells of a vehicle half judged."""
        seats = list(seats)
        for seat in seats:
            decided = self.decide(crossing, seat.number, seat.evidence, now)
            crossing = crossing.seated(replace(seat, decision=decided, overridden=False))
        for seat in seats:
            crossing = self.record(crossing, seat.number, seat.evidence, now, officer)
        return crossing

    def record(
        self,
        crossing: Crossing,
        number: int,
        evidence: Evidence,
        now: Moment,
        officer: str,
        *,
        code: Presented | None = None,
        photo: Callable[[], PhotoRef | None] | None = None,
    ) -> Crossing:
        """Decide about one seat, write it to the journal, and return the crossing with it."""
        before = next((s for s in crossing.seats if s.number == number), None)
        judged = self._as_it_stands(crossing, number, evidence, now)
        decision = decide(judged, self.rules(judged.category, now.wall), now.wall)
        seat = Seat(
            number=number,
            evidence=replace(judged, credentials=evidence.credentials),
            decision=decision,
            recorded=Recorded(0, now.wall),
            compared_with_id=before is not None and before.compared_with_id and (code is None or code.known_to(before)),
            codes=tuple(dict.fromkeys([*(before.codes if before else ()), *(code.codes if code else ())])),
        )
        crossing = crossing.seated(seat)
        taken = photo() if photo is not None and decision.verdict is not Verdict.ADMIT else None
        event = self.journal.append(
            Kind.CROSSING_DECIDED,
            decision_body(crossing, replace(seat, evidence=judged), code.codes[0] if code else "", officer),
            personal=personal_record(crossing, evidence),
            photos=[taken] if taken else [],
            lane=Lane.NOW if decision.verdict is Verdict.REFUSE else Lane.SOON,
            rules=f"{decision.pack}@{decision.pack_version}" if decision.pack else "",
        )
        return crossing.seated(replace(seat, recorded=Recorded.of(event)))

    def _as_it_stands(self, crossing: Crossing, number: int, evidence: Evidence, now: Moment) -> Evidence:
        """Return the evidence of one seat with what is known of the vehicle and of the clock at this moment."""
        vehicle = crossing.vehicle
        return replace(
            evidence,
            credentials=(*evidence.credentials, *borrowed_passes(crossing, number)),
            category=vehicle.category,
            clock_trust=now.trust,
            plate=vehicle.plate,
            trailer=vehicle.trailer,
            route=vehicle.route,
        )

    def decide(self, crossing: Crossing, number: int, evidence: Evidence, now: Moment) -> Decision:
        """Return what the evidence of one seat comes to now; nothing is written."""
        judged = self._as_it_stands(crossing, number, evidence, now)
        return decide(judged, self.rules(judged.category, now.wall), now.wall)
