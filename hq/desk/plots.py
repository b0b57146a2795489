"""Small plots as SVG coordinates, drawn without a library: bars by the hour, and bars by class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hq.figures.today import Figures

WIDTH, HEIGHT, FOOT, TOP, LEFT = 720, 190, 26, 18, 44  # user units of the SVG
_STACK = ("refuse", "hold", "admit")  # from the foot up: what matters most is never hidden behind the rest


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle: ``code`` names its colour and pattern, ``label`` what it stands for, ``value`` how many."""

    x: float
    y: float
    width: float
    height: float
    code: str
    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars on a ground line, with the scale's lines: (y, value), and the labels under the bars: (x, text)."""

    bars: tuple[Bar, ...]
    scale: tuple[tuple[float, int], ...]
    labels: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    ground: int = HEIGHT - FOOT


def hours_plot(hours: Sequence[Figures], whole_day: int = 24) -> Plot:
    """Return crossings by the hour, stacked by verdict."""
    most = max([1, *(hour.total for hour in hours)])
    step = (WIDTH - LEFT) / whole_day
    bars = []
    for number, hour in enumerate(hours[:whole_day]):
        y = float(HEIGHT - FOOT)
        for code in _STACK:
            value = hour.crossings.get(code, 0)
            if value > 0:
                height = _height(value, most)
                y -= height
                bars.append(
                    Bar(round(LEFT + number * step + 3, 1), round(y, 1), step - 6, height, code, f"{number}:00", value)
                )
    labels = tuple((round(LEFT + hour * step + step / 2, 1), f"{hour}") for hour in range(0, whole_day, 3))
    return Plot(tuple(bars), _scale(most), labels)


def classes_plot(classes: Mapping[int, int], limits: Sequence[int]) -> Plot:
    """Return a distribution: one bar for each class by its upper limit; the last one is open."""
    most = max([1, *classes.values()])
    step = (WIDTH - LEFT) / (len(limits) + 1)
    names = [f"≤{limit}" for limit in limits] + [f">{limits[-1]}"]
    bars = tuple(
        Bar(
            round(LEFT + number * step + 8, 1),
            round(HEIGHT - FOOT - _height(value, most), 1),
            step - 16,
            _height(value, most),
            "wait",
            names[number],
            value,
        )
        for number, limit in enumerate((*limits, 0))
        if (value := classes.get(limit, 0)) > 0
    )
    labels = tuple((round(LEFT + number * step + step / 2, 1), name) for number, name in enumerate(names))
    return Plot(bars, _scale(most), labels)


def _height(value: int, most: int) -> float:
    return round((HEIGHT - FOOT - TOP) * value / most, 1)


def _scale(most: int) -> tuple[tuple[float, int], ...]:
    """Return two lines at round numbers, so that a bar can be read."""
    step = _round_step(most)
    return tuple(
        (round(HEIGHT - FOOT - (HEIGHT - FOOT - TOP) * value / most, 1), value) for value in range(step, most + 1, step)
    )


def _round_step(most: int) -> int:
    """Return 1, 2 or 5 times a power of ten, so that there are two to four lines.

    >>> [_round_step(most) for most in (1, 9, 40, 900)]
    [1, 5, 20, 500]
    """
    step = 1
    while most / step >= 4:
        step = {1: 2, 2: 5, 5: 10}[int(str(step)[0])] * 10 ** (len(str(step)) - 1)
    return step
