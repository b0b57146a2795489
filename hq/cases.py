"""Cases: each alert is taken up, acted on and closed by somebody, step by step, and every entry is kept.

Nothing is edited: a step that was wrong is undone by another entry, and the case stands where it stood before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from hq.case_rules import rule_for
from hq.models import alert_steps, alerts, stations
from hq.store import Store

LONGEST_NOTE = 500


class Step(StrEnum):
    """Where a case stands."""

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


class Entry(StrEnum):
    """What kind of entry stands in a case."""

    STEP = "step"
    UNDO = "undo"
    NOTE = "note"
    REMINDER = "reminder"


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


class CaseError(ValueError):
    """The case cannot take this step: it went further meanwhile, there is no such case, or words are missing."""


def list_cases(db: sa.Connection, query: CaseQuery, now: datetime, limit: int = 200) -> list[Case]:
    """Return cases: of the open ones the late and the most urgent first; of the closed the newest."""
    found = _cases().limit(limit)
    if query.closed:
        found = found.order_by(alerts.c.received_at.desc(), alerts.c.id).where(alerts.c.state == Step.CLOSED)
    else:
        urgency = sa.case({"red": 0, "yellow": 1}, value=alerts.c.urgency, else_=2)
        late = sa.case((alerts.c.due_at < now, 0), else_=1)
        found = found.order_by(urgency, late, alerts.c.received_at.desc(), alerts.c.at.desc(), alerts.c.id)
        found = found.where(alerts.c.state != Step.CLOSED)
    for column, value in (
        (alerts.c.kind, query.kind),
        (alerts.c.urgency, query.urgency),
        (alerts.c.team, query.team),
        (stations.c.town, query.town),
    ):
        if value:
            found = found.where(column == value)
    if query.late:
        found = found.where(alerts.c.due_at < now)
    return [_case(row) for row in db.execute(found)]


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
        .where(alerts.c.state != Step.CLOSED)
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
    undone = _undone(rows)
    taken: list[Taken] = []
    stood_since: datetime | None = None
    for number, row in enumerate(rows):
        moves = row.entry in (Entry.STEP, Entry.UNDO)
        took = row.at - stood_since if moves and stood_since is not None else None
        taken.append(Taken(Entry(row.entry), Step(row.state), row.at, row.by, row.note, number in undone, took))
        if moves:
            stood_since = row.at
    return taken


def take_step(
    store: Store, station: str, case: str, step: Step, *, by: str, note: str, now: datetime, team: str = ""
) -> None:
    """Move a case forward; raise `CaseError` where it cannot go there (any more).

    Handing over names a `team`; closing says in the note who was called back.
    """
    if step is Step.HANDED and not team.strip():
        raise CaseError("team-needed")
    if step is Step.CLOSED and not note.strip():
        raise CaseError("call-back-needed")
    with store.writing() as db:
        row = _locked(db, station, case)
        if step not in Step(row.state).later:
            raise CaseError("moved-on")
        changes = {"team": team.strip()[:100]} if step is Step.HANDED else {}
        if step is Step.HANDED:
            note = f"→ {team.strip()[:100]}" + (f": {note}" if note else "")
        _write(db, row, Entry.STEP, step, by=by, note=note, now=now, **changes)


def undo_step(store: Store, station: str, case: str, *, by: str, note: str, now: datetime) -> None:
    """Take the last step back: the case stands where it stood before it. Raise `CaseError` where there is none."""
    if not note.strip():
        raise CaseError("why-needed")
    with store.writing() as db:
        row = _locked(db, station, case)
        before = [Step(entry.state) for entry in _standing(_rows(db, station, case))]
        if len(before) < 2:
            raise CaseError("nothing-to-undo")
        _write(db, row, Entry.UNDO, before[-2], by=by, note=note, now=now)


def add_note(store: Store, station: str, case: str, *, by: str, note: str, now: datetime) -> None:
    """Add a note, also to a closed case; raise `CaseError` for an empty one."""
    if not note.strip():
        raise CaseError("note-needed")
    with store.writing() as db:
        row = _locked(db, station, case)
        _write(db, row, Entry.NOTE, Step(row.state), by=by, note=note, now=now)


def remind_late(store: Store, now: datetime, limit: int = 500) -> int:
    """Write a reminder into every case whose next step is late, once for each step; return how many."""
    unreminded = sa.or_(alerts.c.reminded_at.is_(None), alerts.c.reminded_at < alerts.c.due_at)
    late = sa.select(alerts).where(alerts.c.due_at < now, unreminded).limit(limit)
    with store.reading() as db:
        if db.execute(late.limit(1)).first() is None:
            return 0
    with store.writing() as db:
        rows = db.execute(late.with_for_update()).all()
        for row in rows:
            _write(db, row, Entry.REMINDER, Step(row.state), by="", note="", now=now)
    return len(rows)


def _locked(db: sa.Connection, station: str, case: str) -> sa.Row[tuple[object, ...]]:
    row = db.execute(
        sa.select(alerts).where(alerts.c.station_id == station, alerts.c.id == case).with_for_update()
    ).first()
    if row is None:
        raise CaseError("no-such-case")
    return row


def _write(
    db: sa.Connection,
    row: sa.Row[tuple[object, ...]],
    entry: Entry,
    state: Step,
    *,
    by: str,
    note: str,
    now: datetime,
    **changes: object,
) -> None:
    known = row._mapping
    key = (alerts.c.station_id == known["station_id"], alerts.c.id == known["id"])
    if entry is Entry.REMINDER:
        changes["reminded_at"] = now
    elif entry is not Entry.NOTE:
        rule = rule_for(db, known["kind"], known["detail"])
        changes |= {"state": state, "state_at": now, "due_at": rule.due_at(state, known["received_at"])}
    if changes:
        db.execute(sa.update(alerts).where(*key).values(**changes))
    last = db.execute(
        sa.select(sa.func.max(alert_steps.c.step)).where(
            alert_steps.c.station_id == known["station_id"], alert_steps.c.alert_id == known["id"]
        )
    ).scalar_one()
    db.execute(
        sa.insert(alert_steps).values(
            station_id=known["station_id"],
            alert_id=known["id"],
            step=last + 1,
            entry=entry,
            state=state,
            at=now,
            by=by,
            note=note.strip()[:LONGEST_NOTE],
        )
    )


def _rows(db: sa.Connection, station: str, case: str) -> Sequence[sa.Row[tuple[object, ...]]]:
    return db.execute(
        sa.select(alert_steps)
        .where(alert_steps.c.station_id == station, alert_steps.c.alert_id == case)
        .order_by(alert_steps.c.step)
    ).all()


def _standing(rows: Sequence[sa.Row[tuple[object, ...]]]) -> list[sa.Row[tuple[object, ...]]]:
    """Return the steps that were not undone, the first first."""
    gone = _undone(rows)
    return [row for number, row in enumerate(rows) if row._mapping["entry"] == Entry.STEP and number not in gone]


def _undone(rows: Sequence[sa.Row[tuple[object, ...]]]) -> set[int]:
    """Return the places, in `rows`, of the steps that a later entry took back."""
    standing: list[int] = []
    gone: set[int] = set()
    for number, row in enumerate(rows):
        match row._mapping["entry"]:
            case Entry.STEP:
                standing.append(number)
            case Entry.UNDO if standing:
                gone.add(standing.pop())
            case _:
                pass
    return gone


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
