"""What the gate does with a vehicle, told by its lamp and its journal."""

from dataclasses import replace
from datetime import datetime
from unittest.mock import patch

import pytest

from checkpoint.credential import Credential, TestResult
from checkpoint.crossing import Category, Lamp, Verdict
from checkpoint.errors import GateError, JournalFull
from checkpoint.events import Kind, Lane
from checkpoint.journal import Journal, LogQuery
from checkpoint.reasons import Reason
from checkpoint.vehicle import Vehicle
from tests.checkpoint.station_parts import OFFICER, SECOND, Parts, seen


def test_a_fresh_negative_report_lights_green(parts: Parts) -> None:
    crossing = parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN
    assert crossing is not None
    assert (crossing.verdict, crossing.reason) == (Verdict.ADMIT, Reason.RULES_MET)


def test_a_report_of_thirty_hours_lights_yellow_and_says_why(parts: Parts) -> None:
    crossing = parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(30))], officer=OFFICER)
    assert parts.lamps.shown is Lamp.YELLOW
    assert crossing is not None
    assert crossing.reason is Reason.NAAT_STALE


def test_a_positive_report_lights_red_and_leaves_for_headquarters_at_once(parts: Parts) -> None:
    code = parts.codes.naat("Wang Fang", parts.hours_ago(6), TestResult.POSITIVE)
    parts.gate.present([code], officer=OFFICER)
    assert parts.lamps.shown is Lamp.RED
    event = parts.journal.event(parts.journal.head().seq)
    assert (event.kind, event.lane, event.body["reason"]) == (Kind.CROSSING_DECIDED, Lane.NOW, Reason.TEST_POSITIVE)


def test_a_forged_code_is_refused_and_names_nobody(parts: Parts) -> None:
    crossing = parts.gate.present([parts.codes.bad("HC1:FORGED", Reason.BAD_SIGNATURE)], officer=OFFICER)
    assert parts.lamps.shown is Lamp.RED
    assert crossing is not None
    assert not crossing.seats[0].evidence.holder.known


def test_a_shops_code_alone_is_held_as_unknown(parts: Parts) -> None:
    crossing = parts.gate.present([seen("https://shop.example/pay")], officer=OFFICER)
    assert parts.lamps.shown is Lamp.YELLOW
    assert crossing is not None
    assert crossing.reason is Reason.UNKNOWN_CODE


def test_a_shops_code_beside_a_report_does_not_matter(parts: Parts) -> None:
    parts.gate.present([seen("https://shop.example"), parts.codes.naat("Zhang Wei", parts.hours_ago(5))],
                       officer=OFFICER)  # fmt: skip
    assert parts.lamps.shown is Lamp.GREEN


def test_a_shops_code_after_a_verdict_changes_nothing_and_is_said(parts: Parts) -> None:
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    parts.gate.present([seen("https://shop.example")], officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN
    assert parts.gate.view().notice == "unknown-code-ignored"


def test_whoever_showed_a_shops_code_may_try_again(parts: Parts) -> None:
    parts.gate.present([seen("https://shop.example")], officer=OFFICER)
    crossing = parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN
    assert crossing is not None
    assert len(crossing.seats) == 1


def test_a_refusal_without_a_name_is_never_replaced_by_another_code(parts: Parts) -> None:
    parts.gate.present([parts.codes.bad("HC1:FORGED", Reason.BAD_SIGNATURE)], officer=OFFICER)
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    assert parts.lamps.shown is Lamp.RED


def test_two_health_codes_at_once_are_held(parts: Parts) -> None:
    codes = [parts.codes.naat(name, parts.hours_ago(5)) for name in ("Zhang Wei", "Li Na")]
    crossing = parts.gate.present(codes, officer=OFFICER)
    assert parts.lamps.shown is Lamp.YELLOW
    assert crossing is not None
    assert crossing.reason is Reason.SEVERAL_CODES


def test_the_worst_occupant_decides_the_vehicles_light(parts: Parts) -> None:
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(30))], officer=OFFICER)
    assert parts.lamps.shown is Lamp.YELLOW


def test_an_occupant_who_has_shown_nothing_holds_the_vehicle(parts: Parts) -> None:
    parts.gate.describe_vehicle(replace(parts.gate.vehicle, people=2), officer=OFFICER)
    crossing = parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    assert parts.lamps.shown is Lamp.YELLOW
    assert crossing is not None
    assert crossing.reason is Reason.OCCUPANT_NOT_CHECKED
    parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(4))], officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN


def test_a_change_of_category_is_judged_by_its_own_rules(parts: Parts) -> None:
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    parts.gate.describe_vehicle(replace(parts.gate.vehicle, category=Category.OTHER), officer=OFFICER)
    crossing = parts.gate.view().crossing
    assert parts.lamps.shown is Lamp.YELLOW
    assert crossing is not None
    assert crossing.reason is Reason.ANTIGEN_NEEDED


def test_an_untrusted_clock_never_lights_green(parts: Parts) -> None:
    parts.clock.distrust()
    crossing = parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    assert parts.lamps.shown is Lamp.YELLOW
    assert crossing is not None
    assert crossing.reason is Reason.CLOCK_UNTRUSTED


