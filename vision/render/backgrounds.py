"""What cassettes lie on: table tops, paper, cloth, print, clutter."""

from collections.abc import Callable
from enum import StrEnum

import cv2
import numpy as np

from vision.render.window import Field, Reflectance, soft_noise

Painter = Callable[[np.random.Generator, tuple[int, int]], Reflectance]


class Background(StrEnum):
    """A kind of surface."""

    WOOD = "wood"
    PAPER = "paper"
    STONE = "stone"
    CLOTH = "cloth"
    DARK = "dark"
    PLAIN = "plain"
    BOOK = "book"
    STRIPES = "stripes"
    CLUTTER = "clutter"


def paint_background(kind: Background, rng: np.random.Generator, size: tuple[int, int]) -> Reflectance:
    """Return a picture of the surface `kind`; `size` is (width, height) in pixels."""
    return _PAINTERS[kind](rng, size)


def _colour(size: tuple[int, int], bgr: tuple[float, float, float]) -> Reflectance:
    surface = np.empty((size[1], size[0], 3), np.float32)
    surface[:] = bgr
    return surface


def _modulate(surface: Reflectance, texture: Field, depth: float) -> Reflectance:
    surface *= (1 + np.float32(depth) * texture)[..., None]
    return surface


def _wood(rng: np.random.Generator, size: tuple[int, int]) -> Reflectance:
    width, height = size
    tone = float(rng.uniform(0.4, 1.1))
    surface = _colour(size, (0.22 * tone, 0.38 * tone, 0.62 * tone))
    fibres = soft_noise(rng, (height, width), (height // 3, 8))
    rings = np.sin(
        soft_noise(rng, (height, width), (7, 3)) * np.float32(6) + np.linspace(0, 40, height, dtype=np.float32)[:, None]
    )
    surface = _modulate(surface, fibres, 0.07)
    return _modulate(surface, rings, 0.08)


def _paper(rng: np.random.Generator, size: tuple[int, int]) -> Reflectance:
    light = float(rng.uniform(0.7, 0.92))
    surface = _colour(size, (light, light, light * float(rng.uniform(0.98, 1.02))))
    return _modulate(surface, soft_noise(rng, size[::-1], (size[1] // 4, size[0] // 4)), 0.006)


def _stone(rng: np.random.Generator, size: tuple[int, int]) -> Reflectance:
    tone = float(rng.uniform(0.4, 0.75))
    surface = _colour(size, (tone * 0.82, tone * 0.92, tone))
    surface = _modulate(surface, soft_noise(rng, size[::-1], (9, 16)), 0.08)
    veins = np.exp(-np.abs(soft_noise(rng, size[::-1], (6, 9))) * np.float32(25))
    surface = _modulate(surface, veins, -0.25)
    return _modulate(surface, soft_noise(rng, size[::-1], (size[1] // 3, size[0] // 3)), 0.03)


def _cloth(rng: np.random.Generator, size: tuple[int, int]) -> Reflectance:
    surface = _colour(size, tuple(rng.uniform(0.25, 0.85, 3)))
    weave = soft_noise(rng, size[::-1], (size[1] // 2, size[0] // 5)) + soft_noise(
        rng, size[::-1], (size[1] // 5, size[0] // 2)
    )
    surface = _modulate(surface, weave.astype(np.float32), 0.035)
    return _modulate(surface, soft_noise(rng, size[::-1], (4, 6)), 0.06)


def _dark(rng: np.random.Generator, size: tuple[int, int]) -> Reflectance:
    tone = float(rng.uniform(0.05, 0.25))
    return _modulate(_colour(size, (tone, tone, tone)), soft_noise(rng, size[::-1], (size[1] // 6, size[0] // 6)), 0.1)


def _plain(rng: np.random.Generator, size: tuple[int, int]) -> Reflectance:
    surface = _colour(size, tuple(rng.uniform(0.15, 0.85, 3)))
    return _modulate(surface, soft_noise(rng, size[::-1], (3, 5)), 0.03)


def _book(rng: np.random.Generator, size: tuple[int, int]) -> Reflectance:
    width, height = size
    surface = _paper(rng, size)
    letters = max(5, height // 45)
    for y in range(letters * 2, height, letters * 2):
        x = int(rng.integers(10, 40))
        while x < width - 60:
            word = int(rng.integers(letters, letters * 7))
            for mark in range(x, min(x + word, width - 2), max(3, letters // 2)):
                top = y - int(rng.integers(letters // 2, letters + 1))
                surface[top:y, mark : mark + max(1, letters // 4)] *= np.float32(0.25)
            x += word + letters
    return surface


def _stripes(rng: np.random.Generator, size: tuple[int, int]) -> Reflectance:
    width, height = size
    x = np.linspace(0, width / height, width, dtype=np.float32)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    turn = rng.uniform(0, np.pi)
    wave = np.sin(
        (x * np.cos(turn) + y * np.sin(turn)) * rng.uniform(40, 120) + 1.5 * soft_noise(rng, (height, width), (3, 4))
    )
    tone = np.clip(0.5 + 4 * wave, 0, 1).astype(np.float32)
    surface: Reflectance = (np.float32(0.08) + np.float32(0.8) * tone)[..., None] * np.ones(3, np.float32)
    return surface


def _clutter(rng: np.random.Generator, size: tuple[int, int]) -> Reflectance:
    """Return a table with packs, leaflets, tubes and swabs lying about."""
    base = (_wood, _stone, _plain, _cloth)[rng.integers(4)](rng, size)
    reach = min(size)
    for _ in range(int(rng.integers(4, 10))):
        centre = rng.uniform((0, 0), size)
        box = (
            (float(centre[0]), float(centre[1])),
            (float(rng.uniform(0.1, 0.6) * reach), float(rng.uniform(0.03, 0.4) * reach)),
            float(rng.uniform(0, 180)),
        )
        quad = cv2.boxPoints(box).astype(np.int32)
        colour = rng.uniform(0.1, 0.95, 3) if rng.random() < 0.6 else np.full(3, rng.uniform(0.7, 0.95))
        shade = np.zeros(base.shape[:2], np.uint8)
        cv2.fillConvexPoly(shade, quad + 4, 255, cv2.LINE_AA)
        base *= (1 - np.float32(0.3 / 255) * cv2.blur(shade, (9, 9)).astype(np.float32))[..., None]
        cv2.fillConvexPoly(base, quad, tuple(map(float, colour)), cv2.LINE_AA)
        if rng.random() < 0.5:
            ink = tuple(map(float, rng.uniform(0.0, 0.5, 3)))
            start = quad.mean(axis=0).astype(int)
            cv2.putText(
                base, "Rapid Test Kit", (int(start[0]) - 60, int(start[1])), 0, reach / 900, ink, 2, cv2.LINE_AA
            )
    return base


_PAINTERS: dict[Background, Painter] = {
    Background.WOOD: _wood,
    Background.PAPER: _paper,
    Background.STONE: _stone,
    Background.CLOTH: _cloth,
    Background.DARK: _dark,
    Background.PLAIN: _plain,
    Background.BOOK: _book,
    Background.STRIPES: _stripes,
    Background.CLUTTER: _clutter,
}
