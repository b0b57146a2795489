"""Whether a window can be read at all: gates before judgement, each with what to change."""

from dataclasses import dataclass

import cv2
import numpy as np

from checkpoint.ports import Image
from checkpoint.reasons import Reason
from vision.cassette.absorbance import Floats
from vision.cassette.membrane import Membrane
from vision.cassette.strip import ACROSS, UNIT, Strip

_MIN_WIDTH_PX = 8.0  # below it a line of 0.7 mm is less than two pixels thick
_DARK, _BRIGHT = 28.0, 251.0  # level of the membrane's middle, 0 to 255
_GLARE_SHARE = 0.15  # of the membrane's pixels clipped to white while the rest is not
_SOFT_EDGE = 0.24  # widths over which the sharpest edge of the picture rises, 10 to 90 %
_FLOOD = 0.34  # absorbance of colour over the plastic: beyond it lines drown
_STREAK = 0.16  # absorbance of a streak along the membrane over its own level
_NO_RIM = 0.004  # see `Membrane.rim`: 428 photos of windows have 0.0073 or more, a folder over a window 0.002

_LEAST_RISE = 0.001  # absorbance: what has no peak at all is no division by zero

# What explains a missing or unclear line, without closing a gate where lines are clear all the same.
UNUSED_WASH = 0.025
"""Absorbance of colour over the plastic that liquid leaves; an unused membrane has less."""
SOFT_FOR_A_BLANK, SOFT_FOR_LINES = 0.11, 0.16
"""Widths over which edges rise: softer, a window may only look blank; softer still, lines are hard to tell."""
FLOODED_WASH, STREAKED = 0.24, 0.06
WET_FRONT = 0.045
"""Step of colour along a membrane that is wet on one side only. Rendered: dry and evenly wet ones without lines stay
below 0.023 (95 %), fronts are above 0.06 (95 %)."""
ENDS_SEEN = 0.75
"""How well a membrane's ends must fit (`Membrane.ends_fit`) where a missing line decides: a line left outside of a
wrong outline would be missed. Of 428 photos of windows one has less, of rendered ones on a mat 5 in 1,000."""
FRONT_COLOUR, FRONT_SHARE, FRONT_COLOUR_ALONE = 0.05, 0.33, 0.07
"""Colour that the wet side of a front has over the dry one, and how much of the front's own it is (`Sides`): rendered
fronts at the control line's place have 0.07 and 0.35 or more, none of 160 drawn control lines either, 1 of 100 real
ones both. Beside a weak line the last is enough: of 220 real ones 9 in 100 have more on one side."""
SHORT_SIDE = 0.375
"""Widths seen on both sides of a weak line, or it is not told from a front or the end's shadow."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures behind the gates by name, and the gates that closed, the gravest first.

    ``wash``: absorbance of colour (green over red) of the membrane over the plastic beside it.
    """

    measures: dict[str, float]
    flags: tuple[Reason, ...]

    @property
    def wash(self) -> float:
        """What colour the liquid left on the membrane."""
        return self.measures["wash"]


def inspect(crop: Image, membrane: Membrane, strip: Strip) -> Quality:
    """Measure a window's picture."""
    pixels = _membrane_pixels(crop, membrane)
    measures = {
        "width_px": membrane.width_px,
        "level": float(np.median(pixels)),
        "clipped_share": float((pixels >= 254).mean()),
        "edge_rise": edge_rise(strip),
        "wash": wash(strip),
        "streak": streak(strip),
        "front": front(strip),
    }
    gates = (
        (Reason.WINDOW_TOO_SMALL, measures["width_px"] < _MIN_WIDTH_PX),
        (Reason.TOO_DARK, measures["level"] < _DARK),
        (Reason.TOO_BRIGHT, measures["level"] > _BRIGHT),
        (Reason.GLARE, measures["clipped_share"] > _GLARE_SHARE and measures["level"] <= _BRIGHT),
        (Reason.BLURRED, measures["edge_rise"] > _SOFT_EDGE),
        (Reason.MEMBRANE_FLOODED, measures["wash"] > _FLOOD),
        (Reason.MEMBRANE_STREAKED, measures["streak"] > _STREAK),
        (Reason.WINDOW_COVERED, membrane.rim < _NO_RIM),
    )
    return Quality(measures, tuple(reason for reason, closed in gates if closed))


