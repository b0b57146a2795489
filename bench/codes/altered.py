"""Real photos of codes, altered: turned, tilted, bent, small, lit badly, several in one picture.

What a checkpoint meets is not in any set of photos. A photo that is read as it stands is altered by a seeded amount, so
that a scanner's reach into each kind of trouble can be told apart, on real pictures of real codes.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from bench.codes.optics import defocused, exposed
from bench.codes.phone import Plane
from checkpoint.ports import Image

_SCENE = (960, 1280)  # height, width of the larger pictures
Alteration = Callable[[Image, np.random.Generator], Image]
Field = npt.NDArray[np.float32]
"""Where each pixel comes from: ndarray, shape (H, W), float32, pixels."""


def turned(photo: Image, rng: np.random.Generator) -> Image:
    """Turn by any angle, in a picture large enough for all of it."""
    height, width = photo.shape[:2]
    angle = float(rng.uniform(0, 360))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (round(height * sin + width * cos), round(height * cos + width * sin))
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return _image(cv2.warpAffine(photo, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def tilted(photo: Image, rng: np.random.Generator) -> Image:
    """See the picture from the side: one edge far away."""
    height, width = photo.shape[:2]
    far = float(rng.uniform(0.45, 0.8))
    inset = (1 - far) / 2
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array(
        [[inset * width, (1 - far) * 0.4 * height], [(1 - inset) * width, (1 - far) * 0.4 * height], flat[2], flat[3]],
        np.float32,
    )
    matrix = cv2.getPerspectiveTransform(flat, seen)
    out = cv2.warpPerspective(photo, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return _image(np.rot90(out, int(rng.integers(4))))


def on_a_bottle(photo: Image, rng: np.random.Generator) -> Image:
    """Bend the picture round a cylinder whose radius is 0.55 to 1 of the width."""
    height, width = photo.shape[:2]
    radius = float(rng.uniform(0.55, 1.0)) * width
    x, y = _grid(height, width)
    reach = min(1.0, width / 2 / radius)
    across = (x - width / 2) / (width / 2) * reach
    source_x = np.arcsin(np.clip(across, -1, 1)) * radius + width / 2
    sag = float(rng.uniform(-0.12, 0.12)) * width
    bent = _moved(photo, source_x, y + sag * (1 - np.sqrt(1 - np.clip(across, -1, 1) ** 2)))
    return _image(np.rot90(bent, int(rng.integers(4))))


def on_cloth(photo: Image, rng: np.random.Generator) -> Image:
    """Let the picture hang in folds: one to two waves, as deep as 0.6 to 1.8 % of the width."""
    height, width = photo.shape[:2]
    x, y = _grid(height, width)
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for part in (dx, dy):
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        waves = float(rng.uniform(1.0, 2.0)) * 2 * np.pi / width
        deep = float(rng.uniform(0.006, 0.018)) * width
        part += deep * np.sin((x * np.cos(angle) + y * np.sin(angle)) * waves + phase).astype(np.float32)
    return _moved(photo, x + dx, y + dy)


def far_away(photo: Image, rng: np.random.Generator) -> Image:
    """Stand somewhere in a larger picture of something else, at a third to a half of its size."""
    height, width = _SCENE
    scene = _wall(height, width, rng)
    scale = float(rng.uniform(0.33, 0.55))
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:height, :width]
    top = int(rng.integers(0, height - small.shape[0] + 1))
    left = int(rng.integers(0, width - small.shape[1] + 1))
    scene[top : top + small.shape[0], left : left + small.shape[1]] = small
    return _image(scene)


def close_up(photo: Image, rng: np.random.Generator) -> Image:
    """Fill a large picture, out of focus as close things are."""
    scale = 1280 / max(photo.shape[:2])
    large = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return _image(cv2.GaussianBlur(large, (0, 0), float(rng.uniform(2, 5)) * 1280 / 1000))


def glaring(photo: Image, rng: np.random.Generator) -> Image:
    """Reflect a lamp: a white spot of up to a fifth of the picture, with a soft edge."""
    height, width = photo.shape[:2]
    x, y = _grid(height, width)
    centre = rng.uniform(0.2, 0.8, 2) * (width, height)
    size = float(rng.uniform(0.06, 0.2)) * width
    light = 330 * np.exp(-(((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / size**2))
    return _image(np.clip(photo + light[..., None], 0, 255))


def in_shadow(photo: Image, rng: np.random.Generator) -> Image:
    """Lie half in a hard shadow that leaves 15 to 40 % of the light."""
    height, width = photo.shape[:2]
    x, y = _grid(height, width)
    angle = float(rng.uniform(0, 2 * np.pi))
    side = (x - width / 2) * np.cos(angle) + (y - height / 2) * np.sin(angle) + float(rng.uniform(-0.2, 0.2)) * width
    dark = float(rng.uniform(0.15, 0.4))
    share = dark + (1 - dark) / (1 + np.exp(-np.clip(side, -40, 40) / 2))
    return _image(photo * share[..., None])


def in_the_dark(photo: Image, rng: np.random.Generator) -> Image:
    """Take the picture at dusk: few photons, much noise."""
    light = _plane(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY)) / np.float32(255)
    return exposed(light * np.float32(rng.uniform(0.1, 0.35)), rng, photons=float(rng.uniform(150, 500)), quality=80)


def out_of_focus(photo: Image, rng: np.random.Generator) -> Image:
    """Miss the focus, by a disc of 1 to 2.8 % of the picture's width."""
    radius = float(rng.uniform(0.010, 0.028)) * photo.shape[1] / 2
    return _image(np.clip(cv2.merge([defocused(_plane(channel), radius) for channel in cv2.split(photo)]), 0, 255))


