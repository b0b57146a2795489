"""The mat's fiducials: drawn from the dictionary's own cells, found with OpenCV's detector."""

from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image

_CELLS = 4


@cache
def _dictionary() -> cv2.aruco.Dictionary:
    return cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)


def marker_cells(number: int) -> npt.NDArray[np.bool_]:
    """Return a marker's cells, shape (6, 6), True where black: four by four bits in a black frame."""
    bits = cv2.aruco.Dictionary.getBitsFromByteList(_dictionary().bytesList[number : number + 1], _CELLS)
    cells = np.ones((_CELLS + 2, _CELLS + 2), dtype=bool)
    cells[1:-1, 1:-1] = np.asarray(bits) == 0
    return cells


@cache
def _detector() -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    parameters.adaptiveThreshWinSizeStep = 20
    # A false marker would move a whole mat: no bit may be wrong.
    parameters.errorCorrectionRate = 0.0
    return cv2.aruco.ArucoDetector(_dictionary(), parameters)


def find_fiducials(grey: Image) -> dict[int, npt.NDArray[Any]]:
    """Return the corners of every marker in a grey picture, shape (4, 2), pixels, by number; clockwise as printed.

    A number seen twice is left out: one of them is not the mat's.
    """
    corners, numbers, _ = _detector().detectMarkers(grey)
    if numbers is None:
        return {}
    seen = [int(number) for number in np.asarray(numbers).ravel()]
    return {
        n: np.asarray(c, np.float64).reshape(4, 2) for n, c in zip(seen, corners, strict=True) if seen.count(n) == 1
    }
