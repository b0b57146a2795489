"""Read every slot of a reading mat in one shot, by its number."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.assay import NO_LINE, Outcome, Reading
from checkpoint.ports import Image
from checkpoint.reasons import Reason
from vision.cassette.centring import read_centred
from vision.cassette.frames import Frame, Pyramid
from vision.cassette.geometry import ControlEnd
from vision.cassette.locate import WINDOW_MM
from vision.cassette.recognise import best_along, settle
from vision.cassette.rectify import WINDOW_MARGIN_MM
from vision.cassette.window import WindowReading, read_window
from vision.mat.fiducials import find_fiducials
from vision.mat.layout import Letter, MatLayout, Slot
from vision.mat.light import Light, measure_light
from vision.mat.raster import draw_mat

Homography = npt.NDArray[Any]
WindowReader = Callable[..., WindowReading]

_WORKING_SIDE = 2000  # pixels: fiducials of a sheet that fills the picture are then 50 pixels wide
FLAT_PX_PER_MM = 4.0
_FEWEST_FIDUCIALS = 3
_FIDUCIAL_ERROR_MM = 1.5  # a sheet that curls more than this is not read
_SCALES = (4.0, 20.0)  # pixels per mm of a window crop
_CASSETTE = 0.0  # log odds, see `recognise`
_TURNED = 1.2  # log odds by which one way round must win to be certain
_CLEARLY = 4.0  # log odds by which one way round is chosen without a closer look
_LETTER_SEEN = 0.55  # correlation with the letter as printed
_SLOT_REACH_MM = (26.0, 4.0)  # how far a window may lie from the slot's middle, along and across


class SlotState(StrEnum):
    """What a slot holds."""

    EMPTY = "empty"
    OCCUPIED = "occupied"
    OUT_OF_VIEW = "out-of-view"


@dataclass(frozen=True, slots=True)
class SlotReading:
    """One slot of the mat: ``reading`` is None unless the slot is occupied; ``corners``: the slot's, pixels, clockwise.

    ``window`` is the levelled crop that was read, ``window_px_per_mm`` its scale and ``window_reading`` what was found
    in it, for the evidence picture; ``frame`` is the cassette's, in millimetres of the sheet.
    """

    number: int
    state: SlotState
    corners: tuple[tuple[float, float], ...]
    reading: Reading | None = None
    window: Image | None = None
    window_px_per_mm: float | None = None
    window_reading: WindowReading | None = None
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class MatView:
    """A mat found in a picture: the map from sheet millimetres to pixels, its error, and the light on it."""

    layout: MatLayout
    to_picture: Homography
    error_mm: float
    fiducials_seen: int
    light: Light | None


def read_mat(image: Image, layout: MatLayout, *, reader: WindowReader = read_window) -> list[SlotReading]:
    """Read all slots of the mat in `image`, ndarray, shape (H, W, 3), uint8, BGR; an empty list without a mat."""
    view = find_mat(image, layout)
    return [] if view is None else read_slots(image, view, reader=reader)


def find_mat(image: Image, layout: MatLayout) -> MatView | None:
    """Find the mat by its fiducials; None where fewer than three of them agree on where the sheet lies."""
    small, factor = _reduced(image)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    seen = find_fiducials(grey)
    printed = {fiducial.number: fiducial for fiducial in layout.fiducials}
    shared = sorted(set(seen) & set(printed))
    if len(shared) < _FEWEST_FIDUCIALS:
        return None
    sheet = np.array([corner for n in shared for corner in printed[n].corners])
    picture = (np.concatenate([seen[n] for n in shared]) + 0.5) / factor - 0.5
    back, inliers = cv2.findHomography(picture, sheet, cv2.RANSAC, _FIDUCIAL_ERROR_MM)
    if back is None or inliers.sum() < 4 * _FEWEST_FIDUCIALS:
        return None
    fits = inliers.ravel().astype(bool)
    if np.ptp(sheet[fits], axis=0).min() < 20.0:
        return None  # fiducials of one strip alone do not hold a plane
    to_picture = np.linalg.inv(back)
    off = cv2.perspectiveTransform(picture[fits].reshape(-1, 1, 2), back).reshape(-1, 2) - sheet[fits]
    error = float(np.sqrt((off**2).sum(axis=1).mean()))
    flat = _flatten(small, _scaled(to_picture, factor), layout)
    return MatView(layout, to_picture, error, int(fits.sum()) // 4, measure_light(flat, FLAT_PX_PER_MM, layout))


def _reduced(image: Image) -> tuple[Image, float]:
    factor = min(1.0, _WORKING_SIDE / max(image.shape[:2]))
    if factor == 1.0:
        return image, factor
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8), factor


def _scaled(to_picture: Homography, factor: float) -> Homography:
    """Return the map into the picture reduced by `factor`; pixel centres stay centres."""
    half = (factor - 1) / 2
    scaled: Homography = np.array(((factor, 0, half), (0, factor, half), (0, 0, 1))) @ to_picture
    return scaled


def _flatten(small: Image, to_small: Homography, layout: MatLayout) -> Image:
    """Return the whole sheet lying flat at working scale."""
    size = (round(layout.width_mm * FLAT_PX_PER_MM), round(layout.height_mm * FLAT_PX_PER_MM))
    to_mm = np.array(((1, 0, 0.5), (0, 1, 0.5), (0, 0, FLAT_PX_PER_MM))) / FLAT_PX_PER_MM
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(small, to_small @ to_mm, size, flags=flags), np.uint8)


def read_slots(image: Image, view: MatView, *, reader: WindowReader = read_window) -> list[SlotReading]:
    """Read the slots of a mat that was found."""
    grey = flat_sheet(image, view)
    printed = np.asarray(cv2.cvtColor(draw_mat(view.layout, FLAT_PX_PER_MM), cv2.COLOR_BGR2GRAY), np.uint8)
    pyramid = Pyramid(grey)
    return [_read_slot(image, view, slot, pyramid, grey, printed, reader) for slot in view.layout.slots]


def flat_sheet(image: Image, view: MatView) -> Image:
    """Return the mat lying flat, grey, at `FLAT_PX_PER_MM`."""
    small, factor = _reduced(image)
    flat = _flatten(small, _scaled(view.to_picture, factor), view.layout)
    return np.asarray(cv2.cvtColor(flat, cv2.COLOR_BGR2GRAY), np.uint8)


def _read_slot(
    image: Image, view: MatView, slot: Slot, pyramid: Pyramid, grey: Image, printed: Image, reader: WindowReader
) -> SlotReading:
    outline = np.array(
        ((slot.x, slot.y), (slot.x + slot.width, slot.y),
         (slot.x + slot.width, slot.y + slot.height), (slot.x, slot.y + slot.height))
    )  # fmt: skip
    corners = _in_picture(view, outline)
    found = SlotReading(slot.number, SlotState.OCCUPIED, tuple((float(x), float(y)) for x, y in corners))
    height, width = image.shape[:2]
    if (corners < -0.5).any() or (corners > (width - 0.5, height - 0.5)).any():
        return replace(found, state=SlotState.OUT_OF_VIEW)
    if all(_sees(grey, printed, letter) for letter in view.layout.letters if _within(letter, slot)):
        return replace(found, state=SlotState.EMPTY)
    odds, frame, sure = _cassette_in(pyramid, slot)
    if odds < _CASSETTE:
        return replace(found, reading=_no_result(Reason.WINDOW_COVERED, corners))
    if sure and abs(np.remainder(frame.angle + np.pi, 2 * np.pi) - np.pi) > np.pi / 2:
        return replace(found, reading=_no_result(Reason.LAID_WRONG_WAY, corners))
    on_sheet = Frame((frame.x + 0.5) / FLAT_PX_PER_MM, (frame.y + 0.5) / FLAT_PX_PER_MM, frame.angle, 1.0)
    centred = read_centred(
        on_sheet,
        lambda at: _cut_window(image, view, at),
        lambda window, scale: reader(window, control_end=ControlEnd.START, mm_per_px=1 / scale),
    )
    reading = replace(centred.read.reading, slot=slot.number, corners=found.corners, place=_place(centred.frame))
    if not sure and reading.outcome is not Outcome.POSITIVE:
        # Which end the control line is at is not certain here, so one line alone, or none, says nothing.
        reading = reading.put_off(Reason.LINES_UNCLEAR)
    return replace(
        found,
        reading=reading,
        window=centred.window,
        window_px_per_mm=centred.px_per_mm,
        window_reading=centred.read,
        frame=centred.frame,
    )


def _place(on_sheet: Frame) -> tuple[float, float, float]:
    """Return where a window lies on the mat lying flat: pixels at `FLAT_PX_PER_MM`, radians."""
    return on_sheet.x * FLAT_PX_PER_MM, on_sheet.y * FLAT_PX_PER_MM, on_sheet.angle


def _no_result(reason: Reason, corners: npt.NDArray[Any]) -> Reading:
    places = tuple((float(x), float(y)) for x, y in corners)
    return Reading(Outcome.RETAKE, reason, NO_LINE, NO_LINE, score=0.0, corners=places)


def _in_picture(view: MatView, points_mm: npt.NDArray[Any]) -> npt.NDArray[Any]:
    moved = cv2.perspectiveTransform(points_mm.reshape(-1, 1, 2).astype(np.float64), view.to_picture)
    return np.asarray(moved).reshape(-1, 2)


def _within(letter: Letter, slot: Slot) -> bool:
    return slot.x < letter.x < slot.x + slot.width and slot.y < letter.y < slot.y + slot.height


def _cassette_in(pyramid: Pyramid, slot: Slot) -> tuple[float, Frame, bool]:
    """Return the likeliest cassette in a slot, its frame in pixels of the flattened sheet, whether its way is sure."""
    scale = FLAT_PX_PER_MM
    middle_x, middle_y = (slot.x + slot.width / 2) * scale - 0.5, (slot.y + slot.height / 2) * scale - 0.5
    tries = [
        one
        for across in (-1.2, 1.2)
        for one in best_along(pyramid, Frame(middle_x, middle_y + across * scale, 0.0, scale), 2 * _SLOT_REACH_MM[0])
    ]
    forward = max((one for one in tries if one[1].angle == 0.0), key=lambda one: one[0])
    backward = max((one for one in tries if one[1].angle != 0.0), key=lambda one: one[0])
    if abs(backward[0] - forward[0]) < _CLEARLY:
        forward, backward = (settle(pyramid, *one, scale_known=True, rounds=3) for one in (forward, backward))
        likelier = max(forward, backward, key=lambda one: one[0])
        return *likelier, abs(backward[0] - forward[0]) > _TURNED
    return *settle(pyramid, *max(forward, backward, key=lambda one: one[0]), scale_known=True, rounds=3), True


def _sees(grey: Image, printed: Image, letter: Letter) -> bool:
    """Return whether a slot's letter shows as printed: then nothing lies on it."""
    scale = FLAT_PX_PER_MM
    half_x, half_y, slack = 3.2, 3.6, 1.0
    left, right = round((letter.x - half_x) * scale), round((letter.x + half_x) * scale)
    top, bottom = round((letter.y - half_y) * scale), round((letter.y + half_y) * scale)
    more = round(slack * scale)
    around = grey[max(0, top - more) : bottom + more, max(0, left - more) : right + more]
    expected = printed[top:bottom, left:right]
    matched = cv2.matchTemplate(around, expected, cv2.TM_CCOEFF_NORMED)
    return float(matched.max()) > _LETTER_SEEN


