"""The light on a mat, measured on its white and grey fields: white balance and flat field in one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.mat.layout import MatLayout, Patch

WHITE_LEVEL = 235.0
"""Where the mat's white paper comes to lie after levelling, 0 to 255: below clipping, as cassettes may be whiter."""

_CLIPPED = 250.0
_INNER_SHARE = 0.6  # of a field's side: its edge is mixed with what is beside it
_FEWEST_FIELDS = 6  # a plane of light has three unknowns; this many make an outlier visible


@dataclass(frozen=True, slots=True)
class Light:
    """How brightly white paper shows everywhere on the mat: ``weights``, shape (6, 3), of a quadratic in x and y."""

    weights: npt.NDArray[Any]
    size_mm: tuple[float, float]

    def white_at(self, x_mm: npt.NDArray[Any], y_mm: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the level of white paper at points of the mat, shape of `x_mm` + (3,), BGR, 0 to 255 or above."""
        white: npt.NDArray[Any] = np.clip(_terms(x_mm, y_mm, self.size_mm) @ self.weights, 8.0, 400.0)
        return white

    def level(self, part: Image, x_mm: npt.NDArray[Any], y_mm: npt.NDArray[Any]) -> Image:
        """Return `part` of the picture, shape (H, W, 3), as under even white light; `x_mm`, `y_mm`: shape (H, W)."""
        gain = WHITE_LEVEL / self.white_at(x_mm, y_mm)
        return np.asarray(np.clip(part * gain + 0.5, 0, 255), np.uint8)


def measure_light(flat: Image, px_per_mm: float, layout: MatLayout) -> Light | None:
    """Measure the light on a flattened mat, shape (H, W, 3), uint8, BGR; None where too few fields are seen.

    White fields that are clipped are replaced by the grey ones beside them, scaled by what the unclipped pairs show.
    """
    whites = [field for field in layout.light_fields if field.name == "white"]
    greys = [field for field in layout.light_fields if field.name == "grey"]
    white = np.array([_level(flat, field, px_per_mm) for field in whites])
    grey = np.array([_level(flat, field, px_per_mm) for field in greys])
    seen = np.isfinite(white).all(axis=1) & np.isfinite(grey).all(axis=1) & (grey < 0.92 * white).all(axis=1)
    if seen.sum() < _FEWEST_FIELDS:
        return None
    clipped = (white >= _CLIPPED).any(axis=1)
    ratio = np.median(white[seen & ~clipped] / grey[seen & ~clipped], axis=0) if (seen & ~clipped).any() else 2.0
    white[clipped] = grey[clipped] * ratio
    x, y = np.array([field.x for field in whites]), np.array([field.y for field in whites])
    terms = _terms(x, y, (layout.width_mm, layout.height_mm))
    return Light(_robust_fit(terms[seen], white[seen]), (layout.width_mm, layout.height_mm))


def _level(flat: Image, field: Patch, px_per_mm: float) -> npt.NDArray[Any]:
    half = field.side * _INNER_SHARE / 2
    left, right = round((field.x - half) * px_per_mm), round((field.x + half) * px_per_mm)
    top, bottom = round((field.y - half) * px_per_mm), round((field.y + half) * px_per_mm)
    part = flat[max(0, top) : bottom + 1, max(0, left) : right + 1].reshape(-1, 3)
    if not len(part) or (part.max(axis=1) == 0).mean() > 0.2:
        return np.full(3, np.nan)  # out of the picture
    level: npt.NDArray[Any] = np.median(part, axis=0)
    return level


def _terms(x_mm: npt.NDArray[Any], y_mm: npt.NDArray[Any], size_mm: tuple[float, float]) -> npt.NDArray[Any]:
    x, y = 2 * x_mm / size_mm[0] - 1, 2 * y_mm / size_mm[1] - 1
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _robust_fit(terms: npt.NDArray[Any], white: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Fit by least squares, then again without the fields that a hand or a shadow covers."""
    keep = np.ones(len(terms), dtype=bool)
    # Ridge: with few fields in view the curvature stays small.
    ridge = np.diag((0.0, 0.02, 0.02, 0.3, 0.3, 0.3))
    weights = np.zeros((6, 3))
    for _ in range(4):
        inside = terms[keep]
        weights = np.linalg.solve(inside.T @ inside + ridge, inside.T @ white[keep])
        off = np.abs(terms @ weights - white).max(axis=1) / np.maximum(white.max(axis=1), 1.0)
        limit = max(0.04, 2.5 * float(np.median(off[keep])))
        keep = off <= limit
        if keep.sum() < _FEWEST_FIELDS:
            break
    return weights
