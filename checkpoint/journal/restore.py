"""Putting a backup in place of a journal, by an officer's or the IT's will.

Nothing is lost by it: the journal that was there is kept aside, and what it holds after the backup, and proves, is
taken over. The station goes on in a new epoch, and headquarters is told.
"""

import contextlib
import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from checkpoint.errors import JournalError
from checkpoint.events import Head, Kind, Lane
from checkpoint.journal.backup import DATABASE, read_only, verify_copy
from checkpoint.journal.database import in_our_words
from checkpoint.journal.generations import Generation, generation_of, newest_sound
from checkpoint.journal.holding import held_alone
from checkpoint.journal.journal import Journal
from checkpoint.journal.recovery import keep_aside, put_in_place, salvage
from checkpoint.journal.seal import Seal
from checkpoint.ports import Clock

log = logging.getLogger(__name__)

_WORK = ("crossing-decided", "test-started", "test-read", "kits-received")  # what a new box does not have yet


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a restore.

    ``source``: the backup that was used; ``restored``: events from it; ``salvaged``: later events taken over from the
    journal that was there; ``epoch``: the new one; ``kept_aside``: the folder with the old journal, None where there
    was none; ``readable``: whether this station's key opens the personal records (another box's only headquarters can).
    """

    source: Path
    restored: int
    salvaged: int
    epoch: int
    kept_aside: Path | None
    readable: bool


def look_at(source: Path) -> Generation:
    """Return the backup that `source` names: a file, or the newest whole one of a folder. Reads all of it.

    Raises `JournalError` where there is none, or it is not whole.
    """
    if source.is_dir():
        found = newest_sound([source])
        if found is None:
            raise JournalError(f"{source}: no whole backup of a journal in this folder")
        return found
    if not source.is_file():
        raise JournalError(f"{source}: no such backup")
    verify_copy(source)
    generation = generation_of(source)
    if generation is None:
        raise JournalError(f"{source}: no backup of a journal")
    return generation


def restore(folder: Path, source: Path, *, clock: Clock, seal: Seal, replace: bool = False) -> Restored:
    """Put the backup `source` (a file, or a folder of generations) in place of the journal in `folder`.

    Raises `JournalInUse` while a station has the journal open, and `JournalError` where the backup is not whole, or
    where the journal here is another station's work that the backup knows nothing of, unless `replace`.
    """
    backup = look_at(source)
    with in_our_words("restoring the journal"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held_alone(folder):
            here = _head_of(folder / DATABASE)
            if here and not replace and _other_work(folder / DATABASE, backup.path):
                raise JournalError(
                    f"the journal in {folder} holds work that is not in {backup.path}: send it to headquarters first, "
                    "or say that it may be replaced"
                )
            aside = None
            if (folder / DATABASE).exists():
                aside = keep_aside(folder, f"replaced-{clock.now().wall:%Y%m%dT%H%M%S}")
            put_in_place(backup, folder)
    with Journal.open(folder, clock=clock, seal=seal) as journal:
        restored = journal.head().seq
        salvaged, last_epoch = salvage(journal, aside / DATABASE) if aside else (0, 0)
        used = max(last_epoch, here.epoch if here else 0)
        opened = journal.begin_epoch("restored from a backup", after=used)
        told = {"kept_aside": aside.name if aside else "", "restored": restored, "salvaged": salvaged}
        journal.append(Kind.JOURNAL_RESTORED, told, lane=Lane.NOW)
        return Restored(backup.path, restored, salvaged, opened.epoch, aside, _opens_personal(journal))


def _head_of(database: Path) -> Head | None:
    """Return how far a journal reaches, None where it holds nothing or cannot be read."""
    try:
        with contextlib.closing(read_only(database)) as db:
            row = db.execute("SELECT epoch, seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    except sqlite3.Error:
        return None
    return Head(row[0], row[1], bytes(row[2])) if row else None


def _other_work(here: Path, backup: Path) -> bool:
    """Whether the journal here holds crossings or tests and does not begin as the backup does."""
    try:
        with contextlib.closing(read_only(here)) as ours, contextlib.closing(read_only(backup)) as theirs:
            first = [db.execute("SELECT hash FROM events WHERE seq = 1").fetchone() for db in (ours, theirs)]
            marks = ", ".join("?" * len(_WORK))
            worked = ours.execute(f"SELECT 1 FROM log WHERE kind IN ({marks}) LIMIT 1", _WORK).fetchone()  # noqa: S608  fixed marks
    except sqlite3.Error as error:
        log.warning("the journal that is replaced cannot be read: %s", error)
        return False  # damaged: what it still proves is taken over, the file is kept
    return first[0] != first[1] and worked is not None


def _opens_personal(journal: Journal) -> bool:
    """Whether this station's key opens the newest personal record that was sealed for its station."""
    seq = journal.newest_personal()
    if seq is None:
        return True
    try:
        return journal.personal(seq) is not None
    except JournalError:
        return False
