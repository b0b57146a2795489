"""The mat as pixels: what the reader compares with, and what the renderer lays cassettes on."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.mat.fiducials import marker_cells
from vision.mat.layout import Fiducial, MatLayout, Patch

_FRACTION_BITS = 4  # OpenCV draws to a sixteenth of a pixel
_OUTLINE_GREY, _OUTLINE_MM = 0.55, 0.25


def draw_mat(layout: MatLayout, px_per_mm: float) -> Image:
    """Return the mat as printed, shape (H, W, 3), uint8, BGR, white paper 255, without the words around it."""
    size = (round(layout.height_mm * px_per_mm), round(layout.width_mm * px_per_mm), 3)
    sheet = np.full(size, 255, np.uint8)
    for fiducial in layout.fiducials:
        _draw_fiducial(sheet, fiducial, px_per_mm)
    for patch in (*layout.light_fields, *layout.colour_fields):
        _draw_patch(sheet, patch, px_per_mm)
    for slot in layout.slots:
        box = ((slot.x, slot.y), (slot.x + slot.width, slot.y),
               (slot.x + slot.width, slot.y + slot.height), (slot.x, slot.y + slot.height))  # fmt: skip
        _draw_line(sheet, box, _OUTLINE_MM, _OUTLINE_GREY, px_per_mm, closed=True)
        strip = max((f.x for f in layout.fiducials if f.x < slot.x), default=slot.x - 5.0)
        _write_number(sheet, slot.number, (strip, slot.y + slot.height / 2 - 7.5), px_per_mm)
    for letter in layout.letters:
        _draw_line(sheet, letter.stroke, letter.thickness, letter.grey, px_per_mm, closed=False)
    bar = layout.scale_bar
    _draw_line(sheet, ((bar.x, bar.y), (bar.x + bar.length, bar.y)), 0.3, 0.0, px_per_mm, closed=False)
    return sheet


def _draw_line(
    sheet: Image,
    points: tuple[tuple[float, float], ...],
    thickness_mm: float,
    grey: float,
    px_per_mm: float,
    *,
    closed: bool,
) -> None:
    ends = np.round((np.array(points) * px_per_mm - 0.5) * 2**_FRACTION_BITS).astype(np.int32)
    level = (round(255 * grey),) * 3
    thickness = max(1, round(thickness_mm * px_per_mm))
    cv2.polylines(sheet, [ends], closed, level, thickness, cv2.LINE_AA, _FRACTION_BITS)


def _fill(sheet: Image, left: float, top: float, side: float, px_per_mm: float, bgr: tuple[float, ...]) -> None:
    corners = np.array(((left, top), (left + side, top), (left + side, top + side), (left, top + side)))
    ends = np.round((corners * px_per_mm - 0.5) * 2**_FRACTION_BITS).astype(np.int32)
    cv2.fillConvexPoly(sheet, ends, bgr, cv2.LINE_AA, _FRACTION_BITS)


def _draw_fiducial(sheet: Image, fiducial: Fiducial, px_per_mm: float) -> None:
    cells: npt.NDArray[Any] = np.where(marker_cells(fiducial.number), 0, 255).astype(np.uint8)
    left, top = fiducial.corners[0]
    side = round(fiducial.side * px_per_mm)
    shown = cv2.cvtColor(cv2.resize(cells, (side, side), interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2BGR)
    column, row = round(left * px_per_mm), round(top * px_per_mm)
    sheet[row : row + side, column : column + side] = shown


def _draw_patch(sheet: Image, patch: Patch, px_per_mm: float) -> None:
    bgr = tuple(255 * value for value in reversed(patch.rgb))
    _fill(sheet, patch.x - patch.side / 2, patch.y - patch.side / 2, patch.side, px_per_mm, bgr)


def _write_number(sheet: Image, number: int, at_mm: tuple[float, float], px_per_mm: float) -> None:
    scale = 3.2 * px_per_mm / 22.0
    thickness = max(1, round(0.5 * px_per_mm))
    (width, height), _ = cv2.getTextSize(str(number), cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    origin = (round(at_mm[0] * px_per_mm - width / 2), round(at_mm[1] * px_per_mm + height / 2))
    cv2.putText(sheet, str(number), origin, cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), thickness, cv2.LINE_AA)
