"""The second opinion: zbar in binary mode, through pyzbar's ctypes wrapper.

`pyzbar.decode` itself lets zbar guess a character set, which corrupts Chinese, and raises on structured append. The
system library libzbar0 is needed; without it the scanner works on its other stages.
"""

from ctypes import c_void_p, cast, string_at
from functools import lru_cache
from types import ModuleType

import numpy as np

from checkpoint.sighting import Code
from vision.qr.payload import text_of
from vision.qr.zxing import Corners, Grey, Look

_GREY_FOURCC = int.from_bytes(b"Y800", "little")
_CFG_BINARY = 4  # ZBAR_CFG_BINARY of zbar 0.23.1 and later; pyzbar's enumeration is older


@lru_cache(maxsize=1)
def _library() -> ModuleType | None:
    try:
        from pyzbar import wrapper  # not at import time: it loads the system library
    except ImportError:
        return None
    module: ModuleType = wrapper
    return module


def zbar_available() -> bool:
    """Return whether the system library libzbar0 is here."""
    return _library() is not None


def read(grey: Grey, *, scale: float = 1.0, origin: tuple[int, int] = (0, 0)) -> Look:
    """Read the QR codes of a grey picture, as `zxing.read` does; nothing where libzbar0 is absent."""
    zbar = _library()
    if zbar is None:
        return Look()
    pixels = np.ascontiguousarray(grey)
    height, width = pixels.shape
    scanner = zbar.zbar_image_scanner_create()
    picture = zbar.zbar_image_create()
    try:
        zbar.zbar_image_scanner_set_config(scanner, 0, zbar.ZBarConfig.CFG_ENABLE, 0)
        zbar.zbar_image_scanner_set_config(scanner, zbar.ZBarSymbol.QRCODE, zbar.ZBarConfig.CFG_ENABLE, 1)
        zbar.zbar_image_scanner_set_config(scanner, zbar.ZBarSymbol.QRCODE, _CFG_BINARY, 1)
        zbar.zbar_image_set_format(picture, _GREY_FOURCC)
        zbar.zbar_image_set_size(picture, width, height)
        zbar.zbar_image_set_data(picture, cast(pixels.ctypes.data, c_void_p), pixels.size, None)
        if zbar.zbar_scan_image(scanner, picture) < 0:
            return Look()
        codes: list[Code] = []
        symbol = zbar.zbar_image_first_symbol(picture)
        while symbol:
            # A part of a structured append whose other parts are not in view comes as PARTIAL and is left out here.
            if symbol.contents.type == zbar.ZBarSymbol.QRCODE:
                data = string_at(zbar.zbar_symbol_get_data(symbol), zbar.zbar_symbol_get_data_length(symbol))
                codes.append(Code(text_of(data), data, "qr-code", "zbar", _corners(zbar, symbol, scale, origin)))
            symbol = zbar.zbar_symbol_next(symbol)
        return Look(tuple(codes))
    finally:
        zbar.zbar_image_destroy(picture)
        zbar.zbar_image_scanner_destroy(scanner)


def _corners(zbar: ModuleType, symbol: object, scale: float, origin: tuple[int, int]) -> Corners:
    # zbar lists the corners counter-clockwise from the top left.
    count = zbar.zbar_symbol_get_loc_size(symbol)
    points = [(zbar.zbar_symbol_get_loc_x(symbol, i), zbar.zbar_symbol_get_loc_y(symbol, i)) for i in range(count)]
    if count == 4:
        points = [points[0], points[3], points[2], points[1]]
    return tuple((round(x / scale) + origin[0], round(y / scale) + origin[1]) for x, y in points)
