"""What a station does for itself by night, and when its disk runs full: retention, backup, making room.

Retention goes by the calendar, so it waits for a clock that can be trusted: a clock that jumped a year ahead would
otherwise destroy what is a day old.
"""

import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from checkpoint.errors import JournalError
from checkpoint.journal import BackupMade, Journal
from checkpoint.ports import Clock
from station.ballast import Ballast
from station.config import BackupConfig, RetentionConfig

log = logging.getLogger(__name__)

EVERY_S = 30.0
FIRST_AFTER_S = 120.0  # a start has more urgent things to do
THIN_FROM, THIN_TO = 0.95, 0.90  # share of the disk that is used: from where photos give way, and to where
_NIGHT = "upkeep-night"
BACKED_UP_AT, BACKUP_FAILED = "backed-up-at", "backup-failed"


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a disk is used, in bytes."""

    total: int
    free: int

    @classmethod
    def of(cls, folder: Path) -> "Room":
        """Return the room on the disk of `folder`."""
        usage = shutil.disk_usage(folder)
        return cls(usage.total, usage.free)

    @property
    def too_much(self) -> int:
        """The bytes to give up, 0 where there is room."""
        used = self.total - self.free
        return round(used - self.total * THIN_TO) if used >= self.total * THIN_FROM else 0


@dataclass(frozen=True, slots=True)
class Retained:
    """What one round of retention gave up: records destroyed, records left to headquarters alone."""

    destroyed: int
    left_to_headquarters: int


def retain(journal: Journal, settings: RetentionConfig, now: datetime) -> Retained:
    """Destroy what is older than the settings allow; what headquarters has not confirmed stays."""
    destroyed = journal.destroy_personal(now - timedelta(days=settings.retention_days))
    days = settings.own_keys_days
    left = journal.forget_own_keys(now - timedelta(days=days)) if days is not None else 0
    return Retained(destroyed, left)


@dataclass(frozen=True, slots=True)
class Backups:
    """How backups stand: when the newest was made, None for never; why the last one failed, "" where it did not.

    ``since``: the journal's first event, None for an empty one: a new station has no backup yet.
    """

    made_at: datetime | None
    failed: str
    since: datetime | None

    @classmethod
    def of(cls, journal: Journal) -> "Backups":
        """Return what is remembered in `journal`."""
        noted = journal.outbox.note(BACKED_UP_AT)
        first = journal.events(limit=1)
        return cls(
            datetime.fromisoformat(noted) if noted else None,
            journal.outbox.note(BACKUP_FAILED),
            first[0].moment.wall if first else None,
        )


def back_up(journal: Journal, to: Path, data: Path, *, keep: int, now: datetime) -> BackupMade:
    """Write a backup into `to` and remember how it went; beside the journal itself the photos are not doubled."""
    try:
        beside = to.resolve().is_relative_to(data.resolve())
        made = journal.back_up(to, keep=keep, with_photos=not beside)
    except JournalError as error:
        journal.outbox.remember(BACKUP_FAILED, str(error))
        raise
    journal.outbox.remember(BACKED_UP_AT, now.isoformat())
    journal.outbox.remember(BACKUP_FAILED, "")
    return made


class Upkeep:
    """The thread that looks after the journal beside a working station."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        zone: ZoneInfo,
        *,
        data: Path,
        to: Path,
        backup: BackupConfig,
        retention: RetentionConfig,
        room: Callable[[], Room],
        ballast: Ballast,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._zone = zone
        self._data = data
        self._to = to
        self._backup = backup
        self._retention = retention
        self._room = room
        self._ballast = ballast
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look, after a while."""
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the step in hand."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        wait = 0.0 if self._room().too_much else FIRST_AFTER_S
        while not self._stopping.wait(wait):
            wait = EVERY_S
            self.look()

    def look(self) -> None:
        """Do what is due now. A failure is logged and shown on the health page; the gate goes on."""
        for duty in (self._make_room, self._do_the_night):
            try:
                duty()
            except (JournalError, OSError) as error:
                log.error("upkeep: %s", error)

    def _make_room(self) -> None:
        if enough := self._room().too_much:
            done = self._journal.thin_photos(enough)
            log.warning("the disk is full: %d photos that headquarters has made way, %d bytes", done.photos, done.freed)
        self._ballast.keep()

    def _do_the_night(self) -> None:
        now = self._clock.now()
        local = now.wall.astimezone(self._zone)
        night = f"{local:%Y-%m-%d}"
        if local.time() < self._backup.at or self._journal.outbox.note(_NIGHT) == night:
            return
        if now.trust.may_admit:
            done = retain(self._journal, self._retention, now.wall)
            log.info(
                "retention: %d records destroyed, %d left to headquarters", done.destroyed, done.left_to_headquarters
            )
        self._journal.outbox.remember(_NIGHT, night)
        if self._backup.nightly:
            made = back_up(self._journal, self._to, self._data, keep=self._backup.keep, now=now.wall)
            log.info("backup: %s, %d new photos", made.generation.path, made.photos)
