"""Where a membrane begins and ends between its two long sides.

A test line, a wetting front and the bevel's far edge all look like an end, and what lies outside of the outline is not
read. Where the picture's scale is not known, as in a bare crop, the ends are where both long sides stop being edges.
Where it is known the long sides of the middle, which is membrane for certain, show what a side looks like in this
picture; the membrane reaches as far as rows look like that, and is as long as membranes are. The two ways fail on
different pictures, so that each is the other's second opinion.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from vision.cassette.absorbance import Floats

Ends = tuple[int, int, float]
"""First row, last row, and how well they fit: 2 where all speaks for them, below 1 where the rim is hardly seen."""

_LENGTH_IN_WIDTHS = (1.3, 7.5)  # visible: 3.9 to 5.7 in 10-90 % of crops, ovals and close-ups less
_LENGTHS_KNOWN = (3.25, 4.6)  # of expected widths: windows are 11 to 15.5 mm long, membranes 3.0 to 3.7 wide
_TOO_SHORT, _TOO_LONG, _WORST_LENGTH = 0.12, 0.25, 4.0
_LINE_SHARE = 0.5  # of the width: a running median of this length takes lines of up to a quarter of the width away
_TOP_WITHIN, _BOTTOM_BEYOND = 0.45, 0.55  # of the crop's height
_EDGE = 0.04  # absorbance for each working pixel, a clear edge
_STEP_COUNTS = 0.25
_MIDDLE = 0.3  # of the crop's height
_SIDE_REACH = 0.25  # of the width, to both hands of a long side
_LIKE_THE_MIDDLE = 0.4  # likeness above it speaks for a row, below it against
_NOISE = 0.002  # absorbance for each working pixel
_ALIKE_COUNTS, _FIT_UNIT = 2.0, 2.5


def find_ends(grey: Floats, across: Floats, along: Floats, sides: tuple[int, int], known: float | None) -> list[Ends]:
    """Return the rows between which a membrane with long sides at the columns `sides` lies, and how well they fit.

    `grey`: absorbance, shape (H, W), the membrane upright; `across`, `along`: its gradients; `known`: the membrane's
    width to expect, working pixels, where the scale is known: then a second opinion follows the first.
    """
    steps = _steps(grey, along, sides)
    stop = _where_edges_stop(across, sides, steps, known)
    return [stop] if known is None else [_where_sides_change(across, sides, steps, known), stop]


def _where_edges_stop(across: Floats, sides: tuple[int, int], steps: Floats, known: float | None) -> Ends:
    height, width = across.shape
    left, right = sides
    reach = max(1, (right - left) // 8)
    at_left = np.abs(across[:, max(0, left - reach) : left + reach + 1]).max(axis=1)
    at_right = np.abs(across[:, right - reach : min(width, right + reach + 1)]).max(axis=1)
    sums = np.concatenate([[0.0], np.cumsum(np.minimum(at_left, _EDGE) + np.minimum(at_right, _EDGE))])

    def fit(top: int, bottoms: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        lengths = bottoms - top
        inside = (sums[bottoms] - sums[top]) / lengths
        outside = (sums[top] + sums[-1] - sums[bottoms]) / (height - lengths + 1)
        return np.asarray((inside - outside) / _EDGE + 0.25 * lengths / height - _unlikely(lengths, known))

    return _best(height, right - left, steps, fit)


def _where_sides_change(across: Floats, sides: tuple[int, int], steps: Floats, known: float) -> Ends:
    span = sides[1] - sides[0]
    alike = np.sqrt(np.prod([_likeness(across, side, span) for side in sides], axis=0))
    sums = np.concatenate([[0.0], np.cumsum(alike - _LIKE_THE_MIDDLE)])

    def fit(top: int, bottoms: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        alike = _ALIKE_COUNTS * (sums[bottoms] - sums[top]) / span
        return np.asarray(alike - _unlikely(bottoms - top, known))

    top, bottom, best = _best(len(across), span, steps, fit)
    return top, bottom, best / _FIT_UNIT


def _unlikely(lengths: npt.NDArray[np.intp], known: float | None) -> npt.NDArray[np.float64]:
    """Return what speaks against membranes of such lengths, 0 for those that windows have."""
    if known is None:
        return np.zeros(len(lengths))
    widths = lengths / known
    off = np.maximum((_LENGTHS_KNOWN[0] - widths) / _TOO_SHORT, (widths - _LENGTHS_KNOWN[1]) / _TOO_LONG)
    return np.asarray(np.minimum(np.maximum(off, 0) ** 2, _WORST_LENGTH))


def _likeness(across: Floats, side: int, span: int) -> Floats:
    """Return how much a long side looks in each row as it does in the middle, 0 to 1; with its sign: a shadow's edge
    is not the edge of what casts it."""
    reach, middle = max(2, round(_SIDE_REACH * span)), round(_MIDDLE * len(across) / 2)
    around = cv2.blur(across[:, max(0, side - reach) : side + reach + 1], (1, 5))
    usual = np.median(around[len(across) // 2 - middle : len(across) // 2 + middle + 1], axis=0)
    return np.asarray(np.clip(around @ usual / (usual @ usual + _NOISE**2 * len(usual)), 0, 1), np.float32)


def _best(
    height: int, span: int, steps: Floats, fit: Callable[[int, npt.NDArray[np.intp]], npt.NDArray[np.float64]]
) -> Ends:
    """Return the pair of rows with the best fit, a step of the membrane's own level at both ends counted in."""
    shortest, longest = _LENGTH_IN_WIDTHS
    best: Ends = (0, height - 1, -np.inf)
    for top in range(int(_TOP_WITHIN * height)):
        first = max(top + int(shortest * span), int(_BOTTOM_BEYOND * height))
        bottoms = np.arange(first, min(height, top + int(longest * span)))
        if len(bottoms) == 0:
            continue
        fits = fit(top, bottoms) + _STEP_COUNTS * (steps[top] + steps[bottoms])
        at = int(fits.argmax())
        if fits[at] > best[2]:
            best = (top, int(bottoms[at]), float(fits[at]))
    return best


def _steps(grey: Floats, along: Floats, sides: tuple[int, int]) -> Floats:
    """Return how much of a step there is in each row, 0 to 1, less where only a line makes it."""
    span = sides[1] - sides[0]
    middle = slice(sides[0] + span // 4, sides[1] - span // 4)
    level = _without_lines(grey[:, middle].mean(axis=1), round(_LINE_SHARE * span))
    change = cv2.dilate(np.abs(np.gradient(level)).reshape(-1, 1), np.ones((2 * round(0.4 * span) + 1, 1))).ravel()
    step = np.abs(along[:, middle].mean(axis=1)) * (0.3 + 0.7 * change / (change.max() + 1e-6))
    return np.asarray(np.minimum(step / (np.percentile(step, 98) + 1e-6), 1.0), np.float32)


def _without_lines(along: Floats, width: int) -> Floats:
    """Return the running median over `width` rows: lines are gone, the step from membrane to plastic stays."""
    half = max(1, width // 2)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(along, half, mode="edge"), 2 * half + 1)
    return np.asarray(np.median(windows, axis=1), dtype=np.float32)
