"""Feeds the service manager's watchdog, after looking whether cameras, journal and lamps are at work.

A thread that hangs is restarted by it; a cable that is unplugged is not, because a restart would not plug it in:
that is a fault which is shown, written down and tried again while the station goes on by typed numbers.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from checkpoint.notify import notify

log = logging.getLogger(__name__)

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
