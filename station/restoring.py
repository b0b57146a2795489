"""A restore that the pages ask for: written down, and done at the next start, while nobody has the journal open.

The request is a file, so it outlives the restart it needs. Each try is counted before it begins: a backup that brings
the station down is tried twice and given up, and the journal that was there goes on.
"""

import json
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from checkpoint.durable import sync_folder, write_durably
from checkpoint.errors import JournalError, JournalFull, JournalInUse
from checkpoint.events import Kind
from checkpoint.journal import (
    Described,
    Journal,
    Restored,
    Seal,
    describe,
    finish_interrupted,
    generations,
    is_interrupted,
    is_other_work,
    look_at,
)
from checkpoint.journal import restore as restore_journal
from checkpoint.ports import Clock
from station.first_run import LocalIdentity
from web.officers import OfficerError
from web.restoring import Looked, Outcome

log = logging.getLogger(__name__)

REQUEST, OUTCOME = "restore-request.json", "restore-outcome.json"
MOST_TRIES = 2
MOST_A_PLACE = 5  # generations that are offered of one folder: the newest
MOUNTED_BELOW = (Path("/media"), Path("/run/media"), Path("/mnt"))  # where sticks and second disks appear


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: the backup's file, by whom, whether work here may be replaced; ``tries`` so far."""

    source: str
    officer: str
    replace: bool
    tries: int = 0

    def write(self, data: Path) -> None:
        """Keep it, whole or not at all."""
        write_durably(data / REQUEST, json.dumps(asdict(self), ensure_ascii=False).encode())


class Restoring:
    """What the pages know of backups, and how they ask for one."""

    def __init__(
        self,
        data: Path,
        folders: Sequence[Path],
        journal: Journal,
        folder: Path,
        *,
        below: Sequence[Path] = MOUNTED_BELOW,
        new_ticket: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._data = data
        self._folders = tuple(folders)
        self._journal = journal
        self._folder = folder
        self._below = below
        self._new_ticket = new_ticket
        self._looked: tuple[str, Looked] | None = None

    def places(self) -> tuple[str, ...]:
        """Return where backups are looked for, for people."""
        return tuple(dict.fromkeys(str(path) for path in (*self._folders, *self._below)))

    def found(self) -> tuple[Described, ...]:
        """Return the newest backups of each place, without proving them; what cannot be read is left out."""
        return tuple(_described(self._candidates(), self._journal.seal))

    def _candidates(self) -> Iterator[Path]:
        below = (stick for root in self._below for stick in _folders_in(root))
        aside = sorted(self._folder.glob("replaced-*"), reverse=True)
        for place in dict.fromkeys((*self._folders, *below, *aside)):
            try:
                yield from (generation.path for generation in generations(place)[:MOST_A_PLACE])
            except OSError as error:
                log.info("%s: %s", place, error)

    def look(self, source: str) -> str:
        """Read the backup `source`, a file or a folder on this station, to its end; return a ticket for asking."""
        path = Path(source)
        try:
            if not source or not path.is_absolute() or not path.exists():
                raise OfficerError("restore-gone")
            if path.resolve() in (self._folder.resolve(), (self._folder / "journal.db").resolve()):
                raise OfficerError("restore-itself")
            whole = look_at(path)
            backup = describe(whole.path, self._journal.seal)
        except (JournalError, OSError) as error:
            log.warning("the backup %s cannot be used: %s", source, error)
            raise OfficerError("restore-damaged") from error
        if not backup.events:
            raise OfficerError("restore-damaged")
        ticket = self._new_ticket()
        other_work = is_other_work(self._folder / "journal.db", whole.path)
        self._looked = ticket, Looked(backup, other_work, self._journal.head().seq)
        return ticket

    def looked(self, ticket: str) -> Looked | None:
        """Return what was looked at last, None for another ticket."""
        return self._looked[1] if self._looked and secrets.compare_digest(self._looked[0], ticket) else None

    def ask(self, ticket: str, *, officer: str) -> None:
        """Write the request down; the next start does it."""
        looked = self.looked(ticket)
        if looked is None:
            raise OfficerError("restore-look-first")
        backup = looked.backup
        told = {"what": "restore", "backup": backup.path.name, "events": backup.events, "officer": officer}
        self._journal.append(Kind.SETTINGS_CHANGED, told)
        Request(str(backup.path), officer, replace=looked.other_work).write(self._data)
        self._looked = None

    def outcome(self) -> Outcome | None:
        """Return what became of the newest restore, None where there was none."""
        try:
            kept = json.loads((self._data / OUTCOME).read_text("utf-8"))
            return Outcome(**(kept | {"at": datetime.fromisoformat(kept["at"])}))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError):
            log.exception("%s cannot be read", OUTCOME)
            return None


