"""Putting a backup in place of a journal, by an officer's or the IT's will.

Nothing is lost by it: the journal that was there is kept aside, and what it holds after the backup, and proves, is
taken over. The station goes on in a new epoch, and headquarters is told.
"""

import contextlib
import json
import logging
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path

from checkpoint.durable import sync_folder, write_durably
from checkpoint.errors import JournalError
from checkpoint.events import Event, Head, Kind, Lane
from checkpoint.journal.backup import DATABASE, read_only, verify_copy
from checkpoint.journal.database import in_our_words
from checkpoint.journal.generations import Generation, generation_of, newest_sound
from checkpoint.journal.holding import held_alone
from checkpoint.journal.journal import Journal
from checkpoint.journal.recovery import DRAFT, draft_of, free_name, move_journal, put_in_place, salvage
from checkpoint.journal.seal import Seal
from checkpoint.ports import Clock

log = logging.getLogger(__name__)

_PLAN = "restoring.json"
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


def restore(
    folder: Path, source: Path, *, clock: Clock, seal: Seal, replace: bool = False, officer: str = ""
) -> Restored:
    """Put the backup `source` (a file, or a folder of generations) in place of the journal in `folder`.

    Cut short at any step it is finished by `finish_interrupted`: first the backup is copied beside the journal, then a
    plan of the rest is written, and only then is the old journal moved. `officer`: who asked for it.

    Raises `JournalInUse` while a station has the journal open, `JournalFull` where there is no room, and `JournalError`
    where the backup is not whole, or where the journal here is another station's work that the backup knows nothing of,
    unless `replace`. After each of these the journal is the one that was there.
    """
    backup = look_at(source)
    finish_interrupted(folder, clock=clock, seal=seal)
    with in_our_words("restoring the journal"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held_alone(folder):
            here = _head_of(folder / DATABASE)
            if here and not replace and is_other_work(folder / DATABASE, backup.path):
                raise JournalError(
                    f"the journal in {folder} holds work that is not in {backup.path}: send it to headquarters first, "
                    "or say that it may be replaced"
                )
            there = _head_of(draft_of(backup, folder))
            stamp = f"{clock.now().wall:%Y%m%dT%H%M%S}"
            aside = free_name(folder, f"replaced-{stamp}") if (folder / DATABASE).exists() else ""
            plan = _Plan(str(backup.path), there.seq if there else 0, here.epoch if here else 0, aside, officer)
            plan.write(folder)
            _put_in_place(folder, plan)
    return _go_on(folder, plan, clock=clock, seal=seal)


def finish_interrupted(folder: Path, *, clock: Clock, seal: Seal) -> Restored | None:
    """Finish a restore that was cut short, by a power cut or a kill; None where there was none.

    It needs the backup no longer: its copy was on the card before anything was moved.
    """
    plan = _Plan.read(folder)
    if plan is None:
        return None
    log.warning("a restore from %s was cut short: finishing it", plan.source)
    with in_our_words("finishing a restore"), held_alone(folder):
        _put_in_place(folder, plan)
    return _go_on(folder, plan, clock=clock, seal=seal)


def is_interrupted(folder: Path) -> bool:
    """Whether a restore of the journal in `folder` is half done: nobody but `finish_interrupted` may write there."""
    return (folder / _PLAN).exists()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is left to do of a restore, in a file beside the journal as long as there is something.

    ``seq``: how far the backup reaches; ``epoch``: of the journal that was here, 0 for none; ``aside``: the name of the
    folder that keeps it, "" for none.
    """

    source: str
    seq: int
    epoch: int
    aside: str
    officer: str

    def write(self, folder: Path) -> None:
        write_durably(folder / _PLAN, json.dumps(asdict(self), ensure_ascii=False).encode())

    @classmethod
    def read(cls, folder: Path) -> "_Plan | None":
        """Return the plan in `folder`, None without one. It was written whole, so a spoilt one is a spoilt card."""
        try:
            return cls(**json.loads((folder / _PLAN).read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise JournalError(f"{folder / _PLAN}: a restore was cut short, and its plan cannot be read") from error


def _put_in_place(folder: Path, plan: _Plan) -> None:
    """Move the old journal aside and the copy into its place. The copy's name tells whether that was done already."""
    draft = folder / DRAFT
    if not draft.exists():
        return
    if (folder / DATABASE).exists():
        _fold_log(folder / DATABASE)
        planned = plan.aside and not (folder / plan.aside / DATABASE).exists()
        # Else the old one was moved already, and somebody opened a new one before this was finished: keep that too.
        move_journal(folder, folder / (plan.aside if planned else free_name(folder, plan.aside or "replaced")))
    put_in_place(draft, folder)


def _fold_log(database: Path) -> None:
    """Fold a journal's write-ahead log into its file, so that it is one file that is moved."""
    try:
        with contextlib.closing(sqlite3.connect(database)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        log.warning("the journal that is replaced is damaged: %s", error)  # its files are moved as they are


def _go_on(folder: Path, plan: _Plan, *, clock: Clock, seal: Seal) -> Restored:
    """Take over what the old journal proves beyond the backup, and begin the new epoch; once, however often called."""
    aside = folder / plan.aside if plan.aside else None
    with Journal.open(folder, clock=clock, seal=seal) as journal:
        done = _already_told(journal, plan)
        if done is None:
            last_epoch = salvage(journal, aside / DATABASE)[1] if aside else 0
            salvaged = journal.head().seq - plan.seq
            journal.begin_epoch("restored from a backup", after=max(last_epoch, plan.epoch))
            told = {"kept_aside": plan.aside, "restored": plan.seq, "salvaged": salvaged}
            by = {"officer": plan.officer} if plan.officer else {}
            done = journal.append(Kind.JOURNAL_RESTORED, told | by, lane=Lane.NOW)
        readable = opens_personal(journal)
    (folder / _PLAN).unlink(missing_ok=True)
    sync_folder(folder)
    return Restored(Path(plan.source), plan.seq, int(str(done.body["salvaged"])), done.epoch, aside, readable)


def _already_told(journal: Journal, plan: _Plan) -> Event | None:
    """Return the event that ended this very restore, where a crash came after it."""
    head = journal.head()
    newest = journal.event(head.seq) if head.seq else None
    if newest is None or newest.kind is not Kind.JOURNAL_RESTORED or newest.seq <= plan.seq:
        return None
    return newest if newest.body.get("kept_aside") == plan.aside else None


def _head_of(database: Path) -> Head | None:
    """Return how far a journal reaches, None where it holds nothing or cannot be read."""
    try:
        with contextlib.closing(read_only(database)) as db:
            row = db.execute("SELECT epoch, seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    except sqlite3.Error:
        return None
    return Head(row[0], row[1], bytes(row[2])) if row else None


def is_other_work(here: Path, backup: Path) -> bool:
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


def opens_personal(journal: Journal) -> bool:
    """Whether this station's key opens the newest personal record that was sealed for its station."""
    seq = journal.newest_personal()
    if seq is None:
        return True
    try:
        return journal.personal(seq) is not None
    except JournalError:
        return False
