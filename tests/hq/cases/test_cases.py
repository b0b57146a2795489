"""Cases: a closed loop with a clock on every step, where nothing is edited and nothing forgotten."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hq.cases.brief import read_brief
from hq.cases.lists import Case, CaseQuery, count_cases, count_late, entries_of, find_case, list_cases
from hq.cases.rules import CaseRule, change_rule, rule_for, shipped_rules
from hq.cases.steps import CaseError, Entry, Step, add_note, take_step, undo_step
from hq.watch import look
from tests.hq.running import START, Headquarters, Station
from tests.hq.sending import cross, positive


@pytest.fixture
def case(hq: Headquarters, gate: Station) -> tuple[str, str]:
    """A positive that headquarters has just heard of: its station and its id."""
    seq = positive(gate.journal)
    gate.client.run_once()
    return gate.enrolment.device, f"positive-1-{seq}"


def step(hq: Headquarters, case: tuple[str, str], to: Step, note: str = "", team: str = "") -> None:
    take_step(hq.office.store, *case, to, by="li", note=note, team=team, now=hq.clock.wall())


def standing(hq: Headquarters, case: tuple[str, str]) -> Case:
    with hq.office.store.reading() as db:
        found = find_case(db, *case)
    assert found is not None
    return found


def late(hq: Headquarters) -> int:
    with hq.office.store.reading() as db:
        return count_late(db, hq.clock.wall())


@pytest.mark.parametrize("query", [CaseQuery(), CaseQuery(new=True), CaseQuery(late=True)])
def test_no_list_of_open_cases_reads_through_the_closed_ones(hq: Headquarters, query: CaseQuery) -> None:
    asked = []
    engine = hq.office.store.engine

    def listen(_db: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", listen)
    with hq.office.store.reading() as db:
        list_cases(db, query, hq.clock.wall())
        count_cases(db, query, hq.clock.wall())
    sa.event.remove(engine, "before_cursor_execute", listen)
    selects = [one for one in asked if one[0].startswith("SELECT")]
    assert len(selects) == 2
    with engine.connect() as db:
        for statement, parameters in selects:
            plan = [row[-1] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert any(line.startswith("SEARCH alerts USING ") for line in plan), plan
            assert not any(line.startswith("SCAN alerts") for line in plan), plan


def test_a_positive_goes_through_its_closed_loop(hq: Headquarters, case: tuple[str, str]) -> None:
    for to, note, team in (
        (Step.ACCEPTED, "", ""),
        (Step.HANDED, "ambulance asked for", "乍浦镇"),
        (Step.ACTED, "taken to hospital", ""),
        (Step.ANSWERED, "", ""),
        (Step.CLOSED, "called Dr. Chen: arrived", ""),
    ):
        hq.clock.move(minutes=4)
        step(hq, case, to, note, team)
    found = standing(hq, case)
    assert (found.state, found.team, found.due_at) == (Step.CLOSED, "乍浦镇", None)
    with hq.office.store.reading() as db:
        entries = entries_of(db, *case)
        assert list_cases(db, CaseQuery(), hq.clock.wall()) == []
    assert [entry.state for entry in entries] == list(Step)
    assert [entry.took for entry in entries[1:]] == [timedelta(minutes=4)] * 5


def test_each_step_has_a_clock_that_follows_the_rule(hq: Headquarters, case: tuple[str, str]) -> None:
    received = standing(hq, case).received_at
    assert standing(hq, case).due_at == received + timedelta(minutes=5)
    step(hq, case, Step.ACCEPTED)
    assert standing(hq, case).due_at == received + timedelta(minutes=15)
    hq.clock.move(minutes=16)
    assert late(hq) == 1
    assert standing(hq, case).late_by(hq.clock.wall()) == timedelta(minutes=1)


def test_a_late_step_is_reminded_of_once(hq: Headquarters, case: tuple[str, str], gate: Station) -> None:
    hq.clock.move(minutes=6)
    for _ in range(3):
        look(hq.office.store, hq.office.config, hq.clock.wall())
    with hq.office.store.reading() as db:
        assert [entry.entry for entry in entries_of(db, *case)] == [Entry.STEP, Entry.REMINDER]
    step(hq, case, Step.ACCEPTED)
    hq.clock.move(minutes=30)
    look(hq.office.store, hq.office.config, hq.clock.wall())
    with hq.office.store.reading() as db:
        assert [entry.entry for entry in entries_of(db, *case)].count(Entry.REMINDER) == 2, "once for each step"


def test_a_wrong_step_is_undone_by_another_entry(hq: Headquarters, case: tuple[str, str]) -> None:
    step(hq, case, Step.ACCEPTED)
    step(hq, case, Step.CLOSED, "called back")
    undo = {"by": "wang", "now": hq.clock.wall()}
    with pytest.raises(CaseError, match="why-needed"):
        undo_step(hq.office.store, *case, note=" ", **undo)
    undo_step(hq.office.store, *case, note="the wrong case", **undo)
    assert standing(hq, case).state is Step.ACCEPTED
    assert standing(hq, case).due_at is not None, "its clock runs again"
    undo_step(hq.office.store, *case, note="that one too", **undo)
    with pytest.raises(CaseError, match="nothing-to-undo"):
        undo_step(hq.office.store, *case, note="and more", **undo)
    with hq.office.store.reading() as db:
        entries = entries_of(db, *case)
    assert [(entry.entry, entry.undone) for entry in entries] == [
        (Entry.STEP, False), (Entry.STEP, True), (Entry.STEP, True), (Entry.UNDO, False), (Entry.UNDO, False),
    ]  # fmt: skip
    step(hq, case, Step.ACCEPTED)
    assert standing(hq, case).state is Step.ACCEPTED


def test_a_note_changes_nothing_but_is_kept(hq: Headquarters, case: tuple[str, str]) -> None:
    before = standing(hq, case)
    add_note(hq.office.store, *case, by="li", note="no answer yet", now=hq.clock.wall())
    assert standing(hq, case) == before
    with pytest.raises(CaseError, match="note-needed"):
        add_note(hq.office.store, *case, by="li", note="  ", now=hq.clock.wall())


def test_handing_over_names_a_team_and_closing_says_who_was_called(hq: Headquarters, case: tuple[str, str]) -> None:
    with pytest.raises(CaseError, match="team-needed"):
        step(hq, case, Step.HANDED)
    with pytest.raises(CaseError, match="call-back-needed"):
        step(hq, case, Step.CLOSED)
    assert standing(hq, case).state is Step.NEW


def test_two_people_cannot_take_the_same_step(hq: Headquarters, case: tuple[str, str]) -> None:
    step(hq, case, Step.ACCEPTED)
    with pytest.raises(CaseError, match="moved-on"):
        step(hq, case, Step.ACCEPTED)


def test_a_silent_station_is_a_case_once_and_says_when_it_is_heard_again(hq: Headquarters, gate: Station) -> None:
    gate.client.heartbeat()
    hq.clock.move(minutes=11)
    for _ in range(2):
        look(hq.office.store, hq.office.config, hq.clock.wall())
    with hq.office.store.reading() as db:
        (silent,) = list_cases(db, CaseQuery(kind="silent"), hq.clock.wall())
    key = (silent.station, silent.id)
    hq.clock.move(minutes=1)
    gate.client.heartbeat()
    for _ in range(2):
        look(hq.office.store, hq.office.config, hq.clock.wall())
    with hq.office.store.reading() as db:
        assert [entry.note for entry in entries_of(db, *key)].count("heard-again") == 1
    step(hq, key, Step.CLOSED, "called the gate: power cut")
    look(hq.office.store, hq.office.config, hq.clock.wall())
    hq.clock.move(minutes=20)
    look(hq.office.store, hq.office.config, hq.clock.wall())
    with hq.office.store.reading() as db:
        assert len(list_cases(db, CaseQuery(kind="silent"), hq.clock.wall())) == 1, "another silence, another case"


def test_urgency_is_data_that_an_administrator_changes(hq: Headquarters, gate: Station) -> None:
    rule = CaseRule("refused", "", "green", (60, 120, 480, 960, 2880))
    change_rule(hq.office.store, rule, by="wang", now=hq.clock.wall())
    cross(gate.journal, "refuse")
    gate.client.run_once()
    with hq.office.store.reading() as db:
        (case,) = list_cases(db, CaseQuery(), hq.clock.wall())
        assert rule_for(db, "refused", "health-code-red").urgency == "red", "the narrower rule counts"
        assert rule_for(db, "something-new", "").urgency == "yellow", "somebody looks at what no rule names"
    assert (case.urgency, case.due_at) == ("green", case.received_at + timedelta(hours=1))


@pytest.mark.parametrize("minutes", [(0, 1, 2, 3, 4), (5, 4, 6, 7, 8), (1, 2, 3), (1, 2, 3, 4, 10**6)])
def test_a_rule_nobody_could_keep_is_refused(minutes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="step"):
        CaseRule("positive", "", "red", minutes)


def test_every_kind_of_alert_has_a_shipped_rule() -> None:
    kinds = {"positive", "refused", "override", "tamper", "fork", "rewrite", "restored", "silent"}
    assert {kind for kind, reason in shipped_rules() if not reason} == kinds


def test_the_most_urgent_come_first_and_of_those_what_nobody_has_taken_up(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal, "refuse")
    gate.client.run_once()
    hq.clock.move(minutes=2)
    positive(gate.journal)
    gate.client.run_once()
    with hq.office.store.reading() as db:
        (taken_up,) = list_cases(db, CaseQuery(kind="positive"), hq.clock.wall())
    step(hq, (taken_up.station, taken_up.id), Step.ACCEPTED)
    hq.clock.move(minutes=60)
    positive(gate.journal)
    gate.client.run_once()
    with hq.office.store.reading() as db:
        cases = list_cases(db, CaseQuery(), hq.clock.wall())
        assert [(case.kind, case.state, case.late_by(hq.clock.wall()) is not None) for case in cases] == [
            ("positive", Step.NEW, False), ("positive", Step.ACCEPTED, True), ("refused", Step.NEW, True),
        ]  # fmt: skip
        assert list_cases(db, CaseQuery(late=True), hq.clock.wall()) == cases[1:]
        assert list_cases(db, CaseQuery(new=True), hq.clock.wall()) == [cases[0], cases[2]]
        assert list_cases(db, CaseQuery(town="nowhere"), hq.clock.wall()) == []


def test_the_daily_brief_counts_what_was_taken_up_and_how_fast(hq: Headquarters, gate: Station) -> None:
    for _ in range(4):
        positive(gate.journal)
    gate.client.run_once()
    with hq.office.store.reading() as db:
        cases = list_cases(db, CaseQuery(), hq.clock.wall())
    keys = [(case.station, case.id) for case in cases]
    hq.clock.move(minutes=2)
    step(hq, keys[0], Step.ACCEPTED)
    hq.clock.move(minutes=2)
    step(hq, keys[1], Step.ANSWERED)  # whatever was skipped counts as reached
    step(hq, keys[2], Step.ACCEPTED)
    undo_step(hq.office.store, *keys[2], by="li", note="wrong one", now=hq.clock.wall())
    midnight = START.replace(hour=0, minute=0, second=0)
    with hq.office.store.reading() as db:
        brief = read_brief(db, midnight, midnight + timedelta(days=1), hq.clock.wall())
        tomorrow = read_brief(db, midnight + timedelta(days=1), midnight + timedelta(days=2), hq.clock.wall())
    whole = brief.whole
    assert (whole.opened, whole.accepted, whole.answered) == (4, 2, 1)
    assert (whole.accepted_percent, whole.answered_percent) == (50.0, 25.0)
    assert whole.median_accept == timedelta(minutes=3)
    assert whole.median_answer == timedelta(minutes=4)
    assert [(line.name, line.opened) for line in brief.kinds] == [("positive", 4)]
    assert (tomorrow.whole.opened, tomorrow.left_open) == (0, 4)
