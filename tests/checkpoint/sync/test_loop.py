"""When a station talks to headquarters."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from checkpoint.journal import Pending
from checkpoint.sync import SyncLoop, SyncReport, SyncSettings
from checkpoint.sync.loop import backoff_s, nightly_slot, until_nightly_slot
from hq.store.models import alerts
from tests.hq.running import START, Headquarters, Station, headquarters, station
from tests.hq.sending import cross, positive

NEVER_BY_ITSELF = SyncSettings(every_s=3600, heartbeat_s=3600)


@contextmanager
def running(gate: Station, settings: SyncSettings = NEVER_BY_ITSELF) -> Iterator[SyncLoop]:
    loop = SyncLoop(gate.client, settings, random=lambda: 0.0, monotonic=time.monotonic, local_now=lambda: START)
    loop.start()
    try:
        yield loop
    finally:
        loop.stop()


def until(seen: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Wait until something is the case; the time is a limit for a slow machine, not a figure."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if seen():
            return True
        time.sleep(0.02)
    return False


def last_report(loop: SyncLoop) -> SyncReport | None:
    return loop.last


def test_the_first_round_is_at_once(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    with running(gate) as loop:
        assert until(lambda: loop.last is not None and loop.last.all_sent)
        assert loop.last_contact == hq.clock.wall()


def test_a_positive_does_not_wait_for_the_next_round(hq: Headquarters, gate: Station) -> None:
    with running(gate) as loop:
        assert until(lambda: loop.last is not None)
        cross(gate.journal)
        time.sleep(0.2)
        assert gate.journal.pending().soon == 1
        positive(gate.journal)
        assert until(lambda: gate.journal.pending().all_sent)
        assert [row.kind for row in hq.rows(sa.select(alerts.c.kind))] == ["positive"]


def test_a_nudge_syncs_now(hq: Headquarters, gate: Station) -> None:
    with running(gate) as loop:
        assert until(lambda: loop.last is not None)
        cross(gate.journal)
        loop.nudge()
        assert until(lambda: gate.journal.pending().all_sent)


def test_without_a_network_the_station_works_on_and_catches_up(tmp_path: Any, clock: Any) -> None:
    down = threading.Event()

    def cable(app: Any) -> Any:
        def call(environ: Any, start_response: Any) -> Any:
            if down.is_set():
                start_response("504 Gateway Timeout", [("Content-Type", "text/html")])
                return [b"<h1>no route</h1>"]
            return app(environ, start_response)

        return call

    with headquarters(tmp_path / "hq", clock, wrap=cable) as hq, station(hq, tmp_path / "gate") as gate:
        down.set()
        with running(gate, SyncSettings(every_s=0.05, heartbeat_s=3600, retry_s=0.05, retry_most_s=0.1)) as loop:
            positive(gate.journal)
            assert until(lambda: loop.last is not None and loop.last.error != "")
            assert last_report(loop) is not None
            assert not gate.journal.pending().all_sent
            down.clear()
            assert until(lambda: loop.last is not None and loop.last.all_sent)
            assert [row.kind for row in hq.rows(sa.select(alerts.c.kind))] == ["positive"]


class Says:
    """A client whose rounds go as told; counts them."""

    def __init__(self, gate: Station, *reports: SyncReport) -> None:
        self.journal = gate.journal
        self.enrolment = gate.enrolment
        self.last_contact = None
        self.rounds = 0
        self._reports = itertools.chain(reports, itertools.repeat(reports[-1]))

    def run_once(self) -> SyncReport:
        self.rounds += 1
        return next(self._reports)

    def heartbeat(self) -> None:
        pass


def report(error: str = "", retry_after_s: float | None = None) -> SyncReport:
    return SyncReport(0, 0, 0, 0, Pending(0, 0, 0, 0), error, retry_after_s)


def test_even_a_positive_keeps_away_while_headquarters_asks_for_it(gate: Station) -> None:
    client: Any = Says(gate, report("busy", retry_after_s=30.0), report())
    loop = SyncLoop(client, NEVER_BY_ITSELF, random=lambda: 0.0, monotonic=time.monotonic, local_now=lambda: START)
    loop.start()
    assert until(lambda: loop.last is not None)
    positive(gate.journal)
    time.sleep(0.3)
    loop.stop()
    assert client.rounds == 1


def test_an_error_nobody_thought_of_does_not_end_the_loop(gate: Station) -> None:
    class Stumbles(Says):
        def run_once(self) -> SyncReport:
            if self.rounds == 0:
                self.rounds += 1
                raise RuntimeError("a mistake of ours")
            return super().run_once()

    client: Any = Stumbles(gate, report())
    settings = SyncSettings(every_s=3600, heartbeat_s=3600, retry_s=0.05)
    loop = SyncLoop(client, settings, random=lambda: 0.0, monotonic=time.monotonic, local_now=lambda: START)
    loop.start()
    assert until(lambda: loop.last is not None)
    loop.stop()


def test_a_dead_line_is_no_reason_to_raise(gate: Station) -> None:
    def dead(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to host")

    cross(gate.journal)
    with httpx.Client(transport=httpx.MockTransport(dead)) as http:
        gate.client._line.http = http
        outcome = gate.client.run_once()
    assert "no route to host" in outcome.error
    assert not outcome.all_sent


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 3600))
def test_the_wait_never_undercuts_what_was_asked_and_never_runs_away(
    failures: int, random: float, asked: float | None
) -> None:
    settings = SyncSettings()
    wait = backoff_s(failures, settings, random, asked)
    assert max(settings.retry_s, asked or 0) <= wait <= 1.25 * max(settings.retry_most_s, asked or 0)


def test_stations_spread_over_the_night() -> None:
    slots = [nightly_slot(f"gate-{number}") for number in range(10_000)]
    assert timedelta(hours=1) <= min(slots) < max(slots) < timedelta(hours=5)
    busiest = max(sum(start <= slot.total_seconds() < start + 60 for slot in slots) for start in range(3600, 18000, 60))
    assert busiest < 2.2 * 10_000 / 240


def test_the_next_slot_is_always_ahead_and_within_a_day() -> None:
    noon = datetime(2022, 3, 20, 12, tzinfo=UTC)
    for hours in range(24):
        now = noon + timedelta(hours=hours)
        wait = until_nightly_slot("gate-1", now)
        assert 0 < wait <= 86400
        landed = now + timedelta(seconds=wait)
        midnight = landed.replace(hour=0, minute=0, second=0)
        assert abs(landed - midnight - nightly_slot("gate-1")) < timedelta(seconds=1)
