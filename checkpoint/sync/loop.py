"""When to talk to headquarters: at once for a positive, now and then for the rest, and never in step with the herd."""

import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkpoint.errors import SyncError
from checkpoint.events import Event, Lane
from checkpoint.sync.client import SyncClient, SyncReport

log = logging.getLogger(__name__)

_NIGHT_STARTS = timedelta(hours=1)
_NIGHT_LASTS_S = 4 * 3600


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """How often to sync. ``every_s``: seconds between rounds while the line works; None: nights only, and the urgent.

    After a failure the wait doubles from ``retry_s`` up to ``retry_most_s``, with up to a quarter of jitter.
    """

    every_s: float | None = 30.0
    heartbeat_s: float = 60.0
    retry_s: float = 2.0
    retry_most_s: float = 300.0


def nightly_slot(device: str) -> timedelta:
    """Return a device's own time of the night, local, between 1:00 and 5:00: ten thousand stations spread over it.

    >>> nightly_slot("gate-1") == nightly_slot("gate-1")
    True
    """
    share = int.from_bytes(hashlib.sha256(device.encode()).digest()[:4], "big") / 2**32
    return _NIGHT_STARTS + timedelta(seconds=int(share * _NIGHT_LASTS_S))


def until_nightly_slot(device: str, local: datetime) -> float:
    """Return the seconds from `local` to the device's next slot."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    slot = midnight + nightly_slot(device)
    if slot <= local:
        slot += timedelta(days=1)
    return (slot - local).total_seconds()


def backoff_s(failures: int, settings: SyncSettings, random: float, retry_after_s: float | None = None) -> float:
    """Return how long to wait after `failures` failures in a row; `random` in [0, 1) spreads the stations.

    >>> [backoff_s(n, SyncSettings(), random=0.0) for n in (1, 2, 3, 20)]
    [2.0, 4.0, 8.0, 300.0]
    """
    wait: float = min(settings.retry_most_s, settings.retry_s * 2.0 ** min(failures - 1, 30))
    return max(wait, retry_after_s or 0.0) * (1 + random / 4)


class SyncLoop:
    """The thread that keeps headquarters informed.

    `last` is the newest report, None before the first round; `after_round` is called in this thread after each.
    """

    def __init__(
        self,
        client: SyncClient,
        settings: SyncSettings,
        *,
        random: Callable[[], float],
        monotonic: Callable[[], float],
        local_now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._settings = settings
        self._random = random
        self._monotonic = monotonic
        self._local_now = local_now
        self._wake = threading.Condition()
        self._urgent = False
        self._asked = False
        self._stopping = False
        self._not_before = 0.0
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self.last: SyncReport | None = None
        self.last_contact: datetime | None = None
        self.heartbeat_error = ""
        self.after_round: list[Callable[[], None]] = []
        client.journal.subscribe(self._heard)

    def start(self) -> None:
        """Start syncing: the first round is now."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Stop after the message in hand."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def nudge(self) -> None:
        """Sync now rather than later; only headquarters' own Retry-After is still kept."""
        with self._wake:
            self._asked = True
            self._wake.notify()

    def _heard(self, event: Event) -> None:
        if event.lane is Lane.NOW:
            with self._wake:
                self._urgent = True
                self._wake.notify()

    def _run(self) -> None:
        next_round = self._monotonic()
        next_heartbeat = next_round
        while not self._wait_until(min(next_round, next_heartbeat)):
            now = self._monotonic()
            if now >= next_heartbeat:
                self._beat()
                next_heartbeat = now + self._settings.heartbeat_s
            if now >= next_round or self._take_wish():
                next_round = self._monotonic() + self._round()

    def _take_wish(self) -> bool:
        with self._wake:
            wish, self._urgent, self._asked = self._urgent or self._asked, False, False
            return wish and self._monotonic() >= self._not_before

    def _wait_until(self, when: float) -> bool:
        """Wait until `when` or until nudged; return whether to stop."""
        with self._wake:
            while not self._stopping:
                now = self._monotonic()
                wished = (self._urgent or self._asked) and now >= self._not_before
                if wished or now >= when:
                    break
                until = max(self._not_before, now) if self._urgent or self._asked else when
                self._wake.wait(max(0.01, min(until, when) - now))
            return self._stopping

    def _round(self) -> float:
        """Sync once and return how long to wait for the next round."""
        with self._wake:
            self._urgent = self._asked = False
        try:
            report = self._client.run_once()
        except Exception:
            # The thread must outlive whatever happens here, or a station goes silent for good; it is logged in full.
            log.exception("a sync round failed")
            self._failures += 1
            return backoff_s(self._failures, self._settings, self._random())
        self.last = report
        self.last_contact = self._client.last_contact
        for callback in self.after_round:
            callback()
        if report.error:
            self._failures += 1
            wait = backoff_s(self._failures, self._settings, self._random(), report.retry_after_s)
            self._not_before = self._monotonic() + (report.retry_after_s or 0.0)
            log.warning("sync stopped: %s; next try in %.0f s", report.error, wait)
            return wait
        self._failures, self._not_before = 0, 0.0
        if report.pending.photos:
            return 0.0  # photos go in rounds, so that an urgent event never waits behind all of them
        if self._settings.every_s is not None:
            return self._settings.every_s
        return until_nightly_slot(self._client.enrolment.device, self._local_now())

    def _beat(self) -> None:
        try:
            self._client.heartbeat()
        except SyncError as error:
            self.heartbeat_error = str(error)
        else:
            self.heartbeat_error = ""
            self.last_contact = self._client.last_contact
