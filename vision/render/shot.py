"""What the camera does to a picture: light, white balance, blur, noise, JPEG."""

from typing import cast

import cv2
import numpy as np

from checkpoint.ports import Image
from vision.render.spec import Shot
from vision.render.window import Field, Reflectance


def expose(scene: Reflectance, shot: Shot, rng: np.random.Generator) -> Image:
    """Return the picture of `scene` as the camera of `shot` would give it; `scene` is used up.

    The scene holds values as a display shows them, so contrasts drawn into it come out as drawn.
    """
    scene *= _light(scene.shape[:2], shot, rng)[..., None] * np.array(
        (shot.exposure * shot.white_balance[0], shot.exposure, shot.exposure * shot.white_balance[1]), np.float32
    )
    if shot.blur_px > 0.2:
        scene = cv2.GaussianBlur(scene, (0, 0), shot.blur_px)
    if shot.motion_px >= 1:
        scene = cv2.filter2D(scene, -1, _smear(shot.motion_px, float(rng.uniform(0, np.pi))))
    scene *= np.float32(255)
    if shot.noise > 0:
        _add_noise(scene, shot.noise, rng)
    image = cast("Image", np.clip(scene, 0, 255).astype(np.uint8))
    if shot.grey:
        image = cast("Image", cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR))
    if shot.jpeg_quality is not None:
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, shot.jpeg_quality])
        image = cast("Image", cv2.imdecode(packed, cv2.IMREAD_COLOR))
    return image


def _light(size: tuple[int, ...], shot: Shot, rng: np.random.Generator) -> Field:
    """Return how much light falls on every pixel: a slope, and the shadow of something out of view."""
    height, width = size[0], size[1]
    towards = np.deg2rad(shot.light_slope_towards_deg)
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    light = 1 + np.float32(shot.light_slope) * (x * np.float32(np.cos(towards)) + y * np.float32(np.sin(towards)))
    if shot.cast_shadow > 0:
        turn = rng.uniform(0, 2 * np.pi)
        edge = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn)) - np.float32(rng.uniform(-0.25, 0.25))
        light = light * (
            1 - np.float32(shot.cast_shadow) * np.clip(0.5 + edge / np.float32(rng.uniform(0.02, 0.15)), 0, 1)
        )
    return np.broadcast_to(light, (height, width)).astype(np.float32)


def _smear(length_px: float, turn: float) -> Field:
    """Return the kernel of a straight movement during the exposure."""
    side = 2 * int(np.ceil(length_px / 2)) + 1
    kernel: Field = np.zeros((side, side), np.float32)
    for step in np.linspace(-length_px / 2, length_px / 2, 4 * side):
        kernel[round(side // 2 + step * np.sin(turn)), round(side // 2 + step * np.cos(turn))] += 1
    kernel /= kernel.sum()
    return kernel


def _add_noise(scene: Reflectance, sigma: float, rng: np.random.Generator) -> None:
    """Add sensor noise in place: `sigma` at mid grey, as the square root of the light, mostly in luma."""
    height, width = scene.shape[:2]
    luma = rng.standard_normal((height, width), dtype=np.float32)
    # Chroma noise is coarser on real cameras (half-resolution chroma), and cheaper to draw so.
    chroma = rng.standard_normal(((height + 1) // 2, (width + 1) // 2, 3), dtype=np.float32)
    grain: Field = cv2.resize(chroma, (width, height), interpolation=cv2.INTER_LINEAR)
    grain *= np.float32(0.6)
    grain += luma[..., None] * np.float32(0.85)
    strength = np.sqrt(np.maximum(scene[..., 1], 4) / np.float32(128)) * np.float32(sigma)
    scene += grain * strength[..., None]
