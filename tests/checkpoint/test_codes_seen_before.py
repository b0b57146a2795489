"""A code that comes back: held up twice, on a second phone, or a minute after its car has left."""

from dataclasses import replace

from checkpoint.crossing import Lamp, Verdict
from checkpoint.events import Kind
from checkpoint.journal import LogQuery
from checkpoint.reasons import Reason
from checkpoint.vehicle import Crossing
from tests.checkpoint.station_parts import OFFICER, Parts


def decided(parts: Parts) -> int:
    """How many decisions the journal holds."""
    return len(parts.journal.search(LogQuery(kind=Kind.CROSSING_DECIDED)).entries)


def at_the_gate(parts: Parts) -> Crossing:
    crossing = parts.gate.view().crossing
    assert crossing is not None
    return crossing


def test_the_same_code_twice_changes_nothing_and_is_said_each_time(parts: Parts) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    for _ in range(3):
        parts.gate.present([code], officer=OFFICER)
        parts.clock.turn(seconds=4)
    view = parts.gate.view()
    assert (view.notice, view.noticed, decided(parts)) == ("already-seen", 2, 1)
    assert parts.lamps.shown is Lamp.GREEN


def test_a_forgery_shown_twice_is_one_refusal(parts: Parts) -> None:
    code = parts.codes.bad("HC1:FORGED", Reason.BAD_SIGNATURE)
    for _ in range(2):
        parts.gate.present([code], officer=OFFICER)
    assert len(at_the_gate(parts).seats) == 1
    assert parts.lamps.shown is Lamp.RED


def test_one_code_for_two_people_leaves_the_second_unchecked(parts: Parts) -> None:
    parts.gate.describe_vehicle(replace(parts.gate.vehicle, people=2), officer=OFFICER)
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    for _ in range(2):
        parts.gate.present([code], officer=OFFICER)
    assert parts.gate.view().notice == "already-seen-others-left"
    assert at_the_gate(parts).unchecked == 1
    assert parts.lamps.shown is Lamp.YELLOW


def test_a_code_is_judged_again_once_its_verdict_has_gone(parts: Parts) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    parts.gate.present([code], officer=OFFICER)
    parts.clock.turn(seconds=25)
    parts.gate.tick()
    assert parts.lamps.shown is Lamp.RED
    parts.gate.present([code], officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN
    assert len(at_the_gate(parts).seats) == 1


def test_an_answer_that_changed_meanwhile_is_never_taken_for_the_old_one(parts: Parts) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    parts.gate.present([code], officer=OFFICER)
    parts.codes.bad(str(code.text), Reason.REVOKED)
    parts.gate.present([code], officer=OFFICER)
    assert parts.lamps.shown is Lamp.RED


def leave_and_come_back(parts: Parts, *, after_s: float, plates: tuple[str, str] = ("", "")) -> Crossing:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    parts.gate.describe_vehicle(replace(parts.gate.vehicle, plate=plates[0]), officer=OFFICER)
    parts.gate.present([code], officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    parts.clock.turn(seconds=after_s)
    parts.gate.describe_vehicle(replace(parts.gate.vehicle, plate=plates[1]), officer=OFFICER)
    parts.gate.present([code], officer=OFFICER)
    return at_the_gate(parts)


def test_a_code_that_left_a_minute_ago_is_held_and_says_when(parts: Parts) -> None:
    crossing = leave_and_come_back(parts, after_s=60)
    assert (crossing.verdict, crossing.reason) == (Verdict.HOLD, Reason.SAME_CODE_OTHER_PERSON)
    assert parts.lamps.shown is Lamp.YELLOW
    assert any("left 60 s ago, #" in finding.clause for finding in crossing.seats[0].decision.findings)


def test_a_code_that_was_held_once_is_held_each_time_until_the_id_was_compared(parts: Parts) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    parts.gate.present([code], officer=OFFICER)
    for _ in range(3):
        parts.gate.next(officer=OFFICER)
        parts.clock.turn(seconds=60)
        parts.gate.present([code], officer=OFFICER)
        assert at_the_gate(parts).reason is Reason.SAME_CODE_OTHER_PERSON
    parts.gate.next(officer=OFFICER)
    gate = parts.started_again_gate()
    parts.clock.turn(seconds=60)
    gate.present([code], officer=OFFICER)
    assert at_the_gate(parts).reason is Reason.SAME_CODE_OTHER_PERSON


def test_a_code_still_in_view_after_its_vehicle_left_is_said_and_counts_for_no_other(parts: Parts) -> None:
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    parts.gate.lingers(seen=True)
    parts.gate.next(officer=OFFICER)
    notices = []
    for seen in (True, True, True, False):
        parts.gate.lingers(seen=seen)
        notices.append(parts.gate.view().notice)
        parts.clock.turn(seconds=1)
    assert notices == ["", "", "just-checked", ""]
    assert parts.gate.view().crossing is None


def test_comparing_with_the_id_settles_whose_code_it_is(parts: Parts) -> None:
    leave_and_come_back(parts, after_s=60)
    parts.gate.compared_with_id(1, officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN
    assert at_the_gate(parts).seats[0].compared_with_id
    newest = parts.journal.event(parts.journal.head().seq)
    assert (newest.kind, newest.body["verdict"]) == (Kind.CROSSING_DECIDED, Verdict.ADMIT)


def test_a_vehicle_that_turned_round_is_known_by_its_plate(parts: Parts) -> None:
    assert leave_and_come_back(parts, after_s=60, plates=("浙F12345", "浙F12345")).verdict is Verdict.ADMIT


def test_another_plate_is_another_vehicle(parts: Parts) -> None:
    assert leave_and_come_back(parts, after_s=60, plates=("浙F12345", "浙F54321")).verdict is Verdict.HOLD


def test_later_the_same_day_a_code_is_as_good_as_new(parts: Parts) -> None:
    assert leave_and_come_back(parts, after_s=11 * 60).verdict is Verdict.ADMIT


def test_a_code_whose_person_waits_at_the_bench_is_held_in_another_car(parts: Parts) -> None:
    code = parts.codes.naat("Li Na", parts.hours_ago(30))
    parts.gate.present([code], officer=OFFICER)
    parts.gate.to_bench(1)
    parts.gate.next(officer=OFFICER)
    parts.gate.present([code], officer=OFFICER)
    reasons = {finding.reason for finding in at_the_gate(parts).seats[0].decision.findings}
    assert Reason.SAME_CODE_OTHER_PERSON in reasons


def test_a_restart_forgets_no_code_of_the_last_minutes(parts: Parts) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    parts.gate.present([code], officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    gate = parts.started_again_gate()
    parts.clock.turn(seconds=30)
    crossing = gate.present([code], officer=OFFICER)
    assert crossing is not None
    assert crossing.reason is Reason.SAME_CODE_OTHER_PERSON
