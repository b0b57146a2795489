"""Reads a bench with a mat on it: the adapter of the `CassetteReader` port that knows every slot by its number."""

from dataclasses import replace
from functools import partial

import cv2
import numpy as np

from checkpoint.assay import NO_LINE, Outcome, Reading
from checkpoint.ports import CassetteReader, CassetteShot, Image
from checkpoint.reasons import Reason
from vision.cassette import evidence
from vision.cassette.geometry import LineGeometry
from vision.cassette.window import read_window
from vision.mat.layout import MatLayout
from vision.mat.read import SlotReading, SlotState, read_mat

_MARGIN_PX = 8


class MatReader:
    """Reads the slots of a mat laid out as `layout`; without the mat in view, what `otherwise` makes of the picture.

    `expected`: where the lines of the cassettes' type stand, if all are of one type that has been measured.
    """

    def __init__(self, layout: MatLayout, otherwise: CassetteReader, expected: LineGeometry | None = None) -> None:
        self._layout = layout
        self._otherwise = otherwise
        self._read_window = partial(read_window, expected=expected)

    def read(self, image: Image) -> list[CassetteShot]:
        """Return one shot for each occupied slot, its number in the reading; `no-cassette` where all are empty.

        Slots out of view come as a retake, so that nobody waits for a result that this picture cannot give.
        """
        slots = read_mat(image, self._layout, reader=self._read_window)
        if not slots:
            return self._otherwise.read(image)
        shots = [shot for slot in slots if (shot := _shot(image, slot)) is not None]
        return shots or [CassetteShot(_nothing(Reason.NO_CASSETTE, None), image)]


def _shot(image: Image, slot: SlotReading) -> CassetteShot | None:
    match slot.state:
        case SlotState.EMPTY:
            return None
        case SlotState.OUT_OF_VIEW:
            return CassetteShot(_nothing(Reason.HALF_OUTSIDE, slot.number), _part(image, slot))
        case SlotState.OCCUPIED:
            reading = slot.reading or _nothing(Reason.NO_CASSETTE, slot.number)
            numbered = replace(reading, slot=slot.number)
            if slot.window is None or slot.window_reading is None:
                return CassetteShot(numbered, _part(image, slot))
            return CassetteShot(numbered, evidence.draw(slot.window, slot.window_reading))


def _nothing(reason: Reason, slot: int | None) -> Reading:
    return Reading(Outcome.RETAKE, reason, NO_LINE, NO_LINE, 0.0, slot=slot)


def _part(image: Image, slot: SlotReading) -> Image:
    """Return the slot's part of the picture, as far as the picture reaches."""
    height, width = image.shape[:2]
    corners = np.asarray(slot.corners)
    left, top = np.clip(corners.min(axis=0) - _MARGIN_PX, 0, (width - 2, height - 2)).astype(int)
    right, bottom = np.clip(corners.max(axis=0) + _MARGIN_PX, (left + 1, top + 1), (width, height)).astype(int)
    part = image[top:bottom, left:right]
    if min(part.shape[:2]) < 2 * _MARGIN_PX:
        return np.asarray(cv2.resize(image, (320, 180), interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(part)
