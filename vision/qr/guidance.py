"""What to tell the hand that holds a code which is seen but not read.

The measures are of the pixels inside the code, where about half the modules are dark: neighbouring modules differ every
second time, so the number of changes along a line tells the size of a module without decoding anything.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from checkpoint.sighting import CodeHint, Sighting
from vision.qr.glare import blinded
from vision.qr.outline import outline_of_code
from vision.qr.presence import Presence, Region
from vision.qr.zxing import Corners, Grey

_INSIDE = 0.2  # of a region's side that is left out at each edge: quiet zone, phone, fingers
_FEWEST_MODULES = 21  # a side, ISO/IEC 18004: a module is never wider than this part of the side
_SMALLEST_INSIDE = 24  # pixels a side, below which all that is told is that the code is small
_BLINDED = 0.02  # of the area of an outline


@dataclass(frozen=True, slots=True)
class Condition:
    """How a code that could not be read looks.

    ``module_px``: pixels a module. ``paper``: grey level of the light modules. ``sharpness``: steepest step between
    neighbouring pixels as a fraction of the contrast. ``smear``: how much steeper the steps are in one direction than
    in the other, 1 or more. ``washed_out``: fraction of the area without a dark module. ``noise``: standard
    deviation, grey levels. ``tilt``: longest side over shortest, 1 or more.
    """

    module_px: float
    paper: float
    sharpness: float
    smear: float
    washed_out: float
    noise: float
    tilt: float


def hint_for(grey: Grey, view: Presence) -> Sighting:
    """Return a sighting without codes, with a hint where something like a code is in view.

    What the decoders found and could not read does not count: chance finds three finder patterns in rings and checks,
    and which stage finds them differs from frame to frame.
    """
    if corners := blinded(grey, view):
        return Sighting(hint=CodeHint.LESS_GLARE, unread_corners=corners)
    if corners := outline_of_code(grey, view):
        return Sighting(hint=advise(measure(grey, corners)), unread_corners=corners)
    return Sighting()


def advise(condition: Condition) -> CodeHint:
    """Return what helps most; the limits come from the unread frames of `bench/qr.py`.

    >>> advise(Condition(module_px=1.8, paper=200, sharpness=0.7, smear=1.0, washed_out=0.0, noise=2, tilt=1.0))
    <CodeHint.CLOSER: 'closer'>
    """
    if condition.washed_out > _BLINDED:
        return CodeHint.LESS_GLARE
    if condition.paper < 70 or condition.noise > 12:
        return CodeHint.MORE_LIGHT
    if condition.tilt > 1.6:
        return CodeHint.LESS_TILT
    if condition.module_px < 2:
        return CodeHint.CLOSER
    if condition.smear > 1.3 or condition.sharpness < 0.4:
        return CodeHint.STEADIER
    if condition.module_px < 3:
        return CodeHint.CLOSER
    return CodeHint.STEADIER


def measure(grey: Grey, corners: Corners) -> Condition:
    """Return the condition of the code with `corners`."""
    region = _around(corners, grey)
    side = min(_sides(corners))
    across, along = round(region.width * _INSIDE), round(region.height * _INSIDE)
    inside = region.crop(grey)[along : region.height - along, across : region.width - across]
    if min(inside.shape) < _SMALLEST_INSIDE:
        inside = region.crop(grey)
    ink, paper = (float(level) for level in np.percentile(inside, (5, 95)))
    light = inside > cv2.blur(inside, (41, 41))
    changes = (np.mean(light[:, 1:] != light[:, :-1]) + np.mean(light[1:] != light[:-1])) / 2
    module_px = min(0.5 / max(float(changes), 0.005), side / _FEWEST_MODULES)
    steps = [
        float(np.percentile(cv2.absdiff(later, earlier), 98))
        for later, earlier in ((inside[:, 1:], inside[:, :-1]), (inside[1:], inside[:-1]))
    ]
    patch = max(3, round(4 * module_px)) | 1
    washed_out = cv2.erode((inside >= 240).astype(np.uint8), np.ones((patch, patch), np.uint8))
    return Condition(
        module_px=module_px,
        paper=paper,
        sharpness=max(steps) / max(paper - ink, 1.0),
        smear=max(steps) / max(min(steps), 1.0),
        washed_out=float(np.mean(washed_out)),
        noise=_noise(grey),
        tilt=_tilt(corners),
    )


def _noise(grey: Grey) -> float:
    """Noise of the smooth parts of a frame (Immerkaer 1996), by the median so that edges do not count."""
    sample = grey[:: max(1, grey.shape[0] // 90)]  # whole rows apart: enough, and the kernel below needs three
    rows = min(sample.shape[0], 90)
    kernel = np.array([[1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(sample[:rows], cv2.CV_32F, kernel))
    return float(np.median(response)) / (0.6745 * 6**0.5)


def _tilt(corners: Corners) -> float:
    sides = _sides(corners)
    return max(sides) / max(min(sides), 1.0)


def _sides(corners: Corners) -> list[float]:
    return [float(np.hypot(a[0] - b[0], a[1] - b[1])) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]


def _around(corners: Corners, grey: Grey) -> Region:
    xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
    left, top = max(0, min(xs)), max(0, min(ys))
    return Region(left, top, min(grey.shape[1], max(xs)) - left, min(grey.shape[0], max(ys)) - top)
