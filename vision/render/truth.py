"""What a rendered picture is known to show."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.render.spec import CassetteSpec

Points = npt.NDArray[Any]
"""Points in a picture: ndarray, shape (N, 2), x and y in pixels."""


@dataclass(frozen=True, slots=True)
class CassetteTruth:
    """Where one cassette and its parts lie in the picture.

    Four corners each, clockwise as drawn, beginning at the control end; a line is given by its two ends, or None where
    there is none. ``slot`` is the slot of the reading mat that the cassette lies in.
    """

    spec: CassetteSpec
    corners: Points
    window: Points
    membrane: Points
    control_line: Points | None
    test_line: Points | None
    slot: int | None = None

    def moved(self, homography: npt.NDArray[np.float64]) -> "CassetteTruth":
        """Return the same cassette after every point went through `homography` (3x3)."""

        def move(points: Points) -> Points:
            moved: Points = cv2.perspectiveTransform(points.reshape(-1, 1, 2).astype(np.float64), homography)
            return moved.reshape(-1, 2)

        return replace(
            self,
            corners=move(self.corners),
            window=move(self.window),
            membrane=move(self.membrane),
            control_line=None if self.control_line is None else move(self.control_line),
            test_line=None if self.test_line is None else move(self.test_line),
        )


@dataclass(frozen=True, slots=True)
class Rendered:
    """A picture and the cassettes in it, in the order they were asked for."""

    image: Image
    cassettes: tuple[CassetteTruth, ...] = ()


def truth_in_mm(spec: CassetteSpec) -> CassetteTruth:
    """Return the cassette's parts in its own millimetres: x from the control end, y from one long side."""
    shape = spec.geometry
    middle = shape.width_mm / 2
    start, end = shape.window_start_mm, shape.window_start_mm + shape.window_length_mm
    half, bevel = shape.window_width_mm / 2, shape.bevel_mm

    def box(x0: float, y0: float, x1: float, y1: float) -> Points:
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=np.float64)

    def line(at_mm: float, contrast: float | None) -> Points | None:
        if contrast is None:
            return None
        return np.array([(start + at_mm, middle - half), (start + at_mm, middle + half)], dtype=np.float64)

    return CassetteTruth(
        spec=spec,
        corners=box(0, 0, shape.length_mm, shape.width_mm),
        window=box(start - bevel, middle - half - bevel, end + bevel, middle + half + bevel),
        membrane=box(start, middle - half, end, middle + half),
        control_line=line(shape.control_mm, spec.control_contrast),
        test_line=line(shape.test_mm, spec.test_contrast),
    )
