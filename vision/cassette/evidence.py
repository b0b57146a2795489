"""The evidence picture: what was read, where, and how strongly it showed."""

import cv2
import numpy as np

from checkpoint.assay import Outcome
from checkpoint.ports import Image
from vision.cassette.absorbance import bgr
from vision.cassette.window import WindowReading

HEIGHT = 640
"""Pixels of the picture's height; the crop is scaled to it."""
PANEL = 300
"""Pixels of the panel with the values and the profile, on the right."""
_INK = (40, 40, 40)
_GREY = (120, 120, 120)
_EVIDENCE = (40, 130, 20)
_OUTLINE = (60, 150, 40)
_CONTROL = (190, 90, 20)
_TEST = (30, 30, 200)
_BANNERS = {
    Outcome.NEGATIVE: (70, 140, 50),
    Outcome.POSITIVE: (40, 40, 190),
    Outcome.INVALID: (120, 90, 40),
    Outcome.RETAKE: (40, 150, 200),
}


def draw(crop: Image, reading: WindowReading, *, cassette: Image | None = None) -> Image:
    """Return a picture of the window, upright, with the membrane outlined, C and T marked and the profile beside it.

    `crop`: the picture that was read, shape (H, W, 3) or (H, W); `cassette`: the rectified cassette it was cut from,
    lying with the control end at the left, drawn upright on the left. The result is BGR, 640 pixels high.
    """
    picture = bgr(crop)
    corners = reading.outline
    if picture.shape[1] > picture.shape[0]:  # the left end goes to the top
        picture = np.asarray(cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE), dtype=np.uint8)
        corners = np.column_stack([picture.shape[1] - 1 - corners[:, 1], corners[:, 0]])
    scale = HEIGHT / picture.shape[0]
    canvas = _fitted(picture)
    corners = (corners + 0.5) * (canvas.shape[1] / picture.shape[1], scale) - 0.5
    cv2.polylines(canvas, [np.round(corners).astype(np.int32)], True, _OUTLINE, 2, cv2.LINE_AA)
    for name, share, colour in (("C", reading.control_at, _CONTROL), ("T", reading.test_at, _TEST)):
        if share is not None:
            _mark(canvas, corners, share, name, colour)
    parts = [canvas, _panel(reading)]
    if cassette is not None:
        parts.insert(0, _fitted(np.asarray(cv2.rotate(bgr(cassette), cv2.ROTATE_90_CLOCKWISE), dtype=np.uint8)))
    return np.hstack(parts)


def _fitted(picture: Image) -> Image:
    """Return the picture at the evidence picture's height."""
    scale = HEIGHT / picture.shape[0]
    size = (max(1, round(picture.shape[1] * scale)), HEIGHT)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.array(cv2.resize(picture, size, interpolation=method), dtype=np.uint8)


def _mark(canvas: Image, corners: np.ndarray, share: float, name: str, colour: tuple[int, int, int]) -> None:
    """Draw two ticks outside of the membrane at a line, and its letter."""
    left = corners[0] + share * (corners[3] - corners[0])
    right = corners[1] + share * (corners[2] - corners[1])
    across = (right - left) / (np.hypot(*(right - left)) + 1e-9)
    for base, way in ((left, -across), (right, across)):
        start, end = base + 3 * way, base + 18 * way
        cv2.line(canvas, _whole(start), _whole(end), colour, 2, cv2.LINE_AA)
    cv2.putText(
        canvas, name, _whole(right + 22 * across + (0, 6)), cv2.FONT_HERSHEY_SIMPLEX, 0.7, colour, 2, cv2.LINE_AA
    )


def _panel(reading: WindowReading) -> Image:
    """Return the right half: outcome, values, and absorbance along the membrane, start at the top."""
    panel = np.full((HEIGHT, PANEL, 3), 250, np.uint8)
    result = reading.reading
    cv2.rectangle(panel, (0, 0), (PANEL, 40), _BANNERS[result.outcome], -1)
    _write(panel, f"{result.outcome}", (10, 28), (255, 255, 255), 0.8)
    _write(panel, f"{result.reason}", (10, 62), _INK, 0.5)
    _write(panel, f"C {result.control.contrast:6.1%}  snr {result.control.snr:5.1f}", (10, 84), _CONTROL, 0.5)
    _write(
        panel,
        f"T {result.test.contrast:6.1%}  snr {result.test.snr:5.1f}  score {result.score:.3f}",
        (10, 106),
        _TEST,
        0.5,
    )
    top, bottom, left, right = 120, HEIGHT - 30, 16, PANEL - 16
    cv2.rectangle(panel, (left, top), (right, bottom), (220, 220, 220), 1)
    values = reading.profile
    if len(values) > 1:
        highest = max(0.1, float(values.max()))
        x = left + np.clip(values / highest, -0.1, 1.0) * (right - left - 30) + 20
        y = np.linspace(top, bottom, len(values))
        curve = np.column_stack([x, y]).round().astype(np.int32)
        cv2.polylines(panel, [curve], False, _GREY, 1, cv2.LINE_AA)
        _write(panel, f"grey: absorbance, full width {highest:.2f}", (left, HEIGHT - 16), _INK, 0.42)
    if len(reading.evidence) > 1:
        x = (left + right) / 2 + np.clip(reading.evidence / 10, -1.0, 1.0) * (right - left) / 2
        y = np.linspace(top, bottom, len(reading.evidence))
        curve = np.column_stack([x, y]).round().astype(np.int32)
        cv2.polylines(panel, [curve], False, _EVIDENCE, 1, cv2.LINE_AA)
        _write(panel, "green: log odds of a line, -10 to 10", (left, HEIGHT - 2), _EVIDENCE, 0.42)
    for share, colour in ((reading.control_at, _CONTROL), (reading.test_at, _TEST)):
        if share is not None:
            row = round(top + share * (bottom - top))
            cv2.line(panel, (left, row), (right, row), colour, 1, cv2.LINE_AA)
    return panel


def _write(panel: Image, text: str, at: tuple[int, int], colour: tuple[int, int, int], size: float) -> None:
    cv2.putText(panel, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def _whole(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
