"""One headquarters, one enrolled station, a clock for both, and somebody at the desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hq.at_desk import desk
from tests.hq.postgres import Server, postgres
from tests.hq.running import Headquarters, Station, TestClock, headquarters, station

__all__ = ["clock", "desk", "gate", "hq", "server"]


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def hq(tmp_path: Path, clock: TestClock) -> Iterator[Headquarters]:
    with headquarters(tmp_path / "hq", clock) as running:
        yield running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL for all tests of a session; each takes a database of its own: `server.fresh()`."""
    with postgres() as running:
        yield running


@pytest.fixture
def gate(hq: Headquarters, tmp_path: Path) -> Iterator[Station]:
    with station(hq, tmp_path / "gate") as enrolled:
        yield enrolled
