"""Feeds the service manager's watchdog, after looking whether cameras, journal and lamps are at work.

A thread that hangs is restarted by it; a cable that is unplugged is not, because a restart would not plug it in:
that is a fault which is shown, written down and tried again while the station goes on by typed numbers.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence

from checkpoint.notify import notify, watchdog_s

log = logging.getLogger(__name__)

LONGEST_WORK_S = 1800.0
NOBODY_WATCHES_S = 60.0  # without a service manager a thread that hangs is at least logged

Look = Callable[[], str]
"""Says what hangs, or an empty text."""


class Watchdog:
    """Tells the service manager "alive" every `every_s`, for as long as every look finds nothing."""

    def __init__(self, looks: Sequence[Look], *, every_s: float, tell: Callable[..., bool] = notify) -> None:
        self._looks = looks
        self._every_s = every_s
        self._tell = tell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End; the service manager must have been told that the station stops."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def look(self) -> str:
        """Look at everything; tell the service manager where nothing hangs. Return what does."""
        for look in self._looks:
            try:
                wrong = look()
            except Exception as error:  # noqa: BLE001  whatever a look meets with is a reason not to feed
                wrong = repr(error)
            if wrong:
                log.error("the watchdog is not fed: %s", wrong)
                return wrong
        self._tell("WATCHDOG=1")
        return ""

    def _run(self) -> None:
        self.look()
        while not self._stopping.wait(self._every_s):
            self.look()


def fed_every_s() -> float:
    """Return how often the service manager wants to be told, with two misses to spare."""
    return (watchdog_s() or NOBODY_WATCHES_S) / 3


@contextlib.contextmanager
def long_work(
    what: str, *, every_s: float | None = None, limit_s: float = LONGEST_WORK_S, tell: Callable[..., bool] = notify
) -> Iterator[None]:
    """Tell the service manager that `what` goes on meanwhile, such as a restore before there is anything to look at.

    After `limit_s` it is told no more: what takes longer than that hangs.
    """
    every = every_s or fed_every_s()
    over = threading.Event()
    lines = ("WATCHDOG=1", f"EXTEND_TIMEOUT_USEC={3 * every * 1e6:.0f}", f"STATUS={what}")

    def run() -> None:
        for _ in range(max(1, round(limit_s / every))):
            tell(*lines)
            if over.wait(every):
                return

    thread = threading.Thread(target=run, name="long-work", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5.0)
