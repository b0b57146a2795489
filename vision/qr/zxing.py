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
NAMES: dict[zxingcpp.BarcodeFormat, str] = {
    _FORMAT.QRCode: "qr-code",
    _FORMAT.MicroQRCode: "micro-qr-code",
    _FORMAT.RMQRCode: "rmqr-code",
    _FORMAT.DataMatrix: "data-matrix",
    _FORMAT.Aztec: "aztec",
    _FORMAT.PDF417: "pdf417",
    _FORMAT.Code128: "code-128",
    _FORMAT.EAN13: "ean-13",
    _FORMAT.EAN8: "ean-8",
    _FORMAT.UPCA: "upc-a",
}
"""The formats that are looked for, and their names in a sighting."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one pass saw: the codes it read, and the corners of those it found and could not read."""

    codes: tuple[Code, ...] = ()
    unread: tuple[Corners, ...] = ()


def read(grey: Grey, scale: float = 1.0) -> Look:
    """Read all codes of a grey picture; corners are divided by `scale`, the picture's enlargement."""
    codes: list[Code] = []
    unread: list[Corners] = []
    for barcode in zxingcpp.read_barcodes(
        grey, formats=zxingcpp.BarcodeFormats(list(NAMES)), text_mode=zxingcpp.TextMode.HexECI, return_errors=True
    ):
        corners = _corners(barcode.position, scale)
        if barcode.valid:
            codes.append(Code(_text(barcode), barcode.bytes, NAMES[barcode.format], "zxing", corners))
        elif barcode.format in (_FORMAT.QRCode, _FORMAT.DataMatrix, _FORMAT.Aztec):
            unread.append(corners)
    return Look(tuple(codes), tuple(unread))


def _text(barcode: zxingcpp.Barcode) -> str | None:
    # In this text mode zxing gives "]Q1" and the message in hexadecimal digits. The message differs from the plain
    # bytes only where the symbol declares a character set, and then holds the marks of the declaration.
    message = bytes.fromhex(barcode.text)[3:]
    return text_of(barcode.bytes) if message == barcode.bytes else text_with_eci(message)


def _corners(position: zxingcpp.Position, scale: float) -> Corners:
    points = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return tuple((round(point.x / scale), round(point.y / scale)) for point in points)
