"""Whose code it is: which seat of the vehicle it belongs to, and when it may be somebody else's."""

import hashlib
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from datetime import timedelta

from checkpoint.assay import Outcome
from checkpoint.clock import Moment
from checkpoint.credential import Colour, Credential, Format, HealthStatus, Holder, Recovery, TestReport, TestResult
from checkpoint.crossing import Evidence, Problem, Verdict
from checkpoint.policy.guards import verdict_on_problem
from checkpoint.policy.people import may_be_one_person
from checkpoint.reasons import Reason
from checkpoint.recent_codes import RecentCodes
from checkpoint.vehicle import Crossing, Seat

WAITS_AT_MOST = timedelta(hours=12)
DIGEST_CHARS = 32  # of a code's digest in the journal and in memory

ID_SETTLES = frozenset({Reason.SAME_CODE_OTHER_PERSON, Reason.HOLDER_UNCLEAR})
"""Doubts about whose code it is, which the officer's comparison with the ID document settles."""

_OF_A_PASS = frozenset({Reason.PASS_EXPIRED, Reason.PASS_MISSING, Reason.PASS_OTHER_PLATE})


@dataclass(frozen=True, slots=True)
class Presented:
    """A code in view: what it is, and the digests by which it is known again; the first stands in the journal."""

    shown: Credential | Problem
    codes: tuple[str, ...]

    @property
    def holder(self) -> Holder:
        """Whom the code names, nobody where it is bad."""
        return self.shown.holder if isinstance(self.shown, Credential) else Holder()

    def known_to(self, seat: Seat) -> bool:
        """Whether this very code was shown for a seat before."""
        return not set(self.codes).isdisjoint(seat.codes)


