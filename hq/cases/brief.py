"""The daily brief: what came in during a day, how much of it was taken up and answered, and how fast."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import sqlalchemy as sa

from hq.cases.steps import OPEN, Entry, Step
from hq.store.models import alert_steps, alerts, stations


@dataclass(frozen=True, slots=True)
class BriefLine:
    """Figures about some cases of a day; a median is None where no case got so far."""

    name: str
    opened: int
    accepted: int
    answered: int
    closed: int
    late: int
    median_accept: timedelta | None
    median_answer: timedelta | None
    median_close: timedelta | None

    @property
    def accepted_percent(self) -> float:
        """Of those that came in, how many were taken up; 100 where none came in."""
        return 100.0 * self.accepted / self.opened if self.opened else 100.0

    @property
    def answered_percent(self) -> float:
        """Of those that came in, how many were answered; 100 where none came in."""
        return 100.0 * self.answered / self.opened if self.opened else 100.0


@dataclass(frozen=True, slots=True)
class Brief:
    """One day's brief: the whole, by kind, by town; ``left_open`` counts cases of earlier days still open."""

    begins: datetime
    ends: datetime
    whole: BriefLine
    kinds: tuple[BriefLine, ...]
    towns: tuple[BriefLine, ...]
    left_open: int


@dataclass(slots=True)
class _Course:
    """How far one case got; times from its coming in."""

    kind: str
    town: str
    late: bool
    reached: dict[Step, timedelta]


def read_brief(db: sa.Connection, begins: datetime, ends: datetime, now: datetime) -> Brief:
    """Return the brief on the cases that came in from `begins` until before `ends`."""
    came_in = (alerts.c.received_at >= begins, alerts.c.received_at < ends)
    courses: dict[tuple[str, str], _Course] = {}
    since: dict[tuple[str, str], datetime] = {}
    columns = (alerts.c.station_id, alerts.c.id, alerts.c.kind, alerts.c.received_at, alerts.c.due_at, stations.c.town)
    for row in db.execute(
        sa.select(*columns).join(stations, stations.c.id == alerts.c.station_id).where(*came_in)
    ).all():
        key = (row.station_id, row.id)
        since[key] = row.received_at
        courses[key] = _Course(row.kind, row.town, row.due_at is not None and row.due_at < now, {})
    steps = (
        sa.select(alert_steps)
        .join(
            alerts,
            sa.and_(alerts.c.station_id == alert_steps.c.station_id, alerts.c.id == alert_steps.c.alert_id),
        )
        .where(*came_in, alert_steps.c.entry.in_([Entry.STEP, Entry.UNDO]))
        .order_by(alert_steps.c.station_id, alert_steps.c.alert_id, alert_steps.c.step)
    )
    for row in db.execute(steps):
        key = (row.station_id, row.alert_id)
        if key in courses:
            _walk(courses[key].reached, Entry(row.entry), Step(row.state), row.at - since[key])
    every = list(courses.values())
    left = sa.select(sa.func.count()).where(alerts.c.state.in_(OPEN), alerts.c.received_at < begins)
    return Brief(
        begins,
        ends,
        _line("", every),
        tuple(_line(kind, (c for c in every if c.kind == kind)) for kind in _by_number(c.kind for c in every)),
        tuple(_line(town, (c for c in every if c.town == town)) for town in _by_number(c.town for c in every)),
        int(db.execute(left).scalar_one()),
    )


def _walk(reached: dict[Step, timedelta], entry: Entry, state: Step, after: timedelta) -> None:
    """Follow one entry: a step reaches it and all it skipped, an undo takes back what lies beyond."""
    if entry is Entry.UNDO:
        for step in state.later:
            reached.pop(step, None)
    else:
        for step in Step:
            if step not in state.later:
                reached.setdefault(step, after)


def _line(name: str, some: Iterable[_Course]) -> BriefLine:
    courses = list(some)
    return BriefLine(
        name=name,
        opened=len(courses),
        accepted=sum(Step.ACCEPTED in c.reached for c in courses),
        answered=sum(Step.ANSWERED in c.reached for c in courses),
        closed=sum(Step.CLOSED in c.reached for c in courses),
        late=sum(c.late for c in courses),
        median_accept=_median(courses, Step.ACCEPTED),
        median_answer=_median(courses, Step.ANSWERED),
        median_close=_median(courses, Step.CLOSED),
    )


def _median(courses: list[_Course], step: Step) -> timedelta | None:
    times = [c.reached[step].total_seconds() for c in courses if step in c.reached]
    return timedelta(seconds=median(times)) if times else None


def _by_number(names: Iterable[str]) -> list[str]:
    return [name for name, _ in Counter(names).most_common()]
