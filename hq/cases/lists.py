"""Cases as people look at them: listed, counted, and one with all its entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from hq.cases.steps import OPEN, Entry, Step, undone_in
from hq.store.models import alert_steps, alerts, stations

Narrowed = TypeVar("Narrowed", bound=sa.Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True)
class Case:
    """One alert with the station it comes from; ``due_at`` is when the next step is late, None once closed."""

    station: str
    station_name: str
    town: str
    id: str
    kind: str
    urgency: str
    at: datetime
    received_at: datetime
    epoch: int
    seq: int
    detail: str
    state: Step
    state_at: datetime
    team: str
    due_at: datetime | None

    def late_by(self, now: datetime) -> timedelta | None:
        """Return by how much the next step is late, None where it is not."""
        return now - self.due_at if self.due_at is not None and now > self.due_at else None


@dataclass(frozen=True, slots=True)
class Taken:
    """One entry: a step somebody took, one that was undone, a note, a reminder.

    ``undone`` marks a step that a later entry took back; ``took`` is how long the case stood before it.
    """

    entry: Entry
    state: Step
    at: datetime
    by: str
    note: str
    undone: bool = False
    took: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Which cases to list; empty means any."""

    closed: bool = False
    kind: str = ""
    urgency: str = ""
    town: str = ""
    team: str = ""
    late: bool = False
    new: bool = False


def list_cases(db: sa.Connection, query: CaseQuery, now: datetime, limit: int = 100, skip: int = 0) -> list[Case]:
    """Return cases: of the closed the newest first; of the open the most urgent, and of each urgency those nobody has
    taken up, then the late ones: however many are late, a new red case heads the first page.
    """
    found = _narrowed(_cases(), query, now).limit(limit).offset(skip)
    if query.closed:
        found = found.order_by(alerts.c.received_at.desc(), alerts.c.id)
    else:
        urgency = sa.case({"red": 0, "yellow": 1}, value=alerts.c.urgency, else_=2)
        turn = sa.case((alerts.c.state == Step.NEW, 0), (alerts.c.due_at < now, 1), else_=2)
        found = found.order_by(urgency, turn, alerts.c.received_at.desc(), alerts.c.at.desc(), alerts.c.id)
    return [_case(row) for row in db.execute(found)]


def count_cases(db: sa.Connection, query: CaseQuery, now: datetime) -> int:
    """Return how many cases a query finds."""
    counted = sa.select(sa.func.count()).select_from(alerts)
    if query.town:
        counted = counted.join(stations, stations.c.id == alerts.c.station_id)
    return int(db.execute(_narrowed(counted, query, now)).scalar_one())


def find_case(db: sa.Connection, station: str, case: str) -> Case | None:
    """Return one case, None where there is none."""
    row = db.execute(_cases().where(alerts.c.station_id == station, alerts.c.id == case)).first()
    return None if row is None else _case(row)


def count_new(db: sa.Connection) -> int:
    """Return how many cases nobody has taken up."""
    return int(db.execute(sa.select(sa.func.count()).where(alerts.c.state == Step.NEW)).scalar_one())


def count_late(db: sa.Connection, now: datetime) -> int:
    """Return how many cases wait for a step that is late."""
    return int(db.execute(sa.select(sa.func.count()).where(alerts.c.due_at < now)).scalar_one())


def count_open(db: sa.Connection) -> dict[tuple[str, str], int]:
    """Return the number of open cases by kind and urgency."""
    rows = db.execute(
        sa.select(alerts.c.kind, alerts.c.urgency, sa.func.count())
        .where(alerts.c.state.in_(OPEN))
        .group_by(alerts.c.kind, alerts.c.urgency)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def known_teams(db: sa.Connection) -> list[str]:
    """Return to whom a case can be handed: the towns that have stations, and the teams cases were handed to."""
    towns = db.execute(sa.select(stations.c.town).distinct()).scalars()
    teams = db.execute(sa.select(alerts.c.team).where(alerts.c.team != "").distinct().limit(100)).scalars()
    return sorted({name for name in (*towns, *teams) if name})


def entries_of(db: sa.Connection, station: str, case: str) -> Sequence[Taken]:
    """Return the entries of one case, the first first."""
    rows = db.execute(
        sa.select(alert_steps)
        .where(alert_steps.c.station_id == station, alert_steps.c.alert_id == case)
        .order_by(alert_steps.c.step)
    ).all()
    undone = undone_in(rows)
    taken: list[Taken] = []
    stood_since: datetime | None = None
    for number, row in enumerate(rows):
        moves = row.entry in (Entry.STEP, Entry.UNDO)
        took = row.at - stood_since if moves and stood_since is not None else None
        taken.append(Taken(Entry(row.entry), Step(row.state), row.at, row.by, row.note, number in undone, took))
        if moves:
            stood_since = row.at
    return taken


def _cases() -> sa.Select[*tuple[object, ...]]:
    return sa.select(alerts, stations.c.name, stations.c.town).join(stations, stations.c.id == alerts.c.station_id)


def _case(row: sa.Row[*tuple[object, ...]]) -> Case:
    known = row._mapping
    return Case(
        station=known["station_id"],
        station_name=known["name"],
        town=known["town"],
        id=known["id"],
        kind=known["kind"],
        urgency=known["urgency"],
        at=known["at"],
        received_at=known["received_at"],
        epoch=known["epoch"],
        seq=known["seq"],
        detail=known["detail"],
        state=Step(known["state"]),
        state_at=known["state_at"],
        team=known["team"],
        due_at=known["due_at"],
    )


def _narrowed(found: Narrowed, query: CaseQuery, now: datetime) -> Narrowed:
    found = found.where(alerts.c.state == Step.CLOSED if query.closed else alerts.c.state.in_(OPEN))
    for column, value in (
        (alerts.c.kind, query.kind),
        (alerts.c.urgency, query.urgency),
        (alerts.c.team, query.team),
        (stations.c.town, query.town),
    ):
        if value:
            found = found.where(column == value)
    if query.new:
        found = found.where(alerts.c.state == Step.NEW)
    return found.where(alerts.c.due_at < now) if query.late else found
