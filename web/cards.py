"""What the gate's page says, worked out from what the gate knows: pure, so every case is tested without a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from checkpoint.credential import (
    Colour,
    Format,
    HealthStatus,
    Holder,
    LorryPass,
    TestKind,
    TestReport,
    TestResult,
)
from checkpoint.crossing import Finding, Lamp, Verdict, lamp_for
from checkpoint.gate import GateView
from checkpoint.reasons import Reason
from checkpoint.seating import ID_SETTLES
from checkpoint.vehicle import Crossing, Recorded, Seat
from web.masking import ShownHolder, shown

WANTS_TEST = frozenset(
    {
        Reason.ANTIGEN_NEEDED,
        Reason.ANTIGEN_INVALID,
        Reason.ANTIGEN_VOID,
        Reason.NAAT_MISSING,
        Reason.NAAT_STALE,
        Reason.NAAT_PENDING,
        Reason.NAAT_WITHOUT_TIME,
        Reason.UNKNOWN_ISSUER,
        Reason.EXPIRED,
        Reason.ISSUER_EXPIRED,
        Reason.CANNOT_VERIFY_OFFLINE,
        Reason.ISSUER_ANSWER_UNCLEAR,
        Reason.NOT_VERIFIED,
    }
)
"""Reasons after which an antigen test is what usually comes next: its button stands first."""


@dataclass(frozen=True, slots=True)
class Sample:
    """When the newest NAAT sample was taken (UTC; None: the report names no time), and its age at the decision."""

    sampled_at: datetime | None
    age_s: float | None
    result: TestResult


@dataclass(frozen=True, slots=True)
class CodeSays:
    """What else one verified code says that an officer wants to see: a colour, a pass, a receipt. Names nobody.

    ``age_s``: how old an issuer's answer, or a receipt, was at the decision.
    """

    format: Format
    issuer: str
    age_s: float | None = None
    colour: Colour | None = None
    lorry: LorryPass | None = None
    until: datetime | None = None
    found: str = ""


@dataclass(frozen=True, slots=True)
class SeatCard:
    """One person of the vehicle as the page shows them."""

    number: int
    verdict: Verdict
    reason: Reason
    holder: ShownHolder
    sample: Sample | None
    codes: tuple[CodeSays, ...]
    compared_with_id: bool
    findings: tuple[Finding, ...]
    recorded: Recorded
    pack: str
    verified: bool
    parts_missing: str = ""


@dataclass(frozen=True, slots=True)
class LightFor:
    """Whose light is on where it is not the vehicle's at the barrier: somebody at the bench."""

    plate: str
    holder: ShownHolder
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Waiting:
    """A vehicle that waits aside while the barrier is free."""

    crossing: str
    plate: str
    holder: ShownHolder
    reason: Reason


@dataclass(frozen=True, slots=True)
class GateCard:
    """The whole gate as the page shows it.

    ``state``: "neutral", "admit", "hold", "refuse" or "fault"; ``first`` is the act to offer first: "show" a code,
    "compare" it with the ID, the "test" or the "next" vehicle. ``cue`` names the sound and ``cue_key`` changes when it
    is to be heard again.
    """

    state: str
    reason: Reason | None
    seats: tuple[SeatCard, ...]
    selected: SeatCard | None
    unchecked: int
    recorded: Recorded | None
    past: Verdict | None
    shown_for_s: float
    neutral_in_s: float
    lamp: Lamp
    notice: str
    fault: str
    first: str
    cue: str
    cue_key: str
    light_for: LightFor | None = None
    aside: tuple[Waiting, ...] = ()

    @property
    def shows_a_pass(self) -> bool:
        """Whether somebody of the vehicle has shown a lorry's pass."""
        return any(code.lorry is not None for seat in self.seats for code in seat.codes)


def gate_card(view: GateView, *, verdict_s: float, seat: int | None = None) -> GateCard:
    """Return the gate as the page shows it, with the person of `seat` (else the last one decided) in full."""
    crossing = view.crossing
    seats = tuple(seat_card(s) for s in crossing.seats) if crossing else ()
    selected = next((s for s in seats if s.number == seat), None)
    if selected is None and seats:
        selected = max(seats, key=lambda s: s.recorded.seq)
    state, reason = _state(view, crossing)
    recorded = crossing.last_recorded if crossing else None
    return GateCard(
        state=state,
        reason=reason,
        seats=seats,
        selected=selected,
        unchecked=crossing.unchecked if crossing and seats else 0,
        recorded=recorded,
        past=crossing.verdict if crossing and seats else None,
        shown_for_s=view.shown_for_s,
        neutral_in_s=max(0.0, verdict_s - view.shown_for_s),
        lamp=view.lamp,
        notice=_notice(view, crossing),
        fault=view.fault,
        first=_first(state, reason, selected),
        cue="seen" if view.notice else state,
        cue_key=f"{state}-{recorded.seq if recorded else 0}-{view.noticed if view.notice else ''}-{view.fault}",
        light_for=_light_for(view.light_of) if view.light_of is not None and not view.fault else None,
        aside=() if crossing is not None else tuple(map(_waiting, view.waiting_at_bench)),
    )


