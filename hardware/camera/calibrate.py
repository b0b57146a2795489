"""Calibrating a camera on its mat: the sharpest focus, an exposure that keeps white paper white, and a neutral white.

Everything is found by trying: a picture is taken with each setting and measured. So it works for whatever camera takes
settings, and what is kept is what was seen to work.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from checkpoint.errors import CameraError
from checkpoint.ports import Image
from hardware.camera.tuning import Tuning

Shoot = Callable[[Tuning], Image]
"""Takes a picture with these settings: shape (H, W, 3), uint8, BGR."""

PAPER_LEVEL = 200.0  # of 255: bright, with room for the gloss of a cassette above it
PAPER_OFF = 12.0  # levels from there that still count as right
PAPER_SHARE = 80  # percentile of the picture's brightness that is paper: a mat is mostly white
FEWEST_EDGES = 4.0  # variance of the Laplacian; an empty table has less than this, a printed mat hundreds
NEUTRAL = 0.03  # relative difference of two colours on white paper that nobody sees
MAINS_US = 10_000.0  # half a period of 50 Hz: an exposure of whole ones sees no flicker
SHORTEST_US, LONGEST_US = 200.0, 60_000.0
SMALLEST_GAIN, LARGEST_GAIN = 1.0, 8.0
COARSE, FINE = 9, 5  # focus positions tried
MOST_TRIES = 8


@dataclass(frozen=True, slots=True)
class Measured:
    """What one picture says: ``sharpness`` (variance of the Laplacian), and the paper's mean level in B, G and R."""

    sharpness: float
    paper: tuple[float, float, float]

    @property
    def level(self) -> float:
        """The paper's brightness: of its brightest colour, which is the one that burns out first."""
        return max(self.paper)


def measure(image: Image) -> Measured:
    """Return what a picture of the mat says."""
    grey: Any = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    paper = image[grey >= np.percentile(grey, PAPER_SHARE)].reshape(-1, 3)
    blue, green, red = (float(level) for level in paper.mean(axis=0))
    return Measured(float(cv2.Laplacian(grey, cv2.CV_64F).var()), (blue, green, red))


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The settings that were found, and what the last picture with them says."""

    tuning: Tuning
    seen: Measured


def calibrate(
    shoot: Shoot,
    *,
    focus: tuple[float, float],
    white_balance: bool,
    tell: Callable[[str], None] = lambda _line: None,
) -> Calibrated:
    """Find a camera's settings on the mat under it; `focus`: the first and last position to try, in the device's unit.

    Raises `CameraError` where the mat cannot be seen, or is too dark or too bright for any exposure.
    """
    tuning = Tuning(exposure_us=MAINS_US, gain=1.0)
    if white_balance:
        tuning = replace(tuning, red_gain=1.8, blue_gain=1.8)  # the middle of what sensors want under lamps and sky
    tuning = _expose(shoot, tuning, tell, roughly=True)
    tuning = _focus(shoot, tuning, focus, tell)
    tuning = _expose(shoot, tuning, tell)
    if white_balance:
        tuning = _balance(shoot, tuning, tell)
        tuning = _expose(shoot, tuning, tell)
    return Calibrated(tuning, measure(shoot(tuning)))


def _focus(shoot: Shoot, tuning: Tuning, limits: tuple[float, float], tell: Callable[[str], None]) -> Tuning:
    def sharpest(positions: Any) -> tuple[float, float]:
        found = []
        for position in positions:
            sharpness = measure(shoot(replace(tuning, focus=float(position)))).sharpness
            tell(f"focus {position:.2f}: sharpness {sharpness:.0f}")
            found.append((sharpness, float(position)))
        sharpness, position = max(found)
        return position, sharpness

    low, high = limits
    step = (high - low) / (COARSE - 1)
    near, _ = sharpest(np.linspace(low, high, COARSE))
    position, sharpness = sharpest(np.linspace(max(low, near - step * 0.75), min(high, near + step * 0.75), FINE))
    if sharpness < FEWEST_EDGES:
        raise CameraError("nothing to focus on: lay the printed mat under the camera, and take the cap off")
    return replace(tuning, focus=round(position, 3))


def _expose(shoot: Shoot, tuning: Tuning, tell: Callable[[str], None], *, roughly: bool = False) -> Tuning:
    """Bring the paper to its level: by the exposure first, by the gain where that would blur or flicker."""
    off = PAPER_OFF * (4 if roughly else 1)
    for _ in range(MOST_TRIES):
        level = measure(shoot(tuning)).level
        tell(f"exposure {tuning.exposure_us:.0f} us, gain {tuning.gain:.2f}: paper at {level:.0f} of 255")
        if abs(level - PAPER_LEVEL) <= off:
            return tuning
        # A picture's levels grow slower than its light (gamma); too bold a step is mended by the next.
        factor = float(np.clip((PAPER_LEVEL / max(level, 4.0)) ** 1.4, 0.25, 4.0))
        light = (tuning.exposure_us or MAINS_US) * (tuning.gain or 1.0) * factor
        exposure = float(np.clip(light, SHORTEST_US, LONGEST_US))
        if exposure > MAINS_US:
            exposure = MAINS_US * max(1.0, np.floor(min(exposure, 2 * MAINS_US) / MAINS_US))
        gain = float(np.clip(light / exposure, SMALLEST_GAIN, LARGEST_GAIN))
        after = replace(tuning, exposure_us=round(exposure), gain=round(gain, 3))
        if after == tuning:
            break
        tuning = after
    level = measure(shoot(tuning)).level
    if abs(level - PAPER_LEVEL) <= 2 * off:
        return tuning
    raise CameraError(f"the mat is too {'dark' if level < PAPER_LEVEL else 'bright'}: paper at {level:.0f} of 255")


def _balance(shoot: Shoot, tuning: Tuning, tell: Callable[[str], None]) -> Tuning:
    for _ in range(MOST_TRIES):
        blue, green, red = measure(shoot(tuning)).paper
        tell(
            f"white balance {tuning.red_gain:.2f}, {tuning.blue_gain:.2f}: paper R {red:.0f} G {green:.0f} B {blue:.0f}"
        )
        if abs(red / green - 1) <= NEUTRAL and abs(blue / green - 1) <= NEUTRAL:
            return tuning
        tuning = replace(
            tuning,
            red_gain=round(float(np.clip((tuning.red_gain or 1.0) * green / max(red, 1.0), 0.5, 8.0)), 3),
            blue_gain=round(float(np.clip((tuning.blue_gain or 1.0) * green / max(blue, 1.0), 0.5, 8.0)), 3),
        )
    raise CameraError("the paper does not turn white: is coloured light falling on the mat?")
