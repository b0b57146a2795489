"""Where in a frame something code-like is, in about a millisecond.

A code is dense in edges of both directions at every scale down to its modules. On a picture a quarter of the frame's
size, differences of neighbouring cells are averaged over a small window; the lesser of the two directions stands out
over codes, the greater alone over linear codes. The thresholds come from the codes and frames of `bench/qr.py`.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.qr.zxing import Corners, Grey

_SMALL_SIDE = 320  # cells along the longer side of the small picture, at least 4 pixels each
_WINDOW = 9  # cells: 36 pixels of a 1280-pixel frame
_TEXTURED = 16.0
"""Grey levels between neighbouring cells from which a frame may hold a matrix code. Codes that any stage reads have
18 and more, a page of print 12 to 14, an empty lane with its noise 9 to 12."""
_STRIPED = 20.0
"""Likewise for the stronger direction alone and linear codes."""
_DARK = 128.0  # grey level of the brightest cells below which a frame is dark
_MOST_GAIN = 4.0  # with more, the noise of a dark lane would pass for texture
_OF_PEAK = 0.45  # a region is what has at least this share of the frame's strongest texture
_SMALLEST = 7  # cells a side
_MOST = 3
_MARGIN = 0.12  # of a region's longer side, so that the quiet zone is in
_MARGIN_PX = 16


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a frame, in pixels."""

    x: int
    y: int
    width: int
    height: int

    def crop(self, image: Image) -> Image:
        """Return this part of a frame (a view, not a copy)."""
        return image[self.y : self.y + self.height, self.x : self.x + self.width]

    def holds_centre_of(self, corners: Corners) -> bool:
        """Return whether the middle of `corners` lies within."""
        x = sum(corner[0] for corner in corners) / len(corners)
        y = sum(corner[1] for corner in corners) / len(corners)
        return self.x <= x <= self.x + self.width and self.y <= y <= self.y + self.height


@dataclass(frozen=True, slots=True)
class Presence:
    """What is code-like in a frame: regions of matrix codes and of linear ones, largest first.

    ``texture``: grey levels between neighbouring cells at the frame's most code-like place. ``small``: the grey frame
    in cells, a quarter of its size or less; empty for a frame too small for cells.
    """

    texture: float
    small: Grey = field(repr=False, compare=False)
    matrix: tuple[Region, ...] = ()
    linear: tuple[Region, ...] = ()


def presence(grey: Grey, image: Image) -> Presence:
    """Return where a frame looks like a code; empty for a lane without one.

    `image` is the frame as it came. Of a colour picture the darkest channel counts beside the grey: pale ink is plain
    in the one, a code on coloured paper in the other.
    """
    height, width = grey.shape
    cell = max(4, -(-max(height, width) // _SMALL_SIDE))
    if min(height, width) < cell * _SMALLEST:
        return Presence(0.0, np.zeros((0, 0), np.uint8))
    size = (width // cell, height // cell)
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    across, along = _edges(small)
    if image.ndim == 3:
        channels = cv2.split(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
        coloured_across, coloured_along = _edges(cv2.min(cv2.min(channels[0], channels[1]), channels[2]))
        across, along = cv2.max(across, coloured_across), cv2.max(along, coloured_along)
    both = np.asarray(cv2.min(across, along), dtype=np.uint8)
    either = np.asarray(cv2.max(across, along), dtype=np.uint8)
    texture = _peak(both)
    matrix = _regions(both, max(_TEXTURED, _OF_PEAK * texture), cell, grey.shape) if texture >= _TEXTURED else ()
    stripes = _peak(either)
    linear = _regions(either, max(_STRIPED, _OF_PEAK * stripes), cell, grey.shape) if stripes >= _STRIPED else ()
    return Presence(texture, small, matrix, linear)


def _edges(small: npt.ArrayLike) -> tuple[cv2.typing.MatLike, cv2.typing.MatLike]:
    """Return the averaged differences across and along, as if the frame's light were at least `_DARK`."""
    cells = np.asarray(small, dtype=np.uint8)
    brightest = float(np.percentile(cells[::3, ::3], 99))
    if brightest < _DARK:
        cells = np.asarray(cv2.convertScaleAbs(cells, alpha=min(_MOST_GAIN, _DARK / max(brightest, 1.0))), np.uint8)
    return (
        _averaged(cv2.absdiff(cells[:-1, 1:], cells[:-1, :-1])),
        _averaged(cv2.absdiff(cells[1:, :-1], cells[:-1, :-1])),
    )


def _averaged(differences: cv2.typing.MatLike) -> cv2.typing.MatLike:
    return cv2.blur(differences, (_WINDOW, _WINDOW), borderType=cv2.BORDER_CONSTANT)


def _peak(energy: npt.NDArray[np.uint8]) -> float:
    rank = max(16, energy.size // 2000)  # not a single hot cell
    return float(np.partition(energy.ravel(), -rank)[-rank])


def _regions(energy: npt.NDArray[np.uint8], threshold: float, cell: int, shape: tuple[int, ...]) -> tuple[Region, ...]:
    mask = (energy >= threshold).astype(np.uint8)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), dtype=np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(mask)
    height, width = shape
    regions: list[tuple[int, Region]] = []
    for x, y, across, along, area in boxes[1:].tolist():
        if min(across, along) < _SMALLEST:
            continue
        margin = _MARGIN_PX + round(_MARGIN * max(across, along) * cell)
        left, top = max(0, x * cell - margin), max(0, y * cell - margin)
        right, bottom = min(width, (x + across) * cell + margin), min(height, (y + along) * cell + margin)
        regions.append((area, Region(left, top, right - left, bottom - top)))
    regions.sort(key=lambda found: -found[0])
    return tuple(region for _, region in regions[:_MOST])
