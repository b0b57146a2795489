"""Lines on a membrane: straight, narrow ridges of absorbance, across, in all parts of the width.

The measure follows a matched filter: the middle of a line against the higher of its two sides, so that a step (a
wetting front, a shadow's border) has no depth. It is taken in six segments of the width; a line is in all of them, a
speck, a hair or a streak in a few. The noise is the spread of the same measure along the rest of the membrane.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.cassette.absorbance import Floats, contrast
from vision.cassette.strip import UNIT, Strip

SEGMENTS = 4
_CORE = round(0.10 * UNIT)  # half the thickness of a line: 0.4 to 1.1 mm of a width of 3.3
_NEAR, _FAR = round(0.20 * UNIT), round(0.42 * UNIT)  # the sides a line is measured against
_END_ZONE = round(0.30 * UNIT)  # the recess's shadow, where no line is printed
_APART = round(0.6 * UNIT)  # two lines of one membrane stand further from each other
_FLOOR = 0.004  # absorbance: one grey level; below it "noise" is only rounding


@dataclass(frozen=True, slots=True)
class Ridge:
    """A candidate line.

    ``row``: on the canvas; ``depth``: absorbance over the higher side, the best of the colour channels; ``snr``: that
    depth over the membrane's noise; ``evenness``: weakest segment over the mean, 1 for a printed line; ``channel``.
    """

    row: int
    depth: float
    snr: float
    evenness: float
    channel: str

    @property
    def contrast(self) -> float:
        """Share of the membrane's brightness that the line takes away."""
        return contrast(self.depth)


def channels(strip_part: Floats) -> dict[str, Floats]:
    """Return the colour channels in which a line may stand out, each (ALONG, n): gold is deepest in green, blue latex
    in red, and what has no colour in their mean."""
    blue, green, red = strip_part[..., 0], strip_part[..., 1], strip_part[..., 2]
    return {"green": green, "red": red, "blue": blue, "grey": strip_part.mean(axis=2)}


def ridges(strip: Strip) -> list[Ridge]:
    """Return candidate lines on the visible membrane, the most line-like first."""
    first, last = strip.start + _END_ZONE, strip.end - _END_ZONE
    if last - first < 2 * _FAR:
        return []
    found = []
    for name, values in channels(strip.inner).items():
        columns = _segments(values)
        segments = _ridge_by_segment(columns)
        whole = np.sort(segments, axis=1)[:, :-1].mean(axis=1)  # without the best segment: a speck is in one
        noise = _noise(columns[first:last])
        for row in _peaks(whole, first, last):
            depth = float(whole[row])
            near = segments[max(0, row - 1) : row + 2].max(axis=0)
            evenness = float(np.clip(near.min() / (near.mean() + 1e-6), 0.0, 1.0))
            found.append(Ridge(row, depth, depth / noise, evenness, name))
    return _distinct(found)


def strength(ridge: Ridge) -> float:
    """Return how line-like a ridge is: its signal to noise, less where it is missing from a part of the width."""
    return ridge.snr * (0.3 + 0.7 * ridge.evenness) * min(1.0, ridge.depth / 0.02)


def measure(strip: Strip, rows: Sequence[int]) -> list[Ridge]:
    """Return how deep, clear and even a line at each of `rows` is, in the deepest of the channels that show it clearly.

    A row may shift by two samples to the line's middle.
    """
    inside = slice(strip.start + _END_ZONE, max(strip.end - _END_ZONE, strip.start + 2 * _END_ZONE))
    seen = []
    for name, values in channels(strip.inner).items():
        columns = _segments(values)
        segments = _ridge_by_segment(columns)
        seen.append((name, segments, np.sort(segments, axis=1)[:, :-1].mean(axis=1), _noise(columns[inside])))
    return [_clearest([_ridge_near(row, *channel) for channel in seen]) for row in rows]


def _ridge_near(row: int, name: str, segments: Floats, whole: Floats, noise: float) -> Ridge:
    first = max(0, row - 2)
    at = first + int(whole[first : row + 3].argmax())
    depth = max(0.0, float(whole[at]))
    near = segments[max(0, at - 1) : at + 2].max(axis=0)
    evenness = float(np.clip(near.min() / (near.mean() + 1e-6), 0.0, 1.0))
    return Ridge(at, depth, depth / noise, evenness, name)


def _clearest(found: list[Ridge]) -> Ridge:
    clearest = max(ridge.snr for ridge in found)
    return max((ridge for ridge in found if ridge.snr >= 0.5 * clearest), key=lambda ridge: ridge.depth)


def profile(strip: Strip) -> npt.NDArray[np.float64]:
    """Return the membrane's green absorbance along its length over its own level, shape (end - start,)."""
    along = np.median(strip.inner[strip.start : strip.end, :, 1], axis=1)
    return np.asarray(along - np.percentile(along, 30), dtype=np.float64)


def _segments(values: Floats) -> Floats:
    """Return the mean of each segment of the width, shape (ALONG, SEGMENTS)."""
    parts = np.array_split(values, SEGMENTS, axis=1)
    return np.column_stack([part.mean(axis=1) for part in parts]).astype(np.float32)


def _ridge_by_segment(columns: Floats) -> Floats:
    """Return the depth of a ridge centred on each row, in each segment, shape as `columns`."""
    core = cv2.blur(columns, (1, 2 * _CORE - 1), borderType=cv2.BORDER_REPLICATE)
    side = cv2.blur(columns, (1, _FAR - _NEAR + 1), borderType=cv2.BORDER_REPLICATE)
    reach = (_NEAR + _FAR) // 2
    before, after = np.roll(side, reach, axis=0), np.roll(side, -reach, axis=0)
    depth = core - np.maximum(before, after)
    depth[:_FAR] = depth[-_FAR:] = 0
    return np.asarray(depth, dtype=np.float32)


def _noise(segments: Floats) -> float:
    """Return the spread of what is left of the membrane's level once its slow changes are taken off."""
    level = segments.mean(axis=1)
    detail = level - np.asarray(cv2.blur(level.reshape(-1, 1), (1, 2 * _FAR + 1))).ravel()
    middle = float(np.median(detail))
    return max(1.4826 * float(np.median(np.abs(detail - middle))), _FLOOR)


def _peaks(along: Floats, first: int, last: int) -> list[int]:
    inside = range(max(1, first), min(len(along) - 1, last))
    return [r for r in inside if along[r] > _FLOOR and along[r - 1] <= along[r] > along[r + 1]]


def _distinct(found: list[Ridge]) -> list[Ridge]:
    """Keep the strongest ridge of each place."""
    kept: list[Ridge] = []
    for ridge in sorted(found, key=strength, reverse=True):
        if all(abs(ridge.row - other.row) >= _APART for other in kept):
            kept.append(ridge)
    return kept
