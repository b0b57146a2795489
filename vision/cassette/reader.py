"""Reads every cassette in a picture: the adapter of the `CassetteReader` port."""

from dataclasses import replace
from typing import Literal, assert_never

import numpy as np

from checkpoint.assay import NO_LINE, Outcome, Reading
from checkpoint.ports import CassetteShot, Image
from checkpoint.reasons import Reason
from vision.cassette import evidence
from vision.cassette.absorbance import bgr
from vision.cassette.window import read_window

View = Literal["auto", "cassette", "window"]

_CROP_SIDE = 1200  # pixels: longer pictures are photos of a scene, not crops of a window


class Reader:
    """The cassette reader. It holds no state: one instance serves all cameras."""

    def read(self, image: Image) -> list[CassetteShot]:
        """Return one shot for each cassette in view, and one with reason `no-cassette` where there is none."""
        return read_file_view(image, "cassette")


def read_file_view(image: Image, view: View) -> list[CassetteShot]:
    """Read a picture as a scene with cassettes, as a bare crop of a result window, or as what it looks like."""
    match view:
        case "window":
            return [_window(image)]
        case "cassette":
            return _cassettes(image)
        case "auto":
            return [_window(image)] if _looks_like_a_window(image) else _cassettes(image)
        case _:
            assert_never(view)


def _cassettes(image: Image) -> list[CassetteShot]:
    if _looks_like_a_window(image):
        return [_window(image)]
    nothing = Reading(Outcome.RETAKE, Reason.NO_CASSETTE, NO_LINE, NO_LINE, 0.0)
    return [CassetteShot(nothing, bgr(image))]


def _looks_like_a_window(image: Image) -> bool:
    short, long = sorted(int(side) for side in image.shape[:2])
    return long <= _CROP_SIDE and long / max(short, 1) >= 1.2


def _window(image: Image) -> CassetteShot:
    read = read_window(image)
    corners = tuple((float(x), float(y)) for x, y in np.asarray(read.outline))
    return CassetteShot(replace(read.reading, corners=corners), evidence.draw(image, read))