def perform(
    data: Path,
    folder: Path,
    *,
    clock: Clock,
    seal: Seal,
    take_name: bool = True,
    meanwhile: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Outcome | None:
    """Do what was asked for before the station's last end, if anything was; None where nothing was.

    `folder` is the journal's; `take_name`: the station was given no name, and takes the restored one's; `meanwhile` is
    entered while it works, which may take minutes. Whatever happens is told by the outcome, and the station starts:
    with the backup, or with the journal that was there. Raises `JournalError` where a restore is half done and cannot
    be finished now.
    """
    request = _request(data)
    if request is None and not is_interrupted(folder):
        return None
    with meanwhile():
        outcome = _finished_or_tried(request, data, folder, clock=clock, seal=seal)
    if outcome is None:
        return None
    if take_name and not outcome.reason:
        _take_name_from(folder, data, seal)
    _tell(outcome, data)
    return outcome


def _request(data: Path) -> Request | None:
    try:
        return Request(**json.loads((data / REQUEST).read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        log.exception("%s cannot be read; nothing is restored", REQUEST)
        (data / REQUEST).unlink(missing_ok=True)
        return None


def _finished_or_tried(
    request: Request | None, data: Path, folder: Path, *, clock: Clock, seal: Seal
) -> Outcome | None:
    if done := finish_interrupted(folder, clock=clock, seal=seal):
        return _done(done, request, clock)
    if request is None:
        return None
    try:
        return _tried(request, data, folder, clock=clock, seal=seal)
    except (JournalError, OSError) as error:
        if is_interrupted(folder):
            raise  # half done: only finishing it makes a journal that may be written to
        log.error("the restore that was asked for: %s", error)
        return None


def _tried(request: Request, data: Path, folder: Path, *, clock: Clock, seal: Seal) -> Outcome:
    failed = Outcome(clock.now().wall, request.source, request.officer)
    if request.tries >= MOST_TRIES:
        return replace(failed, reason="restore-given-up", detail=f"{request.tries} starts ended in the middle")
    replace(request, tries=request.tries + 1).write(data)
    source = Path(request.source)
    if not source.is_file():
        return replace(failed, reason="restore-gone", detail=request.source)
    try:
        done = restore_journal(folder, source, clock=clock, seal=seal, replace=request.replace, officer=request.officer)
    except JournalError as error:
        if is_interrupted(folder):
            raise
        return replace(failed, reason=_why_not(error), detail=str(error))
    return _done(done, request, clock)


def _why_not(error: JournalError) -> str:
    match error:
        case JournalFull():
            return "restore-full"
        case JournalInUse():
            return "restore-in-use"
        case _:
            return "restore-damaged"


def _done(done: Restored, request: Request | None, clock: Clock) -> Outcome:
    return Outcome(
        clock.now().wall,
        str(done.source),
        request.officer if request else "",
        restored=done.restored,
        salvaged=done.salvaged,
        kept_aside=done.kept_aside.name if done.kept_aside else "",
        readable=done.readable,
    )


def _take_name_from(folder: Path, data: Path, seal: Seal) -> None:
    """Let a station that was given no name of its own take the restored one's."""
    if LocalIdentity.load(data).name:
        return
    try:
        was = describe(folder / "journal.db", seal)
        if was.name:
            LocalIdentity(was.name, was.town, LocalIdentity.load(data).language).save(data)
    except (JournalError, OSError) as error:
        log.warning("the name of the restored station is not known: %s", error)


def _tell(outcome: Outcome, data: Path) -> None:
    """Keep the outcome for the pages, and only then let the request go."""
    if outcome.reason:
        log.error("not restored from %s (%s): %s", outcome.source, outcome.reason, outcome.detail)
    else:
        log.warning("restored %d events from %s", outcome.restored, outcome.source)
    kept = asdict(outcome) | {"at": outcome.at.isoformat()}
    try:
        write_durably(data / OUTCOME, json.dumps(kept, ensure_ascii=False).encode())
    except OSError as error:
        log.error("what became of the restore cannot be kept: %s", error)
    (data / REQUEST).unlink(missing_ok=True)
    sync_folder(data)


def _described(paths: Iterable[Path], seal: Seal) -> Iterator[Described]:
    for path in paths:
        try:
            described = describe(path, seal)
        except (JournalError, OSError) as error:
            log.info("%s: %s", path, error)
        else:
            if described.events:
                yield described


def _folders_in(root: Path) -> list[Path]:
    """Return `root` and the folders one and two levels below it, as far as they can be read."""
    found = [root]
    for level in ("*", "*/*"):
        try:
            found += sorted(path for path in root.glob(level) if path.is_dir() and not path.name.startswith("."))
        except OSError as error:
            log.info("%s: %s", root, error)
    return found
