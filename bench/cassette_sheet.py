"""A contact sheet of residual errors: evidence pictures of wrong answers, then of retakes.

Public photos stay out of the repository, so their sheet is written where one asks; rendered mats are in the docs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from checkpoint.assay import Outcome
from checkpoint.ports import Image
from vision.cassette import evidence
from vision.cassette.window import WindowReading

_COLUMNS, _TILE = 6, (290, 330)


@dataclass(frozen=True, slots=True)
class Residual:
    """A window that was not read as it should have been: the crop, what was made of it, what it is."""

    crop: Image
    reading: WindowReading
    truth: str


def write_sheet(residuals: Sequence[Residual], path: Path, most: int = 80) -> Path:
    """Write the evidence pictures, wrong answers first, and return the file; raise OSError where it cannot be."""
    first_wrong = sorted(residuals, key=lambda one: one.reading.reading.outcome is Outcome.RETAKE)
    tiles = [_tile(one) for one in first_wrong[:most]]
    while len(tiles) % _COLUMNS or not tiles:
        tiles.append(np.full((_TILE[1], _TILE[0], 3), 255, np.uint8))
    rows = [np.hstack(tiles[at : at + _COLUMNS]) for at in range(0, len(tiles), _COLUMNS)]
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), np.vstack(rows)):
        raise OSError(f"cannot write {path}")
    return path


def _tile(one: Residual) -> Image:
    full = evidence.draw(one.crop, one.reading)
    scale = min(_TILE[0] / full.shape[1], (_TILE[1] - 20) / full.shape[0])
    small = cv2.resize(full, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tile = np.full((_TILE[1], _TILE[0], 3), 255, np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small
    at = (4, _TILE[1] - 6)
    cv2.putText(tile, one.truth, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return tile