def _waiting(crossing: Crossing) -> Waiting:
    holder = next((seat.evidence.holder for seat in crossing.seats if seat.evidence.holder.known), Holder())
    return Waiting(crossing.id, crossing.vehicle.plate, shown(holder, masked=True), crossing.reason)


def _light_for(crossing: Crossing) -> LightFor:
    tested = max(crossing.seats, key=lambda seat: seat.recorded.seq, default=None)
    holder = tested.evidence.holder if tested is not None else Holder()
    return LightFor(crossing.vehicle.plate, shown(holder, masked=True), crossing.verdict)


def _state(view: GateView, crossing: Crossing | None) -> tuple[str, Reason | None]:
    if view.fault or view.lamp is Lamp.FAULT:
        return "fault", Reason.STATION_FAULT
    if view.neutral or crossing is None or not crossing.seats:
        return "neutral", None
    # A green card beside a red lamp would be believed: the lamp and the page say the same, or the page says nothing.
    if crossing.verdict is Verdict.ADMIT and view.lamp is not lamp_for(Verdict.ADMIT):
        return "neutral", None
    return crossing.verdict.value, crossing.reason


def _notice(view: GateView, crossing: Crossing | None) -> str:
    """Return what else must be said: above all whose light it is where it is not this vehicle's."""
    if view.notice or view.light_of is None:
        return view.notice
    if view.neutral or crossing is None or not crossing.seats:
        return "light-for-bench"
    overruled = view.lamp is Lamp.RED and lamp_for(crossing.verdict) is not Lamp.RED
    return "red-for-bench" if overruled else "light-for-bench"


def _first(state: str, reason: Reason | None, selected: SeatCard | None) -> str:
    if selected is None or state == "fault" or reason is Reason.OCCUPANT_NOT_CHECKED:
        return "show"
    if selected.verdict is Verdict.HOLD and state != "neutral":
        if selected.reason in ID_SETTLES:
            return "compare"
        return "test" if selected.reason in WANTS_TEST else "show"
    return "next"


def seat_card(seat: Seat) -> SeatCard:
    """Return one person as the page shows them: in full only where everything was in order."""
    evidence = seat.evidence
    return SeatCard(
        number=seat.number,
        verdict=seat.verdict,
        reason=seat.reason,
        holder=shown(evidence.holder, masked=seat.verdict is not Verdict.ADMIT),
        sample=newest_sample(seat),
        codes=tuple(codes_say(seat)),
        compared_with_id=seat.compared_with_id,
        findings=seat.decision.findings,
        recorded=seat.recorded,
        pack=f"{seat.decision.pack} {seat.decision.pack_version}".strip(),
        verified=all(c.verified for c in evidence.credentials),
        parts_missing=next((p.data["missing"] for p in evidence.problems if p.data.get("missing")), ""),
    )


def codes_say(seat: Seat) -> Iterator[CodeSays]:
    """Yield what the seat's verified codes say beside a test: colours, passes, receipts."""
    decided = seat.decision.decided_at
    for credential in seat.evidence.credentials:
        if not credential.verified:
            continue
        issuer = credential.issuer
        if credential.format is Format.RECEIPT:
            issued = credential.issued_at
            age_s = (decided - issued).total_seconds() if issued else None
            yield CodeSays(credential.format, issuer, age_s=age_s, found=next(iter(credential.notes), ""))
        for fact in credential.facts:
            match fact:
                case HealthStatus(colour=colour, answered_at=at):
                    yield CodeSays(credential.format, issuer, age_s=(decided - at).total_seconds(), colour=colour)
                case LorryPass():
                    yield CodeSays(credential.format, issuer, lorry=fact, until=credential.expires_at)


def newest_sample(seat: Seat) -> Sample | None:
    """Return the newest NAAT report's sample; one without a time only where no other has one."""
    reports = [
        fact
        for credential in seat.evidence.credentials
        for fact in credential.facts
        if isinstance(fact, TestReport) and fact.kind is TestKind.NAAT
    ]
    dated = [(r.sampled_at, r) for r in reports if r.sampled_at is not None]
    if dated:
        sampled_at, newest = max(dated, key=lambda pair: pair[0])
        return Sample(sampled_at, (seat.decision.decided_at - sampled_at).total_seconds(), newest.result)
    return Sample(None, None, reports[0].result) if reports else None
