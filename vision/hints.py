"""Live hints before the shot: what to change so that the cassette in view can be read.

A hint is a reason code; the page words it. Hints are cheap looks at a live picture, not the reader's own gates: a
picture without a hint may still be a retake.
"""

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from checkpoint.reasons import Reason
from vision.cassette.frames import Pyramid
from vision.cassette.locate import WINDOW_MM, Located, find_cassettes
from vision.cassette.proposals import Pair, solid_boxes
from vision.cassette.sharpness import blur_mm

_SHORTEST_WINDOW_PX = 60.0
_LONGEST_CASSETTE = 1.05  # of the picture's longer side
_DARK, _BRIGHT = 45.0, 248.0  # grey level of the cassette's plastic
_CLIPPED, _GLARE_SHARE = 252, 0.05  # of the window's pixels
_SHADOW = 0.74  # darkest over brightest stretch of plastic
_BLUR_MM = 0.245  # standard deviation of the sharpest edges
_ASKEW = 0.86  # of two opposite sides, the shorter over the longer
_FORESHORTENED = 2.7  # length over width; real cassettes are 3.0 and more
_STRANGE_SHARE = 0.34  # of what surrounds the membrane
_PARTLY_SEEN = (1.1, 6.5)  # length over width of what may be seen of a cassette
_SHAPE_SIDE = 480  # pixels
_LIGHTER = 35.0  # grey levels by which a lone shape stands out from the table
_SHORTEST_CASSETTE_PX = 70 / WINDOW_MM[0] * _SHORTEST_WINDOW_PX
_PX_PER_MM = 6.0


def hints(image: Image) -> tuple[Reason, ...]:
    """Return what to change before `image`, ndarray, shape (H, W, 3), uint8, BGR, is worth taking; gravest first."""
    found = find_cassettes(image, quick=True)
    if not found:
        return _without_cassette(image)
    cassette = found[0]
    size = image.shape[1], image.shape[0]
    given = [*_framing(cassette, size)]
    pyramid = Pyramid(image)
    body = pyramid.cut(cassette.frame, 26.0, (round(60 * _PX_PER_MM), round(17 * _PX_PER_MM)), _PX_PER_MM)
    plastic = _plastic(body)
    level = float(np.median(plastic.max(axis=1)))
    if level < _DARK:
        given.append(Reason.TOO_DARK)
    if level > _BRIGHT:
        given.append(Reason.TOO_BRIGHT)
    window = _window(body)
    if _covered(window, np.median(plastic, axis=0)):
        given.append(Reason.WINDOW_COVERED)
    elif level <= _BRIGHT and (window.min(axis=2) >= _CLIPPED).mean() > _GLARE_SHARE:
        given.append(Reason.GLARE)
    if _shaded(body):
        given.append(Reason.SHADOW)
    if blur_mm(body, _PX_PER_MM) > max(_BLUR_MM, 0.9 / cassette.frame.px_per_mm):
        given.append(Reason.BLURRED)
    return tuple(given)


def _without_cassette(image: Image) -> tuple[Reason, ...]:
    """Say why none may have been found, where the picture tells."""
    bright = image.max(axis=2) if image.ndim == 3 else image
    if np.percentile(bright, 90) < _DARK:
        return (Reason.TOO_DARK,)
    if np.percentile(bright, 30) > _BRIGHT:
        return (Reason.TOO_BRIGHT,)
    shape = _lone_shape(image)
    if shape is None:
        return (Reason.NO_CASSETTE,)
    box = ((shape.x, shape.y), (shape.length, shape.width), math.degrees(shape.angle))
    corners = cv2.boxPoints(box)
    inside = np.zeros(bright.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.round(corners).astype(np.int32), 255)
    if cv2.mean(bright, inside)[0] > _BRIGHT:
        return (Reason.TOO_BRIGHT,)
    limits = np.array((image.shape[1], image.shape[0])) - 3
    if (corners < 2).any() or (corners > limits).any():
        return (Reason.HALF_OUTSIDE,)
    if shape.length < _SHORTEST_CASSETTE_PX:
        return (Reason.WINDOW_TOO_SMALL,)
    return (Reason.TILTED,) if shape.length < _FORESHORTENED * shape.width else (Reason.NO_CASSETTE,)


