"""The membrane, stood upright and brought to one size: what lines are measured on and the network looks at."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.cassette.absorbance import Floats, absorbance
from vision.cassette.membrane import Membrane

UNIT = 24
"""Samples across the membrane's visible width; a line of 0.7 mm on 3.3 mm is then 5 samples thick."""

ALONG, ACROSS = 192, 48
"""Samples of the canvas: eight widths along, two across, the membrane's centre in its middle."""

_INNER_SHARE = 0.68  # of the width: the rest is the edge's shadow and the outline's own error


@dataclass(frozen=True, slots=True)
class Strip:
    """The canvas around a membrane.

    ``absorbance``: (ALONG, ACROSS, 3), float32, BGR; ``valid``: (ALONG, ACROSS) bool, False outside of the crop;
    ``start``, ``end``: rows between which the membrane is visible; ``px_per_sample``: crop pixels for one sample, above
    one where the canvas is coarser than the picture.
    """

    absorbance: Floats
    valid: npt.NDArray[np.bool_]
    start: int
    end: int
    px_per_sample: float

    @property
    def inner(self) -> Floats:
        """The absorbance between the long sides' shadows, shape (ALONG, n, 3)."""
        half = round(UNIT * _INNER_SHARE / 2)
        return self.absorbance[:, ACROSS // 2 - half : ACROSS // 2 + half]


def to_canvas(membrane: Membrane) -> npt.NDArray[np.float64]:
    """Return the 2 x 3 affine from crop pixels to the canvas."""
    middle = membrane.to_level[:, 2] * UNIT + (ACROSS / 2 - 0.5, ALONG / 2 - 0.5)
    return np.column_stack([membrane.to_level[:, :2] * UNIT, middle])


def cut_strip(crop: Image, membrane: Membrane) -> Strip:
    """Return the canvas around `membrane` in `crop`, shape (H, W, 3)."""
    shrink = membrane.width_px / UNIT
    if shrink > 1.5:  # warpAffine only looks at the nearest pixels: blur first, so that all of them count
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), 0.4 * shrink))
    valid = cv2.warpAffine(np.ones(crop.shape[:2], np.float32), to_canvas(membrane), (ACROSS, ALONG))
    canvas = cv2.warpAffine(
        crop, to_canvas(membrane), (ACROSS, ALONG), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    half = membrane.length * UNIT / 2
    start, end = max(0, round(ALONG / 2 - half)), min(ALONG, round(ALONG / 2 + half))
    return Strip(absorbance(np.asarray(canvas)), np.asarray(valid > 0.99), start, end, shrink)
