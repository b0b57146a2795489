"""A day in figures, from the counters by hour: crossings by their last verdict, tests by outcome, waiting times."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from hq.figures.counted import WAIT_LIMITS_MIN
from hq.figures.tallies import measures, uncounted
from hq.store.models import stations, tallies

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of some hours at some stations.

    ``waits``: crossings that were held first, by the upper limit of their waiting time in minutes (0: longer);
    ``bench``: tests by the time from start to reading, likewise.
    """

    crossings: Mapping[str, int] = field(default_factory=dict)
    tests: Mapping[str, int] = field(default_factory=dict)
    waits: Mapping[int, int] = field(default_factory=dict)
    bench: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All crossings."""
        return sum(self.crossings.values())

    @property
    def median_wait(self) -> int | None:
        """The class that half of those who were held waited in or less, as its upper limit; see `median_class`."""
        return median_class(self.waits)


@dataclass(frozen=True, slots=True)
class Today:
    """The day so far: the whole, by hour (the first hour first), by town; ``uncounted`` events are not in it yet."""

    whole: Figures
    hours: tuple[Figures, ...]
    towns: Mapping[str, Figures]
    uncounted: int = 0


def read_today(db: sa.Connection, begins: datetime, now: datetime) -> Today:
    """Return the figures of the full hours from `begins` to `now`."""
    by_hour: defaultdict[int, Counter[str]] = defaultdict(Counter)
    by_town: defaultdict[str, Counter[str]] = defaultdict(Counter)
    whole: Counter[str] = Counter()
    ends = now + _HOUR
    for row in measures(db, begins, ends, [tallies.c.hour, stations.c.town]):
        number = int(row.number)
        whole[row.measure] += number
        by_hour[int((row.hour - begins) / _HOUR)][row.measure] += number
        by_town[row.town][row.measure] += number
    return Today(
        whole=_figures(whole),
        hours=tuple(_figures(by_hour[hour]) for hour in range(int((now - begins) / _HOUR) + 1)),
        towns={town: _figures(by_town[town]) for town in sorted(by_town)},
        uncounted=uncounted(db),
    )


def median_class(classes: Mapping[int, int]) -> int | None:
    """Return the class that the middle one falls into; None where there is nobody, 0 for longer than all limits.

    >>> median_class({10: 3, 15: 2, 0: 1})
    10
    """
    middle = sum(classes.values()) / 2
    if middle <= 0:
        return None
    so_far = 0
    for limit in (*WAIT_LIMITS_MIN, 0):
        so_far += classes.get(limit, 0)
        if so_far >= middle:
            return limit
    return 0


def _figures(counted: Mapping[str, int]) -> Figures:
    parts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for measure, number in counted.items():
        group, _, name = measure.partition(":")
        if number:
            parts[group][name] = number
    return Figures(
        crossings=parts["crossing"],
        tests=parts["test"],
        waits=dict(_limits(parts["wait"].items())),
        bench=dict(_limits(parts["bench"].items())),
    )


def _limits(named: Iterable[tuple[str, int]]) -> Iterable[tuple[int, int]]:
    return ((int(name), number) for name, number in named)
