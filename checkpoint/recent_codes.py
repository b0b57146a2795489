"""Codes that were here a short while ago: a screenshot that travels from car to car is known again."""

from dataclasses import dataclass

from checkpoint.clock import Moment
from checkpoint.crossing import Verdict
from checkpoint.vehicle import Crossing


@dataclass(frozen=True, slots=True)
class Sighted:
    """Where and when a code was judged before: the crossing, its plate, the journal's entry, and how it ended."""

    crossing: str
    plate: str
    seq: int
    admitted: bool
    at: Moment


class RecentCodes:
    """Remembers, for `keep_s` seconds, the codes of the vehicles that have left; never the codes' text."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._left: dict[str, Sighted] = {}

    def leave(self, crossing: Crossing, at: Moment) -> None:
        """Take note of every code of a vehicle that leaves now."""
        self.forget(at)
        for seat in crossing.seats:
            for code in seat.codes:
                admitted = seat.verdict is Verdict.ADMIT
                self.add(code, Sighted(crossing.id, crossing.vehicle.plate, seat.recorded.seq, admitted, at))

    def add(self, code: str, sighted: Sighted) -> None:
        """Take note of one code; that it admitted somebody is not forgotten because it was held the next time."""
        before = self._left.get(code)
        if before is None or (sighted.admitted, sighted.seq) >= (before.admitted, before.seq):
            self._left[code] = sighted

    def find(self, code: str, now: Moment) -> Sighted | None:
        """Return where `code` was less than `keep_s` ago, if it was."""
        sighted = self._left.get(code)
        return sighted if sighted is not None and self._is_recent(sighted, now) else None

    def forget(self, now: Moment) -> None:
        """Let go of what is too old to matter, and of times that a reboot made unknowable."""
        self._left = {code: seen for code, seen in self._left.items() if self._is_recent(seen, now)}

    def _is_recent(self, sighted: Sighted, now: Moment) -> bool:
        passed = now.waited_since(sighted.at)
        return passed is not None and passed < self._keep_s
