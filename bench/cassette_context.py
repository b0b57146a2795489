"""The context-only control: how far the kit and the photographer alone give the answer away.

Seven numbers that say nothing about a test line, in a logistic regression left out by blocks. On the plain photos they
tell positives from negatives; on pairs they must not.

In a pair it is known which line is the control line, so its thickness and contrast are taken there. A photo alone does
not tell: its strongest line counts as C, and where T is the stronger one the numbers do look at T.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from bench.cassette_pairs import HALF, Window, line_depth, middle_depth, open_window
from checkpoint.ports import Image
from vision.cassette.lines import Ridge
from vision.cassette.strip import ACROSS, UNIT, to_canvas

NAMES = ("width px", "C thickness", "C contrast", "noise", "edge", "margin", "brightness")
Numbers = npt.NDArray[np.float64]
Place = npt.NDArray[Any]
"""A point of a crop: shape (2,), x and y in pixels."""


def context(crop: Image, control_at: Place | None = None) -> Numbers:
    """Return the seven numbers of a crop; `control_at` is a point of its control line, where it is known."""
    window: Window = open_window(crop)
    strip = window.strip
    grey = strip.absorbance.mean(axis=2)
    inner = np.median(grey[:, ACROSS // 2 - 6 : ACROSS // 2 + 6], axis=1)
    control = _control_line(window, control_at)
    thickness, depth = 0.0, 0.0
    if control is not None:
        near = inner[max(0, control.row - HALF) : control.row + HALF + 1]
        thickness = float((near > (near.max() + near.min()) / 2).sum())
        # Measured on its own rows: a ridge's depth is of the channel chosen by the noise of all rows, T's among them.
        own = line_depth(strip.absorbance, control.row)
        depth = 0.0 if own is None else middle_depth(own)
    middle = grey[strip.start : strip.end, ACROSS // 2 - 8 : ACROSS // 2 + 8]
    noise = float(np.median(np.abs(np.diff(middle, axis=1)))) if middle.size else 0.0
    edge = np.abs(np.diff(np.median(grey[strip.start : strip.end], axis=0)))
    height = max(crop.shape[:2])
    margin = 1 - window.membrane.length * window.membrane.width_px / height
    return np.array(
        [
            np.log(window.membrane.width_px),
            thickness / UNIT,
            depth,
            np.log(noise + 1e-3),
            float(edge.max(initial=0.0)),
            margin,
            float(np.median(grey)),
        ]
    )


def _control_line(window: Window, at: Place | None) -> Ridge | None:
    """Return the ridge at a known place, else the strongest one, whether or not there is a second."""
    if at is None:
        return max(window.candidates, key=lambda ridge: ridge.depth, default=None)
    to_strip = to_canvas(window.membrane)
    row = float(to_strip[1, :2] @ at + to_strip[1, 2])
    near = [ridge for ridge in window.candidates if abs(ridge.row - row) < UNIT / 3]
    return min(near, key=lambda ridge: abs(ridge.row - row), default=None)


def left_out_scores(numbers: Numbers, labels: npt.NDArray[np.bool_], folds: npt.NDArray[np.int64]) -> Numbers:
    """Return for each row the log odds from a logistic regression fitted on the other folds; (N, 7) -> (N,)."""
    scores = np.zeros(len(numbers))
    for fold in np.unique(folds):
        seen = folds != fold
        middle, spread = numbers[seen].mean(axis=0), numbers[seen].std(axis=0) + 1e-9
        design = _squares((numbers - middle) / spread)
        weights = _logistic(design[seen], labels[seen].astype(float))
        scores[~seen] = design[~seen] @ weights
    return scores


def _squares(rows: Numbers) -> Numbers:
    clipped = np.clip(rows, -4, 4)
    return np.column_stack([np.ones(len(rows)), clipped, clipped**2])


def _logistic(design: Numbers, labels: Numbers, penalty: float = 1.0) -> Numbers:
    """Return the weights of a ridge-penalised logistic regression (Newton's method), both classes weighed alike."""
    balance = np.where(labels > 0, 0.5 / max(labels.mean(), 1e-9), 0.5 / max(1 - labels.mean(), 1e-9))
    weights = np.zeros(design.shape[1])
    for _ in range(25):
        likely = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (balance * (likely - labels)) + penalty * weights
        bend = (design * (balance * likely * (1 - likely))[:, None]).T @ design + penalty * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights
