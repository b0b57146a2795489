"""Reads every cassette in a picture: the adapter of the `CassetteReader` port."""

from dataclasses import dataclass, replace
from typing import Any, Literal, assert_never

import numpy as np
import numpy.typing as npt

from checkpoint.assay import NO_LINE, Outcome, Reading
from checkpoint.ports import CassetteShot, Image
from checkpoint.reasons import Reason
from vision.cassette import evidence
from vision.cassette.absorbance import bgr
from vision.cassette.centring import read_centred
from vision.cassette.geometry import ControlEnd, LineGeometry
from vision.cassette.locate import Located, find_cassettes
from vision.cassette.rectify import Rectified, rectify, window_cutter
from vision.cassette.window import WindowReading, read_window

View = Literal["auto", "cassette", "window"]

_CROP_SIDE = 1200  # pixels: longer pictures are photos of a scene, not crops of a window
_CLOSER_MARGIN_MM = (3.6, 2.6)  # of the second crop that a reading must agree with
_CROP_SHAPE = (1.2, 6.5)  # length over width of crops; a cassette cut out tightly is 3.0 to 5.5 and is located first

_SURE = 1.0  # log odds: of 43 public cassettes one has less, of the few tables taken for a cassette four in five
_RESULTS = (Outcome.NEGATIVE, Outcome.POSITIVE)


@dataclass(frozen=True, slots=True)
class Reader:
    """The cassette reader. It holds no state: one instance serves all cameras.

    ``expected``: where the lines of the cassettes' type stand, if all are of one type that has been measured.
    """

    expected: LineGeometry | None = None

    def read(self, image: Image) -> list[CassetteShot]:
        """Return one shot for each cassette in view, and one with reason `no-cassette` where there is none."""
        return read_file_view(image, "cassette", self.expected)


def read_file_view(image: Image, view: View, expected: LineGeometry | None = None) -> list[CassetteShot]:
    """Read a picture as a scene with cassettes, as a bare crop of a result window, or as what it looks like.

    `image`: ndarray, shape (H, W, 3) or (H, W), uint8, BGR. "auto" takes a picture in which no cassette is found for a
    window where its size and shape allow it. `expected`: where this type's lines stand; a bare crop has no scale to
    hold them against.
    """
    match view:
        case "window":
            return [_bare_window(image)]
        case "cassette":
            return [_shot(one) for one in read_cassettes(image, expected)] or [_nothing(image)]
        case "auto":
            found = read_cassettes(image, expected)
            if found:
                return [_shot(one) for one in found]
            return [_bare_window(image) if looks_like_a_window(image) else _nothing(image)]
        case _:
            assert_never(view)


@dataclass(frozen=True, slots=True)
class ReadCassette:
    """One cassette with what every step made of it: ``window`` is the crop that was read, at ``px_per_mm``."""

    located: Located
    rectified: Rectified
    window: Image
    px_per_mm: float
    read: WindowReading


def read_cassettes(image: Image, expected: LineGeometry | None = None) -> list[ReadCassette]:
    """Locate, rectify and read each cassette in `image`, the surest first.

    What was located without much certainty and then shows no result is a pattern of the table and not a cassette.
    """
    read = [_read(image, one, rectify(image, one), expected) for one in find_cassettes(image)]
    return [one for one in read if one.located.score >= _SURE or one.read.reading.outcome in _RESULTS]


def _read(image: Image, located: Located, rectified: Rectified, expected: LineGeometry | None) -> ReadCassette:
    def read_crop(window: Image, px_per_mm: float) -> WindowReading:
        return read_window(
            window,
            control_end=rectified.control_end,
            mm_per_px=1 / px_per_mm,
            expected=expected,
            picture_sharp=rectified.sharp,
        )

    closer = window_cutter(image, rectified.px_per_mm, _CLOSER_MARGIN_MM)
    cut = window_cutter(image, rectified.px_per_mm)
    centred = read_centred(rectified.frame, cut, read_crop, again=closer)
    reading = centred.read.reading
    if rectified.control_end is ControlEnd.UNKNOWN:
        reading = _without_direction(reading)
    if located.several_strips:
        reading = reading.put_off(Reason.UNKNOWN_CASSETTE_TYPE)
    corners = tuple((float(x), float(y)) for x, y in np.asarray(located.corners))
    place = _place(np.asarray(located.corners))
    read = replace(centred.read, reading=replace(reading, corners=corners, place=place))
    return ReadCassette(located, rectified, centred.window, centred.px_per_mm, read)


def _place(corners: npt.NDArray[Any]) -> tuple[float, float, float]:
    """Return a cassette's middle in the picture (pixels) and its turn (radians), from its four corners."""
    x, y = corners.mean(axis=0)
    along = corners[1] - corners[0] + corners[2] - corners[3]
    return float(x), float(y), float(np.arctan2(along[1], along[0]))


def _shot(one: ReadCassette) -> CassetteShot:
    return CassetteShot(one.read.reading, evidence.draw(one.window, one.read, cassette=one.rectified.cassette))


def _without_direction(reading: Reading) -> Reading:
    """Return a reading of a cassette whose control end is not told by the picture: a lone line may be T, so it is no
    negative; two lines are a positive either way round."""
    if reading.outcome is Outcome.NEGATIVE:
        return reading.put_off(Reason.LINES_UNCLEAR)
    return reading


def _bare_window(image: Image) -> CassetteShot:
    read: WindowReading = read_window(image)
    corners = tuple((float(x), float(y)) for x, y in read.outline)
    return CassetteShot(replace(read.reading, corners=corners), evidence.draw(image, read))


def _nothing(image: Image) -> CassetteShot:
    return CassetteShot(Reading(Outcome.RETAKE, Reason.NO_CASSETTE, NO_LINE, NO_LINE, 0.0), bgr(image))


def looks_like_a_window(image: Image) -> bool:
    """Return whether a picture without a cassette has the size and shape of a crop of a result window."""
    short, long = sorted(int(side) for side in image.shape[:2])
    return long <= _CROP_SIDE and _CROP_SHAPE[0] <= long / max(short, 1) <= _CROP_SHAPE[1]
