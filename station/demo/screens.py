"""Draws what stands before the gate's camera: a hand-held phone with a code on its screen, at night in a lane."""

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from checkpoint.ports import Image

LANE_PX = (1280, 720)  # width, height of a frame
PHONE_PX = (430, 620)
SCREEN_MARGIN_PX = 14


def empty_lane(seed: int = 7) -> Image:
    """Return a frame, shape (720, 1280, 3), uint8, BGR, of a lane at night with nobody in it."""
    rng = np.random.default_rng(seed)
    width, height = LANE_PX
    rows = np.linspace(70, 25, height)[:, None]
    lamp = np.exp(-(((np.arange(width)[None, :] - width * 0.72) / 340) ** 2)) * 70
    grey = rows + lamp + rng.normal(0, 2.5, (height, width))
    lane: npt.NDArray[np.float64] = np.stack([grey * 1.05, grey, grey * 0.9], axis=2)
    for x, y, w, h in ((60, 470, 420, 22), (700, 500, 520, 26), (1010, 120, 26, 400)):
        lane[y : y + h, x : x + w] += 38  # kerbs and the barrier's post
    return np.asarray(np.clip(lane, 0, 255), np.uint8)


def phone_with_code(text: str, *, title: str, colour_bgr: tuple[int, int, int], seed: int = 0) -> Image:
    """Return a frame with a phone whose screen shows `text` as a QR code under a coloured title bar.

    `seed` sways the hand: place, turn and tilt of the phone differ a little from one showing to the next.
    """
    return _held(_screen(text, title, colour_bgr), seed)


def qr_code(text: str, side_px: int) -> Image:
    """Return `text` as a QR code, shape (side, side, 3), with its quiet zone, each module a whole number of pixels."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="L")
    modules = np.array(code.to_image(scale=1))
    scale = max(1, side_px // modules.shape[0])
    grown = np.kron(modules, np.ones((scale, scale), np.uint8)).astype(np.uint8)
    pad = max(0, side_px - grown.shape[0])
    padded = np.pad(grown, ((pad // 2, pad - pad // 2),) * 2, constant_values=255)
    return np.repeat(padded[:, :, None], 3, axis=2)


def _screen(text: str, title: str, colour_bgr: tuple[int, int, int]) -> Image:
    width, height = PHONE_PX
    screen = np.full((height, width, 3), 248, np.uint8)
    screen[:84] = colour_bgr
    cv2.putText(screen, title, (20, 54), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 2, cv2.LINE_AA)
    side = width - 2 * SCREEN_MARGIN_PX
    top = 84 + (height - 84 - side) // 2
    screen[top : top + side, SCREEN_MARGIN_PX : SCREEN_MARGIN_PX + side] = qr_code(text, side)
    return screen


def _held(screen: Image, seed: int) -> Image:
    rng = np.random.default_rng(seed)
    bezel = 16
    phone = np.full((screen.shape[0] + 2 * bezel, screen.shape[1] + 2 * bezel, 3), 22, np.uint8)
    phone[bezel:-bezel, bezel:-bezel] = screen
    lane = empty_lane()
    height, width = phone.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = np.deg2rad(rng.uniform(-5, 5))
    turned = (corners - corners.mean(axis=0)) @ np.array(
        [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float32
    )
    place = np.array([LANE_PX[0] / 2 + rng.uniform(-160, 160), LANE_PX[1] / 2 + rng.uniform(-12, 12)])
    target = (turned * rng.uniform(0.99, 1.05) + place + rng.uniform(-9, 9, (4, 2))).astype(np.float32)
    warp = cv2.getPerspectiveTransform(corners, target)
    held = cv2.warpPerspective(phone, warp, LANE_PX, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full(phone.shape[:2], 255, np.uint8), warp, LANE_PX)[:, :, None] / 255.0
    return np.asarray(np.clip(lane * (1 - mask) + held * mask, 0, 255), np.uint8)