ALTERATIONS: dict[str, Alteration] = {
    "as it is": lambda photo, _rng: photo,
    "turned": turned,
    "tilted": tilted,
    "on a bottle": on_a_bottle,
    "on cloth": on_cloth,
    "far away": far_away,
    "close up": close_up,
    "glare": glaring,
    "shadow": in_shadow,
    "dark": in_the_dark,
    "out of focus": out_of_focus,
}


def several(photos: list[Image], rng: np.random.Generator) -> Image:
    """Show six photos in one picture, each turned by up to 20 degrees, on a wall."""
    height, width = _SCENE
    scene = _wall(height, width, rng)
    cell = height // 2
    for number, photo in enumerate(photos):
        scale = 0.8 * cell / max(photo.shape[:2])
        matrix = cv2.getRotationMatrix2D((photo.shape[1] / 2, photo.shape[0] / 2), float(rng.uniform(-20, 20)), scale)
        row, column = divmod(number, 3)
        matrix[:, 2] += (
            (column + 0.5) * width / 3 - photo.shape[1] / 2,
            (row + 0.5) * cell - photo.shape[0] / 2,
        )
        cv2.warpAffine(photo, matrix, (width, height), dst=scene, borderMode=cv2.BORDER_TRANSPARENT)
    return _image(scene)


def _wall(height: int, width: int, rng: np.random.Generator) -> Image:
    coarse = rng.integers(60, 200, (7, 9, 3)).astype(np.uint8)
    wall = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return _image(np.clip(wall + rng.normal(0, 4, (height, width, 1)), 0, 255))


def _grid(height: int, width: int) -> tuple[Field, Field]:
    y, x = np.indices((height, width), dtype=np.float32)
    return x, y


def _moved(photo: Image, x: Field, y: Field) -> Image:
    return _image(
        cv2.remap(photo, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def _plane(channel: npt.ArrayLike) -> Plane:
    return np.asarray(channel, np.float32)


def _image(pixels: npt.ArrayLike) -> Image:
    return np.ascontiguousarray(pixels, dtype=np.uint8)
