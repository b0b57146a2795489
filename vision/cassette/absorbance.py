"""From pixel values to absorbance, where a line's depth no longer depends on how bright the picture is."""

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image

Floats = npt.NDArray[np.float32]

LIFT = 2.0
"""Keeps the logarithm of black pixels finite; about the read noise of an 8-bit camera."""


def absorbance(image: Image) -> Floats:
    """Return -log of the picture's values, shape as the picture's, float32; 0 is white, larger is darker.

    Values are the camera's, with its tone curve: a difference of absorbance d is a contrast of 1 - exp(-d) in the
    values as stored, which is how the contrast of lines is reported throughout.
    """
    table = -np.log((np.arange(256, dtype=np.float32) + LIFT) / (255.0 + LIFT))
    taken: Floats = table.astype(np.float32)[image]
    return taken


def contrast(depth: float) -> float:
    """Return the share of the membrane's brightness that a line of this absorbance takes away.

    >>> round(contrast(0.105), 3)
    0.1
    >>> contrast(-0.2)
    0.0
    """
    return float(max(0.0, 1.0 - np.exp(-depth)))


def bgr(image: Image) -> Image:
    """Return the picture with three channels; a grey one is repeated."""
    if image.ndim == 2:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    return image