def test_an_old_green_is_not_taken_for_the_next_cars(parts: Parts) -> None:
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    parts.clock.turn(seconds=20)
    parts.gate.tick()
    assert parts.lamps.shown is Lamp.RED
    assert parts.gate.view().neutral


def test_after_the_time_is_over_somebody_new_opens_a_new_crossing(parts: Parts) -> None:
    first = parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    parts.clock.turn(seconds=30)
    parts.gate.tick()
    second = parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(4))], officer=OFFICER)
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert len(second.seats) == 1


def test_next_closes_the_crossing_and_the_lamp_rests_at_red(parts: Parts) -> None:
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    assert parts.lamps.shown is Lamp.RED
    assert parts.gate.view().crossing is None
    assert parts.journal.event(parts.journal.head().seq).kind is Kind.CROSSING_CLOSED


def test_an_answer_that_comes_after_the_vehicle_was_sent_on_lights_nothing(parts: Parts) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    known = parts.codes.identify

    class Slow:
        def identify(self, text: str, now: datetime) -> Credential:
            parts.gate.next(officer=OFFICER)  # while the issuer is asked
            return known(text, now)

    parts.gate.credentials = Slow()
    assert parts.gate.present([code], officer=OFFICER) is None
    assert parts.lamps.shown is Lamp.RED
    assert parts.gate.view().notice == "answer-after-next"
    parts.gate.credentials = parts.codes
    parts.gate.present([code], officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN


def test_a_journal_that_cannot_write_shows_a_fault_and_never_green(parts: Parts) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    with patch.object(Journal, "append", side_effect=JournalFull("no space left")), pytest.raises(JournalFull):
        parts.gate.present([code], officer=OFFICER)
    assert parts.lamps.shown is Lamp.FAULT
    assert Lamp.GREEN not in parts.lamps.history


def test_the_light_changes_only_after_the_event_is_in_the_journal(parts: Parts) -> None:
    lamp_at_commit: list[Lamp] = []
    parts.journal.subscribe(lambda _event: lamp_at_commit.append(parts.lamps.shown))
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    assert lamp_at_commit == [Lamp.RED]
    assert parts.lamps.shown is Lamp.GREEN


def test_an_override_needs_a_second_person(parts: Parts) -> None:
    parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(30))], officer=OFFICER)
    with pytest.raises(GateError, match="second-person-needed"):
        parts.gate.override(1, why="ambulance", officer=OFFICER, second=OFFICER)
    assert parts.lamps.shown is Lamp.YELLOW


def test_an_override_by_two_admits_and_leaves_for_headquarters_at_once(parts: Parts) -> None:
    parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(30))], officer=OFFICER)
    parts.gate.override(1, why="ambulance", officer=OFFICER, second=SECOND)
    assert parts.lamps.shown is Lamp.GREEN
    event = parts.journal.event(parts.journal.head().seq)
    assert (event.kind, event.lane, event.body["second"]) == (Kind.OVERRIDDEN, Lane.NOW, SECOND)


def test_a_correction_undoes_a_check_with_a_new_event(parts: Parts) -> None:
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    decided = parts.journal.head().seq
    parts.gate.correct(1, why="wrong person", officer=OFFICER)
    assert parts.lamps.shown is Lamp.YELLOW
    assert parts.journal.event(parts.journal.head().seq).body["corrects"] == decided


def test_no_name_and_no_plate_stand_in_what_is_hashed(parts: Parts) -> None:
    parts.gate.describe_vehicle(replace(parts.gate.vehicle, plate="浙F12345"), officer=OFFICER)
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    for event in parts.journal.search(LogQuery()).entries:
        assert "Zhang" not in str(event.body)
        assert "12345" not in str(event.body)
    personal = parts.journal.personal(parts.journal.head().seq)
    assert personal is not None
    assert personal["holder"]["name"] == "Zhang Wei"


def test_a_photo_is_kept_of_what_is_not_admitted_and_of_nothing_else(parts: Parts) -> None:
    taken = []

    def photo() -> None:
        taken.append(True)

    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER, photo=photo)
    assert not taken
    parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(30))], officer=OFFICER, photo=photo)
    assert taken


@pytest.mark.parametrize("pass_first", [True, False])
def test_a_lorrys_pass_and_its_drivers_report_add_up_in_either_order(parts: Parts, pass_first: bool) -> None:
    lorry = Vehicle(category=Category.LORRY, plate="浙F·12345")
    parts.gate.describe_vehicle(lorry, officer=OFFICER)
    shown = [parts.codes.lorry_pass("浙F12345"), parts.codes.naat("Zhang Wei", parts.hours_ago(5))]
    for code in shown if pass_first else reversed(shown):
        crossing = parts.gate.present([code], officer=OFFICER)
    assert crossing is not None
    assert len(crossing.seats) == 1
    assert parts.lamps.shown is Lamp.GREEN


def test_a_pass_for_another_plate_holds_the_lorry(parts: Parts) -> None:
    parts.gate.describe_vehicle(Vehicle(category=Category.LORRY, plate="浙F·99999"), officer=OFFICER)
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    crossing = parts.gate.present([parts.codes.lorry_pass("浙F12345")], officer=OFFICER)
    assert crossing is not None
    assert (crossing.verdict, crossing.reason) == (Verdict.HOLD, Reason.PASS_OTHER_PLATE)
