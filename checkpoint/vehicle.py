"""A vehicle's passage: who sits in it, what was decided of each, and the one verdict of the whole."""

from dataclasses import dataclass, replace
from datetime import datetime

from checkpoint.credential import Holder
from checkpoint.crossing import Category, Decision, Evidence, Verdict, worst
from checkpoint.errors import GateError
from checkpoint.events import Event
from checkpoint.reasons import Reason


@dataclass(frozen=True, slots=True)
class Recorded:
    """The journal has it: the answer to "did it register?"."""

    seq: int
    at: datetime

    @classmethod
    def of(cls, event: Event) -> "Recorded":
        """Return the receipt of one event."""
        return cls(seq=event.seq, at=event.moment.wall)


@dataclass(frozen=True, slots=True)
class Seat:
    """One person in the vehicle: what they showed and what was decided. Seat 1 is the driver.

    ``codes``: digests of the codes shown, by which the same code is known again.
    """

    number: int
    evidence: Evidence
    decision: Decision
    recorded: Recorded
    compared_with_id: bool = False
    overridden: bool = False
    codes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict that counts: the decision's, or admit once two people have overridden it."""
        return Verdict.ADMIT if self.overridden else self.decision.verdict

    @property
    def reason(self) -> Reason:
        """The reason that goes with the verdict."""
        return Reason.OVERRIDDEN if self.overridden else self.decision.reason


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What stands before the barrier. ``people`` counts everybody in it, checked or not."""

    category: Category
    people: int = 1
    plate: str = ""
    trailer: str = ""
    route: str = ""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One vehicle's passage: open until the officer says next."""

    id: str
    vehicle: Vehicle
    seats: tuple[Seat, ...] = ()

    @property
    def unchecked(self) -> int:
        """How many people in the vehicle have shown nothing yet."""
        return max(0, self.vehicle.people - len(self.seats))

    @property
    def verdict(self) -> Verdict:
        """The worst verdict in the vehicle; somebody unchecked is a hold."""
        verdicts = [seat.verdict for seat in self.seats]
        return worst([*verdicts, Verdict.HOLD] if self.unchecked else verdicts)

    @property
    def reason(self) -> Reason:
        """The reason of the worst verdict."""
        told = next((s.reason for s in self.seats if s.verdict is self.verdict), None)
        return told or Reason.OCCUPANT_NOT_CHECKED

    @property
    def last_recorded(self) -> Recorded | None:
        """The newest entry of this crossing in the journal."""
        return max((s.recorded for s in self.seats), key=lambda r: r.seq, default=None)

    def seat(self, number: int) -> Seat:
        """Return seat `number`; raise `GateError` where nobody sits there."""
        for seat in self.seats:
            if seat.number == number:
                return seat
        raise GateError("unknown-seat", f"no seat {number} in crossing {self.id}")

    def seated(self, seat: Seat) -> "Crossing":
        """Return the crossing with `seat` in its place."""
        others = [s for s in self.seats if s.number != seat.number]
        seats = tuple(sorted([*others, seat], key=lambda s: s.number))
        people = max(self.vehicle.people, len(seats))
        return replace(self, seats=seats, vehicle=replace(self.vehicle, people=people))


@dataclass(frozen=True, slots=True)
class Traveller:
    """One person on the way to the bench, and where the outcome of their test belongs."""

    crossing: str
    seat: int
    vehicle: Vehicle
    evidence: Evidence

    @property
    def holder(self) -> Holder:
        """Who it is, as far as the evidence tells."""
        return self.evidence.holder
