"""The devices that do not work now: written down when it begins and when it ends, and shown at the gate meanwhile."""

import logging
import threading
from typing import Any

from checkpoint.errors import JournalError
from checkpoint.events import Kind
from checkpoint.gate import Gate
from checkpoint.journal import Journal
from checkpoint.reasons import Reason

log = logging.getLogger(__name__)


class Faults:
    """Thread-safe. The gate shows a fault while any device that it needs has one, and rests once none has."""

    def __init__(self, journal: Journal, gate: Gate) -> None:
        self._journal = journal
        self._gate = gate
        self._lock = threading.Lock()
        self._at_gate: set[str] = set()

    def began(self, device: str, detail: str, *, at_gate: bool) -> None:
        """Note that `device` has failed; with `at_gate` the gate cannot do without it."""
        log.warning("%s: %s", device, detail)
        self._write(Kind.DEVICE_FAULT, {"device": device, "detail": detail})
        if at_gate:
            with self._lock:
                self._at_gate.add(device)
            self._gate.fault(Reason.STATION_FAULT)

    def ended(self, device: str) -> None:
        """Note that `device` works again."""
        log.info("%s: works again", device)
        self._write(Kind.DEVICE_RECOVERED, {"device": device})
        with self._lock:
            was_at_gate = device in self._at_gate
            self._at_gate.discard(device)
            free = not self._at_gate
        if was_at_gate and free:
            self._gate.recovered()

    def _write(self, kind: Kind, body: dict[str, Any]) -> None:
        try:
            self._journal.append(kind, body)
        except JournalError:
            log.exception("the journal could not take a device's fault; the thread that noticed it goes on")
