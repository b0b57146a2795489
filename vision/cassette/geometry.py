"""What a caller may know about a window beforehand: which end the control line is at, and where lines belong."""

from dataclasses import dataclass
from enum import StrEnum


class ControlEnd(StrEnum):
    """At which end of the window the control line lies, along the window's long side.

    START is the top of an upright crop and the left of a lying one. UNKNOWN stands for a bare crop: it may be either
    way round, so lines are only counted.
    """

    UNKNOWN = "unknown"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class LineGeometry:
    """Where the lines of a cassette type stand, in millimetres from the window's control end.

    ``tolerance_mm`` is how far a line may stand from its place; it covers printing and the picture's perspective.
    """

    control_mm: float
    test_mm: float
    tolerance_mm: float = 1.2
    line_width_mm: float = 0.7

    def __post_init__(self) -> None:
        if not 0 <= self.control_mm < self.test_mm:
            raise ValueError(
                f"the control line lies nearer the control end: {self.control_mm} mm, test {self.test_mm} mm"
            )
