"""Today's figures: the last decision counts, and looking often costs little."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkpoint.events import Kind
from hq import today
from hq.today import Today, TodayBoard, read_today
from tests.hq.running import START, Headquarters, Station
from tests.hq.test_ingest import cross, positive

MIDNIGHT = START.replace(hour=0, minute=0, second=0)


def figures(hq: Headquarters) -> Today:
    with hq.office.store.reading() as db:
        return read_today(db, MIDNIGHT, hq.clock.wall())


def test_a_crossing_counts_once_with_its_last_verdict(hq: Headquarters, gate: Station) -> None:
    for verdict in ("hold", "hold", "admit"):
        gate.journal.append(Kind.CROSSING_DECIDED, {"crossing": "c-1", "verdict": verdict})
    hq.clock.move(hours=1)
    cross(gate.journal, "refuse")
    positive(gate.journal)
    gate.client.run_once()
    seen = figures(hq)
    assert seen.crossings == {"admit": 1, "refuse": 1}
    assert seen.total == 2
    assert seen.tests == {"positive": 1}
    assert seen.hours == (0, 0, 1, 1)


def test_yesterday_does_not_count(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    gate.client.run_once()
    hq.clock.move(days=1)
    with hq.office.store.reading() as db:
        assert read_today(db, MIDNIGHT + timedelta(days=1), hq.clock.wall()).total == 0


def test_figures_that_are_slow_to_count_are_counted_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    time_s = 0.0
    counted: list[float] = []

    def slowly(*_: object) -> Today:
        nonlocal time_s
        time_s += 1.5
        counted.append(time_s)
        return Today({}, {}, ())

    monkeypatch.setattr(today, "read_today", slowly)
    board = TodayBoard(lambda: time_s)
    with sa.create_engine("sqlite://").connect() as db:
        for _ in range(60):
            board.read(db, MIDNIGHT, START)
            time_s += 1.0
        assert len(counted) == 2
        board.read(db, MIDNIGHT + timedelta(days=1), START)
        assert len(counted) == 3, "a new day begins at once"
