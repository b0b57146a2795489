"""Each step of a reading drawn as a picture of its own: what was found, and what the answer rests on.

Names sort in the order of the steps: ``1-locate``, ``2-rectify``, ``3-membrane``, ``4-lines``, ``5-judge``; a number is
added where there are several cassettes.
"""

from collections.abc import Sequence
from typing import assert_never

import cv2
import numpy as np

from checkpoint.ports import Image
from vision.cassette import evidence
from vision.cassette.absorbance import Floats, bgr
from vision.cassette.geometry import ControlEnd, LineGeometry
from vision.cassette.judge import CONTROL_LIMITS, TEST_LIMITS, Thresholds
from vision.cassette.membrane import find_membrane
from vision.cassette.reader import ReadCassette, View, looks_like_a_window, read_cassettes
from vision.cassette.strip import ACROSS, ALONG, UNIT, cut_strip
from vision.cassette.window import MEMBRANE_WIDTH_MM, WindowReading, read_window

Steps = dict[str, Image]
"""Pictures, shape (H, W, 3), uint8, BGR, by name."""

SCENE_SIDE = 1600
"""Pixels: larger pictures of a scene are drawn reduced."""

_WINDOW_HEIGHT, _ZOOM = 640, 4
_INK, _PAPER = (40, 40, 40), 250
_FOUND, _WINDOW, _MEMBRANE, _EVIDENCE = (60, 150, 40), (30, 30, 200), (60, 150, 40), (40, 130, 20)
_CHANNELS = {"blue": (200, 120, 60), "green": (60, 160, 60), "red": (60, 60, 210)}


def draw_steps(image: Image, view: View, expected: LineGeometry | None = None) -> Steps:
    """Return every step of reading `image` as `read_file_view` reads it; a bare window begins with its membrane."""
    picture = bgr(image)
    match view:
        case "window":
            return draw_window_steps(picture, read_window(picture))
        case "cassette" | "auto":
            found = read_cassettes(picture, expected)
            if not found and view == "auto" and looks_like_a_window(picture):
                return draw_window_steps(picture, read_window(picture))
        case _:
            assert_never(view)
    steps = {"1-locate": _located(picture, found)}
    for number, one in enumerate(found, start=1):
        suffix = f"-{number}" if len(found) > 1 else ""
        steps[f"2-rectify{suffix}"] = _rectified(one)
        steps |= draw_window_steps(one.window, one.read, one.px_per_mm, suffix=suffix)
    return dict(sorted(steps.items()))


def draw_window_steps(crop: Image, read: WindowReading, px_per_mm: float | None = None, *, suffix: str = "") -> Steps:
    """Return the steps from the membrane on, of the crop that `read` was read from."""
    return {
        f"3-membrane{suffix}": _membrane(crop, read),
        f"4-lines{suffix}": _lines(crop, read, px_per_mm),
        f"5-judge{suffix}": _judged(crop, read),
    }


