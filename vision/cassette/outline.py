"""The outline of a cassette whose frame is known: its long sides and ends among the straight edges around it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vision.cassette.frames import Frame
from vision.cassette.proposals import Segments

_HALF_WIDTH_MM = (6.4, 12.5)
_CONTROL_END_MM = (-48.0, -14.0)
_WELL_END_MM = (22.0, 60.0)
_USUAL = (-31.0, 40.0, 10.0)  # control end, well end, half the width, where no edge tells
_LEAN_DEG = 9.0


def outline(edges: Segments, frame: Frame) -> npt.NDArray[Any]:
    """Return the cassette's corners, shape (4, 2), pixels, clockwise as seen, from the control end.

    A side without an edge near where kits have it is put where most kits have it.
    """
    lines = _in_frame(edges, frame)
    upper, lower = _side(lines, -1.0), _side(lines, 1.0)
    control = _end(lines, _CONTROL_END_MM, _USUAL[0])
    well = _end(lines, _WELL_END_MM, _USUAL[1])
    corners = [_crossing(control, upper), _crossing(well, upper), _crossing(well, lower), _crossing(control, lower)]
    return frame.to_picture(np.array(corners))


def _in_frame(edges: Segments, frame: Frame) -> Segments:
    """Return the edges in mm of the frame."""
    cos, sin = np.cos(frame.angle), np.sin(frame.angle)
    turn = np.array(((cos, -sin), (sin, cos)))
    points: npt.NDArray[Any] = (edges.reshape(-1, 2) - (frame.x, frame.y)) @ turn / frame.px_per_mm
    return points.reshape(-1, 4)


def _side(lines: Segments, sign: float) -> tuple[float, float]:
    """Return a long side as (offset, slope): y = offset + slope * x."""
    usual = sign * _USUAL[2], 0.0
    if not len(lines):
        return usual
    step = lines[:, 2:] - lines[:, :2]
    slope = step[:, 1] / np.where(np.abs(step[:, 0]) < 1e-6, 1e-6, step[:, 0])
    offset = lines[:, 1] - slope * lines[:, 0]
    at_window = offset * sign
    middle = (lines[:, 0] + lines[:, 2]) / 2
    length = np.abs(step[:, 0])
    fits = (np.abs(slope) < np.tan(np.deg2rad(_LEAN_DEG))) & (length > 6.0) & (np.abs(middle) < 45.0)
    fits &= (at_window > _HALF_WIDTH_MM[0]) & (at_window < _HALF_WIDTH_MM[1])
    if not fits.any():
        return usual
    best = np.flatnonzero(fits)[np.argmax(length[fits])]
    return float(offset[best]), float(slope[best])


def _end(lines: Segments, between_mm: tuple[float, float], usual_mm: float) -> tuple[float, float]:
    """Return an end as (offset, slope): x = offset + slope * y."""
    if not len(lines):
        return usual_mm, 0.0
    step = lines[:, 2:] - lines[:, :2]
    slope = step[:, 0] / np.where(np.abs(step[:, 1]) < 1e-6, 1e-6, step[:, 1])
    offset = lines[:, 0] - slope * lines[:, 1]
    length = np.abs(step[:, 1])
    middle = np.abs(lines[:, 1] + lines[:, 3]) / 2
    fits = (np.abs(slope) < np.tan(np.deg2rad(_LEAN_DEG))) & (length > 5.0) & (middle < 7.0)
    fits &= (offset > between_mm[0]) & (offset < between_mm[1])
    if not fits.any():
        return usual_mm, 0.0
    # Lettering and wells have shorter edges across than an end has; among long ones the usual place decides.
    worth = length - 0.35 * np.abs(offset - usual_mm)
    best = np.flatnonzero(fits)[np.argmax(worth[fits])]
    return float(offset[best]), float(slope[best])


def _crossing(end: tuple[float, float], side: tuple[float, float]) -> tuple[float, float]:
    (x0, kx), (y0, ky) = end, side
    y = (y0 + ky * x0) / (1 - ky * kx)
    return x0 + kx * y, y
