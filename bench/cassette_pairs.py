"""Pictures that differ in one line only: lines drawn into, and lifted off, photographs of result windows.

Positive photos come largely from other kits and other photographers than negative ones, so a reader can look good by
recognising the kit. A pair shows the same photo with and without a test line; whatever else there is to see is the
same. A drawn line has the depth profile of the photo's own control line, or a smooth one in a dye's colour; a lifted
line leaves the membrane between its two sides. Both work on absorbance, so paper grain and noise stay where they were.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.cassette.absorbance import LIFT, Floats, absorbance, bgr
from vision.cassette.lines import Ridge, ridges
from vision.cassette.membrane import Membrane, find_membrane
from vision.cassette.strip import ACROSS, UNIT, Strip, cut_strip, to_canvas

HALF = 9
"""Rows of the strip on either side of a line's middle that belong to it, soft flanks included."""

_REACH = 0.60  # of the width from the axis: a line runs from edge to edge and no further
_END_SHARE = 0.13  # of the length: nearer the end is the recess's shadow
DYES: dict[str, tuple[float, float, float]] = {
    "gold": (0.72, 1.0, 0.22),
    "purple": (0.55, 1.0, 0.50),
    "blue": (0.40, 0.85, 1.0),
    "black": (1.0, 1.0, 0.98),
    "pink": (0.50, 1.0, 0.15),
    "brown": (0.85, 1.0, 0.60),
}
"""How strongly a dye takes away blue, green and red, the strongest being 1."""


@dataclass(frozen=True, slots=True)
class Window:
    """A photographed window with what the outline fit and the matched filter say about it, no network involved."""

    crop: Image
    membrane: Membrane
    strip: Strip
    candidates: tuple[Ridge, ...]

    def share(self, row: float) -> float:
        """Return where a row lies along the membrane, 0 to 1."""
        return (row - self.strip.start) / max(1, self.strip.end - self.strip.start)


def open_window(crop: Image) -> Window:
    """Fit the outline and look for ridges; the most line-like and most central come first."""
    crop = bgr(crop)
    membrane = find_membrane(crop)
    strip = cut_strip(crop, membrane)
    window = Window(crop, membrane, strip, ())

    def likely(ridge: Ridge) -> float:
        share = window.share(ridge.row)
        central = np.clip(min(share, 1 - share) / 0.15, 0.05, 1.0)
        return float(ridge.depth * (0.3 + 0.7 * ridge.evenness) * central * min(1.0, ridge.snr / 3))

    return Window(crop, membrane, strip, tuple(sorted(ridges(strip), key=likely, reverse=True)))


def two_sure_lines(window: Window) -> tuple[Ridge, Ridge] | None:
    """Return the two lines of a window known to show two, or None where it is unclear which ridges they are."""
    if len(window.candidates) < 2:
        return None
    first, second = window.candidates[:2]
    central = all(_END_SHARE < window.share(r.row) < 1 - _END_SHARE for r in (first, second))
    apart = 0.8 < abs(first.row - second.row) / UNIT < 3.2
    rest = window.candidates[2].depth if len(window.candidates) > 2 else 0.0
    return (first, second) if central and apart and second.depth > 0.06 and rest < 0.6 * second.depth else None


def line_depth(values: Floats, row: float) -> Floats | None:
    """Return what a line takes away around `row` of an absorbance picture, (2 HALF + 1, width, 3); None near an end.

    The membrane under the line is taken to run straight from one side of it to the other.
    """
    at = round(row)
    first, last = at - HALF, at + HALF
    if first < 2 or last >= len(values) - 2:
        return None
    above, below = values[first - 2 : first + 1].mean(axis=0), values[last : last + 3].mean(axis=0)
    weight = np.linspace(0, 1, 2 * HALF + 1)[:, None, None]
    depth = values[first : last + 1] - (above * (1 - weight) + below * weight)
    return np.asarray(depth * _across(values.shape[1], _REACH)[None, :, None], dtype=np.float32)


def middle_depth(depth: Floats) -> float:
    """Return the absorbance of a line in the middle of the membrane, in the channel it takes most of."""
    middle = depth.shape[1] // 2
    core = depth[HALF - 1 : HALF + 2, middle - 7 : middle + 7]
    return float(np.median(core, axis=(0, 1)).max())


