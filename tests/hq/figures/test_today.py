"""Today's figures: the last decision counts, every event once, and looking often costs little."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkpoint.events import Kind
from hq.desk.shared import Shared
from hq.figures.tallies import count_on
from hq.figures.today import Today, read_today
from hq.store.models import kit_counts, tallies, tally_cursors
from tests.hq.running import START, Headquarters, Station
from tests.hq.sending import cross, positive

LOT = "20220315"
MIDNIGHT = START.replace(hour=0, minute=0, second=0)


def figures(hq: Headquarters) -> Today:
    assert count_on(hq.office.store) == 0
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
    assert seen.whole.crossings == {"admit": 1, "refuse": 1}
    assert seen.whole.total == 2
    assert seen.whole.tests == {"positive": 1}
    assert [hour.total for hour in seen.hours] == [0, 0, 1, 1]


def test_yesterday_does_not_count(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    gate.client.run_once()
    figures(hq)
    hq.clock.move(days=1)
    with hq.office.store.reading() as db:
        assert read_today(db, MIDNIGHT + timedelta(days=1), hq.clock.wall()).whole.total == 0


def test_a_crossing_decided_again_later_moves_to_its_last_verdict(hq: Headquarters, gate: Station) -> None:
    gate.journal.append(Kind.CROSSING_DECIDED, {"crossing": "c-1", "verdict": "hold"})
    gate.client.run_once()
    assert figures(hq).whole.crossings == {"hold": 1}
    hq.clock.move(minutes=17)
    gate.journal.append(Kind.CROSSING_DECIDED, {"crossing": "c-1", "verdict": "admit"})
    gate.client.run_once()
    seen = figures(hq)
    assert seen.whole.crossings == {"admit": 1}
    assert seen.whole.waits == {20: 1}
    assert seen.whole.median_wait == 20


def test_counting_again_counts_nothing_twice(hq: Headquarters, gate: Station) -> None:
    for _ in range(5):
        cross(gate.journal)
    gate.client.run_once()
    assert figures(hq) == figures(hq)
    with hq.office.store.writing() as db:
        db.execute(sa.delete(tally_cursors))
        db.execute(sa.delete(tallies))
    assert figures(hq).whole.total == 5, "counters can be made anew from the events"


def test_a_backlog_is_counted_in_pieces_and_the_page_says_so(
    hq: Headquarters, gate: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hq.figures.tallies.CHUNK", 3)
    for _ in range(10):
        cross(gate.journal)
    gate.client.run_once()
    assert count_on(hq.office.store, most_chunks=1) == 8
    with hq.office.store.reading() as db:
        assert read_today(db, MIDNIGHT, hq.clock.wall()).uncounted == 8
    assert figures(hq).whole.total == 10


def test_a_clock_that_jumps_back_loses_no_event(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    gate.client.run_once()
    figures(hq)
    hq.clock.move(days=-40)
    cross(gate.journal)
    hq.clock.move(days=40)
    cross(gate.journal)
    gate.client.run_once()
    assert figures(hq).whole.total == 2
    with hq.office.store.reading() as db:
        assert db.execute(sa.select(sa.func.sum(tallies.c.count))).scalar_one() == 3


def test_the_time_at_the_bench_is_a_distribution(hq: Headquarters, gate: Station) -> None:
    for waited_s in (700, 900, 5000):
        gate.journal.append(Kind.TEST_READ, {"test": "t", "outcome": "negative", "waited_s": waited_s})
    gate.client.run_once()
    assert figures(hq).whole.bench == {15: 2, 0: 1}


def read(gate: Station, outcome: str) -> None:
    gate.journal.append(Kind.TEST_READ, {"test": "t-1", "outcome": outcome, "lot": LOT})


def dispute(gate: Station, read_as: str, outcome: str) -> None:
    body = {"test": "t-1", "outcome": outcome, "read_as": read_as, "disputed": read_as != outcome, "lot": LOT}
    gate.journal.append(Kind.TEST_CONFIRMED, body)


def void(gate: Station) -> None:
    gate.journal.append(Kind.TEST_VOIDED, {"test": "t-1", "reason": "antigen-void", "lot": LOT})


def invalid_kits(hq: Headquarters) -> int:
    return sum(row.invalid for row in hq.rows(sa.select(kit_counts.c.invalid)))


@pytest.mark.parametrize("at_once", [True, False], ids=["counted together", "counted in between"])
@pytest.mark.parametrize(
    ("machine", "people", "counts"),
    [("negative", "positive", 0), ("positive", "invalid", 1), ("negative", "negative", 0), ("invalid", "void", 1)],
)
def test_a_test_counts_with_its_last_word(
    hq: Headquarters, gate: Station, machine: str, people: str, counts: int, at_once: bool
) -> None:
    read(gate, "retake")
    read(gate, machine)
    if not at_once:
        gate.client.run_once()
        assert figures(hq).whole.tests == {machine: 1, "retake": 1}
        hq.clock.move(hours=1)
    if people == "void":
        void(gate)
    else:
        dispute(gate, machine, people)
    gate.client.run_once()
    assert figures(hq).whole.tests == {people: 1, "retake": 1}
    assert invalid_kits(hq) == counts


def test_a_confirmation_counts_where_the_reading_itself_could_not_be_read(hq: Headquarters, gate: Station) -> None:
    dispute(gate, "negative", "positive")
    gate.client.run_once()
    assert figures(hq).whole.tests == {"positive": 1}


def test_figures_that_are_slow_to_count_are_counted_less_often() -> None:
    time_s = 0.0
    counted: list[float] = []

    def slowly() -> int:
        nonlocal time_s
        time_s += 1.5
        counted.append(time_s)
        return len(counted)

    shared = Shared[int](lambda: time_s)
    for _ in range(60):
        shared.get("today", slowly)
        time_s += 1.0
    assert len(counted) == 2
    shared.get("tomorrow", slowly)
    assert len(counted) == 3, "a new day begins at once"
