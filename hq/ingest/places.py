"""Places for what is large: a few uploads at work, some that wait, and the rest are asked to come back.

A process runs Python one thread at a time, so more uploads at work take in no more; they only make a positive, and
whoever looks at the desk, wait longer for their turn. Those that wait cost nothing but a thread.
"""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hq.refused import Refused

_RETRY_S = 5
_PATIENCE_S = 20.0  # shorter than a station's own


class Places:
    """So many `at_work` at once, and so many `waiting` for their turn."""

    def __init__(self, at_work: int, waiting: int, *, patience_s: float = _PATIENCE_S) -> None:
        self._room = threading.BoundedSemaphore(at_work + waiting)
        self._work = threading.BoundedSemaphore(at_work)
        self._patience_s = patience_s

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place; raise `Refused` (429, with a time to come back) where there is none."""
        if not self._room.acquire(blocking=False):
            raise _busy()
        try:
            if not self._work.acquire(timeout=self._patience_s):
                raise _busy()
            try:
                yield
            finally:
                self._work.release()
        finally:
            self._room.release()


def busy_retry_s(below: Callable[[int], int] = secrets.randbelow) -> int:
    """Return how long a station is asked to stay away; `below` gives a random whole number below another."""
    return _RETRY_S + below(_RETRY_S * 5)


def _busy() -> Refused:
    return Refused(429, "busy", retry_after_s=busy_retry_s())
