"""The ways to look at a part of a frame, in the order that reads most for its time (`bench/qr.py --stages`).

zxing-cpp's two ways to make black and white fail on different pictures, so both are tried before any costlier work on
the picture. Enlarging helps below three pixels a module. Sharpening undoes blur and moire and ruins low light.
Levelling evens glare out. The darkest channel shows coloured ink, above all the yellow of a health code, as dark as
black. zbar reads some codes whose finder patterns zxing-cpp misses. Flattening follows codes on cloth and bent paper.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from checkpoint.ports import Image
from vision.qr import zbar, zxing
from vision.qr.flatten import flattened
from vision.qr.zxing import Grey, Look

_LONGEST_ENLARGED = 1400
"""Pixels of the longer side to which a picture is enlarged: the time grows with the area, the gain ends there."""

_MOST_FLATTENED = 2  # codes of one part


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a frame: its pixels, grey and as they came, and where its top left stands in the frame."""

    grey: Grey
    image: Image
    origin: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Stage:
    """One way to look at a part of a frame; the name is for figures."""

    name: str
    look: Callable[[Part], Look]


def grey_of(image: Image) -> Grey:
    """Return the grey picture of a BGR or grey one."""
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _enlarged(grey: Grey, most: float) -> tuple[Grey, float]:
    scale = min(most, _LONGEST_ENLARGED / max(grey.shape))
    if scale <= 1.0:
        return grey, 1.0
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), dtype=np.uint8), scale


def _sharpened(grey: Grey) -> Grey:
    return np.asarray(cv2.addWeighted(grey, 2.0, cv2.GaussianBlur(grey, (0, 0), 2.0), -1.0, 0), dtype=np.uint8)


def _sharpened_hard(grey: Grey) -> Grey:
    return np.asarray(cv2.addWeighted(grey, 5.0, cv2.GaussianBlur(grey, (0, 0), 3.0), -4.0, 0), dtype=np.uint8)


def _levelled(grey: Grey) -> Grey:
    return np.asarray(cv2.addWeighted(grey, 1.0, cv2.blur(grey, (61, 61)), -1.0, 128), dtype=np.uint8)


def _plain(part: Part) -> Look:
    return zxing.read(part.grey, formats=zxing.QR_FAMILY, origin=part.origin)


def _by_histogram(part: Part) -> Look:
    return zxing.read(part.grey, binarizer=zxing.GLOBAL, origin=part.origin)


def _enlarge(part: Part, *, most: float, by_histogram: bool) -> Look:
    picture, scale = _enlarged(part.grey, most)
    binarizer = zxing.GLOBAL if by_histogram else zxing.LOCAL
    return zxing.read(picture, binarizer=binarizer, scale=scale, origin=part.origin)


def _enlarge_and(change: Callable[[Grey], Grey], part: Part, *, most: float = 2.0) -> Look:
    picture, scale = _enlarged(part.grey, most)
    return zxing.read(change(picture), scale=scale, origin=part.origin)


def _darkest_channel(part: Part) -> Look:
    if part.image.ndim == 2:
        return Look()
    blue, green, red = cv2.split(part.image)
    darkest = np.asarray(cv2.min(cv2.min(blue, green), red), dtype=np.uint8)
    return zxing.read(darkest, origin=part.origin)


def _second_opinion(part: Part) -> Look:
    return zbar.read(part.grey, origin=part.origin)


def _flatten(part: Part) -> Look:
    """Look for codes that are found and not read, and read the first two of them flat; corners stay as found."""
    for look in (
        zxing.read(part.grey),
        zxing.read(part.grey, binarizer=zxing.GLOBAL),
        _enlarge(replace(part, origin=(0, 0)), most=2.0, by_histogram=False),
    ):
        found = [unread for unread in look.unread if unread.modules]
        for unread in found[:_MOST_FLATTENED]:
            picture = flattened(part.grey, unread)
            if picture is None:
                continue
            for binarizer in (zxing.LOCAL, zxing.GLOBAL):
                codes = zxing.read(picture, binarizer=binarizer).codes
                if codes:
                    x, y = part.origin
                    corners = tuple((a + x, b + y) for a, b in unread.corners)
                    return Look(tuple(replace(code, corners=corners) for code in codes))
        if found:
            return Look()
    return Look()


def _other_formats(part: Part) -> Look:
    return zxing.read(part.grey, formats=zxing.OTHER_MATRIX, origin=part.origin)


def _linear_formats(part: Part) -> Look:
    return zxing.read(part.grey, formats=zxing.LINEAR, origin=part.origin)


FRAME = Stage("frame", _plain)
"""QR codes of the whole frame: what most codes need, in two milliseconds."""

HARDER = (
    Stage("histogram", _by_histogram),
    Stage("enlarged", partial(_enlarge, most=2.0, by_histogram=False)),
    Stage("darkest channel", _darkest_channel),
    Stage("enlarged, sharpened", partial(_enlarge_and, _sharpened)),
    Stage("enlarged more, histogram", partial(_enlarge, most=4.0, by_histogram=True)),
    Stage("zbar", _second_opinion),
    Stage("enlarged, levelled", partial(_enlarge_and, _levelled)),
    Stage("enlarged more, sharpened hard", partial(_enlarge_and, _sharpened_hard, most=3.0)),
    Stage("flattened", _flatten),
)
"""QR codes of a code-like region that the whole frame did not give."""

QUICK = HARDER[:2]
"""What a second code-like region is given once a code is read: the words beside a code look like one, too."""

OTHER_MATRIX = Stage("other matrix formats", _other_formats)
LINEAR = Stage("linear formats", _linear_formats)
