"""Cut a located cassette out of its picture: upright, control end at the left, sample well at the right, to scale."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.cassette.frames import Frame, Pyramid, around
from vision.cassette.geometry import ControlEnd
from vision.cassette.locate import WINDOW_MM, Located
from vision.cassette.sharpness import blur_mm

CASSETTE_BEFORE_MM, CASSETTE_LENGTH_MM, CASSETTE_WIDTH_MM = 34.0, 78.0, 24.0
_SEEN_MM = (36.0, 46.0, 14.0)  # before, after and beside the window's middle: a little more than is cut
WINDOW_MARGIN_MM = (4.2, 2.6)
"""Bevel and plastic left around the membrane, along and across: its ends are to be seen in kits of long windows too."""

_BLUR_PX_PER_MM = 6.0
_SHARP_MM = 0.21  # all of 43 public photos, each of a cassette that a person can read, lie below
_SCALES = (4.0, 24.0)  # pixels per mm: below, a line has no width; above, only blur is added


@dataclass(frozen=True, slots=True)
class Rectified:
    """One cassette lying level.

    ``cassette``: the whole of it; ``window``: the crop for the window reader; both at ``px_per_mm``, an estimate from
    the window's size unless a mat or the cassette's type gave it. ``control_end`` is START (the left) where the picture
    tells. ``frame`` leads from the window crop's middle back to the picture. ``blur_mm`` tells
    how sharp the picture of the whole cassette is, see `sharpness`.
    """

    cassette: Image
    window: Image
    px_per_mm: float
    control_end: ControlEnd
    frame: Frame
    blur_mm: float

    @property
    def sharp(self) -> bool:
        """Whether the cassette's own edges show that a blank window is blank and not blurred."""
        return 0.0 < self.blur_mm < _SHARP_MM

    def to_picture(self, window_points: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return points of the window crop, shape (N, 2), pixels, in pixels of the picture."""
        height, width = self.window.shape[:2]
        from_middle = (window_points - np.array(((width - 1) / 2, (height - 1) / 2))) / self.px_per_mm
        return self.frame.to_picture(from_middle)


def rectify(image: Image, located: Located, px_per_mm: float | None = None) -> Rectified:
    """Cut `located` out of `image`, ndarray, shape (H, W, 3) or (H, W), uint8, BGR.

    Without `px_per_mm` the picture's own resolution is kept within reason.
    """
    scale = px_per_mm or float(np.clip(located.frame.px_per_mm, *_SCALES))
    part, frame = around(image, located.frame, *_SEEN_MM)
    pyramid = Pyramid(part)
    body = _cut(pyramid, frame, 26.0, (60.0, 17.0), _BLUR_PX_PER_MM)
    window_mm = (WINDOW_MM[0] + 2 * WINDOW_MARGIN_MM[0], WINDOW_MM[1] + 2 * WINDOW_MARGIN_MM[1])
    return Rectified(
        cassette=_cut(pyramid, frame, CASSETTE_BEFORE_MM, (CASSETTE_LENGTH_MM, CASSETTE_WIDTH_MM), scale),
        window=_cut(pyramid, frame, window_mm[0] / 2, window_mm, scale),
        px_per_mm=scale,
        control_end=ControlEnd.START if located.control_end_known else ControlEnd.UNKNOWN,
        frame=located.frame,
        blur_mm=blur_mm(body, _BLUR_PX_PER_MM),
    )


def window_cutter(
    image: Image, px_per_mm: float, margin_mm: tuple[float, float] = WINDOW_MARGIN_MM
) -> Callable[[Frame], tuple[Image, float]]:
    """Return what cuts a window's crop out of `image` for any frame, at `px_per_mm`."""
    window_mm = (WINDOW_MM[0] + 2 * margin_mm[0], WINDOW_MM[1] + 2 * margin_mm[1])

    def cut(frame: Frame) -> tuple[Image, float]:
        part, within = around(image, frame, *_SEEN_MM)
        return _cut(Pyramid(part), within, window_mm[0] / 2, window_mm, px_per_mm), px_per_mm

    return cut


def _cut(pyramid: Pyramid, frame: Frame, before_mm: float, size_mm: tuple[float, float], scale: float) -> Image:
    size = (max(1, round(size_mm[0] * scale)), max(1, round(size_mm[1] * scale)))
    return pyramid.cut(frame, before_mm, size, scale)
