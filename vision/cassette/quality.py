"""Whether a window can be read at all: gates before judgement, each with what to change."""

from dataclasses import dataclass

import cv2
import numpy as np

from checkpoint.ports import Image
from checkpoint.reasons import Reason
from vision.cassette.membrane import Membrane
from vision.cassette.strip import Strip

_MIN_WIDTH_PX = 9.0  # below it a line of 0.7 mm is less than two pixels thick
_DARK, _BRIGHT = 28, 250  # level of the membrane's middle, 0 to 255
_GLARE_SHARE = 0.12  # of the membrane's pixels clipped to white while the rest is not


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures behind the gates, and the gates that closed, the gravest first."""

    width_px: float
    level: float
    clipped_share: float
    flags: tuple[Reason, ...]


def inspect(crop: Image, membrane: Membrane, strip: Strip) -> Quality:
    """Measure a window's picture."""
    pixels = _membrane_pixels(crop, membrane)
    level = float(np.median(pixels))
    clipped = float((pixels >= 253).mean())
    flags = []
    if membrane.width_px < _MIN_WIDTH_PX:
        flags.append(Reason.WINDOW_TOO_SMALL)
    if level < _DARK:
        flags.append(Reason.TOO_DARK)
    if level > _BRIGHT:
        flags.append(Reason.TOO_BRIGHT)
    elif clipped > _GLARE_SHARE:
        flags.append(Reason.GLARE)
    return Quality(membrane.width_px, level, clipped, tuple(flags))


def _membrane_pixels(crop: Image, membrane: Membrane) -> np.ndarray:
    mask = np.zeros(crop.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(membrane.outline).astype(np.int32), 1)
    inside = crop[mask > 0]
    brightest: np.ndarray = (inside if len(inside) else crop.reshape(-1, 3)).max(axis=1)
    return brightest
