"""A cassette's own frame in a picture, and the small upright patch around its window that tells what it is.

The frame's origin is the middle of the result window; its x axis points from the control end to the sample well.
"""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image

Matrix = npt.NDArray[Any]

PATCH_PX_PER_MM = 2.0
PATCH_BEFORE_MM = 32.0
PATCH_AFTER_MM = 40.0
PATCH_HALF_WIDTH_MM = 10.5
PATCH_SIZE = (
    round((PATCH_BEFORE_MM + PATCH_AFTER_MM) * PATCH_PX_PER_MM),
    round(2 * PATCH_HALF_WIDTH_MM * PATCH_PX_PER_MM),
)
"""Width and height of the patch, pixels: most of a cassette and a little beyond its sides."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a cassette's window lies: its middle (pixels), the angle of the x axis (radians), pixels per mm."""

    x: float
    y: float
    angle: float
    px_per_mm: float

    def reversed(self) -> "Frame":
        """Return the frame of a cassette lying the other way round."""
        return Frame(self.x, self.y, self.angle + math.pi, self.px_per_mm)

    def shifted(self, along_mm: float, across_mm: float = 0.0) -> "Frame":
        """Return the frame moved along its own axes."""
        x, y = self.to_picture(np.array([[along_mm, across_mm]]))[0]
        return Frame(float(x), float(y), self.angle, self.px_per_mm)

    def scaled(self, factor: float) -> "Frame":
        """Return the frame seen `factor` times as large in the same place."""
        return Frame(self.x * factor, self.y * factor, self.angle, self.px_per_mm * factor)

    def to_picture(self, points_mm: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return points of the frame, shape (N, 2), mm, in pixels of the picture."""
        cos, sin = math.cos(self.angle) * self.px_per_mm, math.sin(self.angle) * self.px_per_mm
        moved: npt.NDArray[Any] = points_mm @ np.array(((cos, sin), (-sin, cos))) + (self.x, self.y)
        return moved


def around(
    picture: Image, frame: Frame, before_mm: float, after_mm: float, half_width_mm: float
) -> tuple[Image, Frame]:
    """Return the part of `picture` that shows the box around `frame`, not copied, and the frame in that part.

    A cassette in a photo of many megapixels costs only what it covers itself.
    """
    box = frame.to_picture(np.array([[x, y] for x in (-before_mm, after_mm) for y in (-half_width_mm, half_width_mm)]))
    last = np.array(picture.shape[1::-1]) - 1
    left, top = np.clip(np.floor(box.min(axis=0)), 0, last).astype(int)
    right, bottom = np.clip(np.ceil(box.max(axis=0)), 0, last).astype(int)
    return picture[top : bottom + 1, left : right + 1], Frame(
        frame.x - float(left), frame.y - float(top), frame.angle, frame.px_per_mm
    )


class Pyramid:
    """A picture at full, half, quarter, ... size: small patches are cut from the level that is nearest their scale."""

    def __init__(self, picture: Image, smallest: int = 24) -> None:
        self._levels = [picture]
        self._deepest = max(0, int(math.log2(max(1.0, min(picture.shape[:2]) / smallest))))

    def _level(self, wanted: int) -> tuple[int, Image]:
        """Return the wanted level, or the deepest there is; levels are made when first asked for."""
        wanted = min(wanted, self._deepest)
        while len(self._levels) <= wanted:
            self._levels.append(np.asarray(cv2.pyrDown(self._levels[-1]), np.uint8))
        return wanted, self._levels[wanted]

    def cut(self, frame: Frame, before_mm: float, size: tuple[int, int], px_per_mm: float) -> Image:
        """Return the picture in `frame`, `size` (width, height) pixels at `px_per_mm`.

        The frame's origin lies `before_mm` from the left side, on the middle row; what lies outside the picture shows
        its nearest edge pixel.
        """
        wanted = math.floor(math.log2(max(frame.px_per_mm / px_per_mm, 1.0)) + 0.3)
        level, picture = self._level(max(0, wanted))
        factor = 0.5**level
        small = frame.scaled(factor)
        step = small.px_per_mm / px_per_mm
        cos, sin = math.cos(frame.angle) * step, math.sin(frame.angle) * step
        left, top = -before_mm * px_per_mm + 0.5, 0.5 - size[1] / 2
        # A level's pixel (i, j) stands for the centre ((i + 0.5) / factor - 0.5, ...) of the full picture.
        x0, y0 = small.x + (factor - 1) / 2, small.y + (factor - 1) / 2
        back = np.array(((cos, -sin, x0 + left * cos - top * sin), (sin, cos, y0 + left * sin + top * cos)))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cut = cv2.warpAffine(picture, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cut, np.uint8)

    def patch(self, frame: Frame) -> Image:
        """Return the patch by which a cassette is recognised."""
        return self.cut(frame, PATCH_BEFORE_MM, PATCH_SIZE, PATCH_PX_PER_MM)
