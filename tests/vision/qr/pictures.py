"""Pictures for the scanner's tests: clean codes, held in a frame, and what spoils them."""

import cv2
import numpy as np
import segno
import zxingcpp

from checkpoint.ports import Image

FRAME = (720, 1280)


def qr(content: str | bytes, *, scale: int = 6, **options: object) -> Image:
    """Return a clean QR code with its quiet zone: shape (H, W), uint8."""
    code = content if isinstance(content, segno.QRCode) else segno.make(content, **{"micro": False, **options})
    return _drawn(code, scale)


def _drawn(code: segno.QRCode, scale: int) -> Image:
    matrix = np.array([list(row) for row in code.matrix_iter(border=4)], np.uint8)
    return np.kron(255 * (1 - matrix), np.ones((scale, scale), np.uint8)).astype(np.uint8)


def parts(content: str, version: int, scale: int = 6) -> list[Image]:
    """Return the symbols of a structured append."""
    return [_drawn(code, scale) for code in segno.make_sequence(content, version=version)]


def other(format_: zxingcpp.BarcodeFormat, content: str, scale: int = 4) -> Image:
    """Return a clean code of any other format, with a white border."""
    code = np.array(zxingcpp.create_barcode(content, format_).to_image(scale=scale))
    return np.asarray(np.pad(code, 40, constant_values=255), np.uint8)


def held(*codes: Image, background: int = 120) -> Image:
    """Return a BGR frame of 1280x720 with codes side by side on paper, a little soft as through a lens."""
    frame = np.full(FRAME, background, np.uint8)
    x = 60
    for code in codes:
        frame[80 : 80 + code.shape[0], x : x + code.shape[1]] = code
        x += code.shape[1] + 60
    return np.asarray(cv2.cvtColor(cv2.GaussianBlur(frame, (0, 0), 0.7), cv2.COLOR_GRAY2BGR), np.uint8)


def in_ink(frame: Image, ink_bgr: tuple[int, int, int]) -> Image:
    """Return a frame whose black is an ink of another colour."""
    light = frame.astype(np.float32) / 255
    ink = np.array(ink_bgr, np.float32)
    return np.asarray(ink + (255 - ink) * light, np.uint8)


def noisy(frame: Image, sigma: float) -> Image:
    """Return a frame with the noise of little light."""
    grain = np.random.default_rng(3).normal(0, sigma, frame.shape)
    return np.asarray(np.clip(frame + grain, 0, 255), np.uint8)


def tilted(code: Image, degrees: float) -> Image:
    """Return a BGR frame of 1280x720 with a code turned about its upright middle line, as from a hand held askew."""
    height, width = code.shape
    distance, angle = 1.6 * width, np.radians(degrees)
    left, top = -width / 2, -height / 2
    seen = []
    for x, y in ((left, top), (-left, top), (-left, -top), (left, -top)):
        nearer = distance / (distance + x * np.sin(angle))
        seen.append((FRAME[1] / 2 + x * np.cos(angle) * nearer, FRAME[0] / 2 + y * nearer))
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    transform = cv2.getPerspectiveTransform(flat, np.array(seen, np.float32))
    frame = cv2.warpPerspective(code, transform, FRAME[::-1], flags=cv2.INTER_AREA, borderValue=120)
    return np.asarray(cv2.cvtColor(cv2.GaussianBlur(frame, (0, 0), 0.7), cv2.COLOR_GRAY2BGR), np.uint8)
