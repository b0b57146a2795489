"""From a crop of a result window to a reading: membrane, lines, quality, judgement, each step drawable."""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from checkpoint.assay import NO_LINE, LineReading, Outcome, Reading
from checkpoint.ports import Image
from checkpoint.reasons import Reason
from vision.cassette.absorbance import bgr
from vision.cassette.geometry import ControlEnd, LineGeometry
from vision.cassette.judge import Judgement, Thresholds, judge
from vision.cassette.lines import Ridge, profile, ridges, strength
from vision.cassette.membrane import Membrane, find_membrane
from vision.cassette.quality import inspect
from vision.cassette.strip import Strip, cut_strip

CONTROL_LIMITS = Thresholds(absent=0.25, present=0.6)
TEST_LIMITS = Thresholds(absent=0.35, present=0.65)

_HALF_STRENGTH = 5.0  # of a ridge: evidence one half
_SMALLEST_SIDE = 16  # pixels: smaller is no picture of a window


@dataclass(frozen=True, slots=True)
class WindowReading:
    """A reading of one window and what can be drawn of it.

    ``outline``: the membrane's corners, (4, 2), crop pixels; ``axis``: unit vector from the membrane's start to its
    end, control end first where that is known; ``control_at``, ``test_at``: distance of the lines from the start as a
    share of the membrane's length, None where there is none; ``profile``: absorbance along the axis, start first;
    ``features``: what the judgement rests on, by name; ``flags``: quality gates that closed.
    """

    reading: Reading
    outline: npt.NDArray[np.float64]
    axis: tuple[float, float]
    control_at: float | None
    test_at: float | None
    profile: npt.NDArray[np.float64]
    features: dict[str, float] = field(default_factory=dict)
    flags: tuple[Reason, ...] = ()


def read_window(
    image: Image,
    *,
    control_end: ControlEnd = ControlEnd.UNKNOWN,
    mm_per_px: float | None = None,
    expected: LineGeometry | None = None,
) -> WindowReading:
    """Read a crop of a result window, ndarray, shape (H, W, 3) or (H, W), uint8, BGR.

    With an unknown `control_end` lines are only counted: the stronger one is called the control line. With a known one
    the line on the control side is the control line, and a lone line on the other side makes the test invalid.
    `mm_per_px` gives positions in millimetres; `expected` where this type's lines belong.
    """
    crop = bgr(image)
    if min(crop.shape[:2]) < _SMALLEST_SIDE:
        return _unreadable(crop)
    membrane = find_membrane(crop)
    strip = cut_strip(crop, membrane)
    flipped = control_end is not ControlEnd.UNKNOWN and _runs_backwards(membrane, control_end, crop)
    candidates = ridges(strip)
    control, test = _assign(candidates, strip, control_end, flipped)
    quality = inspect(crop, membrane, strip)
    evidence = _evidence(control), _evidence(test)
    judgement = judge(*evidence, end=control_end, control_limits=CONTROL_LIMITS, test_limits=TEST_LIMITS)
    if quality.flags:
        judgement = Judgement(Outcome.RETAKE, quality.flags[0])
    along = profile(strip)
    reading = Reading(
        outcome=judgement.outcome,
        reason=judgement.reason,
        control=_line(control, strip, flipped, membrane, mm_per_px),
        test=_line(test, strip, flipped, membrane, mm_per_px),
        score=evidence[1],
        profile=tuple(float(v) for v in (along[::-1] if flipped else along)),
    )
    return WindowReading(
        reading=reading,
        outline=np.roll(membrane.outline, 2, axis=0) if flipped else membrane.outline,
        axis=(-membrane.axis[0], -membrane.axis[1]) if flipped else membrane.axis,
        control_at=_share(control, strip, flipped),
        test_at=_share(test, strip, flipped),
        profile=np.array(reading.profile),
        features={"fit": membrane.fit, "length": membrane.length, "width_px": membrane.width_px},
        flags=quality.flags,
    )


def _runs_backwards(membrane: Membrane, control_end: ControlEnd, crop: Image) -> bool:
    """Return whether the membrane's axis runs from the far end to the control end."""
    upright = crop.shape[0] >= crop.shape[1]
    runs_forward = membrane.axis[1] > 0 if upright else membrane.axis[0] > 0
    return runs_forward != (control_end is ControlEnd.START)


def _assign(
    candidates: list[Ridge], strip: Strip, control_end: ControlEnd, flipped: bool
) -> tuple[Ridge | None, Ridge | None]:
    """Return which candidates are the control and the test line."""
    if control_end is ControlEnd.UNKNOWN:
        return (candidates[0] if candidates else None), (candidates[1] if len(candidates) > 1 else None)
    middle = (strip.start + strip.end) / 2
    at_control = [c for c in candidates if (c.row > middle) == flipped]
    elsewhere = [c for c in candidates if (c.row > middle) != flipped]
    return (at_control[0] if at_control else None), (elsewhere[0] if elsewhere else None)


def _evidence(ridge: Ridge | None) -> float:
    if ridge is None:
        return 0.0
    return 1 / (1 + math.exp(-2.5 * math.log(max(strength(ridge), 1e-3) / _HALF_STRENGTH)))


def _share(ridge: Ridge | None, strip: Strip, flipped: bool) -> float | None:
    if ridge is None or strip.end <= strip.start:
        return None
    share = (ridge.row - strip.start) / (strip.end - strip.start)
    return 1 - share if flipped else share


def _line(ridge: Ridge | None, strip: Strip, flipped: bool, membrane: Membrane, mm_per_px: float | None) -> LineReading:
    if ridge is None:
        return NO_LINE
    share = _share(ridge, strip, flipped)
    position = None
    if mm_per_px is not None and share is not None:
        position = share * membrane.length * membrane.width_px * mm_per_px
    return LineReading(contrast=ridge.contrast, snr=ridge.snr, position_mm=position)


def _unreadable(crop: Image) -> WindowReading:
    height, width = crop.shape[:2]
    reading = Reading(Outcome.RETAKE, Reason.WINDOW_TOO_SMALL, NO_LINE, NO_LINE, 0.0)
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float64)
    return WindowReading(reading, corners, (0.0, 1.0), None, None, np.zeros(0), flags=(Reason.WINDOW_TOO_SMALL,))
