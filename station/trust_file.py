"""The station's trust list as it stands on disk: read again when an import has replaced it."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from checkpoint.credentials import TrustedKey, TrustList
from checkpoint.errors import CheckpointError, JournalFull
from checkpoint.events import Kind, wall_text
from checkpoint.journal import Journal, LogQuery

log = logging.getLogger(__name__)


class TrustFileError(CheckpointError, ValueError):
    """A file that should hold a trust list and does not."""


class TrustFile:
    """The trust list in one file; without a file an empty list of unknown age, by which nothing is believed."""

    def __init__(
        self,
        path: Path,
        *,
        always: Sequence[TrustedKey] = (),
        published: Callable[[], TrustList | None] = lambda: None,
    ) -> None:
        """`always`: keys believed besides the file's, such as the one headquarters showed at enrolment.

        `published`: the list headquarters handed down, the same object until it changes; it goes over the file's.
        """
        self.path = path
        self._always = tuple(always)
        self._published = published
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._local = TrustList()
        self._over: TrustList | None = None
        self._list = TrustList(keys=self._always)

    def __call__(self) -> TrustList:
        """Return the list as file and headquarters now say; a file that broke leaves the last good one in place."""
        try:
            stat = self.path.stat()
            stamp: tuple[int, int] | None = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            stamp = self._stamp
        with self._lock:
            over = self._published()
            if stamp != self._stamp or over is not self._over:
                self._read_again(stamp)
                self._over = over
                known = self._local
                if over is not None:
                    known = known.merged_with(over) if known.keys or known.sources else over
                self._list = known.with_keys(self._always)
            return self._list

    def _read_again(self, stamp: tuple[int, int] | None) -> None:
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._local = TrustList.load(self.path)
        except (OSError, ValueError) as error:
            log.error("the trust list %s cannot be used, the last good one stays: %s", self.path, error)


def tell_found(path: Path, journal: Journal) -> None:
    """Write down what a list holds that lay there before the journal was begun: nothing is believed unrecorded.

    From then on every import is an entry of its own. A list that cannot be used is believed by nobody.
    """
    if not path.exists() or journal.search(LogQuery(kind=Kind.TRUST_CHANGED, limit=1)).entries:
        return
    try:
        found = TrustList.load(path)
    except (OSError, ValueError) as error:
        log.error("the trust list %s cannot be used: %s", path, error)
        return
    told = {
        "file": path.name,
        "lists": sorted(found.sources),
        "keys": len(found.keys),
        "revoked": found.revocations.total,
        "as_of": None if found.as_of is None else wall_text(found.as_of),
        "by": "found at the start",
    }
    try:
        journal.append(Kind.TRUST_CHANGED, told)
    except JournalFull as error:
        log.error("the disk is full; the next start writes down the trust list: %s", error)


def too_old(trust: TrustList, now: datetime, max_age: timedelta) -> tuple[str, ...]:
    """Return the names of the lists in `trust` that are too old for a gate, or of unknown age, the oldest first."""
    return tuple(name for name, moment in by_age(trust) if TrustList(as_of=moment).is_stale(now, max_age))


def by_age(trust: TrustList) -> list[tuple[str, datetime | None]]:
    """Return the lists that went into `trust` with their times, those of unknown age first, then the oldest."""
    return sorted(trust.sources.items(), key=lambda listed: (listed[1].timestamp() if listed[1] else 0.0, listed[0]))


def load_trust(path: Path | None) -> TrustList:
    """Return the trust list in `path`, an empty one for None; raise `TrustFileError` where it cannot be used."""
    if path is None:
        return TrustList()
    try:
        return TrustList.load(path)
    except OSError as error:
        raise TrustFileError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise TrustFileError(f"{path}: {error}") from error
