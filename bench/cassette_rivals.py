"""Three other ways to read a result window, each written from its published description, for the table beside ours.

Each takes a crop, shape (H, W, 3), BGR, and returns a `Verdict`: how many lines it counts and a score that grows with
the evidence of a second one. None of them is tuned to the photos here; their constants are those of the descriptions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.cassette.absorbance import absorbance, bgr

Profile = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Lines counted, and the evidence of a second line."""

    lines: int
    score: float


def centre_column(crop: Image) -> Verdict:
    """Second peak of the centre column: the simplest reader, and what most sample code does.

    Green absorbance of the middle fifth of the width along the crop; a line is a peak of 5 % contrast over its
    surroundings; the score is the second peak's height.
    """
    upright = _upright(bgr(crop))
    width = upright.shape[1]
    band = absorbance(upright)[:, round(0.4 * width) : max(round(0.6 * width), round(0.4 * width) + 1), 1]
    profile = band.mean(axis=1).astype(np.float64)
    heights = _prominences(_smooth(profile, max(1, len(profile) // 100)))
    return Verdict(sum(h > 0.05 for h in heights), heights[1] if len(heights) > 1 else 0.0)


def equalised_mean(crop: Image) -> Verdict:
    """Contrast-equalised column mean, in the manner of RDTScan (Park et al., PLoS ONE 15, 2020).

    Lightness is equalised locally (CLAHE), averaged across the window and turned upside down; peaks that stand out by a
    set share of the range and are no wider than a line count. Equalisation makes faint lines strong, and shadows too.
    """
    upright = _upright(bgr(crop))
    lightness = cv2.cvtColor(upright, cv2.COLOR_BGR2LAB)[..., 0]
    equal = cv2.createCLAHE(clipLimit=5.0, tileGridSize=(4, 4)).apply(lightness)
    width, height = equal.shape[1], equal.shape[0]
    middle = equal[:, round(0.3 * width) : max(round(0.7 * width), round(0.3 * width) + 1)]
    profile = _smooth(255.0 - middle.mean(axis=1).astype(np.float64), max(1, height // 80))
    inside = profile[height // 12 : height - height // 12]
    heights = _prominences(inside, widest=max(3, height // 6))
    return Verdict(sum(h > 25.0 for h in heights), heights[1] if len(heights) > 1 else 0.0)


def robust_background(crop: Image) -> Verdict:
    """Robust background and median + k MAD, in the manner of pyPOCQuant (Cuny et al., JOSS 6(61), 2021).

    The membrane's profile along its length; a straight background fitted so that lines do not pull it (least absolute
    deviations, reweighted); what stands over the median of the rest by k = 5 median absolute deviations is a line.
    """
    upright = _upright(bgr(crop))
    height, width = upright.shape[:2]
    strip = upright[
        height // 10 : height - height // 10, round(0.3 * width) : max(round(0.7 * width), round(0.3 * width) + 1)
    ]
    profile = 255.0 - np.median(strip.min(axis=2), axis=1).astype(np.float64)
    profile = _smooth(profile, max(1, height // 100))
    rest = profile - _robust_line(profile)
    middle = float(np.median(rest))
    spread = max(float(np.median(np.abs(rest - middle))), 0.25)
    over = [(h - middle) / spread for h in _peak_values(rest, apart=max(3, height // 12))]
    over.sort(reverse=True)
    return Verdict(sum(h > 5.0 for h in over), over[1] if len(over) > 1 else 0.0)


RIVALS: dict[str, Callable[[Image], Verdict]] = {
    "centre column": centre_column,
    "equalised mean": equalised_mean,
    "robust background": robust_background,
}


def _upright(crop: Image) -> Image:
    return np.asarray(cv2.rotate(crop, cv2.ROTATE_90_CLOCKWISE)) if crop.shape[1] > crop.shape[0] else crop


def _smooth(profile: Profile, sigma: int) -> Profile:
    return np.asarray(cv2.GaussianBlur(profile.reshape(-1, 1), (0, 0), sigmaX=sigma, sigmaY=sigma)).ravel()


def _prominences(profile: Profile, widest: int | None = None) -> list[float]:
    """Return the peaks' heights over the higher of the two valleys beside them, highest first."""
    found = []
    for at in range(1, len(profile) - 1):
        if not profile[at - 1] < profile[at] >= profile[at + 1]:
            continue
        higher = np.flatnonzero(profile > profile[at])
        left = higher[higher < at].max(initial=-1)
        right = higher[higher > at].min(initial=len(profile))
        base = max(profile[left + 1 : at + 1].min(), profile[at:right].min())
        if widest is not None:
            half = np.flatnonzero(profile[left + 1 : right] > (profile[at] + base) / 2)
            if half[-1] - half[0] > widest:
                continue
        found.append(float(profile[at] - base))
    return sorted(found, reverse=True)


def _peak_values(profile: Profile, apart: int) -> list[float]:
    taken = profile.copy()
    values = []
    for _ in range(6):
        at = int(taken.argmax())
        if not 0 < at < len(taken) - 1 or not np.isfinite(taken[at]):
            taken[max(0, at - apart) : at + apart + 1] = -np.inf
            continue
        values.append(float(taken[at]))
        taken[max(0, at - apart) : at + apart + 1] = -np.inf
    return values


def _robust_line(profile: Profile) -> Profile:
    """Return the straight line of least absolute deviations, by reweighted least squares."""
    at = np.linspace(-1, 1, len(profile))
    weight = np.ones(len(profile))
    fitted = profile
    for _ in range(12):
        slope, level = np.polyfit(at, profile, 1, w=np.sqrt(weight))
        fitted = slope * at + level
        weight = 1 / np.maximum(np.abs(profile - fitted), 0.5)
    return np.asarray(fitted)
