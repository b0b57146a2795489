"""What happens to light between the phone and the picture: blur, reflections, cracks, moire, noise, compression."""

import cv2
import numpy as np

from bench.codes.phone import Plane
from checkpoint.ports import Image

_READ_NOISE = 2.5  # electrons


def motion_blurred(light: Plane, length_px: float, angle: float) -> Plane:
    """Blur along a straight line of `length_px` pixels at `angle` radians."""
    size = 2 * int(np.ceil(length_px / 2)) + 3
    fine = np.zeros((size * 8, size * 8), np.float32)
    centre = np.array([size * 4, size * 4], float)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length_px * 4
    cv2.line(fine, _point(centre - reach), _point(centre + reach), 1.0, 8)
    kernel = cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def defocused(light: Plane, radius_px: float) -> Plane:
    """Blur with the disc that an out-of-focus lens draws, `radius_px` in radius."""
    size = 2 * int(np.ceil(radius_px)) + 3
    fine = np.zeros((size * 8, size * 8), np.float32)
    cv2.circle(fine, (size * 4, size * 4), max(1, round(radius_px * 8)), 1.0, -1)
    kernel = cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def soft(light: Plane, sigma_px: float) -> Plane:
    """Blur as every lens and sensor does a little."""
    return np.asarray(cv2.GaussianBlur(light, (0, 0), sigma_px), np.float32)


def with_glare(light: Plane, centre: tuple[float, float], size: float, strength: float, angle: float) -> Plane:
    """Add the reflection of a lamp: an ellipse of `size` pixels that fades outwards, over a faint veil."""
    y, x = np.indices(light.shape, dtype=np.float32)
    dx, dy = x - centre[0], y - centre[1]
    u = (dx * np.cos(angle) + dy * np.sin(angle)) / size
    v = (-dx * np.sin(angle) + dy * np.cos(angle)) / (size * 0.45)
    return np.asarray(light + 0.06 * strength + strength * np.exp(-((u * u + v * v) ** 1.5)), np.float32)


def with_moire(light: Plane, periods: tuple[float, float], angles: tuple[float, float], amplitude: float) -> Plane:
    """Multiply by the beat of the screen's pixel grid with the sensor's: two crossed, slightly curved waves."""
    y, x = np.indices(light.shape, dtype=np.float32)
    bend = 4e-5 * ((x - light.shape[1] / 2) ** 2 + (y - light.shape[0] / 2) ** 2)
    waves = np.zeros_like(light)
    for period, angle in zip(periods, angles, strict=True):
        waves += np.sin(2 * np.pi * ((x * np.cos(angle) + y * np.sin(angle) + bend) / period))
    return np.asarray(light * (1 + amplitude * waves / 2), np.float32)


def exposed(light: Plane, rng: np.random.Generator, *, photons: float, quality: int) -> Image:
    """Take the picture: `photons` a pixel for white, read noise, gain, gamma, and JPEG as a USB camera sends it.

    Returns ndarray, shape (H, W, 3), uint8, BGR.
    """
    expected = np.clip(light, 0, 1.6) * np.float32(photons)
    # Photons are counted: at these numbers Poisson's distribution is the normal one of the same variance.
    grain = np.sqrt(expected + np.float32(_READ_NOISE**2))
    electrons = expected + grain * rng.standard_normal(light.shape, dtype=np.float32)
    signal = np.clip(electrons / photons, 0, 1) ** (1 / 1.8)
    grey = np.asarray(signal * 235 + 12, np.uint8)
    done, jpeg = cv2.imencode(".jpg", cv2.merge([grey, grey, grey]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def cracked(plane: Plane, rng: np.random.Generator, width: int, branches: int) -> Plane:
    """Draw a cracked glass on a flat picture: branching bright and dark lines from one blow."""
    broken = plane.copy()
    height, across = plane.shape
    blow = np.array([rng.uniform(0.1, 0.9) * across, rng.uniform(0.1, 0.9) * height])
    for _ in range(branches):
        heading = rng.uniform(0, 2 * np.pi)
        at = blow.copy()
        shade = float(rng.choice([0.0, 0.35, 1.3]))
        for _ in range(int(rng.integers(4, 12))):
            heading += rng.normal(0, 0.4)
            step = rng.uniform(0.03, 0.12) * across
            after = at + step * np.array([np.cos(heading), np.sin(heading)])
            cv2.line(broken, _point(at), _point(after), shade, max(1, int(width * rng.uniform(0.5, 1.5))), cv2.LINE_AA)
            at = after
    return broken


def _point(at: np.ndarray) -> tuple[int, int]:
    return int(at[0]), int(at[1])
