"""Who is on duty at the gate: the journal's log-ins say so, also across a restart."""

import threading

from checkpoint.events import Event, Kind
from checkpoint.journal import Journal, LogQuery

RECENT = 100  # log-ins and log-outs that are looked at after a restart: days of them
KINDS = (Kind.LOGGED_IN, Kind.LOGGED_OUT, Kind.SHIFT_HANDED_OVER)
WATCHES_ONLY = "auditor"


class Duty:
    """The officer in whose name the gate's camera decides; nobody on duty, nothing is decided."""

    def __init__(self, journal: Journal) -> None:
        self._lock = threading.Lock()
        self._officers: list[str] = []
        pages = [journal.search(LogQuery(kind=kind, limit=RECENT)) for kind in KINDS]
        for event in sorted((event for page in pages for event in page.entries), key=lambda event: event.seq):
            self.heard(event)
        journal.subscribe(self.heard)

    @property
    def officer(self) -> str:
        """The officer who logged in last and has not logged out; empty where nobody is on duty."""
        with self._lock:
            return self._officers[-1] if self._officers else ""

    def heard(self, event: Event) -> None:
        """Take note of a log-in, a log-out, or the end of a shift."""
        match event.kind:
            case Kind.LOGGED_IN if event.body.get("role") != WATCHES_ONLY:
                with self._lock:
                    officer = str(event.body["officer"])
                    self._officers = [*(o for o in self._officers if o != officer), officer]
            case Kind.LOGGED_OUT:
                with self._lock:
                    self._officers = [o for o in self._officers if o != event.body["officer"]]
            case Kind.SHIFT_HANDED_OVER:  # every session ended; whoever took over has just proved who they are
                with self._lock:
                    taking = str(event.body.get("second", ""))
                    self._officers = [taking] if taking else []
            case _:
                pass
