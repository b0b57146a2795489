"""Cases: each alert is taken up, acted on and closed by somebody, step by step, and every step is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from hq.models import alert_steps, alerts, stations
from hq.store import Store


class Step(StrEnum):
    """Where a case stands; it only ever moves forward."""

    NEW = "new"
    ACCEPTED = "accepted"
    HANDED = "handed"  # to a town or a team
    ACTED = "acted"
    ANSWERED = "answered"
    CLOSED = "closed"  # after a call-back

    @property
    def later(self) -> tuple["Step", ...]:
        """The steps that may follow."""
        steps = tuple(Step)
        return steps[steps.index(self) + 1 :]


@dataclass(frozen=True, slots=True)
class Case:
    """One alert with the station it comes from."""

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


@dataclass(frozen=True, slots=True)
class Taken:
    """One step somebody took."""

    state: Step
    at: datetime
    by: str
    note: str


class CaseError(ValueError):
    """The case cannot take this step: it went further meanwhile, or there is no such case."""


def list_cases(db: sa.Connection, *, closed: bool = False, kind: str = "", limit: int = 200) -> list[Case]:
    """Return cases: of the open ones the most urgent first, then the newest."""
    urgency = [] if closed else [sa.case({"red": 0, "yellow": 1}, value=alerts.c.urgency, else_=2)]
    query = _cases().order_by(*urgency, alerts.c.received_at.desc(), alerts.c.at.desc(), alerts.c.id).limit(limit)
    query = query.where(alerts.c.state == Step.CLOSED) if closed else query.where(alerts.c.state != Step.CLOSED)
    if kind:
        query = query.where(alerts.c.kind == kind)
    return [_case(row) for row in db.execute(query)]


def find_case(db: sa.Connection, station: str, case: str) -> Case | None:
    """Return one case, None where there is none."""
    row = db.execute(_cases().where(alerts.c.station_id == station, alerts.c.id == case)).first()
    return None if row is None else _case(row)


def count_new(db: sa.Connection) -> int:
    """Return how many cases nobody has taken up."""
    return int(db.execute(sa.select(sa.func.count()).where(alerts.c.state == Step.NEW)).scalar_one())


def steps_of(db: sa.Connection, station: str, case: str) -> Sequence[Taken]:
    """Return the steps of one case, the first first."""
    rows = db.execute(
        sa.select(alert_steps)
        .where(alert_steps.c.station_id == station, alert_steps.c.alert_id == case)
        .order_by(alert_steps.c.step)
    )
    return [Taken(Step(row.state), row.at, row.by, row.note) for row in rows]


def take_step(store: Store, station: str, case: str, step: Step, *, by: str, note: str, now: datetime) -> None:
    """Move a case forward; raise `CaseError` where it cannot go there (any more)."""
    with store.writing() as db:
        key = (alerts.c.station_id == station, alerts.c.id == case)
        state = db.execute(sa.select(alerts.c.state).where(*key).with_for_update()).scalar()
        if state is None:
            raise CaseError("no such case")
        if step not in Step(state).later:
            raise CaseError(f"a case that is {state} cannot become {step}")
        db.execute(sa.update(alerts).where(*key).values(state=step, state_at=now))
        number = db.execute(
            sa.select(sa.func.max(alert_steps.c.step)).where(
                alert_steps.c.station_id == station, alert_steps.c.alert_id == case
            )
        ).scalar_one()
        db.execute(
            sa.insert(alert_steps).values(
                station_id=station, alert_id=case, step=number + 1, state=step, at=now, by=by, note=note[:500]
            )
        )


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
    )
