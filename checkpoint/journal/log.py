"""Searching the journal, newest first."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from checkpoint.crossing import Verdict
from checkpoint.events import Event, Kind, wall_text
from checkpoint.journal.rows import EVENT_COLUMNS, EVENT_FROM, event_of
from checkpoint.reasons import Reason


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What to look for; None means any. ``since`` is included, ``until`` is not.

    ``before_seq`` continues a list: pass the last page's ``next_before``.
    """

    verdict: Verdict | str | None = None
    kind: Kind | str | None = None
    reason: Reason | str | None = None
    officer: str | None = None
    crossing: str | None = None
    slot: int | None = None
    test: str | None = None
    lot: str | None = None
    plate: str | None = None  # a token, see `Journal.plate_token`
    since: datetime | None = None
    until: datetime | None = None
    before_seq: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of events, newest first; ``next_before`` is None at the end of the list."""

    entries: tuple[Event, ...]
    next_before: int | None


def search(db: sqlite3.Connection, query: LogQuery) -> LogPage:
    """Return one page of what `query` asks for."""
    if query.limit < 1:
        raise ValueError(f"a page holds at least one entry, not {query.limit}")
    clauses, values = _conditions(query)
    # The read model alone decides which events match, so that no filter ever reads whole events.
    where = f"WHERE {' AND '.join(clauses)} " if clauses else ""
    wanted = f"SELECT seq FROM log {where}ORDER BY seq DESC LIMIT ?"  # noqa: S608  fixed names
    rows = db.execute(
        f"SELECT {EVENT_COLUMNS} FROM {EVENT_FROM} WHERE e.seq IN ({wanted}) ORDER BY e.seq DESC",  # noqa: S608  fixed names
        (*values, query.limit + 1),
    ).fetchall()
    entries = tuple(event_of(row) for row in rows[: query.limit])
    return LogPage(entries, entries[-1].seq if len(rows) > query.limit else None)


def count(db: sqlite3.Connection, query: LogQuery) -> int:
    """Return how many events `query` asks for, whatever its limit."""
    clauses, values = _conditions(query)
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    found: int = db.execute(f"SELECT count(*) FROM log {where}", values).fetchone()[0]  # noqa: S608  fixed names
    return found


def _conditions(query: LogQuery) -> tuple[list[str], list[str | int | bytes]]:
    equal = {
        "verdict": query.verdict,
        "kind": query.kind,
        "reason": query.reason,
        "officer": query.officer,
        "crossing": query.crossing,
        "slot": query.slot,
        "test": query.test,
        "lot": query.lot,
    }
    clauses, values = [], list[str | int | bytes]()
    for column, wanted in equal.items():
        if wanted is not None:
            clauses.append(f"{column} = ?")
            values.append(wanted if isinstance(wanted, int) else str(wanted))
    if query.plate is not None:
        clauses.append("seq IN (SELECT seq FROM plates WHERE token = ?)")
        values.append(bytes.fromhex(query.plate))
    if query.since is not None:
        clauses.append("at >= ?")
        values.append(wall_text(query.since))
    if query.until is not None:
        clauses.append("at < ?")
        values.append(wall_text(query.until))
    if query.before_seq is not None:
        clauses.append("seq < ?")
        values.append(query.before_seq)
    return clauses, values
