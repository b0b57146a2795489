"""Cassettes known again: one photo, or one cassette left lying, must not speak for two people.

Two cassettes of one kit look alike, more alike than two photos of one cassette under changing light. What tells them
apart is where they lie: nobody lays a second one down within two pixels and a third of a degree of the first,
with lines as strong. A photo shown again, and a cassette nobody moved, do lie there. docs/reader.md has the
figures, and what this does not catch: a cassette that was taken up and laid down anew.
"""

import math
from dataclasses import dataclass

from checkpoint.assay import Reading
from checkpoint.slots import SeenBefore

MOST_REMEMBERED = 2000  # readings: several days of a busy bench, a few hundred kilobytes
APART_PX = 2.0  # the locator's own unrest between two pictures of one cassette is below 0.8 in nine of ten
APART_RAD = 0.006
APART_CONTRAST = 0.05


@dataclass(frozen=True, slots=True)
class Trace:
    """By what a cassette is known again: its place (pixels, pixels, radians) and the contrasts of its two lines."""

    place: tuple[float, float, float]
    control: float
    test: float

    @classmethod
    def of(cls, reading: Reading) -> "Trace | None":
        """Return a reading's trace, None where the picture did not tell where the cassette lies."""
        if reading.place is None:
            return None
        return cls(reading.place, reading.control.contrast, reading.test.contrast)

    def resembles(self, other: "Trace") -> bool:
        """Whether both can be one picture, or one cassette that nobody touched."""
        (x, y, turn), (x2, y2, turn2) = self.place, other.place
        return (
            abs(x - x2) <= APART_PX
            and abs(y - y2) <= APART_PX
            and abs(math.remainder(turn - turn2, math.tau)) <= APART_RAD
            and abs(self.control - other.control) <= APART_CONTRAST
            and abs(self.test - other.test) <= APART_CONTRAST
        )


class CassetteMemory:
    """The traces of the newest readings, and the tests they belong to."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._known: dict[str, tuple[Trace, SeenBefore]] = {}  # by test, oldest first

    def keep(self, trace: Trace | None, test: SeenBefore) -> None:
        """Remember a cassette; one without a trace cannot be known again."""
        if trace is None:
            return
        self._known[test.test] = (trace, test)
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]

    def find(self, trace: Trace | None, *, but_not: str) -> SeenBefore | None:
        """Return the newest other test whose cassette `trace` resembles, if there is one."""
        if trace is None:
            return None
        return next(
            (test for known, test in reversed(self._known.values()) if test.test != but_not and trace.resembles(known)),
            None,
        )
