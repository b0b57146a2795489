"""Who has a journal open: anybody may, together; replacing its file needs it alone."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from checkpoint.errors import JournalInUse

_LOCK = "journal.lock"


def hold(folder: Path) -> int:
    """Return a file descriptor that says, until it is closed, that the journal in `folder` is open.

    Raises `JournalInUse` while somebody replaces the journal, OSError where the folder cannot be written.
    """
    return _locked(folder, fcntl.LOCK_SH)


@contextlib.contextmanager
def held_alone(folder: Path) -> Iterator[None]:
    """Keep everybody else out of the journal in `folder`; raise `JournalInUse` where somebody is in."""
    handle = _locked(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)


def _locked(folder: Path, how: int) -> int:
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise JournalInUse(f"the journal in {folder} is in use by a running program; stop the station first") from None
    except BaseException:
        os.close(handle)
        raise
    return handle
