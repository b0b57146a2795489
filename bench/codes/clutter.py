"""Frames without a code, with what is easily taken for one."""

from collections.abc import Callable

import cv2
import numpy as np

from bench.codes.optics import exposed, soft
from bench.codes.phone import Plane
from bench.codes.scene import HEIGHT, WIDTH
from checkpoint.ports import Image


def _empty_lane(light: Plane, rng: np.random.Generator) -> None:
    for _ in range(6):
        a, b = rng.integers(0, WIDTH, 2), rng.integers(0, HEIGHT, 2)
        cv2.line(
            light,
            (int(a[0]), int(b[0])),
            (int(a[1]), int(b[1])),
            float(rng.uniform(0, 1)),
            int(rng.integers(2, 30)),
            cv2.LINE_AA,
        )


def _bars(light: Plane, rng: np.random.Generator) -> None:
    """A radiator grille, a fence, a zebra crossing: bars of uneven width as in a linear code."""
    x, y = int(rng.integers(0, 300)), int(rng.integers(0, 200))
    right, bottom = x + int(rng.integers(300, 900)), y + int(rng.integers(60, 450))
    unit = rng.uniform(1.5, 8)
    at = float(x)
    while at < right:
        wide = float(rng.integers(1, 5)) * unit
        cv2.rectangle(light, (int(at), y), (int(at + wide), bottom), float(rng.uniform(0, 0.15)), -1)
        at += wide + float(rng.integers(1, 5)) * unit


def _page(light: Plane, rng: np.random.Generator) -> None:
    """A printed page or a road sign: many words."""
    cv2.rectangle(light, (200, 20), (1080, 700), 0.9, -1)
    size = rng.uniform(0.4, 1.2)
    for line in range(60, 690, int(40 * size)):
        word = "".join(rng.choice(list("abcdefghiklmnopqrstuvxyz ABCDEHIKLMNTUVX0123456789||"), int(48 / size)))
        cv2.putText(light, word, (220, line), cv2.FONT_HERSHEY_SIMPLEX, float(size), 0.05, 1 + int(size), cv2.LINE_AA)


def _checks(light: Plane, rng: np.random.Generator) -> None:
    """A checked shirt, tiles, a keyboard: squares in rows."""
    cell = int(rng.integers(4, 40))
    y, x = np.indices(light.shape)
    turn = rng.uniform(-0.4, 0.4)
    u, v = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    inside = (abs(x - 640) < 400) & (abs(y - 360) < 280)
    light[inside & (((u // cell + v // cell) % 2) == 0)] = float(rng.uniform(0, 0.3))


def _random_modules(light: Plane, rng: np.random.Generator) -> None:
    """A random dot pattern: as dense as a code, with nothing in it."""
    side, px = int(rng.integers(21, 100)), int(rng.integers(2, 7))
    tile = np.kron(rng.integers(0, 2, (side, side)).astype(np.float32), np.ones((px, px), np.float32))[:700, :1200]
    light[10 : 10 + tile.shape[0], 40 : 40 + tile.shape[1]] = tile


def _rings(light: Plane, rng: np.random.Generator) -> None:
    """Nested squares: finder patterns without a code."""
    for _ in range(int(rng.integers(3, 20))):
        x, y, m = int(rng.integers(20, WIDTH - 120)), int(rng.integers(20, HEIGHT - 120)), int(rng.integers(2, 12))
        for inset, shade in ((-1, 0.95), (0, 0.05), (1, 0.95), (2, 0.05)):
            cv2.rectangle(light, (x + inset * m, y + inset * m), (x + (7 - inset) * m, y + (7 - inset) * m), shade, -1)


CLUTTER: dict[str, Callable[[Plane, np.random.Generator], None]] = {
    "empty lane": _empty_lane,
    "bars": _bars,
    "page": _page,
    "checks": _checks,
    "random modules": _random_modules,
    "rings": _rings,
}


def clutter_frame(kind: str, seed: int) -> Image:
    """Return one frame of `kind` without a code: ndarray, shape (720, 1280, 3), uint8, BGR."""
    rng = np.random.default_rng([list(CLUTTER).index(kind), seed, 5])
    coarse = rng.uniform(0.3, 0.9, (5, 8)).astype(np.float32)
    light = np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)
    CLUTTER[kind](light, rng)
    light = soft(light, float(rng.uniform(0.4, 1.2)))
    return exposed(light, rng, photons=float(rng.uniform(60, 4000)), quality=int(rng.integers(70, 95)))
