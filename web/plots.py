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


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of an upright plot: its name below, its height in words, and its parts from the foot up."""

    x: float
    width: float
    name: str
    total: int
    parts: tuple[tuple[str, float, float], ...]  # class, y, height


@dataclass(frozen=True, slots=True)
class BarPlot:
    """Bars as SVG coordinates; ``top`` is the number the highest bar reaches to."""

    bars: tuple[Bar, ...]
    top: int
    width: int = 420
    height: int = 176
    foot: int = 152


def bar_plot(columns: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> BarPlot:
    """Return stacked bars: for each column its name, and its parts as (class, number), the lowest first.

    >>> bar_plot([("08", [("admit", 3), ("hold", 1)])]).bars[0].parts
    (('admit', 50.0, 102.0), ('hold', 16.0, 34.0))
    """
    plot = BarPlot((), max((sum(n for _, n in parts) for _, parts in columns), default=0))
    if not plot.top:
        return plot
    pitch = (plot.width - 16) / len(columns)
    scale = (plot.foot - 16) / plot.top
    bars = []
    for i, (name, parts) in enumerate(columns):
        y, drawn = float(plot.foot), []
        for kind, number in parts:
            if number:
                y -= number * scale
                drawn.append((kind, round(y, 1), round(number * scale, 1)))
        total = sum(number for _, number in parts)
        width = min(pitch * 0.78, 48.0)
        bars.append(Bar(round(8 + i * pitch + (pitch - width) / 2, 1), round(width, 1), name, total, tuple(drawn)))
    return BarPlot(tuple(bars), plot.top)
