"""Which way a result window lies in a crop: the angle of its long side.

A window is a figure of straight edges: the long sides of membrane and recess, and the lines across. Seen along the
right direction all of them fall onto few columns and few rows. So the angle is the one at which the projections of the
picture's gradients are most peaked (a Radon transform of the gradient; compare Jafari-Khouzani and Soltanian-Zadeh,
IEEE TIP 14, 2005, who find texture angles likewise).
"""

import cv2
import numpy as np

from vision.cassette.absorbance import Floats

MAX_SLANT_DEG = 50.0
"""A crop's long side and the window's differ by less than this; 45 degrees is a window in a square crop."""

_COARSE_HEIGHT, _COARSE_STEP = 72, 4.0
_FINE_HEIGHT, _FINE_STEP = 128, 1.5
_ACROSS_SHARE = 0.5  # the lines and the window's ends say less than its long sides: they are shorter
_CLIP = 0.25  # printed letters and glare have steeper gradients than any edge of a window
_CALM_DEG = 60.0  # slight preference for crops cut along the window


def slant(grey: Floats) -> float:
    """Return the degrees by which to turn an upright absorbance picture, shape (H, W), to stand the window upright."""
    angles = np.arange(-MAX_SLANT_DEG, MAX_SLANT_DEG + 1, _COARSE_STEP)
    peaked = _peakedness(_at_height(grey, _COARSE_HEIGHT, 0.8), angles) * np.exp(-((angles / _CALM_DEG) ** 2))
    best = float(angles[int(peaked.argmax())])
    angles = best + np.arange(-3, 4) * _FINE_STEP
    peaked = _peakedness(_at_height(grey, _FINE_HEIGHT, 1.0), angles)
    at = int(peaked.argmax())
    return float(angles[at]) + _FINE_STEP * _vertex(peaked, at)


def _at_height(grey: Floats, height: int, sigma: float) -> Floats:
    scale = height / grey.shape[0]
    size = (max(8, round(grey.shape[1] * scale)), height)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), sigma), dtype=np.float32)


def _peakedness(grey: Floats, angles: np.ndarray) -> np.ndarray:
    """Return for each angle the energy of the gradient's projections along and across the turned axis."""
    height, width = grey.shape
    side = int(np.hypot(height, width)) + 2
    gradient_x = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3)
    gradient_y = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3)
    for gradient in (gradient_x, gradient_y):
        gradient[:2] = gradient[-2:] = 0  # the crop's own border is no edge
        gradient[:, :2] = gradient[:, -2:] = 0
    energies = []
    for angle in angles:
        turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), float(angle), 1.0)
        turn[0, 2] += (side - width) / 2
        turn[1, 2] += (side - height) / 2
        cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
        across = np.clip(cosine * gradient_x + sine * gradient_y, -_CLIP, _CLIP)
        along = np.clip(cosine * gradient_y - sine * gradient_x, -_CLIP, _CLIP)
        columns = cv2.warpAffine(across, turn, (side, side)).sum(axis=0)
        rows = cv2.warpAffine(along, turn, (side, side)).sum(axis=1)
        energies.append(float((columns**2).sum() + _ACROSS_SHARE * (rows**2).sum()))
    return np.array(energies)


def _vertex(values: np.ndarray, at: int) -> float:
    """Return the offset, in steps, of the parabola's vertex through a maximum and its neighbours."""
    if not 0 < at < len(values) - 1:
        return 0.0
    bend = values[at - 1] - 2 * values[at] + values[at + 1]
    return float(np.clip(0.5 * (values[at - 1] - values[at + 1]) / bend, -0.5, 0.5)) if bend else 0.0
