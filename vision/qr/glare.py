"""Where a reflection hides so much of a code that no sheet of four corners is left (`vision.qr.outline`).

What is left of the code is as even a grey as all of it would be, and textured in both directions; between or beside it
is white without a module. White cassettes and leaflets are brighter here and darker there.
"""

import cv2
import numpy as np

from vision.qr.presence import Presence
from vision.qr.zxing import Corners, Grey

_SIDE = 60  # pixels of the shrunken picture's side
_WHITE = 240  # grey level
_PATCH = 7  # pixels of the shrunken picture without a module
_TEXTURED = 18.0  # grey levels between neighbouring cells: codes from 21
_BLINDED = 0.10  # of the area
_LEFT = 0.05  # of the area, below which nothing can be told of the rest
_PALE = 24.0  # grey levels of the rest below white
_UNEVEN = 0.50  # of that contrast: codes with half of them left to 0.44, cassettes from 0.55
_ONE_WAY = 2.6  # differences in one direction over those in the other


def blinded(grey: Grey, view: Presence) -> Corners:
    """Return the corners of the upright box that a code under a reflection fills, clockwise, or nothing."""
    if not view.matrix or view.texture < _TEXTURED:
        return ()
    left, top = min(region.x for region in view.matrix), min(region.y for region in view.matrix)
    right = max(region.x + region.width for region in view.matrix)
    bottom = max(region.y + region.height for region in view.matrix)
    if not 0.5 <= (right - left) / (bottom - top) <= 2:
        return ()
    margin = min(16 + max(right - left, bottom - top) // 10, (right - left) // 4, (bottom - top) // 4)
    box = (left + margin, top + margin, right - margin, bottom - margin)
    crop = grey[box[1] : box[3], box[0] : box[2]]
    if min(crop.shape) < _SIDE // 2:
        return ()
    small = np.asarray(cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    if not _hides_a_code(small):
        return ()
    return ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]))


def _hides_a_code(small: Grey) -> bool:
    kernel = np.ones((_PATCH, _PATCH), np.uint8)
    white = np.asarray(cv2.morphologyEx((small >= _WHITE).astype(np.uint8), cv2.MORPH_OPEN, kernel), np.uint8)
    rest = cv2.dilate(white, kernel) == 0
    if white.mean() < _BLINDED or rest.mean() < _LEFT:
        return False
    light = small.astype(np.float32)
    contrast = _WHITE - float(light[rest].mean())
    if contrast < _PALE:
        return False
    across = float(np.abs(np.diff(light, axis=1))[rest[:, 1:]].mean())
    along = float(np.abs(np.diff(light, axis=0))[rest[1:]].mean())
    if max(across, along) > _ONE_WAY * min(across, along):
        return False
    weight = cv2.blur(rest.astype(np.float32), (11, 11))
    even = cv2.blur(light * rest, (11, 11)) / np.maximum(weight, 0.01)
    told = rest & (weight > 0.5)
    return bool(told.any()) and float(even[told].std()) <= _UNEVEN * contrast