def edge_rise(strip: Strip) -> float:
    """Return over how many widths the sharpest edge near the membrane rises from 10 to 90 %: what blur leaves.

    Taken from the steepest place against the largest change over one width, across and along, the better of both.
    """
    grey = strip.absorbance.mean(axis=2)
    inside = cv2.erode(strip.valid.astype(np.uint8), np.ones((9, 9)), borderValue=1) > 0
    rises = [1.0]
    for values, seen in ((cv2.blur(grey, (1, 9)), inside), (cv2.blur(grey, (9, 1)).T, inside.T)):
        steps = np.abs(np.diff(values, axis=1))[seen[:, 1:] & seen[:, :-1]]
        changes = np.abs(values[:, UNIT:] - values[:, :-UNIT])[seen[:, UNIT:] & seen[:, :-UNIT]]
        if steps.size and changes.size:
            steepest, change = float(np.percentile(steps, 99.7)), float(np.percentile(changes, 99.7))
            rises.append(0.8 * change / max(steepest, 1e-4) / UNIT)
    return min(rises)


def wash(strip: Strip) -> float:
    """Return the colour of the membrane, green over red absorbance, over that of the plastic on both sides."""
    colour = strip.absorbance[..., 1] - strip.absorbance[..., 2]
    rows = slice(strip.start, max(strip.end, strip.start + 1))
    membrane = float(np.median(colour[rows, ACROSS // 2 - UNIT // 4 : ACROSS // 2 + UNIT // 4]))
    beside = np.concatenate([colour[rows, :6].ravel(), colour[rows, -6:].ravel()])
    valid = np.concatenate([strip.valid[rows, :6].ravel(), strip.valid[rows, -6:].ravel()])
    return membrane - float(np.median(beside[valid])) if valid.mean() > 0.2 else membrane


def streak(strip: Strip) -> float:
    """Return how much darker the darkest lengthwise streak is than the membrane beside it."""
    columns = np.median(strip.inner[strip.start : max(strip.end, strip.start + 1)].mean(axis=2), axis=0)
    at = np.arange(len(columns))
    rest = columns - np.polyval(np.polyfit(at, columns, 2), at)
    return float(rest.max() - np.median(rest))


def front(strip: Strip) -> float:
    """Return the largest step of colour along the membrane once lines are taken off: wet on one side of a front.

    Colour is absorbance of green over red: the liquid carries the dye, and a shadow has none.
    """
    inner = strip.inner[strip.start : strip.end].mean(axis=1)
    return _step(inner[:, 1] - inner[:, 2])


def _step(along: Floats) -> float:
    """Return the largest step over 0.4 of the width; lines go with a running median over half of it.

    Steps near the ends do not count: the outline may reach over them onto the plastic.
    """
    half, reach, margin = UNIT // 4, UNIT // 5, round(0.85 * UNIT)
    if len(along) < 2 * (margin + reach) + 3:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(along, half, mode="edge"), 2 * half + 1)
    level = np.median(windows, axis=1)
    steps = np.abs(level[2 * reach :] - level[: -2 * reach])
    return float(steps[margin - reach : len(steps) - margin + reach].max(initial=0.0))


@dataclass(frozen=True, slots=True)
class Sides:
    """The membrane on both sides of what looks like a line, as seen from the control end.

    ``colour``: absorbance of green over red beyond it, over that before it; ``kept``: share of its own rise that is
    left beyond it, in colour and in green, the smaller; ``shortest``: how much of the shorter side is seen, in widths.
    """

    colour: float
    kept: float
    shortest: float


def sides_of(strip: Strip, row: int, *, forward: bool) -> Sides | None:
    """Return the membrane on both sides of `row`, None where next to nothing of one is seen.

    A line rises from the membrane's level and comes back to it. A front comes back part of the way only: beyond it the
    membrane is wet with dye. A shadow has no colour.
    """
    green = np.median(strip.inner[..., 1], axis=1)
    colour = np.median(strip.inner[..., 1] - strip.inner[..., 2], axis=1)
    near, far, end = round(0.35 * UNIT), round(1.25 * UNIT), round(0.10 * UNIT)
    first = slice(max(strip.start + end, row - far), max(0, row - near))
    last = slice(row + near, min(row + far, strip.end - end))
    shortest = min(first.stop - first.start, last.stop - last.start)
    if shortest < end:
        return None
    before, after = (first, last) if forward else (last, first)
    kept, steps = [], []
    for along in (colour, green):
        dry, wet = float(np.median(along[before])), float(np.median(along[after]))
        steps.append(wet - dry)
        kept.append((wet - dry) / max(float(along[max(0, row - 3) : row + 4].max()) - dry, _LEAST_RISE))
    return Sides(steps[0], min(kept), shortest / UNIT)


def _membrane_pixels(crop: Image, membrane: Membrane) -> np.ndarray:
    mask = np.zeros(crop.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(membrane.outline).astype(np.int32), 1)
    inside = crop[mask > 0]
    dimmest: np.ndarray = (inside if len(inside) else crop.reshape(-1, 3)).min(axis=1)
    return dimmest
