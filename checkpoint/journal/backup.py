"""Backups: SQLite's own online copy, never a copy of the file."""

import os
import secrets
import shutil
import sqlite3
from pathlib import Path

from checkpoint.durable import sync_folder
from checkpoint.journal.photos import PhotoStore

_DATABASE = "journal.db"
_PAGES = 2000  # a step of about 8 MB


def back_up(db: sqlite3.Connection, photos: PhotoStore, to: Path) -> Path:
    """Copy the database and every photo that is not there yet into folder `to`."""
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    target, draft = to / _DATABASE, to / f".{_DATABASE}.{secrets.token_hex(4)}"
    try:
        copy = sqlite3.connect(draft)
        try:
            db.backup(copy, pages=_PAGES)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        finally:
            copy.close()
        draft.chmod(0o600)
        _force_to_disk(draft)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    for sha256 in photos:
        _copy_photo(photos.path(sha256), to / "photos" / sha256[:2])
    sync_folder(to)
    return target


def _copy_photo(source: Path, folder: Path) -> None:
    target = folder / source.name
    if target.exists():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / f".{source.name}"
    try:
        shutil.copyfile(source, draft)
    except FileNotFoundError:
        return  # destroyed since it was listed: retention wins over the backup
    _force_to_disk(draft)
    draft.replace(target)
    sync_folder(folder)


def _force_to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
