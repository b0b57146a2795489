"""The profile of a cassette's membrane as a small picture of lines, drawn as SVG without a library."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 320, 96, 6  # user units of the SVG


@dataclass(frozen=True, slots=True)
class ProfilePlot:
    """A profile as SVG coordinates; ``line`` is the curve and ``area`` the same closed at the foot."""

    line: str
    area: str
    width: int = WIDTH
    height: int = HEIGHT


def profile_plot(profile: Sequence[float]) -> ProfilePlot:
    """Return the curve of an absorbance profile, control end at the left.

    The scale never grows finer than 0.05 absorbance in height, so that noise alone does not look like a line.

    >>> profile_plot([0.0, 1.0]).line
    '6.0,90.0 314.0,6.0'
    """
    low, high = min(profile), max(profile)
    height = max(high - low, 0.05)
    step = (WIDTH - 2 * MARGIN) / max(1, len(profile) - 1)
    points = [
        (MARGIN + i * step, HEIGHT - MARGIN - (value - low) / height * (HEIGHT - 2 * MARGIN))
        for i, value in enumerate(profile)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    foot = HEIGHT - MARGIN
    return ProfilePlot(line, f"{points[0][0]:.1f},{foot} {line} {points[-1][0]:.1f},{foot}")
