"""The station's line to headquarters: its enrolment, the thread that sends, and the truth about both."""

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx

from checkpoint.clock import Moment
from checkpoint.errors import SyncError
from checkpoint.health import SyncStatus
from checkpoint.journal import Journal
from checkpoint.ports import Clock
from checkpoint.sync import Enrolment, HandedDown, SyncClient, SyncLoop, SyncReport, SyncSettings
from station import VERSION

log = logging.getLogger(__name__)

HTTP_TIMEOUT_S = 20.0


def http_client() -> httpx.Client:
    """Return the client for headquarters: no proxy from the environment, certificates checked, no redirects."""
    return httpx.Client(timeout=HTTP_TIMEOUT_S, trust_env=False)


def sync_client(
    enrolment: Enrolment,
    journal: Journal,
    clock: Clock,
    http: httpx.Client,
    rules: Callable[[], list[str]] = list,
    handed_down: HandedDown | None = None,
) -> SyncClient:
    """Return the client that carries `journal` to the headquarters of `enrolment`, and back what it hands down."""
    client = SyncClient(journal, enrolment, http, clock.now, software=VERSION, handed_down=handed_down)
    client.rules = rules
    return client


class Uploads:
    """Sends in the background once the station is enrolled; until then it says that it is not."""

    def __init__(
        self,
        keys: Path,
        journal: Journal,
        clock: Clock,
        *,
        every_s: float,
        local_now: Callable[[], datetime],
        rules: Callable[[], list[str]] = list,
        handed_down: HandedDown | None = None,
        kits: Callable[[], dict[str, int]] = dict,
    ) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._fault = ""
        self._loop: SyncLoop | None = None
        self._http = http_client()
        try:
            enrolment = Enrolment.load(keys)
        except SyncError as error:
            log.error("%s", error)
            self._fault = str(error)
            return
        if enrolment is None:
            return
        client = sync_client(enrolment, journal, clock, self._http, rules, handed_down)
        client.kits = kits
        self._loop = SyncLoop(
            client,
            SyncSettings(every_s=every_s),
            random=random.random,
            monotonic=time.monotonic,
            local_now=local_now,
        )

    def start(self) -> None:
        """Begin to send, where the station is enrolled."""
        if self._loop is not None:
            self._loop.start()

    def stop(self) -> None:
        """Stop after the message in hand."""
        if self._loop is not None:
            self._loop.stop()
        self._http.close()

    def tell(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each round, so that pages show what headquarters now has."""
        if self._loop is not None:
            self._loop.after_round.append(callback)

    def nudge(self) -> None:
        """Send now rather than later."""
        if self._loop is not None:
            self._loop.nudge()

    def status(self) -> SyncStatus:
        """Return where the uploads stand: what is pending is counted in the journal, never assumed."""
        pending = self._journal.pending()
        if self._loop is None:
            return SyncStatus(pending.events, pending.photos, None, self._fault, enrolled=False)
        report = self._loop.last
        error = report.error if report else ""
        return SyncStatus(pending.events, pending.photos, self._loop.last_contact, error or self._loop.heartbeat_error)


def sync_once(
    enrolment: Enrolment, journal: Journal, now: Callable[[], Moment], handed_down: HandedDown | None = None
) -> SyncReport:
    """Send everything that is pending, now, and return what became of it."""
    with http_client() as http:
        return SyncClient(journal, enrolment, http, now, software=VERSION, handed_down=handed_down).run_once()