def own_line(depth: Floats, contrast: float) -> Floats:
    """Return the control line's depth brought to another contrast; grain is left out where it would be magnified."""
    factor = -np.log(1 - contrast) / max(middle_depth(depth), 0.02)
    if factor > 0.6:
        middle = depth.shape[1] // 2
        typical = np.median(depth[:, middle - 8 : middle + 8], axis=1, keepdims=True)
        depth = np.repeat(typical, depth.shape[1], axis=1) * _across(depth.shape[1], 0.52)[None, :, None]
    return np.asarray(depth * factor, dtype=np.float32)


def dyed_line(rng: np.random.Generator, contrast: float, width: int = ACROSS) -> Floats:
    """Return a smooth line of some dye, thickness, lean and bow."""
    rows = np.arange(-HALF, HALF + 1)[:, None]
    across = ((np.arange(width) - (width / 2 - 0.5)) / UNIT)[None]
    lean, bow, half = rng.normal(0, 0.8), rng.normal(0, 1.2), rng.uniform(1.3, 3.4)
    shape = np.exp(-(np.abs((rows - lean * across - bow * across**2) / half) ** rng.uniform(1.8, 3.5)) * 0.7)
    even = _across(width, rng.uniform(0.44, 0.54))[None] * (1 + rng.normal(0, 0.12) * across)
    dye = np.array(list(DYES.values()))[rng.integers(len(DYES))] * rng.normal(1, 0.08, 3)
    return np.asarray((shape * even)[..., None] * (dye / dye.max()) * -np.log(1 - contrast), dtype=np.float32)


def free_row(rng: np.random.Generator, start: float, end: float, control: float, least: float = 0.4) -> float | None:
    """Return a row where a test line may stand: 1.0 to 2.6 widths from the control line, `least` from the ends."""
    middle, half = (start + end) / 2, (end - start) / 2
    for _ in range(24):
        row = control + rng.uniform(1.0, 2.6) * UNIT * rng.choice([-1, 1])
        if abs(row - middle) < half - least * UNIT:
            return float(row)
    return None


def kit_row(rng: np.random.Generator, start: float, end: float, control: float) -> float | None:
    """Return a row where a kit would print its test line: 1.1 to 2.3 widths from C towards the farther end, and well
    away from that end's shadow; None where the window leaves no room."""
    way = 1 if end - control > control - start else -1
    for _ in range(24):
        row = control + way * rng.uniform(1.1, 2.3) * UNIT
        if start + 0.65 * UNIT < row < end - 0.65 * UNIT:
            return float(row)
    return None


def painted(window: Window, depth: Floats, row: float) -> Image:
    """Return the crop with `depth`, (2 HALF + 1, ACROSS, 3), added to its absorbance around `row` of the strip."""
    canvas = np.zeros_like(window.strip.absorbance)
    at = round(row)
    first, last = max(0, at - HALF), min(len(canvas), at + HALF + 1)
    canvas[first:last] = depth[first - (at - HALF) : len(depth) - (at + HALF + 1 - last)]
    height, width = window.crop.shape[:2]
    back = cv2.warpAffine(
        canvas, to_canvas(window.membrane), (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    values = np.exp(-(absorbance(window.crop) + back)) * (255 + LIFT) - LIFT
    return np.asarray(np.clip(np.round(values), 0, 255), dtype=np.uint8)


def lifted(window: Window, row: float) -> Image | None:
    """Return the crop without the line at `row`, or None where it stands too near an end.

    What the strip's samples leave of a strong line is lifted off again, and once more.
    """
    crop = window.crop
    for _ in range(3):
        seen = replace(window, crop=crop, strip=cut_strip(crop, window.membrane))
        depth = line_depth(seen.strip.absorbance, row)
        if depth is None:
            return None
        crop = painted(seen, -depth, row)
    return crop


def _across(width: int, reach: float) -> npt.NDArray[np.float64]:
    """Return 1 within `reach` widths of the axis, falling softly to 0."""
    off = np.abs(np.arange(width) - (width / 2 - 0.5)) / UNIT
    return np.clip((reach - off) * UNIT / 2, 0, 1)
