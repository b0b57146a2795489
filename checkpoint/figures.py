"""A shift's or a day's figures: crossings an hour, how they ended, and how long people waited; counted from events."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from checkpoint.assay import Outcome
from checkpoint.crossing import Verdict
from checkpoint.events import Kind
from checkpoint.journal.glance import Glance

KINDS = (
    Kind.CROSSING_DECIDED,
    Kind.CROSSING_CLOSED,
    Kind.OVERRIDDEN,
    Kind.CORRECTED,
    Kind.TEST_STARTED,
    Kind.TEST_READ,
    Kind.TEST_VOIDED,
)
FIELDS = ("crossing", "verdict", "left_as", "people", "outcome", "waited_s", "test")
HOUR = timedelta(hours=1)
MOST_HOURS = 7 * 24


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour by the local clock: the crossings that began in it, by their last verdict."""

    start: datetime
    verdicts: Mapping[Verdict, int]

    @property
    def crossings(self) -> int:
        """How many vehicles came."""
        return sum(self.verdicts.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in a span of time.

    ``at_gate_s``: from a vehicle's first decision until it left; ``at_bench_s``: from the drops to the reading. Both
    sorted, seconds.
    """

    since: datetime
    until: datetime
    hours: tuple[Hour, ...]
    verdicts: Mapping[Verdict, int]
    outcomes: Mapping[Outcome, int]
    people: int = 0
    tests_started: int = 0
    voided: int = 0
    overrides: int = 0
    corrections: int = 0
    at_gate_s: tuple[float, ...] = ()
    at_bench_s: tuple[float, ...] = ()

    @property
    def crossings(self) -> int:
        """How many vehicles came."""
        return sum(self.verdicts.values())

    @property
    def busiest(self) -> Hour | None:
        """The hour with the most crossings."""
        return max(self.hours, key=lambda hour: hour.crossings, default=None)


@dataclass(slots=True)
class _Crossing:
    began: datetime
    verdict: Verdict | None = None
    people: int = 1


@dataclass(slots=True)
class _Sums:
    crossings: dict[str, _Crossing] = field(default_factory=dict)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    at_gate_s: list[float] = field(default_factory=list)
    at_bench_s: list[float] = field(default_factory=list)


def figures_of(glances: Iterable[Glance], since: datetime, until: datetime, zone: tzinfo) -> Figures:
    """Return the figures of events, oldest first, that lie between `since` and `until`."""
    sums = _Sums()
    for glance in glances:
        _enter(sums, glance)
    hours = {start: Counter[Verdict]() for start in _hours(since, until, zone)}
    verdicts: Counter[Verdict] = Counter()
    for crossing in sums.crossings.values():
        if crossing.verdict is None:
            continue
        verdicts[crossing.verdict] += 1
        start = crossing.began.astimezone(zone).replace(minute=0, second=0, microsecond=0)
        hours.setdefault(start, Counter())[crossing.verdict] += 1
    return Figures(
        since=since,
        until=until,
        hours=tuple(Hour(start, dict(counted)) for start, counted in sorted(hours.items())),
        verdicts=dict(verdicts),
        outcomes=dict(sums.outcomes),
        people=sum(crossing.people for crossing in sums.crossings.values()),
        tests_started=sums.other[Kind.TEST_STARTED],
        voided=sums.other[Kind.TEST_VOIDED],
        overrides=sums.other[Kind.OVERRIDDEN],
        corrections=sums.other[Kind.CORRECTED],
        at_gate_s=tuple(sorted(sums.at_gate_s)),
        at_bench_s=tuple(sorted(sums.at_bench_s)),
    )


def share_of(sorted_values: tuple[float, ...], share: float) -> float:
    """Return the value below which `share` (0 to 1) of them lie; 0 where there are none.

    >>> share_of((1.0, 2.0, 3.0, 4.0), 0.5)
    3.0
    """
    if not sorted_values:
        return 0.0
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def _enter(sums: _Sums, glance: Glance) -> None:
    said = dict(zip(FIELDS, glance.values, strict=True))
    name = str(said["crossing"] or "")
    match glance.kind:
        case Kind.CROSSING_DECIDED | Kind.OVERRIDDEN | Kind.CORRECTED:
            crossing = sums.crossings.get(name)
            if crossing is None and glance.kind == Kind.CROSSING_DECIDED:
                crossing = sums.crossings[name] = _Crossing(glance.at)
            if crossing is not None:
                crossing.verdict = _verdict(said["verdict"]) or crossing.verdict
                crossing.people = max(crossing.people, said["people"] if isinstance(said["people"], int) else 1)
            if glance.kind != Kind.CROSSING_DECIDED:
                sums.other[glance.kind] += 1
        case Kind.CROSSING_CLOSED:
            crossing = sums.crossings.get(name)
            if crossing is not None:
                crossing.verdict = _verdict(said["left_as"]) or crossing.verdict
                sums.at_gate_s.append((glance.at - crossing.began).total_seconds())
        case Kind.TEST_READ:
            outcome = Outcome(str(said["outcome"])) if said["outcome"] in set(Outcome) else Outcome.RETAKE
            if outcome is not Outcome.RETAKE:
                sums.outcomes[outcome] += 1
                if isinstance(said["waited_s"], int | float):
                    sums.at_bench_s.append(float(said["waited_s"]))
        case _:
            sums.other[glance.kind] += 1


def _verdict(said: object) -> Verdict | None:
    return Verdict(str(said)) if said in set(Verdict) else None


def _hours(since: datetime, until: datetime, zone: tzinfo) -> list[datetime]:
    start = since.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    count = int((until - start) / HOUR) + 1
    return [(start + n * HOUR).astimezone(zone) for n in range(min(count, MOST_HOURS)) if start + n * HOUR < until]
