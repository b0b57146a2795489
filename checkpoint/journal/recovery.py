"""A damaged journal at start: keep it aside, restore the newest backup, take over what still proves itself, say so.

What the chain proves is taken from the damaged file after the backup ends. Whatever was there behind that is not
known, so the station goes on in a new epoch, and headquarters compares.
"""

import contextlib
import logging
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from checkpoint.durable import force_to_disk, sync_folder
from checkpoint.errors import JournalError, JournalFull, JournalInUse, JournalTooNew
from checkpoint.events import Event, Kind, Lane, chain_hash, parse_event
from checkpoint.journal.backup import DATABASE, PHOTOS, copy_photo, read_only
from checkpoint.journal.database import in_our_words
from checkpoint.journal.generations import Generation, generations, newest_sound
from checkpoint.journal.holding import held_alone
from checkpoint.journal.journal import Journal
from checkpoint.journal.rows import Sealed, insert_event
from checkpoint.journal.seal import Seal
from checkpoint.ports import Clock

log = logging.getLogger(__name__)

DRAFT = f".{DATABASE}.restoring"
_BATCH = 500
_ROOM_LEFT = 8_000_000  # bytes that a restore leaves free: the station must be able to write when it goes on


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was done about a damaged journal: to be told to the officer and to headquarters.

    ``kept_aside``: the folder with the damaged file; ``restored``: events from the backup (0: there was none);
    ``salvaged``: events after those that the damaged file still proves.
    """

    damage: str
    kept_aside: Path
    restored: int
    salvaged: int


def open_or_recover(
    folder: Path, *, clock: Clock, seal: Seal, backups: Sequence[Path] = ()
) -> tuple[Journal, Recovery | None]:
    """Open the journal in `folder`; where it is damaged, recover it from `backups` (folders of generations or copies).

    The recovery is None where nothing was wrong. Raises `JournalFull` where the disk is the trouble, not the file, and
    `JournalInUse` where another program still has the damaged file open.
    """
    try:
        journal = None if (damage := _gone(folder)) else Journal.open(folder, clock=clock, seal=seal)
    except (JournalFull, JournalInUse, JournalTooNew):
        raise
    except JournalError as error:
        journal, damage = None, str(error)
    if journal is not None:
        if not (damage := _lost_tail(journal, backups)):
            return journal, None
        journal.close()
    log.error("%s; recovering", damage)
    with in_our_words("recovering the journal"), held_alone(folder):
        best = newest_sound(backups)
        draft = draft_of(best, folder) if best is not None else None
        aside = keep_aside(folder, f"damaged-{clock.now().wall:%Y%m%dT%H%M%S}")
        if draft is not None:
            put_in_place(draft, folder)
    journal = Journal.open(folder, clock=clock, seal=seal)
    try:
        restored = journal.head().seq
        salvaged, last_epoch = salvage(journal, aside / DATABASE)
        journal.begin_epoch("the journal file was damaged", after=last_epoch)
        told = {"damage": damage, "kept_aside": aside.name, "restored": restored, "salvaged": salvaged}
        journal.append(Kind.JOURNAL_RESTORED, told, lane=Lane.NOW)
    except BaseException:
        journal.close()
        raise
    return journal, Recovery(damage, aside, restored, salvaged)


def _gone(folder: Path) -> str:
    """Return what is wrong where there is no file though a journal was here: its photos are still there."""
    if (folder / DATABASE).exists() or next(folder.glob(f"{PHOTOS}/??/*.photo"), None) is None:
        return ""
    return f"the journal in {folder} is gone: its photos are there, the file is not"


def _lost_tail(journal: Journal, backups: Sequence[Path]) -> str:
    """Return what is wrong where the file is sound, and ends before a backup of it: the log was lost."""
    head = journal.head()
    for backup in (generation for folder in backups for generation in generations(folder)):
        if backup.epoch == head.epoch and backup.seq > head.seq and _begins_alike(journal, backup.path):
            return f"the journal ends at event {head.seq}, and a backup of it reaches event {backup.seq}"
    return ""


def _begins_alike(journal: Journal, backup: Path) -> bool:
    """Whether a backup is one of this very journal."""
    try:
        with contextlib.closing(read_only(backup)) as db:
            first = db.execute("SELECT hash FROM events WHERE seq = 1").fetchone()
    except sqlite3.Error:
        return False
    ours = journal.events(limit=1)
    return first is not None and (not ours or ours[0].hash == bytes(first[0]))


def keep_aside(folder: Path, name: str) -> Path:
    """Move the journal's files in `folder` into a folder of their own below it, and return that."""
    aside = folder / free_name(folder, name)
    move_journal(folder, aside)
    return aside