def label(canvas: Image, text: str, at: tuple[float, float], colour: tuple[int, int, int], size: float = 0.6) -> None:
    """Write `text` into `canvas` in place, readable on any ground."""
    where = round(at[0]), round(at[1])
    cv2.putText(canvas, text, where, cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), 4, cv2.LINE_AA)
    cv2.putText(canvas, text, where, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def outlined(canvas: Image, corners: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Draw a figure of `corners`, shape (N, 2), pixels, into `canvas` in place."""
    cv2.polylines(canvas, [np.round(corners).astype(np.int32)], True, colour, 2, cv2.LINE_AA)


def reduced(image: Image, side: int = SCENE_SIDE) -> tuple[Image, float]:
    """Return a copy no longer than `side`, and the factor."""
    factor = min(1.0, side / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else image.copy()
    return np.asarray(small, np.uint8), factor


def _located(image: Image, found: Sequence[ReadCassette]) -> Image:
    """Return the scene with each cassette and its window outlined, an arrow from the control end to the well."""
    canvas, factor = reduced(image)
    for number, one in enumerate(found, start=1):
        corners = np.asarray(one.located.corners) * factor
        outlined(canvas, corners, _FOUND)
        outlined(canvas, np.asarray(one.located.window_corners) * factor, _WINDOW)
        start, end = (corners[[0, 3]].mean(axis=0), corners[[1, 2]].mean(axis=0))
        if one.located.control_end_known:
            first, last = (start + share * (end - start) for share in (0.8, 0.95))
            cv2.arrowedLine(canvas, _whole(first), _whole(last), _FOUND, 2, cv2.LINE_AA, tipLength=0.4)
        text = f"{number}: log odds {one.located.score:.1f}, of its direction {one.located.direction_score:.1f}"
        label(canvas, text, (corners[:, 0].min(), max(20.0, corners[:, 1].min() - 8)), _FOUND)
    if not found:
        label(canvas, "no cassette found", (12, 28), _WINDOW, 0.8)
    return canvas


def _rectified(one: ReadCassette) -> Image:
    """Return the cassette lying level, control end at the left, over its own data."""
    body, _ = reduced(one.rectified.cassette, 1200)
    foot = np.full((34, body.shape[1], 3), _PAPER, np.uint8)
    end = "left" if one.rectified.control_end is ControlEnd.START else "not told by the picture"
    text = f"{one.px_per_mm:.1f} px/mm, control end {end}, blur {one.rectified.blur_mm:.2f} mm"
    cv2.putText(foot, text, (8, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)
    return np.vstack([body, foot])


def _membrane(crop: Image, read: WindowReading) -> Image:
    """Return the crop enlarged, the membrane outlined, an arrow along it from the control end."""
    scale = _WINDOW_HEIGHT / max(crop.shape[:2])
    canvas = np.array(cv2.resize(bgr(crop), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
    corners = (read.outline + 0.5) * scale - 0.5
    outlined(canvas, corners, _MEMBRANE)
    middle = corners.mean(axis=0)
    along = np.array(read.axis) * 40
    cv2.arrowedLine(canvas, _whole(middle - along), _whole(middle + along), _MEMBRANE, 2, cv2.LINE_AA, tipLength=0.3)
    fit, length = read.features.get("outline_fit", 0.0), read.features.get("length_in_widths", 0.0)
    label(canvas, f"fit {fit:.1f}, {length:.1f} widths long", (8, 22), _INK, 0.5)
    return canvas


def _lines(crop: Image, read: WindowReading, px_per_mm: float | None) -> Image:
    """Return the strip that the network looked at, and beside it each colour's profile and the evidence of a line.

    The strip stands as it was cut; its first row is the crop's top or left.
    """
    if not len(read.evidence):
        return _note("the window is too small to look for lines")
    membrane = find_membrane(bgr(crop), None if px_per_mm is None else MEMBRANE_WIDTH_MM * px_per_mm)
    strip = cut_strip(bgr(crop), membrane)
    shown = np.clip(255 * np.exp(-strip.absorbance) * strip.valid[..., None], 0, 255).astype(np.uint8)
    size = (ACROSS * _ZOOM, ALONG * _ZOOM)
    canvas = np.array(cv2.resize(shown, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    left, right = (ACROSS // 2 - UNIT // 2) * _ZOOM, (ACROSS // 2 + UNIT // 2) * _ZOOM
    cv2.rectangle(canvas, (left, strip.start * _ZOOM), (right, strip.end * _ZOOM), _MEMBRANE, 1)
    panel = np.full((ALONG * _ZOOM, 520, 3), _PAPER, np.uint8)
    inside = slice(strip.start, strip.end)
    for at, (name, colour) in enumerate(_CHANNELS.items()):
        along = np.median(strip.inner[inside, :, at], axis=1)
        _curve(panel, along - np.percentile(along, 30), strip.start, (20, 240), 0.6, colour)
        cv2.putText(panel, name, (20 + 70 * at, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
    cv2.putText(panel, "absorbance, 0 to 0.6", (20, 38), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
    forward = float(np.dot(read.axis, membrane.axis)) > 0  # a reading begins at the control end
    odds = read.evidence if forward else read.evidence[::-1]
    middle = 390
    cv2.line(panel, (middle, strip.start * _ZOOM), (middle, strip.end * _ZOOM), (200, 200, 200), 1)
    _curve(panel, odds.astype(np.float32), strip.start, (middle, 510), 12.0, _EVIDENCE)
    text = "log odds of a line, -12 to 12"
    cv2.putText(panel, text, (280, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _EVIDENCE, 1, cv2.LINE_AA)
    for name, share in (("C", read.control_at), ("T", read.test_at)):
        if share is not None:
            row = strip.start + (share if forward else 1 - share) * (strip.end - strip.start)
            label(panel, name, (252, row * _ZOOM + 6), _WINDOW)
    return np.hstack([canvas, panel])


def _curve(
    panel: Image, values: Floats, first_row: int, span: tuple[int, int], full: float, colour: tuple[int, int, int]
) -> None:
    """Draw one value a row, 0 at the left of `span` and `full` at its right, in place."""
    x = span[0] + np.clip(values / full, -1, 1) * (span[1] - span[0])
    y = (first_row + np.arange(len(values)) + 0.5) * _ZOOM
    cv2.polylines(panel, [np.column_stack([x, y]).round().astype(np.int32)], False, colour, 1, cv2.LINE_AA)


def _judged(crop: Image, read: WindowReading) -> Image:
    """Return the evidence picture with both likelihoods against their thresholds and every feature by name."""
    drawn = evidence.draw(crop, read)
    panel = np.full((drawn.shape[0], 380, 3), _PAPER, np.uint8)
    _scale(panel, 40, "C", read.features.get("control_log_odds", -99.0), CONTROL_LIMITS)
    _scale(panel, 110, "T", read.features.get("test_log_odds", -99.0), TEST_LIMITS)
    lines = [f"{name:<20}{value:9.3f}" for name, value in read.features.items()]
    lines += [f"gate closed: {flag}" for flag in read.flags]
    for at, line in enumerate(lines):
        where = (12, 190 + 24 * at)
        cv2.putText(panel, line.split()[0], where, cv2.FONT_HERSHEY_SIMPLEX, 0.48, _INK, 1, cv2.LINE_AA)
        rest = " ".join(line.split()[1:])
        cv2.putText(panel, rest, (200, where[1]), cv2.FONT_HERSHEY_SIMPLEX, 0.48, _INK, 1, cv2.LINE_AA)
    return np.hstack([drawn, panel])


def _scale(panel: Image, top: int, name: str, log_odds: float, limits: Thresholds) -> None:
    """Draw a likelihood on a scale of 0 to 1: absent, unclear, present."""
    left, width = 40, 320
    likelihood = 1 / (1 + np.exp(-np.clip(log_odds, -60, 60)))
    marks = (0.0, limits.absent, limits.present, 1.0)
    for low, high, colour in zip(marks, marks[1:], ((215, 215, 215), (140, 205, 235), (170, 220, 160)), strict=False):
        span = (left + round(low * width), top), (left + round(high * width), top + 18)
        cv2.rectangle(panel, *span, colour, -1)
    x = left + round(likelihood * width)
    cv2.line(panel, (x, top - 6), (x, top + 24), _INK, 2)
    cv2.putText(panel, name, (12, top + 16), cv2.FONT_HERSHEY_SIMPLEX, 0.6, _INK, 1, cv2.LINE_AA)
    text = f"{likelihood:.3f}; absent to {limits.absent:g}, present from {limits.present:g}"
    cv2.putText(panel, text, (left, top + 42), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)


def _note(text: str) -> Image:
    canvas = np.full((80, 640, 3), _PAPER, np.uint8)
    cv2.putText(canvas, text, (12, 46), cv2.FONT_HERSHEY_SIMPLEX, 0.6, _INK, 1, cv2.LINE_AA)
    return canvas


def _whole(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