def digest(text: str) -> str:
    """Return the SHA-256 (hex) by which a presented text is known again without keeping it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def presented(text: str, shown: Credential | Problem) -> Presented:
    """Return a code in view with what it is known by: its text, and before that what it says.

    A screenshot that was encoded anew, packed or wrapped otherwise, has another text and the same content. A city's
    code says another thing with every answer, and is known by its text alone.
    """
    codes = [digest(text.strip())[:DIGEST_CHARS]]
    if isinstance(shown, Credential) and shown.format is not Format.HEALTH_CODE:
        said = (shown.format, shown.issuer, astuple(shown.holder), shown.facts, shown.issued_at, shown.expires_at)
        codes.insert(0, digest(repr(said))[:DIGEST_CHARS])
    return Presented(shown, tuple(codes))


def seated_evidence(
    crossing: Crossing, code: Presented, at_bench: frozenset[int] = frozenset()
) -> tuple[int, Evidence]:
    """Return which seat the code belongs to, and that person's evidence with it.

    The same person keeps their seat. Whoever sits alone keeps it, too, where the names leave that open; the officer
    then compares them with the ID document. Whoever is at the bench keeps their number, which is nobody else's
    meanwhile. A lorry's pass names a vehicle and no person: it belongs to the driver.
    Somebody held without a name (a shop's code, a blurred one) may try again. Anyone else takes the next seat.

    What speaks against a traveller, and a doubt whose code it was, stay whatever else is shown.
    """
    seat = _seat_of(crossing, code, at_bench)
    if seat is None:
        before = Evidence(category=crossing.vehicle.category)
        number = max((*(s.number for s in crossing.seats), *at_bench), default=0) + 1
    else:
        before, number = seat.evidence, seat.number
    stays = tuple(p for p in before.problems if _stays(p))
    if isinstance(code.shown, Problem):
        return number, replace(before, problems=_with(stays, code.shown))
    settled = seat is not None and seat.compared_with_id and code.known_to(seat)
    others = [c for c in before.credentials if c.digest != code.shown.digest]
    if not code.holder.known and not _of_the_vehicle(code):
        # The next try of whoever it is; what speaks against somebody stays all the same.
        others = [c for c in others if c.holder.known or c.format is Format.LORRY_PASS or _speaks_against(c)]
    theirs = seat is not None and (code.known_to(seat) or seat.evidence.holder.same_person(code.holder))
    of_another = seat is not None and seat.number in at_bench and not theirs and not _of_the_vehicle(code)
    if not settled and (of_another or _whose_is_open(code, others)):
        stays = _with(stays, Problem(Reason.HOLDER_UNCLEAR, "the codes need not be one person's"))
    return number, replace(before, credentials=(code.shown, *others), problems=stays)


def _seat_of(crossing: Crossing, code: Presented, at_bench: frozenset[int]) -> Seat | None:
    for seat in crossing.seats:
        if code.known_to(seat) or seat.evidence.holder.same_person(code.holder):
            return seat
    driver = crossing.seats[0] if crossing.seats else None
    if driver is not None and _of_the_vehicle(code):
        return driver
    for seat in crossing.seats:
        nameless = not seat.evidence.holder.known and seat.verdict is Verdict.HOLD
        if nameless and seat.number not in at_bench and _may_be_tried_again(crossing, seat, code):
            return seat
    named = [s for s in crossing.seats if s.evidence.holder.known and may_be_one_person(s.evidence.holder, code.holder)]
    if code.holder.known and len(named) == 1 and named[0].verdict is not Verdict.REFUSE and _in_part(code, named[0]):
        return named[0]
    alone = driver is not None and len(crossing.seats) == crossing.vehicle.people == 1
    if driver is not None and alone and isinstance(code.shown, Credential) and driver.verdict is not Verdict.REFUSE:
        return driver if may_be_one_person(driver.evidence.holder, code.holder) else None
    return None


def _may_be_tried_again(crossing: Crossing, seat: Seat, code: Presented) -> bool:
    """Whether a code may be another try of somebody held without a name, or that person's other proof.

    While others of the vehicle have shown nothing yet, a second good code is more likely one of theirs.
    """
    proved = any(c.format is not Format.LORRY_PASS for c in seat.evidence.credentials)
    return isinstance(code.shown, Problem) or not proved or not crossing.unchecked


def _in_part(code: Presented, seat: Seat) -> bool:
    """Whether one of both names is shown in part only: then the other may be the whole of it."""
    return "*" in code.holder.name or "*" in seat.evidence.holder.name


def _speaks_against(credential: Credential) -> bool:
    """Whether a code must not be lost sight of, whoever showed it."""
    return any(
        (isinstance(fact, HealthStatus) and fact.colour is not Colour.GREEN)
        or (isinstance(fact, TestReport) and fact.result is TestResult.POSITIVE)
        or isinstance(fact, Recovery)
        for fact in credential.facts
    )


def _whose_is_open(code: Presented, others: list[Credential]) -> bool:
    """Whether `code` and what was shown before need not be one person's: one names nobody, or only part of a name."""
    persons = [other.holder for other in others if other.format is not Format.LORRY_PASS]
    return not _of_the_vehicle(code) and not all(code.holder.same_person(person) for person in persons)


def _stays(problem: Problem) -> bool:
    return problem.reason in ID_SETTLES or verdict_on_problem(problem.reason) is Verdict.REFUSE


def _with(problems: tuple[Problem, ...], added: Problem) -> tuple[Problem, ...]:
    return (*(p for p in problems if p.reason is not added.reason), added)


def with_doubt(evidence: Evidence, doubt: Problem) -> Evidence:
    """Return the evidence with a doubt, once."""
    return replace(evidence, problems=_with(evidence.problems, doubt))


def doubt_whose(
    crossing: Crossing,
    code: Presented,
    number: int,
    *,
    parked: Iterable[Crossing],
    recent: RecentCodes,
    now: Moment,
) -> Problem | None:
    """Return why a code may be somebody else's: it left a moment ago, or waits at the bench, in another vehicle.

    A vehicle that turned round is known by its plate; an officer's comparison with the ID settles it for the seat.
    """
    if any(s.number == number and s.compared_with_id and code.known_to(s) for s in crossing.seats):
        return None
    others = [other for other in parked if other.id != crossing.id]
    for other in others:
        for seat in other.seats:
            test = seat.evidence.spot_test
            positive = test is not None and test.outcome is Outcome.POSITIVE
            if positive and (code.known_to(seat) or seat.evidence.holder.same_person(code.holder)):
                return Problem(Reason.ANTIGEN_POSITIVE, f"tested positive here, #{seat.recorded.seq}")
    for other in others:
        for seat in other.seats:
            if seat.verdict is Verdict.ADMIT or now.wall - seat.recorded.at > WAITS_AT_MOST:
                continue  # what admitted them is remembered by `recent`; nobody waits for a test that long
            if code.known_to(seat) and not _same_vehicle(other.id, other.vehicle.plate, crossing):
                return Problem(Reason.SAME_CODE_OTHER_PERSON, f"waits at the bench, #{seat.recorded.seq}")
    for one in code.codes:
        left = recent.find(one, now)
        if left is not None and left.admitted and not _same_vehicle(left.crossing, left.plate, crossing):
            passed = now.waited_since(left.at) or 0.0
            return Problem(Reason.SAME_CODE_OTHER_PERSON, f"left {passed:.0f} s ago, #{left.seq}")
    return None


def borrowed_passes(crossing: Crossing, number: int) -> tuple[Credential, ...]:
    """Return the verified lorry passes that others in the vehicle have shown: a pass is the vehicle's, not a seat's."""
    return tuple(
        credential
        for seat in crossing.seats
        if seat.number != number
        for credential in seat.evidence.credentials
        if credential.format is Format.LORRY_PASS and credential.verified
    )


def _same_vehicle(crossing_id: str, plate: str, crossing: Crossing) -> bool:
    return crossing_id == crossing.id or (bool(plate) and plate == crossing.vehicle.plate)


def _of_the_vehicle(code: Presented) -> bool:
    if isinstance(code.shown, Credential):
        return code.shown.format is Format.LORRY_PASS
    return code.shown.reason in _OF_A_PASS
