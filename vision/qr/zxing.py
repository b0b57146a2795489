"""The first decoder: zxing-cpp."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import zxingcpp

from checkpoint.sighting import Code
from vision.qr.payload import text_of, text_with_eci

Grey = npt.NDArray[np.uint8]
"""A picture: ndarray, shape (H, W), uint8, dark = 0."""
Corners = tuple[tuple[int, int], ...]

_FORMAT = zxingcpp.BarcodeFormat
_NAMES: dict[zxingcpp.BarcodeFormat, str] = {
    _FORMAT.QRCode: "qr-code",
    _FORMAT.QRCodeModel1: "qr-code",
    _FORMAT.QRCodeModel2: "qr-code",
    _FORMAT.MicroQRCode: "micro-qr-code",
    _FORMAT.RMQRCode: "rmqr-code",
    _FORMAT.DataMatrix: "data-matrix",
    _FORMAT.Aztec: "aztec",
    _FORMAT.AztecCode: "aztec",
    _FORMAT.PDF417: "pdf417",
    _FORMAT.Code128: "code-128",
    _FORMAT.EAN13: "ean-13",
    _FORMAT.EAN8: "ean-8",
    _FORMAT.UPCA: "upc-a",
}

QR_FAMILY = zxingcpp.BarcodeFormats([_FORMAT.QRCode, _FORMAT.MicroQRCode, _FORMAT.RMQRCode])
"""QR codes: a fifth of the time that all matrix formats take, so they are looked for first and alone."""
QR = zxingcpp.BarcodeFormats([_FORMAT.QRCode])
"""What enlarged and sharpened pictures are searched for: their noise has passed for a Micro QR code."""
OTHER_MATRIX = zxingcpp.BarcodeFormats([_FORMAT.DataMatrix, _FORMAT.Aztec, _FORMAT.PDF417])
LINEAR = zxingcpp.BarcodeFormats([_FORMAT.Code128, _FORMAT.EAN13, _FORMAT.EAN8, _FORMAT.UPCA])
"""Linear formats with a check character. Code 39, Codabar and ITF have none and read fences as numbers."""

LOCAL = zxingcpp.Binarizer.LocalAverage
"""Black and white by the average around each pixel: uneven light."""
GLOBAL = zxingcpp.Binarizer.GlobalHistogram
"""Black and white by the histogram of each row: dense codes in even light, where the local average drowns."""

_LINEAR_LINES = 8
"""Rows (pixels of the symbol's height) that must agree on a linear code; a false read rarely spans three."""


_MICRO_SIDE = 36
"""Pixels a side below which a Micro QR code is not believed: a chance pattern of 20 pixels has been read as one."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A QR code that was found and not read: its corners from the top left clockwise, its modules a side or 0."""

    corners: Corners
    modules: int


@dataclass(frozen=True, slots=True)
class Look:
    """What one pass saw: the codes it read, and those it found and could not read."""

    codes: tuple[Code, ...] = ()
    unread: tuple[Unread, ...] = ()


def read(
    grey: Grey,
    *,
    formats: zxingcpp.BarcodeFormats = QR,
    binarizer: zxingcpp.Binarizer = LOCAL,
    scale: float = 1.0,
    origin: tuple[int, int] = (0, 0),
) -> Look:
    """Read all codes of a grey picture that shows the frame from `origin` (x, y) on, enlarged by `scale`.

    Corners come in pixels of the frame.
    """
    codes: list[Code] = []
    unread: list[Unread] = []
    for barcode in zxingcpp.read_barcodes(
        grey, formats=formats, binarizer=binarizer, text_mode=zxingcpp.TextMode.HexECI, return_errors=True
    ):
        corners = _corners(barcode.position, scale, origin)
        name = _NAMES[barcode.format]
        if name == "micro-qr-code" and not _certain_micro(barcode):
            continue
        if not barcode.valid:
            if name == "qr-code":
                unread.append(Unread(corners, _modules(barcode)))
        elif formats is not LINEAR or _height(barcode.position) >= _LINEAR_LINES:
            codes.append(Code(_text(barcode), barcode.bytes, name, "zxing", corners))
    return Look(tuple(codes), tuple(unread))


def _text(barcode: zxingcpp.Barcode) -> str | None:
    # In this text mode zxing gives "]Q1" and the message in hexadecimal digits. The message differs from the plain
    # bytes only where the symbol declares a character set, and then holds the marks of the declaration.
    message = bytes.fromhex(barcode.text)[3:]
    return text_of(barcode.bytes) if message == barcode.bytes else text_with_eci(message)


def _corners(position: zxingcpp.Position, scale: float, origin: tuple[int, int]) -> Corners:
    points = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return tuple((round(point.x / scale) + origin[0], round(point.y / scale) + origin[1]) for point in points)


def _modules(barcode: zxingcpp.Barcode) -> int:
    """Return the modules a side of a QR code from the version that its decoder made out, 0 where it made out none."""
    extra = barcode.extra
    version = str(extra.get("Version", "")) if isinstance(extra, dict) else ""
    return 17 + 4 * int(version) if version.isdecimal() else 0


def _certain_micro(barcode: zxingcpp.Barcode) -> bool:
    """Return whether a Micro QR code can be relied on: version M1 detects errors in a few bits alone."""
    extra = barcode.extra
    return isinstance(extra, dict) and extra.get("Version") != "M1" and _height(barcode.position) >= _MICRO_SIDE


def _height(position: zxingcpp.Position) -> float:
    left = np.hypot(position.top_left.x - position.bottom_left.x, position.top_left.y - position.bottom_left.y)
    return float(left)
