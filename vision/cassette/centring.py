"""Read a window from a crop that has it in the middle: cut again where the first crop was off.

A cassette is recognised to within a few millimetres; the membrane's own outline then says where the window is. Half a
window is never read, and a faint line at what may be the window's end is not believed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from checkpoint.assay import Outcome
from checkpoint.ports import Image
from checkpoint.reasons import Reason
from vision.cassette.frames import Frame
from vision.cassette.window import WindowReading

Cut = Callable[[Frame], tuple[Image, float]]
"""Cuts the window's crop for a frame: the crop, control end at the left, and its pixels per mm."""

_TRIES = 3
_OFF_MM = (2.2, 1.3)  # along and across: nearer the middle than this, the crop is good enough
_LONGEST_MM = 16.2  # visible membranes are 11 to 15.5 mm long
_WEAK = 0.12  # contrast: a step at the end of a window seldom looks stronger
_AT_THE_END = 0.1  # of the visible length: 5 to 95 % of real lines stand at 0.22 to 0.77
_CUT_OFF_MM = 0.4  # an end of the membrane this near the crop's own edge may be the crop's


@dataclass(frozen=True, slots=True)
class CentredReading:
    """What was read, the crop that it was read from, and the frame of that crop's middle."""

    frame: Frame
    window: Image
    px_per_mm: float
    read: WindowReading


def read_centred(
    frame: Frame, cut: Cut, reader: Callable[[Image, float], WindowReading], *, again: Cut | None = None
) -> CentredReading:
    """Read the window at `frame`; a window that stays cut off by its crop's edge is a retake.

    `again` cuts a little more or less of the same window: where the two readings differ, neither is believed.
    """
    tried = _read(frame, cut, reader)
    for _ in range(_TRIES - 1):
        along, across = _off_mm(tried)
        if abs(along) <= _OFF_MM[0] and abs(across) <= _OFF_MM[1]:
            break
        tried = _read(tried.frame.shifted(along, across), cut, reader)
    first = tried.read.reading
    second = first if again is None else _read(tried.frame, again, reader).read.reading
    if second.outcome is first.outcome and not _cut_off(tried) and not _doubtful(tried):
        reason = second.reason if first.reason is Reason.LINES_UNCLEAR else first.reason
        return replace(tried, read=replace(tried.read, reading=replace(first, reason=reason)))
    if first.outcome is Outcome.RETAKE:
        return tried
    return replace(tried, read=replace(tried.read, reading=first.put_off(Reason.LINES_UNCLEAR)))


def _read(frame: Frame, cut: Cut, reader: Callable[[Image, float], WindowReading]) -> CentredReading:
    window, px_per_mm = cut(frame)
    return CentredReading(frame, window, px_per_mm, reader(window, px_per_mm))


def _off_mm(tried: CentredReading) -> tuple[float, float]:
    """Return how far the membrane's middle lies from the crop's, mm along and across."""
    height, width = tried.window.shape[:2]
    middle = tried.read.outline.mean(axis=0) - np.array(((width - 1) / 2, (height - 1) / 2))
    return float(middle[0]) / tried.px_per_mm, float(middle[1]) / tried.px_per_mm


def _doubtful(tried: CentredReading) -> bool:
    """Return whether what was taken for a line may be the window's end.

    So it is where a line stands at the very end of the membrane, and where a weak test line was seen on a membrane
    longer than any.
    """
    reading, control, test = tried.read.reading, tried.read.control_at, tried.read.test_at
    if reading.outcome is not Outcome.POSITIVE:
        return False
    if (control is not None and control < _AT_THE_END) or (test is not None and test > 1 - _AT_THE_END):
        return True
    sides = np.linalg.norm(np.roll(tried.read.outline, -1, axis=0) - tried.read.outline, axis=1) / tried.px_per_mm
    return reading.test.contrast < _WEAK and float(max(sides[0], sides[1])) > _LONGEST_MM


def _cut_off(tried: CentredReading) -> bool:
    """Return whether the membrane still runs out of a crop that could not be brought over it."""
    if abs(_off_mm(tried)[0]) <= _OFF_MM[0]:
        return False
    x = tried.read.outline[:, 0] / tried.px_per_mm
    return bool(x.min() < _CUT_OFF_MM or x.max() > tried.window.shape[1] / tried.px_per_mm - _CUT_OFF_MM)
