"""A place for backups: several generations of the journal, the photos once beside them.

The name of a generation says how far it reaches: ``journal-e1-000001234-20220320T021407Z.db``. Epoch and number come
first, because they order backups even where the clock did not. What retention has destroyed at the station is destroyed
in older generations with the next backup: a stick in a drawer must not keep what the station has given up.
"""

import contextlib
import logging
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from checkpoint.durable import sync_folder
from checkpoint.errors import JournalError, JournalFull
from checkpoint.events import Head
from checkpoint.journal.backup import PHOTOS, bytes_missing, copy_database, copy_photos, read_only, verify_copy
from checkpoint.journal.photos import PhotoStore
from checkpoint.journal.retention import DESTROYED_BEFORE

log = logging.getLogger(__name__)

KEEP = 7
_NAME = re.compile(r"^journal-e(\d+)-(\d+)-(\d{8}T\d{6}Z)\.db$")
_STAMP = "%Y%m%dT%H%M%SZ"
_ROOM_LEFT = 8_000_000  # bytes that a backup leaves free where it goes: nobody's stick is filled to the brim


@dataclass(frozen=True, slots=True)
class Generation:
    """One backup: its file, how far it reaches, and when it was made (UTC; None for a single copy of old)."""

    path: Path
    epoch: int
    seq: int
    made_at: datetime | None

    @property
    def photos(self) -> Path:
        """The folder of the photos that go with it."""
        return self.path.parent / PHOTOS


@dataclass(frozen=True, slots=True)
class BackupMade:
    """What a backup wrote: the generation, new photos, and how many older generations gave way to it."""

    generation: Generation
    photos: int
    dropped: int


def generations(folder: Path) -> list[Generation]:
    """Return the generations in `folder`, the one that reaches furthest first; a lone copy counts as one."""
    found = [generation for path in folder.glob("journal*.db") if (generation := generation_of(path))]
    return sorted(found, key=lambda g: (g.epoch, g.seq, g.made_at or datetime.min.replace(tzinfo=UTC)), reverse=True)


def generation_of(path: Path) -> Generation | None:
    """Return what a backup file says of itself, None where it is none or cannot be read."""
    named = _NAME.match(path.name)
    if named:
        epoch, seq, stamp = named.groups()
        return Generation(path, int(epoch), int(seq), datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC))
    if not path.is_file():
        return None
    try:
        with contextlib.closing(read_only(path)) as db:
            row = db.execute("SELECT epoch, seq FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    except sqlite3.Error as error:
        log.warning("the backup %s cannot be used: %s", path, error)
        return None
    return Generation(path, row[0], row[1], None) if row else Generation(path, 1, 0, None)


def newest_sound(folders: Iterable[Path]) -> Generation | None:
    """Return the generation that reaches furthest of those that are whole; None where there is none."""
    found = [generation for folder in folders for generation in generations(folder)]
    for generation in sorted(found, key=lambda g: (g.epoch, g.seq), reverse=True):
        try:
            verify_copy(generation.path)
        except JournalError as error:
            log.warning("the backup %s cannot be used: %s", generation.path, error)
        else:
            return generation
    return None


def make_generation(
    db: sqlite3.Connection, head: Head, photos: PhotoStore | None, to: Path, *, now: datetime, keep: int = KEEP
) -> BackupMade:
    """Write one more generation into folder `to`, verified, and let the oldest go where there are more than `keep`.

    Raises `JournalFull` where there is no room, or the folder cannot be written; older generations stay as they were.
    """
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    _clear_drafts(to)
    _check_room(db, photos, to)
    name = f"journal-e{head.epoch}-{head.seq:09d}-{now:{_STAMP}}.db"
    made = Generation(copy_database(db, to / name), head.epoch, head.seq, now)
    copied = copy_photos(photos, made.photos) if photos else 0
    _destroy_what_was_destroyed(made, photos)
    dropped = _drop(to, keep=keep, never=made.path)
    sync_folder(to)
    return BackupMade(made, copied, dropped)


def _check_room(db: sqlite3.Connection, photos: PhotoStore | None, to: Path) -> None:
    pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    needed = pages * size + (bytes_missing(photos, to / PHOTOS) if photos else 0) + _ROOM_LEFT
    free = shutil.disk_usage(to).free
    if free < needed:
        raise JournalFull(f"a backup needs {needed / 1e6:.0f} MB, {to} has {free / 1e6:.0f} MB left")


def _clear_drafts(to: Path) -> None:
    """Remove what a backup left that was cut short: a pulled stick, a power cut."""
    for draft in to.glob(".journal-*"):
        draft.unlink(missing_ok=True)


def _drop(to: Path, *, keep: int, never: Path) -> int:
    dropped = 0
    for generation in generations(to)[keep:]:
        if generation.path != never and generation.made_at is not None:
            generation.path.unlink(missing_ok=True)
            dropped += 1
    return dropped


def _destroy_what_was_destroyed(newest: Generation, photos: PhotoStore | None) -> None:
    """Destroy, in older generations and among the photos, what the station no longer has on purpose."""
    with contextlib.closing(read_only(newest.path)) as db:
        row = db.execute("SELECT value FROM notes WHERE name = ?", [DESTROYED_BEFORE]).fetchone() or ("",)
        gone = {
            sha256
            for (sha256,) in db.execute(
                "SELECT p.sha256 FROM event_photos p JOIN log l USING (seq) GROUP BY p.sha256 HAVING max(l.at) < ?", row
            )
        }
    here = set(photos or ())
    for sha256 in gone - here:
        (newest.photos / sha256[:2] / f"{sha256}.photo").unlink(missing_ok=True)
    for older in _older(newest):
        try:
            _destroy_in(older.path, newest.path)
        except sqlite3.Error as error:
            log.warning("the backup %s cannot be used, and keeps what retention destroyed: %s", older.path, error)


def _older(newest: Generation) -> Iterator[Generation]:
    return (other for other in generations(newest.path.parent) if other.path != newest.path)


def _destroy_in(older: Path, newest: Path) -> None:
    """Destroy the personal records, and the keys, of events that both files hold and the newest has none for."""
    with contextlib.closing(sqlite3.connect(older)) as db:
        db.execute("PRAGMA secure_delete=ON")
        db.execute("ATTACH ? AS newest", [f"{newest.resolve()}"])
        same = "seq IN (SELECT o.seq FROM main.events o JOIN newest.events n USING (seq) WHERE o.hash = n.hash)"
        with db:
            db.execute(f"DELETE FROM main.personal WHERE {same} AND seq NOT IN (SELECT seq FROM newest.personal)")  # noqa: S608  fixed text
            db.execute(
                f"UPDATE main.personal SET station_key = NULL WHERE {same} AND seq IN "  # noqa: S608  fixed text
                "(SELECT seq FROM newest.personal WHERE station_key IS NULL) AND station_key IS NOT NULL"
            )
