"""Which line is the control line and which the test line, from the evidence of a line at each row of the strip."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.cassette.geometry import ControlEnd, LineGeometry
from vision.cassette.strip import UNIT, Strip

APART = UNIT // 2
"""Rows: two lines stand at least half a membrane's width from each other; C and T 1.2 to 2.2 widths (10-90 %)."""

_FURTHEST = 3.2 * UNIT
_CONTROL_PLACE, _TEST_PLACE = 0.32, 0.66
"""Share of the visible length from the control end: medians of 743 negative and 72 positive photos."""

_SPREAD = 0.09  # 5 to 95 %: 0.22 to 0.41 for C, 0.59 to 0.77 for T; a slightly wrong outline is in it
_SPREAD_OF_TYPE = 0.5  # of the tolerance that a cassette type gives
_LEAST_FIT = -8.0
_LEAST_FIT_OF_TWO = -3.5  # two clear lines are C and T even where the outline is wrong and their places with it
_SPREAD_OF_COUNTED, _LEAST_FIT_OF_COUNTED = 0.11, -3.0  # a bare crop's outline is less certain
_NOWHERE = -30.0
_END_SHARE = 0.12  # of the visible length: nearer the end stands its shadow
_SHADOW = 0.5  # log odds that a shadow at the window's end may reach
_SURE = 2.0  # log odds by which a lone line must be more like C than like T, or the reverse

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


def count_lines(evidence: Evidence, strip: Strip) -> Roles:
    """Return the strongest line as control and the next one as test: all that can be said of a bare crop.

    Which end is which is unknown, but a pair of lines must fit one of the two ways to lie: the shadow of the recess at
    the end nearer to C is in no place for a test line. The second line's log odds are less by what its place lacks.
    """
    first = int(evidence.argmax())
    rows = np.arange(len(evidence))
    share = (rows - strip.start) / max(1, strip.end - strip.start)
    lacks = np.full(len(evidence), _LEAST_FIT_OF_COUNTED)
    for one, other in ((share[first], share), (1 - share[first], 1 - share)):
        control_here = _pair_fit(one, other)
        control_there = _pair_fit(other, one)
        lacks = np.maximum(lacks, np.where(other > one, control_here, control_there))
    rest = np.where(np.abs(rows - first) >= APART, evidence + lacks, _NOWHERE)
    second = int(rest.argmax())
    return Roles(first, float(evidence[first]), second, float(rest[second]))


def _pair_fit(control: Evidence, test: Evidence) -> Evidence:
    """Return how well two shares of the visible length fit a control and a test line, in log odds."""
    spread = 2 * _SPREAD_OF_COUNTED**2
    return np.asarray(-(((control - _CONTROL_PLACE) ** 2) + (test - _TEST_PLACE) ** 2) / spread)


def assign(
    evidence: Evidence,
    strip: Strip,
    *,
    forward: bool,
    expected: LineGeometry | None = None,
    mm_per_row: float | None = None,
) -> Roles:
    """Return the most likely control line and, further from the control end, the most likely test line.

    Four stories are weighed: no line, C alone, T alone, both; each line counts with its log odds and with how well its
    place fits its role. `forward`: whether the strip's first row is at the control end. With `expected` and a scale
    places are those of the cassette type, else of any kit.
    """
    along = evidence if forward else evidence[::-1]
    start = strip.start if forward else len(evidence) - strip.end
    rows = np.arange(len(along))
    from_start = (rows - start).astype(np.float64)
    if expected is not None and mm_per_row is not None:
        place, spread = from_start * mm_per_row, expected.tolerance_mm * _SPREAD_OF_TYPE
        fits = (_fit(place, expected.control_mm, spread), _fit(place, expected.test_mm, spread))
    else:
        place = from_start / max(1, strip.end - strip.start)
        fits = (_fit(place, _CONTROL_PLACE, _SPREAD), _fit(place, _TEST_PLACE, _SPREAD))
    as_control, as_test = along + fits[0], along + fits[1]
    gap = rows[None, :] - rows[:, None]
    first_of_two, second_of_two = (along + np.maximum(fit, _LEAST_FIT_OF_TWO) for fit in fits)
    both = np.where((gap >= APART) & (gap <= _FURTHEST), first_of_two[:, None] + second_of_two[None, :], 2 * _NOWHERE)
    control_alone, test_alone = float(as_control.max()), float(as_test.max())
    if max(control_alone, float(both.max())) >= test_alone:
        control = int(as_control.argmax()) if control_alone >= both.max() else int(both.argmax()) // len(rows)
        test = int(both[control].argmax())
    else:
        test = int(as_test.argmax())
        control = int(both[:, test].argmax())
    lone = max(control_alone, test_alone) > max(float(both.max()), 0.0)
    clear = not lone or abs(control_alone - test_alone) > _SURE
    first, step = (0, 1) if forward else (len(evidence) - 1, -1)
    odds = _unless_shadow(along, first_of_two, control), _unless_shadow(along, second_of_two, test)
    return Roles(first + step * control, odds[0], first + step * test, odds[1], clear)


def _unless_shadow(along: Evidence, fitted: Evidence, row: int) -> float:
    """Return the log odds of a line at `row`, less by what its place lacks where there is little evidence anyway.

    The shadow at a window's end has a little. More of it in no line's place may be a line all the same, the outline
    being wrong: then it is not called absent.
    """
    return float(along[row] if along[row] > _SHADOW else fitted[row])


def _fit(place: Evidence, usual: float, spread: float) -> Evidence:
    """Return how well a place fits, 0 at the usual one, in log odds."""
    return np.asarray(np.maximum(-0.5 * ((place - usual) / spread) ** 2, _LEAST_FIT))


def third_line(evidence: Evidence, strip: Strip, roles: Roles) -> float:
    """Return the log odds of the strongest line beside the two that have a role, away from the ends.

    An antigen cassette has two lines. A third one is another kind of test: an antibody card with IgG and IgM, a card
    for two viruses.
    """
    rows = np.arange(len(evidence))
    share = (rows - strip.start) / max(1, strip.end - strip.start)
    free = (np.abs(rows - roles.control_row) >= APART) & (np.abs(rows - roles.test_row) >= APART)
    free &= (share > _END_SHARE) & (share < 1 - _END_SHARE)
    return float(evidence[free].max(initial=_NOWHERE))


def of_another_type(roles: Roles, expected: LineGeometry, mm_per_row: float) -> bool:
    """Return whether two lines stand further from or nearer to each other than this cassette type prints them.

    Taken from line to line, as an outline that is a little wrong moves both.
    """
    apart = abs(roles.test_row - roles.control_row) * mm_per_row
    return abs(apart - (expected.test_mm - expected.control_mm)) > 2 * expected.tolerance_mm


def runs_forward(axis: tuple[float, float], upright: bool, end: ControlEnd) -> bool:
    """Return whether a membrane's axis, in crop pixels, runs from the control end to the other.

    `upright`: the crop is taller than wide, so START means its top; else its left.
    """
    down = axis[1] > 0 if upright else axis[0] > 0
    return down == (end is not ControlEnd.END)
