"""Whose code it is: which seat of the vehicle it belongs to, and when it may be somebody else's."""

from collections.abc import Iterable
from dataclasses import replace

from checkpoint.clock import Moment
from checkpoint.credential import Credential, Format, Holder
from checkpoint.crossing import Evidence, Problem, Verdict
from checkpoint.reasons import Reason
from checkpoint.recent_codes import RecentCodes
from checkpoint.vehicle import Crossing


def seated_evidence(crossing: Crossing, shown: Credential | Problem, holder: Holder, code: str) -> tuple[int, Evidence]:
    """Return which seat the code belongs to, and that person's evidence with it.

    The same person keeps their seat. Somebody held without a name (a shop's code, a blurred one) may try again.
    A lorry's pass names a vehicle and no person: it belongs to the driver. Anyone else, and everyone after a
    refusal without a name, takes the next seat: a refusal is never replaced.
    """
    same = [s for s in crossing.seats if code in s.codes or s.evidence.holder.same_person(holder)]
    retry = [s for s in crossing.seats if not s.evidence.holder.known and s.verdict is Verdict.HOLD]
    driver = crossing.seats[:1] if _of_the_vehicle(shown) else ()
    if same or retry or driver:
        seat = [*same, *retry, *driver][0]
        before, number = seat.evidence, seat.number
    else:
        before = Evidence(category=crossing.vehicle.category)
        number = max((s.number for s in crossing.seats), default=0) + 1
    if isinstance(shown, Problem):
        return number, replace(before, problems=(shown,))
    newest_first = (shown, *(c for c in before.credentials if c.digest != shown.digest))
    return number, replace(before, credentials=newest_first, problems=())


def doubt_whose(
    crossing: Crossing, code: str, number: int, *, parked: Iterable[Crossing], recent: RecentCodes, now: Moment
) -> Problem | None:
    """Return why `code` may be somebody else's: it left a moment ago, or waits at the bench, in another vehicle.

    A vehicle that turned round is known by its plate; an officer's comparison with the ID settles it for the seat.
    """
    if any(s.number == number and s.compared_with_id for s in crossing.seats):
        return None
    for other in parked:
        for seat in other.seats:
            if code in seat.codes and not _same_vehicle(other.id, other.vehicle.plate, crossing):
                return Problem(Reason.SAME_CODE_OTHER_PERSON, f"waits at the bench, #{seat.recorded.seq}")
    left = recent.find(code, now)
    if left is None or not left.admitted or _same_vehicle(left.crossing, left.plate, crossing):
        return None
    passed = now.waited_since(left.at) or 0.0
    return Problem(Reason.SAME_CODE_OTHER_PERSON, f"left {passed:.0f} s ago, #{left.seq}")


def _same_vehicle(crossing_id: str, plate: str, crossing: Crossing) -> bool:
    return crossing_id == crossing.id or (bool(plate) and plate == crossing.vehicle.plate)


def _of_the_vehicle(shown: Credential | Problem) -> bool:
    return isinstance(shown, Credential) and shown.format is Format.LORRY_PASS
