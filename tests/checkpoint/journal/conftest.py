"""A journal in a temporary folder, with a clock that stands still until it is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checkpoint.clock import ClockTrust, Moment
from checkpoint.journal import Journal, Seal


class StandingClock:
    """Shows one instant until it is moved on."""

    def __init__(self) -> None:
        self.moment = Moment(datetime(2022, 3, 20, 2, 14, 7, tzinfo=UTC), 60_000, "boot-1", ClockTrust.TRUSTED)

    def now(self) -> Moment:
        return self.moment

    def move(self, **by: float) -> None:
        step = timedelta(**by)
        self.moment = replace(
            self.moment,
            wall=self.moment.wall + step,
            boot_ms=self.moment.boot_ms + round(step.total_seconds() * 1000),
        )


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    return Seal.open(tmp_path / "keys")


@pytest.fixture
def journal(tmp_path: Path, clock: StandingClock, seal: Seal) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal", clock=clock, seal=seal) as opened:
        yield opened
