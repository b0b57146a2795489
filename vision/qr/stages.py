"""The ways to look at one frame, cheapest first."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from checkpoint.ports import Image
from vision.qr import zbar, zxing
from vision.qr.zxing import Grey, Look

_LARGEST_ENLARGED = 4_000_000
"""Pixels above which a frame is not enlarged: it has them already, and the time would be out of proportion."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One way to look: a name for figures and a function of the grey frame."""

    name: str
    look: Callable[[Grey], Look]


def grey_of(image: Image) -> Grey:
    """Return the grey picture of a BGR or grey one."""
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _enlarged(grey: Grey) -> tuple[Grey, float]:
    if grey.size * 4 > _LARGEST_ENLARGED * 4:
        return grey, 1.0
    return np.asarray(cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), dtype=np.uint8), 2.0


def _sharpened(grey: Grey) -> Grey:
    blurred = cv2.GaussianBlur(grey, (0, 0), 2.0)
    return np.asarray(cv2.addWeighted(grey, 2.0, blurred, -1.0, 0), dtype=np.uint8)


def _as_it_is(grey: Grey) -> Look:
    return zxing.read(grey)


def _enlarge(grey: Grey) -> Look:
    picture, scale = _enlarged(grey)
    return zxing.read(picture, scale)


def _enlarge_and_sharpen(grey: Grey) -> Look:
    picture, scale = _enlarged(grey)
    return zxing.read(_sharpened(picture), scale)


def _equalise(grey: Grey) -> Look:
    return zxing.read(np.asarray(cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(grey), dtype=np.uint8))


def _second_opinion(grey: Grey) -> Look:
    return zbar.read(grey)


STAGES = (
    Stage("frame", _as_it_is),
    Stage("enlarged", _enlarge),
    Stage("enlarged, sharpened", _enlarge_and_sharpen),
    Stage("equalised", _equalise),
    Stage("zbar", _second_opinion),
)
