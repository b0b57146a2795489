"""Codes in a picture: staged decoding within a time budget, live over successive frames, and guidance."""

from vision.qr.live import LiveScanner
from vision.qr.scanner import Scanner
from vision.qr.zbar import zbar_available

__all__ = ["LiveScanner", "Scanner", "zbar_available"]
