"""What a backup says of itself, before anybody restores it: whose it is, how far it reaches, who can open it."""

import contextlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checkpoint.errors import JournalError
from checkpoint.events import Kind
from checkpoint.journal.backup import read_only
from checkpoint.journal.generations import generation_of
from checkpoint.journal.rows import EVENT_COLUMNS, EVENT_FROM, event_of
from checkpoint.journal.seal import Seal

_NAMING = (Kind.STATION_STARTED, Kind.SETTINGS_CHANGED)  # the events that say what a station is called


@dataclass(frozen=True, slots=True)
class Described:
    """A backup in a few words, read without proving it.

    ``name`` and ``town``: what the station was called, "" where an older version did not write it down; ``events``:
    how many; ``last_at``: when the last one was; ``made_at``: when the backup was made (UTC), None for a lone copy.
    ``own_key``: whether this station's key opens its personal records; None where it holds none.
    """

    path: Path
    epoch: int
    events: int
    last_at: datetime | None
    made_at: datetime | None
    name: str
    town: str
    own_key: bool | None


def describe(path: Path, seal: Seal) -> Described:
    """Return what the backup `path` says of itself; raise `JournalError` where it is none, or cannot be read."""
    generation = generation_of(path)
    if generation is None:
        raise JournalError(f"{path}: no backup of a journal")
    try:
        with contextlib.closing(read_only(path)) as db:
            last = db.execute(f"SELECT {EVENT_COLUMNS} FROM {EVENT_FROM} ORDER BY e.seq DESC LIMIT 1").fetchone()  # noqa: S608  fixed names
            last_event = event_of(last) if last else None
            name, town = _named(db)
            own_key = _own_key(db, seal)
    except sqlite3.Error as error:
        raise JournalError(f"{path}: no backup of a journal: {error}") from error
    return Described(
        path,
        last_event.epoch if last_event else generation.epoch,
        last_event.seq if last_event else 0,
        last_event.moment.wall if last_event else None,
        generation.made_at,
        name,
        town,
        own_key,
    )


def _named(db: sqlite3.Connection) -> tuple[str, str]:
    """Return the name and the town that were written down last."""
    found = db.execute(
        f"SELECT {EVENT_COLUMNS} FROM {EVENT_FROM} JOIN log l ON l.seq = e.seq "  # noqa: S608  fixed names
        "WHERE l.kind IN (?, ?) ORDER BY e.seq DESC LIMIT 200",
        _NAMING,
    )
    for row in found:
        body = event_of(row).body
        if isinstance(name := body.get("name"), str) and name:
            return name, str(body.get("town", ""))
    return "", ""


def _own_key(db: sqlite3.Connection, seal: Seal) -> bool | None:
    """Whether the newest record that was sealed for its station was sealed for this one; None without any."""
    row = db.execute(
        "SELECT station_key FROM personal WHERE station_key IS NOT NULL ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    try:
        seal.unwrap(row[0])
    except ValueError:
        return False
    return True
