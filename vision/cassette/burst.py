"""Several frames of one scene made into one: laid on each other, averaged, motion noticed.

Averaging N frames lowers the camera's noise by the square root of N, which is what hides the faintest lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image

_WORKING_SIDE = 640  # pixels: the shift is measured on a reduced copy
_BLOCK = 16  # pixels of the reduced copy
_SHIFT_SHARE = 0.01  # of the longer side: more is not a shake but a move
_SETTLED = 6.0  # grey levels a block's mean may differ after laying on: beyond, something in view moved
_MOVED_SHARE = 0.004  # of all blocks
_LEAST_SHARE = 0.5  # of the frames must agree


@dataclass(frozen=True, slots=True)
class Burst:
    """The average of a burst.

    ``used``: frames that went into it; ``shift_px``: the largest shift among all of them against the middle frame;
    ``moved``: the camera or something in view moved, so the picture is to be taken again.
    """

    image: Image
    used: int
    shift_px: float
    moved: bool


def register_and_average(frames: Sequence[Image]) -> Burst:
    """Lay `frames`, each ndarray, shape (H, W, 3), uint8, BGR, on the middle one and average those that fit it.

    Raises ValueError without frames or where their shapes differ.
    """
    if not frames:
        raise ValueError("a burst has at least one frame")
    if any(frame.shape != frames[0].shape for frame in frames):
        raise ValueError("the frames of a burst have one shape")
    reference = len(frames) // 2
    factor = min(1.0, _WORKING_SIDE / max(frames[0].shape[:2]))
    small = [_reduced(frame, factor) for frame in frames]
    window = np.asarray(cv2.createHanningWindow(small[0].shape[::-1], cv2.CV_32F))
    total = np.zeros(frames[0].shape, np.float32)
    used, furthest = 0, 0.0
    for frame, reduced in zip(frames, small, strict=True):
        shift = np.zeros(2) if reduced is small[reference] else _shift(small[reference], reduced, window)
        furthest = max(furthest, float(np.hypot(*shift)) / factor)
        if np.abs(shift).max() > _SHIFT_SHARE * max(reduced.shape):
            continue
        if _changed_share(small[reference], _moved(reduced, shift)) > _MOVED_SHARE:
            continue
        cv2.accumulate(_moved(frame, shift / factor), total)
        used += 1
    total /= np.float32(max(used, 1))
    image = np.asarray(np.clip(total + np.float32(0.5), 0, 255), np.uint8)
    return Burst(image, used, furthest, moved=used < max(1, _LEAST_SHARE * len(frames)))


def _reduced(frame: Image, factor: float) -> npt.NDArray[Any]:
    small = cv2.resize(frame, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else frame
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) if small.ndim == 3 else small
    return np.asarray(grey, np.float32)


def _shift(reference: npt.NDArray[Any], frame: npt.NDArray[Any], window: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return how far `frame` lies off `reference`, (x, y) in pixels of the reduced copy."""
    # Copies: OpenCV multiplies the window into what it is given where no padding is needed.
    (x, y), response = cv2.phaseCorrelate(reference.copy(), frame.copy(), window)
    # Without texture the correlation has no peak: then no shift is known, and none is undone.
    return np.array((x, y)) if response > 0.05 else np.zeros(2)


def _moved(frame: npt.NDArray[Any], shift: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if np.abs(shift).max() < 0.02:
        return frame
    back = np.array(((1.0, 0.0, -shift[0]), (0.0, 1.0, -shift[1])))
    size = (frame.shape[1], frame.shape[0])
    return np.asarray(cv2.warpAffine(frame, back, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _changed_share(reference: npt.NDArray[Any], frame: npt.NDArray[Any]) -> float:
    """Return the share of blocks whose mean differs, the lamp's flicker over the whole picture apart."""
    size = (max(1, frame.shape[1] // _BLOCK), max(1, frame.shape[0] // _BLOCK))
    change = np.asarray(cv2.resize(frame - reference, size, interpolation=cv2.INTER_AREA))
    return float((np.abs(change - np.median(change)) > _SETTLED).mean())