def move_journal(folder: Path, to: Path) -> None:
    """Move the journal's files in `folder` to the folder `to`; cut short, it can be called again."""
    to.mkdir(mode=0o700, exist_ok=True)
    # The file itself goes last: as long as it is there, something is left to move.
    for file in sorted(folder.glob(f"{DATABASE}*"), key=lambda file: file.name == DATABASE):
        file.replace(to / file.name)
    sync_folder(to)
    sync_folder(folder)


def free_name(folder: Path, name: str) -> str:
    """Return `name`, numbered where a folder of that name is there already."""
    free, number = name, 1
    while (folder / free).exists():
        number += 1
        free = f"{name}-{number}"
    return free


def draft_of(backup: Generation, folder: Path) -> Path:
    """Copy a backup, and the photos beside it, to where a journal lies, under a name that is no journal's yet.

    Raises `JournalFull` where there is no room for it, before anything is written.
    """
    photos = list(backup.photos.glob("??/*.photo"))
    missing = [photo for photo in photos if not (folder / PHOTOS / photo.parent.name / photo.name).exists()]
    needed = backup.path.stat().st_size + sum(photo.stat().st_size for photo in missing) + _ROOM_LEFT
    free = shutil.disk_usage(folder).free
    draft = folder / DRAFT
    draft.unlink(missing_ok=True)
    if free < needed:
        raise JournalFull(f"restoring needs {needed / 1e6:.0f} MB, {folder} has {free / 1e6:.0f} MB left")
    try:
        with contextlib.closing(read_only(backup.path)) as source, contextlib.closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)
        draft.chmod(0o600)
        force_to_disk(draft)
        for photo in missing:
            copy_photo(photo, folder / PHOTOS / photo.parent.name)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    return draft


def put_in_place(draft: Path, folder: Path) -> None:
    """Give a draft the journal's name: from then on it is the journal."""
    draft.replace(folder / DATABASE)
    sync_folder(folder)


def salvage(journal: Journal, damaged: Path) -> tuple[int, int]:
    """Take over what follows the head and proves itself; return how many events, and the last epoch that was seen."""
    head = journal.head()
    count, prev_hash, epoch = 0, head.hash, 0
    pending: list[tuple[Event, str, Sealed | None]] = []

    def write() -> None:
        with journal.writing("taking over events") as db:
            for event, text, sealed in pending:
                insert_event(db, event, text, sealed)
        pending.clear()

    for seq, text, hash_, sealed in _readable(damaged, head.seq):
        try:
            event = parse_event(text.encode(), prev_hash=prev_hash, hash_=hash_)
        except ValueError:
            break
        if event.seq != seq or seq != head.seq + count + 1 or chain_hash(prev_hash, text.encode()) != hash_:
            break
        pending.append((event, text, sealed))
        count, prev_hash, epoch = count + 1, hash_, event.epoch
        if len(pending) == _BATCH:
            write()
    write()
    return count, epoch


def _readable(damaged: Path, after: int) -> Iterator[tuple[int, str, bytes, Sealed | None]]:
    """Yield the events after `after` as far as SQLite can still read them, with their personal records."""
    try:
        with contextlib.closing(sqlite3.connect(damaged)) as db:
            for seq, text, hash_ in db.execute(
                "SELECT seq, canonical, hash FROM events WHERE seq > ? ORDER BY seq", [after]
            ):
                yield seq, str(text), bytes(hash_), _sealed(db, seq)
    except (sqlite3.Error, TypeError, UnicodeError) as error:
        log.warning("the damaged journal reads no further: %s", error)


def _sealed(db: sqlite3.Connection, seq: int) -> Sealed | None:
    try:
        row = db.execute("SELECT ciphertext, station_key, hq_key FROM personal WHERE seq = ?", [seq]).fetchone()
    except sqlite3.Error:
        return None  # the event is more than its personal record
    return None if row is None else (row[0], row[1], row[2])
