"""Vehicles that stand aside while somebody of them is tested: how each of them stands now, also after a restart."""

from dataclasses import replace

from checkpoint.credential import Holder
from checkpoint.crossing import Category, Decision, Evidence, Verdict
from checkpoint.events import Event, Kind
from checkpoint.journal import Journal, LogQuery
from checkpoint.named import named
from checkpoint.policy import PastDecision
from checkpoint.reasons import Reason
from checkpoint.vehicle import Crossing, Recorded, Seat, Traveller, Vehicle

MOST_KNOWN = 200
"""Crossings remembered: more than a bench can have open in a day; older ones are found in the journal."""


class Aside:
    """The crossings somebody of which went to the bench, each as it stands after whatever happened to it since."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._known: dict[str, Crossing] = {}
        self._seats: dict[str, set[int]] = {}

    @property
    def waiting(self) -> tuple[Crossing, ...]:
        """Those that are held, for a test or for something else: the longest waiting first."""
        return tuple(crossing for crossing in self._known.values() if crossing.verdict is Verdict.HOLD)

    def take(self, crossing: Crossing) -> None:
        """Remember a crossing from now on."""
        self._known[crossing.id] = crossing
        while len(self._known) > MOST_KNOWN:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._seats.pop(oldest, None)

    def follow(self, crossing: Crossing) -> None:
        """Remember how a crossing stands now, where it is one of these."""
        if crossing.id in self._known:
            self._known[crossing.id] = crossing

    @property
    def all(self) -> tuple[Crossing, ...]:
        """All that are remembered, whatever became of them."""
        return tuple(self._known.values())

    def at_bench(self, crossing: str) -> frozenset[int]:
        """Return the seats of a crossing from which somebody went to the bench."""
        return frozenset(self._seats.get(crossing, ()))

    def send(self, crossing: Crossing, seat: int) -> None:
        """Remember that somebody of `seat` goes to the bench: that number is theirs from now on."""
        self._seats.setdefault(crossing.id, set()).add(seat)
        self.take(crossing)

    def undo(self, seq: int) -> None:
        """Take the person off whose newest entry is `seq`: it was corrected."""
        for crossing in self._known.values():
            if any(seat.recorded.seq == seq for seat in crossing.seats):
                rest = tuple(seat for seat in crossing.seats if seat.recorded.seq != seq)
                self._known[crossing.id] = replace(crossing, seats=rest)
                return

    def find(self, traveller: Traveller) -> Crossing | None:
        """Return how the traveller's crossing stands, None where it never was at the gate: somebody who walked in."""
        return self._known.get(traveller.crossing) or _from_journal(self._journal, traveller)


def _from_journal(journal: Journal, traveller: Traveller) -> Crossing | None:
    """Return the crossing as its entries tell it, with the names and plates that the traveller's test kept."""
    seats: dict[int, Seat] = {}
    vehicle = traveller.vehicle
    decided = False
    for event in reversed(list(journal.every(LogQuery(crossing=traveller.crossing, limit=200)))):
        number = int(event.body.get("seat") or 0)
        match event.kind:
            case Kind.CROSSING_DECIDED:
                decided = True
                vehicle = _described(event, vehicle)
                before = seats.get(number)
                seats[number] = _seat(event, number, vehicle, before.codes if before else ())
            case Kind.OVERRIDDEN if number in seats:
                seats[number] = replace(seats[number], overridden=True, recorded=Recorded.of(event))
            case Kind.CORRECTED if number in seats and seats[number].recorded.seq == event.body.get("corrects"):
                del seats[number]
    if not decided:
        return None
    whose = {number: traveller.holder if number == traveller.seat else Holder() for number in seats}
    return Crossing(
        traveller.crossing,
        vehicle,
        tuple(_named(seats[number], whose[number], vehicle) for number in sorted(seats)),
    )


def _described(event: Event, vehicle: Vehicle) -> Vehicle:
    """Return the vehicle as an entry tells of it; an entry of another release may tell less."""
    try:
        return replace(vehicle, people=int(event.body["people"]), category=Category(event.body["category"]))
    except (KeyError, ValueError, TypeError):
        return vehicle


def _seat(event: Event, number: int, vehicle: Vehicle, codes: tuple[str, ...]) -> Seat:
    """Return one person as an entry tells; an entry that cannot be read is somebody of whom nothing is known: held."""
    body = event.body
    code = body.get("code_digest")
    try:
        past = PastDecision.from_event(str(event.seq), body)
        evidence, verdict, reason, at = past.evidence, past.verdict, past.reason, past.decided_at
    except ValueError:
        evidence = Evidence(category=vehicle.category)
        verdict, reason, at = Verdict.HOLD, Reason.STATION_FAULT, event.moment.wall
    return Seat(
        number=number,
        evidence=evidence,
        decision=Decision(verdict, reason, (), "", "", at),
        recorded=Recorded.of(event),
        codes=(*codes, *([code] if code else [])),
    )


def _named(seat: Seat, holder: Holder, vehicle: Vehicle) -> Seat:
    return replace(seat, evidence=named(seat.evidence, holder, vehicle))
