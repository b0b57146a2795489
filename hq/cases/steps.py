"""A case on its way: each alert is taken up, acted on and closed by somebody, step by step, and every entry is kept.

Nothing is edited: a step that was wrong is undone by another entry, and the case stands where it stood before.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from hq.cases.rules import rule_for
from hq.store import Store
from hq.store.models import alert_steps, alerts

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


# Named one by one: "not closed" no index can look up, and the closed ones are all of the past.
OPEN = tuple(step for step in Step if step is not Step.CLOSED)


class Entry(StrEnum):
    """What kind of entry stands in a case."""

    STEP = "step"
    UNDO = "undo"
    NOTE = "note"
    REMINDER = "reminder"


class CaseError(ValueError):
    """The case cannot take this step: it went further meanwhile, there is no such case, or words are missing."""


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
    gone = undone_in(rows)
    return [row for number, row in enumerate(rows) if row._mapping["entry"] == Entry.STEP and number not in gone]


def undone_in(rows: Sequence[sa.Row[tuple[object, ...]]]) -> set[int]:
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
