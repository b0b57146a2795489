"""Whether the patch around a frame shows a cassette with its window in the middle and its sample well on the right.

The patch is described by histograms of gradient orientations, levelled over small blocks, so that light, colour and
contrast hardly matter; a linear model fitted on drawn and real cassettes weighs them (`weights/locator.npz`). A
cassette lying the other way round is one of the things it was fitted to turn down: so the two ends are told apart.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.cassette.frames import PATCH_AFTER_MM, PATCH_BEFORE_MM, PATCH_PX_PER_MM, PATCH_SIZE, Frame, Pyramid

_CELL = 6  # pixels of the patch: 3 mm
STEP_MM = _CELL / PATCH_PX_PER_MM


Model = tuple[npt.NDArray[Any], float]
"""Weights, shape (features, 2), one column a direction; bias."""

_other: ContextVar[Model | None] = ContextVar("_other", default=None)


@cache
def _shipped() -> Model:
    with resources.files("vision.cassette").joinpath("weights/locator.npz").open("rb") as file, np.load(file) as stored:
        return _both_ways(stored["weights"].astype(np.float32), float(stored["bias"]))


def _both_ways(weights: npt.NDArray[Any], bias: float) -> Model:
    across, down = PATCH_SIZE[0] // _CELL - 1, PATCH_SIZE[1] // _CELL - 1
    # Turned by half, block and cell order run backwards and the unsigned orientations stay.
    backward = weights.reshape(across, down, 2, 2, 9)[::-1, ::-1, ::-1, ::-1].reshape(-1)
    return np.column_stack([weights, backward]), bias


def model() -> Model:
    """Return the weights in use: those that ship, unless `using` others."""
    return _other.get() or _shipped()


@contextmanager
def using(weights: npt.NDArray[Any], bias: float) -> Iterator[None]:
    """Recognise by other weights for a while: how a fit is judged on what it was not fitted to."""
    token = _other.set(_both_ways(weights, float(bias)))
    try:
        yield
    finally:
        _other.reset(token)


@cache
def _descriptor() -> cv2.HOGDescriptor:
    return cv2.HOGDescriptor(PATCH_SIZE, (2 * _CELL, 2 * _CELL), (_CELL, _CELL), (_CELL, _CELL), 9)


def describe(strip: Image) -> npt.NDArray[Any]:
    """Return the gradient histograms of every patch along a strip, shape (steps, features)."""
    steps = (strip.shape[1] - PATCH_SIZE[0]) // _CELL + 1
    described = _descriptor().compute(strip, winStride=(_CELL, _CELL))
    return np.asarray(described, np.float32).reshape(steps, -1)


def _scores(described: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the log odds for the sample well on the right and on the left, shape (steps, 2)."""
    weights, bias = model()
    scores: npt.NDArray[Any] = described @ weights + bias
    return scores


def score(pyramid: Pyramid, frame: Frame) -> float:
    """Return the log odds that `frame` is that of a cassette."""
    return float(_scores(describe(pyramid.patch(frame)))[0, 0])


def best_along(pyramid: Pyramid, frame: Frame, span_mm: float) -> list[tuple[float, Frame]]:
    """Slide a window along the axis of `frame`, `span_mm` in all; return the best place for each way round."""
    # A patch reaches farther to the well's side, so a reversed cassette's window lies that much farther along.
    ahead = PATCH_AFTER_MM - PATCH_BEFORE_MM
    steps = max(1, round((span_mm + ahead) / STEP_MM) + 1)
    start = -span_mm / 2 - ahead
    size = (PATCH_SIZE[0] + (steps - 1) * _CELL, PATCH_SIZE[1])
    strip = pyramid.cut(frame.shifted(start), PATCH_BEFORE_MM, size, PATCH_PX_PER_MM)
    odds = _scores(describe(strip))
    at = odds.argmax(axis=0)
    forward = frame.shifted(start + float(at[0]) * STEP_MM)
    backward = frame.shifted(start + float(at[1]) * STEP_MM + ahead).reversed()
    return [(float(odds[at[0], 0]), forward), (float(odds[at[1], 1]), backward)]


def settle(
    pyramid: Pyramid, odds: float, frame: Frame, *, scale_known: bool = False, rounds: int = 5
) -> tuple[float, Frame]:
    """Climb from `frame` to the best place, angle and, unless known, scale nearby."""
    along, across, stretch, turn = 1.5, 0.8, 0.08, 0.04
    for _ in range(rounds):
        tries = [frame.shifted(s * along) for s in (-1, 1)] + [frame.shifted(0.0, s * across) for s in (-1, 1)]
        tries += [Frame(frame.x, frame.y, frame.angle + s * turn, frame.px_per_mm) for s in (-1, 1)]
        if not scale_known:
            tries += [Frame(frame.x, frame.y, frame.angle, frame.px_per_mm * math.exp(s * stretch)) for s in (-1, 1)]
        best, at = max((score(pyramid, one), i) for i, one in enumerate(tries))
        if best > odds:
            odds, frame = best, tries[at]
        else:
            along, across, stretch, turn = along / 2, across / 2, stretch / 2, turn / 2
    return odds, frame
