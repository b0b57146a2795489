"""Which line is the control line and which the test line, from the evidence of a line at each row of the strip."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.cassette.geometry import ControlEnd, LineGeometry
from vision.cassette.strip import UNIT, Strip

APART = UNIT // 2
"""Rows: two lines stand at least half a membrane's width from each other; C and T 1.2 to 2.2 widths (10-90 %)."""

_FURTHEST = 3.2 * UNIT
_CONTROL_ZONE = (0.05, 0.56)  # share of the visible length from the control end, where kits print it
_TEST_ZONE = (0.40, 0.95)
_AMBIGUOUS = 3.0  # log odds: a lone line in both zones that fits them about equally well has no role

_NOWHERE = -30.0

Evidence = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Roles:
    """The rows taken for control and test line with their log odds of being a line; ``clear`` is False for a lone line
    that may be either."""

    control_row: int
    control: float
    test_row: int
    test: float
    clear: bool = True


def count_lines(evidence: Evidence) -> Roles:
    """Return the strongest line as control and the next one as test: all that can be said of a bare crop."""
    first = int(evidence.argmax())
    rest = evidence.copy()
    rest[max(0, first - APART + 1) : first + APART] = _NOWHERE
    second = int(rest.argmax())
    return Roles(first, float(evidence[first]), second, float(rest[second]))


def assign(
    evidence: Evidence,
    strip: Strip,
    *,
    forward: bool,
    expected: LineGeometry | None = None,
    mm_per_row: float | None = None,
) -> Roles:
    """Return the best pair of a control line and, further from the control end, a test line.

    `forward`: whether the strip's first row is at the control end. With `expected` and a scale the lines are looked for
    where this cassette type prints them, else where any kit does.
    """
    along = evidence if forward else evidence[::-1]
    start = strip.start if forward else len(evidence) - strip.end
    rows = np.arange(len(along))
    length = max(1, strip.end - strip.start)
    if expected is not None and mm_per_row is not None:
        at_mm = (rows - start) * mm_per_row
        control_zone = np.abs(at_mm - expected.control_mm) <= expected.tolerance_mm
        test_zone = np.abs(at_mm - expected.test_mm) <= expected.tolerance_mm
    else:
        share = (rows - start) / length
        control_zone = (share >= _CONTROL_ZONE[0]) & (share <= _CONTROL_ZONE[1])
        test_zone = (share >= _TEST_ZONE[0]) & (share <= _TEST_ZONE[1])
    as_control = np.where(control_zone, along, _NOWHERE)
    as_test = np.where(test_zone, along, _NOWHERE)
    gap = rows[None, :] - rows[:, None]
    both = np.where((gap >= APART) & (gap <= _FURTHEST), as_control[:, None] + as_test[None, :], 2 * _NOWHERE)
    control, test = (int(v) for v in np.unravel_index(int(both.argmax()), both.shape))
    clear = True
    strongest = int(np.where(control_zone | test_zone, along, _NOWHERE).argmax())
    if control_zone[strongest] and test_zone[strongest] and min(along[control], along[test]) < 0:
        clear = abs(float(both[strongest].max() - both[:, strongest].max())) > _AMBIGUOUS
    first, step = (0, 1) if forward else (len(evidence) - 1, -1)
    return Roles(first + step * control, float(as_control[control]), first + step * test, float(as_test[test]), clear)


def runs_forward(axis: tuple[float, float], upright: bool, end: ControlEnd) -> bool:
    """Return whether a membrane's axis, in crop pixels, runs from the control end to the other.

    `upright`: the crop is taller than wide, so START means its top; else its left.
    """
    down = axis[1] > 0 if upright else axis[0] > 0
    return down == (end is not ControlEnd.END)
