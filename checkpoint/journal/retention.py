"""Giving up what need not be kept: personal records, their keys, photos. The chain always still verifies.

Everything here works in small steps beside a working station: between two steps the gate writes its events.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from checkpoint.events import wall_text
from checkpoint.journal.database import Database, in_our_words
from checkpoint.journal.photos import PhotoStore

DESTROYED_BEFORE = "destroyed-before"  # the note that lets backups follow
_STEP = 500  # records in one transaction

_DUE = "SELECT seq FROM log WHERE at < ? AND seq <= ?"
_DUE_PHOTOS = (
    f"SELECT DISTINCT sha256 FROM event_photos WHERE seq IN ({_DUE}) AND sha256 NOT IN "  # noqa: S608  fixed text
    f"(SELECT sha256 FROM event_photos WHERE seq NOT IN ({_DUE}))"
)
# Both end in an open sub-query, which takes the limit of one step.
_DESTROY = f"DELETE FROM personal WHERE seq IN (SELECT seq FROM personal WHERE seq IN ({_DUE})"  # noqa: S608  fixed text
_FORGET = (
    "UPDATE personal SET station_key = NULL WHERE seq IN (SELECT seq FROM personal "  # noqa: S608  fixed text
    f"WHERE station_key IS NOT NULL AND hq_key IS NOT NULL AND seq IN ({_DUE})"
)
_CONFIRMED_PHOTOS = (
    "SELECT sha256 FROM event_photos WHERE sha256 IN (SELECT sha256 FROM photos_sent) "
    "GROUP BY sha256 HAVING max(seq) <= ? ORDER BY min(seq)"
)


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What was given up: personal records, photos, and the bytes of the photos."""

    records: int = 0
    photos: int = 0
    freed: int = 0

    def __bool__(self) -> bool:
        """Whether anything was."""
        return bool(self.records or self.photos)


def destroy_personal(db: Database, photos: PhotoStore, before: datetime, *, unsent_too: bool) -> Destroyed:
    """Destroy records and photos of events before `before` (UTC); unless `unsent_too`, only what a receipt covers."""
    with db.reading() as reader:
        newest = _newest(reader) if unsent_too else _confirmed_to(reader)
        span: list[str | int] = [wall_text(before), newest]
        sent = "" if unsent_too else " AND sha256 IN (SELECT sha256 FROM photos_sent)"
        due = [row[0] for row in reader.execute(_DUE_PHOTOS + sent, span * 2)]
    records = sum(_in_steps(db, _DESTROY, span))
    done, freed = 0, 0
    with in_our_words("destroying photos"):
        for sha256 in due:
            size = photos.destroy(sha256)
            done, freed = done + (size is not None), freed + (size or 0)
    with db.writing("noting what was destroyed") as writer:
        writer.execute("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", [DESTROYED_BEFORE, span[0]])
    if records:
        _truncate_log(db)
    return Destroyed(records, done, freed)


def forget_own_keys(db: Database, before: datetime) -> int:
    """Leave the records of events before `before` (UTC) that headquarters has confirmed to headquarters alone."""
    with db.reading() as reader:
        span: list[str | int] = [wall_text(before), _confirmed_to(reader)]
    forgotten = sum(_in_steps(db, _FORGET, span))
    if forgotten:
        _truncate_log(db)
    return forgotten


def thin_photos(db: Database, photos: PhotoStore, enough: int) -> Destroyed:
    """Delete photos that headquarters has, and whose events a receipt covers, oldest first, until `enough` bytes.

    Writes nothing: a full disk does not keep it from making room.
    """
    with db.reading() as reader:
        confirmed = [row[0] for row in reader.execute(_CONFIRMED_PHOTOS, [_confirmed_to(reader)])]
    done, freed = 0, 0
    with in_our_words("thinning photos"):
        for sha256 in confirmed:
            if freed >= enough:
                break
            size = photos.destroy(sha256)
            done, freed = done + (size is not None), freed + (size or 0)
    return Destroyed(photos=done, freed=freed)


def _in_steps(db: Database, statement: str, span: list[str | int]) -> Iterator[int]:
    """Run a statement that ends in an open sub-query, a step at a time; yield how many rows each step changed."""
    while True:
        with db.writing("destroying personal records") as writer:
            changed = writer.execute(f"{statement} LIMIT {_STEP})", span).rowcount
        yield changed
        if changed < _STEP:
            return


def _truncate_log(db: Database) -> None:
    """Empty the write-ahead log: it held the records and their keys too."""
    with db.maintaining() as writer:
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _newest(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])


def _confirmed_to(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT value FROM notes WHERE name = 'cursor'").fetchone()
    return int(row[0]) if row else 0
