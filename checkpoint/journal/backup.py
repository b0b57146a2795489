"""Backups: SQLite's own online copy, never a copy of the file."""

import contextlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from checkpoint.durable import force_to_disk, sync_folder
from checkpoint.errors import JournalError
from checkpoint.journal.photos import PhotoStore
from checkpoint.journal.proof import prove

DATABASE = "journal.db"
PHOTOS = "photos"
_PAGES = 2000  # a step of about 8 MB


def back_up(db: sqlite3.Connection, photos: PhotoStore, to: Path) -> Path:
    """Copy the database and every photo that is not there yet into folder `to`, over an older copy."""
    target = copy_database(db, to / DATABASE)
    copy_photos(photos, to / PHOTOS)
    return target


def copy_database(db: sqlite3.Connection, target: Path) -> Path:
    """Copy the open database into the file `target`, read the copy back, and only then give it its name.

    Raises `JournalError` where the copy is not what was copied, OSError or sqlite3.Error where it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with contextlib.closing(sqlite3.connect(draft)) as copy:
            db.backup(copy, pages=_PAGES)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        force_to_disk(draft)
        verify_copy(draft)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
    return target


def verify_copy(database: Path) -> int:
    """Return the number of events of a copied database that is whole; raise `JournalError` where it is not."""
    try:
        with contextlib.closing(read_only(database)) as db:
            damage = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise JournalError(f"{database} is damaged: {damage}")
            return prove(db)
    except (sqlite3.Error, UnicodeError, KeyError, TypeError) as error:
        raise JournalError(f"{database} is no whole journal: {error}") from error
    except ValueError as error:
        if isinstance(error, JournalError):
            raise
        raise JournalError(f"{database} is no whole journal: {error}") from error


def read_only(database: Path) -> sqlite3.Connection:
    """Open a database that nobody writes to, such as a copy."""
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)


def copy_photos(photos: PhotoStore, to: Path) -> int:
    """Copy every photo that is not in folder `to` yet; return how many."""
    return sum(copy_photo(photos.path(sha256), to / sha256[:2]) for sha256 in photos)


def bytes_missing(photos: PhotoStore, to: Path) -> int:
    """Return how many bytes of photos are not in folder `to` yet."""
    return sum(_sizes(path for path in map(photos.path, photos) if not (to / path.parent.name / path.name).exists()))


def copy_photo(source: Path, folder: Path) -> bool:
    """Copy one photo file durably; False where it is there already, or was destroyed meanwhile."""
    target = folder / source.name
    if target.exists():
        return False
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / f".{source.name}"
    try:
        shutil.copyfile(source, draft)
    except FileNotFoundError:
        return False  # destroyed since it was listed: retention wins over the backup
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    force_to_disk(draft)
    draft.replace(target)
    sync_folder(folder)
    return True


def _sizes(paths: Iterable[Path]) -> Iterable[int]:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            yield path.stat().st_size