def _lone_shape(image: Image) -> Pair | None:
    """Return the largest light shape that could be a cassette, though nothing on it was recognised."""
    factor = min(1.0, _SHAPE_SIDE / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) if small.ndim == 3 else small, np.uint8)
    usual = float(np.median(grey))
    shapes = [one for one in solid_boxes(grey, _PARTLY_SEEN) if one.width > 12 and _level(grey, one) > usual + _LIGHTER]
    if not shapes:
        return None
    largest = max(shapes, key=lambda one: one.length * one.width)
    x, y, length, width = (value / factor for value in (largest.x, largest.y, largest.length, largest.width))
    return Pair(x, y, largest.angle, length, width, largest.support)


def _level(grey: Image, shape: Pair) -> float:
    """Return how light a shape is in its middle half."""
    box = ((shape.x, shape.y), (shape.length / 2, shape.width / 2), math.degrees(shape.angle))
    inside = np.zeros(grey.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.round(cv2.boxPoints(box)).astype(np.int32), 255)
    return float(cv2.mean(grey, inside)[0])


def _framing(cassette: Located, size: tuple[int, int]) -> list[Reason]:
    """Return what is wrong with where the camera stands."""
    given = []
    frame, corners = cassette.frame, cassette.corners
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    window = cassette.window_corners
    outside = (corners < -2).any(axis=1) | (corners > np.array(size) + 1).any(axis=1)
    if max(sides[0], sides[2]) > _LONGEST_CASSETTE * max(size):
        given.append(Reason.TOO_CLOSE)
    elif (window < 0).any() or (window > np.array(size) - 1).any() or outside.sum() >= 2:
        given.append(Reason.HALF_OUTSIDE)
    if frame.px_per_mm * WINDOW_MM[0] < _SHORTEST_WINDOW_PX:
        given.append(Reason.WINDOW_TOO_SMALL)
    askew = min(sides[0] / sides[2], sides[2] / sides[0], sides[1] / sides[3], sides[3] / sides[1])
    if not outside.any() and (askew < _ASKEW or (sides[0] + sides[2]) / (sides[1] + sides[3]) < _FORESHORTENED):
        given.append(Reason.TILTED)
    return given


def _bands(body: Image) -> tuple[Image, Image]:
    """Return the plastic along both long sides, clear of window, well and most lettering."""
    height, band = body.shape[0], round(1.6 * _PX_PER_MM)
    return body[round(0.5 * _PX_PER_MM) :][:band], body[height - band - round(0.5 * _PX_PER_MM) :][:band]


def _plastic(body: Image) -> npt.NDArray[Any]:
    return np.concatenate([band.reshape(-1, 3) for band in _bands(body)])


def _window(body: Image) -> Image:
    middle_x, middle_y = 26.0 * _PX_PER_MM, body.shape[0] / 2
    half_x, half_y = (WINDOW_MM[0] / 2 + 2.5) * _PX_PER_MM, (WINDOW_MM[1] / 2 + 2.5) * _PX_PER_MM
    return body[
        round(middle_y - half_y) : round(middle_y + half_y), round(middle_x - half_x) : round(middle_x + half_x)
    ]


def _covered(window: Image, plastic: npt.NDArray[Any]) -> bool:
    """Return whether the rim of the window looks unlike plastic: a finger's colour, a label's print."""
    relative = window.astype(np.float32) / np.maximum(plastic, 1.0).astype(np.float32)
    light, colour = relative.mean(axis=2), np.ptp(relative, axis=2)
    strange = (colour > 0.22) | (light < 0.55)
    rim = np.ones(strange.shape, dtype=bool)
    top, side = round(2.0 * _PX_PER_MM), round(2.0 * _PX_PER_MM)
    rim[top:-top, side:-side] = False
    if strange[rim].mean() > _STRANGE_SHARE:
        return True
    # Print has many sharp changes along the window; two lines and two ends make eight.
    row = light[light.shape[0] // 2 - 4 : light.shape[0] // 2 + 4].mean(axis=0)
    steps = np.abs(row[2:] - row[:-2]) > 0.18
    return int((np.diff(steps.astype(np.int8)) == 1).sum()) > 9


def _shaded(body: Image) -> bool:
    """Return whether a shadow lies across: one stretch of plastic much darker than another."""
    levels = []
    for band in _bands(body):
        stretches = np.array_split(band.max(axis=2), 10, axis=1)
        # A high percentile passes over lettering, which is darker than the plastic that it is printed on.
        levels += [float(np.percentile(part, 70)) for part in stretches[1:-1]]
    return min(levels) < _SHADOW * max(levels)