def _cut_window(image: Image, view: MatView, sheet: Frame) -> tuple[Image, float]:
    """Return the window's crop from the full picture, light levelled, and its pixels per mm; `sheet` in mm."""
    size_mm = (WINDOW_MM[0] + 2 * WINDOW_MARGIN_MM[0], WINDOW_MM[1] + 2 * WINDOW_MARGIN_MM[1])
    ends = _in_picture(view, sheet.to_picture(np.array(((-5.0, 0.0), (5.0, 0.0), (0.0, -2.0), (0.0, 2.0)))))
    native = min(np.linalg.norm(ends[1] - ends[0]) / 10.0, np.linalg.norm(ends[3] - ends[2]) / 4.0)
    scale = float(np.clip(native, *_SCALES))
    size = (round(size_mm[0] * scale), round(size_mm[1] * scale))
    cos, sin = np.cos(sheet.angle), np.sin(sheet.angle)
    turned = np.array(((cos, -sin, sheet.x), (sin, cos, sheet.y), (0, 0, 1)))
    half_x, half_y = (size[0] - 1) / 2, (size[1] - 1) / 2
    to_sheet = turned @ np.array(((1 / scale, 0, -half_x / scale), (0, 1 / scale, -half_y / scale), (0, 0, 1)))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpPerspective(image, view.to_picture @ to_sheet, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    window = np.asarray(crop, np.uint8)
    if view.light is None:
        return window, scale
    column, row = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    x = to_sheet[0, 0] * column + to_sheet[0, 1] * row + to_sheet[0, 2]
    y = to_sheet[1, 0] * column + to_sheet[1, 1] * row + to_sheet[1, 2]
    return view.light.level(window, x, y), scale
