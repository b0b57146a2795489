"""A contact sheet of residual errors: public photos stay out of the repository, so it is written where one asks."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from bench.cassette_data import LabelledWindow
from checkpoint.ports import Image
from vision.cassette import evidence
from vision.cassette.window import WindowReading

_COLUMNS, _TILE = 4, (460, 330)


def write_sheet(read: Sequence[tuple[LabelledWindow, Image, WindowReading]], folder: Path) -> Path:
    """Write evidence pictures of wrong answers, then of retakes, and return the file."""
    known = [one for one in read if one[0].label != "unknown"]
    wrong = [one for one in known if one[2].reading.outcome not in (one[0].label, "retake")]
    retakes = [one for one in known if one[2].reading.outcome == "retake"]
    tiles = [_tile(*one) for one in [*wrong, *retakes][:80]]
    while len(tiles) % _COLUMNS or not tiles:
        tiles.append(np.full((_TILE[1], _TILE[0], 3), 255, np.uint8))
    rows = [np.hstack(tiles[at : at + _COLUMNS]) for at in range(0, len(tiles), _COLUMNS)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "residual-errors.jpg"
    if not cv2.imwrite(str(path), np.vstack(rows)):
        raise OSError(f"cannot write {path}")
    return path


def _tile(window: LabelledWindow, crop: Image, reading: WindowReading) -> Image:
    full = evidence.draw(crop, reading)
    scale = min(_TILE[0] / full.shape[1], (_TILE[1] - 20) / full.shape[0])
    small = cv2.resize(full, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tile = np.full((_TILE[1], _TILE[0], 3), 255, np.uint8)
    tile[: small.shape[0], : small.shape[1]] = small
    text = f"{window.name}: {window.label}{', faint' if window.faint else ''}"
    cv2.putText(tile, text, (4, _TILE[1] - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
    return tile
