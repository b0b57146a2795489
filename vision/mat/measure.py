"""Measure a new cassette type from a photo of one cassette on the mat, which gives the millimetres."""

import cv2
import numpy as np

from checkpoint.ports import Image
from vision.cassette.frames import Frame, Pyramid
from vision.cassette.types import CassetteType, Lines, Outline, ReadTimes, Source, Window, load_type
from vision.mat.layout import MatLayout, Slot
from vision.mat.read import FLAT_PX_PER_MM, SlotReading, find_mat, flat_sheet, read_slots

_PRINT_MM = 0.5  # half the printed outline and the picture's error
_PROFILE_PX_PER_MM = 6.0
_PROFILE_HALF_MM = (14.0, 5.0)  # of the cassette's middle that is averaged: clear of its rounded corners
_CHANGE_TO_NOISE = 5.0
_SHADOW_MM = 2.0  # a shadow reaches this far beyond the side that throws it
_NOT_A_LINE = 0.03  # contrast: a fainter line is no place to measure


class CannotMeasure(ValueError):  # noqa: N818  the word says what happened
    """The photo does not show what is to be measured; the text says what is missing."""


def measure_type(image: Image, layout: MatLayout, *, name: str, title: str = "") -> CassetteType:
    """Return a type with the outline, window and line places of the one cassette on the mat in `image`.

    Best taken of a positive cassette: with one line in view only the window is measured. Read times are the generic
    ones, to be corrected by hand from the leaflet. Raises CannotMeasure without a mat or with other than one cassette.
    """
    view = find_mat(image, layout)
    if view is None:
        raise CannotMeasure("no reading mat is in view")
    occupied = [slot for slot in read_slots(image, view) if slot.window_reading is not None]
    if len(occupied) != 1:
        raise CannotMeasure(f"one cassette is to lie on the mat, control end to the left; {len(occupied)} are seen")
    slot = occupied[0]
    # A flattened sheet shows the cassette's upper rim a little larger than it is; the outline is rounded to that.
    body = _outline(flat_sheet(image, view), slot, layout.slots[slot.number - 1])
    window, middle_mm = _window(slot)
    generic = load_type("generic")
    return CassetteType(
        name=name,
        title=title or name,
        read=ReadTimes(read_from_min=generic.read.read_from_min, read_until_min=generic.read.read_until_min),
        source=Source(times="unverified: enter the leaflet's", measures="measured from a photo on the reading mat"),
        outline=Outline(length_mm=round(body[1] - body[0], 1), width_mm=round(body[2], 1)),
        window=Window(length_mm=window[0], width_mm=window[1], from_control_end_mm=round(middle_mm - body[0], 1)),
        lines=_lines(slot, window[0]),
    )


def _outline(flat: Image, slot: SlotReading, printed: Slot) -> tuple[float, float, float]:
    """Return the cassette's control end and well end, mm along its frame, and its width.

    Inside a slot's outline the sheet is blank, so the outermost change of brightness is the cassette or its shadow; a
    white cassette on white paper shows no more than its rounded rim, which is why the change is summed along the side.
    """
    frame = slot.frame
    assert frame is not None  # noqa: S101  a slot with a window reading has one
    scale = FLAT_PX_PER_MM
    axis = slot.window_reading.axis if slot.window_reading is not None else (1.0, 0.0)
    turn = frame.angle + float(np.arctan2(axis[1], axis[0]))  # the membrane tells the angle best
    in_pixels = Frame(frame.x * scale - 0.5, frame.y * scale - 0.5, turn, scale)
    before, after = frame.x - printed.x - _PRINT_MM, printed.x + printed.width - frame.x - _PRINT_MM
    above, below = frame.y - printed.y - _PRINT_MM, printed.y + printed.height - frame.y - _PRINT_MM
    wide = 2 * _PROFILE_HALF_MM[0], 2 * _PROFILE_HALF_MM[1]
    size = (round((before + after) * _PROFILE_PX_PER_MM), round(wide[1] * _PROFILE_PX_PER_MM))
    lengthwise = Pyramid(flat).cut(in_pixels, before, size, _PROFILE_PX_PER_MM)
    upright = Frame(in_pixels.x, in_pixels.y, in_pixels.angle + np.pi / 2, scale)
    size = (round((above + below) * _PROFILE_PX_PER_MM), round(wide[0] * _PROFILE_PX_PER_MM))
    crosswise = Pyramid(flat).cut(upright, above, size, _PROFILE_PX_PER_MM)
    ends, sides = _outermost(lengthwise), _outermost(crosswise)
    return ends[0] - before, ends[1] - before, sides[1] - sides[0]


def _outermost(strip: Image) -> tuple[float, float]:
    """Return where the outermost changes of brightness along a strip lie, mm from its left side."""
    change = np.abs(np.gradient(cv2.GaussianBlur(strip.astype(np.float32).mean(axis=0)[None], (0, 0), 1.5)[0]))
    noise = float(np.percentile(change, 20)) + 0.02  # most of a strip is plain plastic or paper
    seen = np.flatnonzero(change > _CHANGE_TO_NOISE * noise)
    if not len(seen):
        raise CannotMeasure("the cassette's outline does not stand out from the paper")
    reach = round(_SHADOW_MM * _PROFILE_PX_PER_MM)
    first = seen[0] + int(change[seen[0] : seen[0] + reach].argmax())
    last = seen[-1] - int(change[seen[-1] - reach + 1 : seen[-1] + 1][::-1].argmax())
    return first / _PROFILE_PX_PER_MM, last / _PROFILE_PX_PER_MM


def _window(slot: SlotReading) -> tuple[tuple[float, float], float]:
    """Return the membrane's length and width, and where its middle lies along the cassette's frame, mm."""
    read, scale, crop = slot.window_reading, slot.window_px_per_mm, slot.window
    assert read is not None and scale is not None and crop is not None  # noqa: S101, PT018  they come together
    corners = read.outline / scale
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    length, width = max(sides[0], sides[1]), min(sides[0], sides[1])
    middle = float(corners[:, 0].mean() - (crop.shape[1] - 1) / 2 / scale)
    return (round(float(length), 1), round(float(width), 1)), middle


def _lines(slot: SlotReading, window_mm: float) -> Lines | None:
    read = slot.window_reading
    assert read is not None  # noqa: S101  see above
    faint = min(read.reading.control.contrast, read.reading.test.contrast) < _NOT_A_LINE
    if faint or read.control_at is None or read.test_at is None or read.control_at >= read.test_at:
        return None
    return Lines(control_mm=round(read.control_at * window_mm, 1), test_mm=round(read.test_at * window_mm, 1))
