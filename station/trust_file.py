"""The station's trust list as it stands on disk: read again when an import has replaced it."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from checkpoint.credentials import TrustedKey, TrustList
from checkpoint.errors import CheckpointError

log = logging.getLogger(__name__)


class TrustFileError(CheckpointError, ValueError):
    """A file that should hold a trust list and does not."""


class TrustFile:
    """The trust list in one file; without a file an empty list of unknown age, by which nothing is believed."""

    def __init__(self, path: Path, *, always: Sequence[TrustedKey] = ()) -> None:
        """`always`: keys believed besides the file's, such as the one headquarters showed at enrolment."""
        self.path = path
        self._always = tuple(always)
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._list = TrustList(keys=self._always)

    def __call__(self) -> TrustList:
        """Return the list as the file now says; a file that broke meanwhile leaves the last good one in place."""
        try:
            stat = self.path.stat()
        except OSError:
            return self._list
        stamp = (stat.st_mtime_ns, stat.st_size)
        with self._lock:
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._list = TrustList.load(self.path).with_keys(self._always)
                except (OSError, ValueError) as error:
                    log.error("the trust list %s cannot be used, the last good one stays: %s", self.path, error)
        return self._list


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
