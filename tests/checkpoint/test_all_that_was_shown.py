"""Nobody turns green by what is left out: all that a vehicle has shown counts, up to the moment the lamp is lit."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest

from checkpoint.assay import Outcome
from checkpoint.credential import Colour, Credential, Fact, Format, HealthStatus, Holder, TestResult, Vaccination
from checkpoint.credentials.typed_id import typed_id
from checkpoint.crossing import Category, Lamp, SpotTest, Verdict
from checkpoint.errors import GateError, JournalFull
from checkpoint.events import Kind
from checkpoint.journal import Journal, LogQuery
from checkpoint.reasons import Reason
from checkpoint.seating import digest
from checkpoint.sighting import Code
from checkpoint.vehicle import Crossing, Traveller
from tests.checkpoint.station_parts import OFFICER, SECOND, Parts, read_and_confirm, seen
from tests.checkpoint.test_bench import reading

BORN = "1984-05-17"


def code_of(parts: Parts, text: str, credential: Credential) -> Code:
    parts.codes.codes[text] = replace(credential, digest=digest(text))
    return seen(text)


def health_code(parts: Parts, name: str, colour: Colour = Colour.GREEN, *facts: Fact) -> Code:
    """A city's code as its issuer answers for it now."""
    now = parts.clock.now().wall
    holder = Holder(name=name, born=BORN if name else "")
    answer = Credential(
        Format.HEALTH_CODE,
        holder,
        (HealthStatus(colour, now), *facts),
        "Pinghu",
        issued_at=now,
        expires_at=now + timedelta(hours=1),
    )
    return code_of(parts, f"hc {name} {colour}", answer)


def vaccination(parts: Parts, name: str) -> Code:
    return code_of(
        parts, f"vacc {name}", Credential(Format.HC1, Holder(name, BORN), (Vaccination("X", 1, 2, None),), "CN")
    )


def at_the_gate(parts: Parts) -> Crossing:
    crossing = parts.gate.view().crossing
    assert crossing is not None
    return crossing


def reasons(parts: Parts) -> list[Reason]:
    return [seat.reason for seat in at_the_gate(parts).seats]


def set_vehicle(parts: Parts, **changes: object) -> None:
    parts.gate.describe_vehicle(replace(parts.gate.vehicle, **changes), officer=OFFICER)  # type: ignore[arg-type]


def present(parts: Parts, *codes: Code) -> None:
    parts.gate.present(codes, officer=OFFICER)


def outcome_of(parts: Parts, traveller: Traveller, outcome: Outcome) -> Verdict:
    spot = SpotTest("t-1", outcome, parts.clock.now().wall)
    return parts.gate.settle_test(traveller, spot, officer=OFFICER).verdict


def negative_later(parts: Parts, *, restarted: bool) -> None:
    """Read the test in slot 2, which is negative, where wanted after the station was started again."""
    if restarted:
        parts.started_again_gate()
        parts.started_again()
    parts.clock.turn(minutes=15)
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))


# While the test develops


def test_a_red_code_shown_while_the_test_develops_counts(parts: Parts) -> None:
    present(parts, parts.codes.naat("Zhang Wei", parts.hours_ago(50)))
    traveller = parts.gate.to_bench(1)
    present(parts, health_code(parts, "Zhang Wei", Colour.RED))
    assert outcome_of(parts, traveller, Outcome.NEGATIVE) is Verdict.REFUSE
    assert parts.lamps.shown is Lamp.RED


def test_a_positive_report_shown_while_the_test_develops_counts(parts: Parts) -> None:
    present(parts, parts.codes.naat("Zhang Wei", parts.hours_ago(50)))
    traveller = parts.gate.to_bench(1)
    present(parts, parts.codes.naat("Zhang Wei", parts.hours_ago(30), TestResult.POSITIVE))
    assert outcome_of(parts, traveller, Outcome.NEGATIVE) is Verdict.REFUSE


def test_a_positive_test_here_is_not_lifted_by_another_cassette(parts: Parts) -> None:
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(30)))
    for outcome in (Outcome.POSITIVE, Outcome.NEGATIVE):
        parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
        parts.clock.turn(minutes=16)
        finished = read_and_confirm(parts.bench, 2, reading(outcome))
        assert finished.decision is not None
        assert finished.decision.reason is Reason.ANTIGEN_POSITIVE
    assert parts.lamps.shown is Lamp.RED


def test_a_positive_that_two_people_dispute_is_open_again(parts: Parts) -> None:
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(30)))
    parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    parts.clock.turn(minutes=16)
    look = parts.bench.read(2, reading(Outcome.POSITIVE), [], officer=OFFICER)
    assert look.waiting is not None
    parts.bench.dispute(2, look.waiting.test.id, Outcome.INVALID, officer=OFFICER, second=SECOND)
    parts.bench.repeat(2, lot="A2203", officer=OFFICER)
    parts.clock.turn(minutes=16)
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert parts.lamps.shown is Lamp.GREEN


def forged_passenger(parts: Parts) -> None:
    present(parts, parts.codes.bad("HC1:FORGED", Reason.BAD_SIGNATURE))


def corrected_vehicle(parts: Parts) -> None:
    set_vehicle(parts, category=Category.OTHER, people=3)


@pytest.mark.parametrize(
    ("meanwhile", "lamp"), [(forged_passenger, Lamp.RED), (corrected_vehicle, Lamp.YELLOW)], ids=["forged", "corrected"]
)
@pytest.mark.parametrize("restarted", [False, True], ids=["running on", "started again"])
def test_what_happens_at_the_barrier_meanwhile_counts_for_the_vehicle_aside(
    parts: Parts, meanwhile: object, lamp: Lamp, restarted: bool
) -> None:
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(50)))
    parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    meanwhile(parts)  # type: ignore[operator]
    parts.gate.next(officer=OFFICER)
    negative_later(parts, restarted=restarted)
    assert parts.lamps.shown is lamp


@pytest.mark.parametrize("restarted", [False, True], ids=["running on", "started again"])
def test_somebody_whose_check_was_undone_is_still_missing_when_the_test_is_read(parts: Parts, restarted: bool) -> None:
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(5)))
    present(parts, parts.codes.naat("Wang", parts.hours_ago(50)))
    parts.bench.start(2, parts.gate.to_bench(2), lot="A2203", officer=OFFICER)
    parts.gate.correct(1, why="another person's phone", officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    negative_later(parts, restarted=restarted)
    assert parts.lamps.shown is Lamp.YELLOW


def test_after_a_restart_the_others_of_the_vehicle_still_count_as_admitted(parts: Parts) -> None:
    set_vehicle(parts, category=Category.LORRY, plate="浙F12345", route="嘉兴-上海", people=1)
    present(parts, parts.codes.lorry_pass("浙F12345"))
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(5)))
    set_vehicle(parts, people=2)
    present(parts, parts.codes.naat("Wang", parts.hours_ago(23)))
    assert parts.lamps.shown is Lamp.GREEN
    traveller = parts.gate.to_bench(2)
    parts.bench.start(2, traveller, lot="A2203", officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    negative_later(parts, restarted=True)
    assert parts.lamps.shown is Lamp.GREEN


def test_whoever_was_undone_is_judged_by_the_test_alone(parts: Parts) -> None:
    set_vehicle(parts, category=Category.OTHER)
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(5)))
    traveller = parts.gate.to_bench(1)
    parts.gate.correct(1, why="another person's phone", officer=OFFICER)
    assert outcome_of(parts, traveller, Outcome.NEGATIVE) is Verdict.HOLD


# The moment the lamp is lit


def test_somebody_admitted_before_is_judged_again_when_the_last_of_the_vehicle_is(parts: Parts) -> None:
    set_vehicle(parts, people=2)
    present(parts, parts.codes.naat("A", parts.hours_ago(24) + timedelta(minutes=1)))
    present(parts, parts.codes.naat("B", parts.hours_ago(50)))
    traveller = parts.gate.to_bench(2)
    parts.clock.turn(minutes=16)
    assert outcome_of(parts, traveller, Outcome.NEGATIVE) is Verdict.ADMIT
    assert reasons(parts) == [Reason.NAAT_STALE, Reason.RULES_MET]
    assert parts.lamps.shown is Lamp.YELLOW
    newest = parts.journal.search(LogQuery(kind=Kind.CROSSING_DECIDED, limit=1)).entries[0]
    assert newest.body["verdict"] == Verdict.HOLD, "no entry says that this vehicle was admitted"


def override_the_last(parts: Parts) -> None:
    parts.gate.override(2, why="a doctor on call", officer=OFFICER, second=SECOND)


def undo_the_last(parts: Parts) -> None:
    parts.gate.correct(2, why="nobody sits there", officer=OFFICER)
    set_vehicle(parts, people=1)


def the_last_shows_a_code(parts: Parts) -> None:
    present(parts, parts.codes.naat("B", parts.hours_ago(1)))


@pytest.mark.parametrize("act", [override_the_last, undo_the_last, the_last_shows_a_code])
def test_no_act_lights_green_by_what_was_decided_long_ago(parts: Parts, act: object) -> None:
    set_vehicle(parts, people=2)
    present(parts, parts.codes.naat("A", parts.hours_ago(3)))
    present(parts, parts.codes.naat("B", parts.hours_ago(50)))
    parts.clock.turn(hours=30)
    act(parts)  # type: ignore[operator]
    assert parts.lamps.shown is Lamp.YELLOW
    assert at_the_gate(parts).seat(1).reason is Reason.NAAT_STALE


# Whose code it is


def test_a_doubt_whose_code_it_was_is_not_settled_by_another_code(parts: Parts) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    present(parts, code)
    parts.gate.next(officer=OFFICER)
    parts.clock.turn(minutes=1)
    present(parts, code)
    present(parts, vaccination(parts, "Zhang Wei"))
    assert reasons(parts) == [Reason.SAME_CODE_OTHER_PERSON]
    parts.gate.compared_with_id(1, officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN


def test_a_refusal_is_not_replaced_by_another_code_of_the_same_person(parts: Parts) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    present(parts, code)
    parts.codes.bad(str(code.text), Reason.REVOKED)
    present(parts, code)
    present(parts, vaccination(parts, "Zhang Wei"))
    assert reasons(parts) == [Reason.REVOKED]
    assert parts.lamps.shown is Lamp.RED


@pytest.mark.parametrize("wrapped", [" {}", "{}\n", "\ufeff{}", "packed anew: {}"])
def test_a_screenshot_wrapped_otherwise_is_known_again(parts: Parts, wrapped: str) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    present(parts, code)
    parts.gate.next(officer=OFFICER)
    text = wrapped.format(code.text)
    parts.codes.codes[text] = replace(parts.codes.identify(str(code.text), parts.clock.now().wall), digest=digest(text))
    present(parts, seen(text))
    assert reasons(parts) == [Reason.SAME_CODE_OTHER_PERSON]


def test_a_code_on_phone_and_paper_at_once_is_one_code(parts: Parts) -> None:
    code = parts.codes.naat("Zhang Wei", parts.hours_ago(5))
    parts.codes.codes["on paper"] = replace(
        parts.codes.identify(str(code.text), parts.clock.now().wall), digest=digest("on paper")
    )
    present(parts, code, seen("on paper"))
    assert reasons(parts) == [Reason.RULES_MET]


def test_what_admitted_somebody_at_the_bench_does_not_admit_the_next_vehicle(parts: Parts) -> None:
    set_vehicle(parts, category=Category.OTHER)
    code = parts.codes.naat("Li Na", parts.hours_ago(5))
    present(parts, code)
    traveller = parts.gate.to_bench(1)
    parts.gate.next(officer=OFFICER)
    parts.clock.turn(minutes=15)
    assert outcome_of(parts, traveller, Outcome.NEGATIVE) is Verdict.ADMIT
    parts.clock.turn(minutes=1)
    present(parts, code)
    assert reasons(parts) == [Reason.SAME_CODE_OTHER_PERSON]


@pytest.mark.parametrize("nameless_first", [True, False])
@pytest.mark.parametrize("name", ["", "李*"], ids=["nameless", "masked"])
def test_codes_that_may_be_two_peoples_add_up_once_the_id_was_compared(
    parts: Parts, name: str, nameless_first: bool
) -> None:
    set_vehicle(parts, category=Category.COMPANY)
    codes = [health_code(parts, name), parts.codes.naat("李四", parts.hours_ago(5))]
    for code in codes if nameless_first else reversed(codes):
        present(parts, code)
    assert reasons(parts) == [Reason.HOLDER_UNCLEAR]
    parts.gate.compared_with_id(1, officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN
    for code in codes:
        parts.clock.turn(seconds=4)
        present(parts, code)  # both phones are still in view
        assert parts.lamps.shown is Lamp.GREEN


def test_a_nameless_code_does_not_complete_another_nameless_one(parts: Parts) -> None:
    set_vehicle(parts, category=Category.COMPANY)
    naat = parts.codes.naat("", parts.hours_ago(5), born="")
    present(parts, health_code(parts, ""))
    present(parts, naat)
    assert reasons(parts) == [Reason.HEALTH_CODE_MISSING]


def test_a_typed_id_and_a_certificate_are_one_persons_where_they_can_be(parts: Parts) -> None:
    typed = typed_id("11010519491231002X", parts.clock.now().wall)
    parts.gate.present_typed(typed, officer=OFFICER)
    present(parts, parts.codes.naat("张三", parts.hours_ago(3), born="1949-12-31"))
    assert reasons(parts) == [Reason.HOLDER_UNCLEAR]
    parts.gate.compared_with_id(1, officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN


def test_two_people_in_a_vehicle_of_two_keep_their_seats_whatever_their_codes_leave_open(parts: Parts) -> None:
    set_vehicle(parts, people=2)
    present(parts, parts.codes.naat("李四", parts.hours_ago(5)))
    present(parts, parts.codes.naat("John Doe", parts.hours_ago(5)))
    assert reasons(parts) == [Reason.RULES_MET, Reason.RULES_MET]


# Lorries


def lorry(parts: Parts, people: int) -> None:
    set_vehicle(parts, category=Category.LORRY, plate="浙F12345", route="嘉兴-上海", people=people)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (1, 0, 2)])
def test_one_pass_serves_all_in_the_cab(parts: Parts, order: tuple[int, ...]) -> None:
    lorry(parts, people=2)
    codes = [
        parts.codes.lorry_pass("浙F12345"),
        parts.codes.naat("A", parts.hours_ago(5)),
        parts.codes.naat("B", parts.hours_ago(5)),
    ]
    for number in order:
        present(parts, codes[number])
    assert reasons(parts) == [Reason.RULES_MET, Reason.RULES_MET]
    assert parts.lamps.shown is Lamp.GREEN


def test_a_pass_that_is_undone_serves_nobody_any_more(parts: Parts) -> None:
    lorry(parts, people=2)
    for code in (
        parts.codes.lorry_pass("浙F12345"),
        parts.codes.naat("A", parts.hours_ago(5)),
        parts.codes.naat("B", parts.hours_ago(5)),
    ):
        present(parts, code)
    parts.gate.correct(1, why="another lorry's pass", officer=OFFICER)
    assert at_the_gate(parts).seat(2).reason is Reason.PASS_MISSING


def test_the_right_pass_follows_an_expired_one(parts: Parts) -> None:
    lorry(parts, people=1)
    present(parts, parts.codes.naat("A", parts.hours_ago(5)))
    present(parts, parts.codes.bad("PASS1:OLD", Reason.PASS_EXPIRED))
    assert reasons(parts) == [Reason.PASS_EXPIRED]
    present(parts, parts.codes.lorry_pass("浙F12345"))
    assert reasons(parts) == [Reason.RULES_MET]


# Codes in parts


def test_of_a_card_in_parts_the_whole_counts_where_all_are_in_view(parts: Parts) -> None:
    part = parts.codes.bad("shc:/1/2/00", Reason.INCOMPLETE_CODE)
    present(parts, part, parts.codes.naat("Zhang Wei", parts.hours_ago(5)))
    assert reasons(parts) == [Reason.RULES_MET]


def test_two_parts_of_three_in_view_ask_for_the_third(parts: Parts) -> None:
    shown = [parts.codes.bad(f"shc:/{number}/3/00", Reason.INCOMPLETE_CODE) for number in (1, 2)]
    present(parts, *shown)
    assert reasons(parts) == [Reason.INCOMPLETE_CODE]


def test_several_codes_at_once_are_not_booked_as_one_of_them(parts: Parts) -> None:
    one, other = parts.codes.naat("A", parts.hours_ago(5)), parts.codes.naat("B", parts.hours_ago(5))
    present(parts, one, other)
    parts.gate.correct(1, why="one at a time", officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    present(parts, one)
    assert reasons(parts) == [Reason.RULES_MET]


# Nameless and masked codes


@pytest.mark.parametrize("against", ["red code", "positive report"])
def test_what_speaks_against_somebody_nameless_stays_whatever_is_shown_again(parts: Parts, against: str) -> None:
    set_vehicle(parts, category=Category.COMPANY)
    first = health_code(parts, "")
    present(parts, first)
    if against == "red code":
        present(parts, health_code(parts, "", Colour.RED))
    else:
        present(parts, parts.codes.naat("", parts.hours_ago(30), TestResult.POSITIVE, born=""))
    assert parts.lamps.shown is Lamp.RED
    present(parts, first)
    assert parts.lamps.shown is Lamp.RED


def test_equal_masked_names_are_not_taken_for_one_person(parts: Parts) -> None:
    set_vehicle(parts, category=Category.COMPANY)
    present(parts, health_code(parts, "王*"))
    present(parts, parts.codes.naat("王*", parts.hours_ago(5)))
    assert reasons(parts) == [Reason.HOLDER_UNCLEAR]


def test_two_people_of_one_masked_name_have_a_seat_each(parts: Parts) -> None:
    set_vehicle(parts, people=2)
    present(parts, parts.codes.naat("王*", parts.hours_ago(5)))
    present(parts, parts.codes.naat("王*", parts.hours_ago(6)))
    assert len(at_the_gate(parts).seats) == 2 or reasons(parts) == [Reason.HOLDER_UNCLEAR]
    assert parts.lamps.shown is not Lamp.GREEN or len(at_the_gate(parts).seats) == 2


def test_in_a_full_car_a_masked_code_goes_to_the_one_person_it_can_be(parts: Parts) -> None:
    set_vehicle(parts, category=Category.COMPANY, people=2)
    for name, masked in (("张三", "张*"), ("李四", "李*")):
        present(parts, parts.codes.naat(name, parts.hours_ago(5)))
        present(parts, health_code(parts, masked))
    assert reasons(parts) == [Reason.HOLDER_UNCLEAR, Reason.HOLDER_UNCLEAR]
    for seat in (1, 2):
        parts.gate.compared_with_id(seat, officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN


def test_a_second_nameless_code_is_the_next_persons_while_somebody_is_unchecked(parts: Parts) -> None:
    set_vehicle(parts, category=Category.COMPANY, people=2)
    present(parts, health_code(parts, ""))
    present(parts, parts.codes.naat("", parts.hours_ago(5), born=""))
    assert len(at_the_gate(parts).seats) == 2


# Whoever was positive here


def positive_here(parts: Parts) -> Code:
    code = parts.codes.naat("Li Na", parts.hours_ago(30))
    present(parts, code)
    parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    parts.clock.turn(minutes=16)
    read_and_confirm(parts.bench, 2, reading(Outcome.POSITIVE))
    return code


@pytest.mark.parametrize("fresh", [False, True], ids=["the same code", "a fresh report"])
def test_whoever_was_positive_here_is_refused_at_the_barrier_again(parts: Parts, fresh: bool) -> None:
    code = positive_here(parts)
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(5)) if fresh else code)
    assert reasons(parts) == [Reason.ANTIGEN_POSITIVE]
    assert parts.lamps.shown is Lamp.RED


def test_a_positive_confirmed_after_the_check_was_undone_counts_all_the_same(parts: Parts) -> None:
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(30)))
    parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    parts.clock.turn(minutes=16)
    look = parts.bench.read(2, reading(Outcome.POSITIVE), [], officer=OFFICER)
    assert look.waiting is not None
    parts.gate.correct(1, why="another person's phone", officer=OFFICER)
    parts.bench.confirm(2, look.waiting.test.id, officer=OFFICER)
    assert reasons(parts) == [Reason.ANTIGEN_POSITIVE]


def test_a_code_that_turned_red_is_kept_although_its_holder_is_refused_already(parts: Parts) -> None:
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(30)))
    code = health_code(parts, "Li Na")
    present(parts, code)
    traveller = parts.gate.to_bench(1)
    assert outcome_of(parts, traveller, Outcome.POSITIVE) is Verdict.REFUSE
    red = parts.codes.identify(str(health_code(parts, "Li Na", Colour.RED).text), parts.clock.now().wall)
    parts.codes.codes[str(code.text)] = replace(red, digest=digest(str(code.text)))
    present(parts, code)
    findings = {finding.reason for finding in at_the_gate(parts).seats[0].decision.findings}
    assert {Reason.ANTIGEN_POSITIVE, Reason.HEALTH_CODE_RED} <= findings


# Seats of those at the bench


def test_the_seat_of_somebody_at_the_bench_is_nobody_elses(parts: Parts) -> None:
    set_vehicle(parts, category=Category.OTHER, people=2)
    present(parts, parts.codes.bad("HC1:TORN", Reason.MALFORMED))
    traveller = parts.gate.to_bench(1)
    present(parts, parts.codes.naat("B", parts.hours_ago(5)))
    assert outcome_of(parts, traveller, Outcome.NEGATIVE) is Verdict.HOLD
    assert {seat.number: seat.verdict for seat in at_the_gate(parts).seats} == {1: Verdict.HOLD, 2: Verdict.HOLD}


def test_the_number_of_somebody_undone_while_at_the_bench_is_not_given_again(parts: Parts) -> None:
    present(parts, parts.codes.naat("A", parts.hours_ago(50)))
    traveller = parts.gate.to_bench(1)
    parts.gate.correct(1, why="another person's phone", officer=OFFICER)
    present(parts, parts.codes.naat("B", parts.hours_ago(50)))
    assert [seat.number for seat in at_the_gate(parts).seats] == [2]
    outcome_of(parts, traveller, Outcome.NEGATIVE)
    assert parts.lamps.shown is Lamp.YELLOW


# The vehicle an act is meant for


def test_whoever_is_held_keeps_the_vehicle_that_the_officer_described(parts: Parts) -> None:
    lorry(parts, people=1)
    present(parts, parts.codes.lorry_pass("浙F12345"))
    parts.clock.turn(seconds=25)
    parts.gate.tick()
    present(parts, parts.codes.naat("A", parts.hours_ago(5)))
    assert at_the_gate(parts).vehicle.category is Category.LORRY
    assert reasons(parts) == [Reason.RULES_MET]


def test_an_act_for_a_vehicle_that_left_does_not_hit_the_next(parts: Parts) -> None:
    present(parts, parts.codes.naat("A", parts.hours_ago(50)))
    meant = at_the_gate(parts).id
    parts.gate.next(officer=OFFICER)
    present(parts, health_code(parts, "B", Colour.RED))
    with pytest.raises(GateError, match="another vehicle"), parts.gate.holding(meant):
        parts.gate.override(1, why="a doctor on call", officer=OFFICER, second=SECOND)
    assert parts.lamps.shown is Lamp.RED


def test_an_override_outlives_a_plate_that_is_typed_after_it(parts: Parts) -> None:
    present(parts, parts.codes.naat("A", parts.hours_ago(50)))
    parts.gate.override(1, why="a doctor on call", officer=OFFICER, second=SECOND)
    set_vehicle(parts, plate="浙F12345")
    assert reasons(parts) == [Reason.OVERRIDDEN]
    set_vehicle(parts, category=Category.OTHER)
    assert parts.lamps.shown is Lamp.YELLOW


def test_no_entry_tells_of_a_vehicle_half_judged(parts: Parts) -> None:
    set_vehicle(parts, category=Category.OTHER, people=2)
    for name in ("A", "B"):
        present(parts, parts.codes.naat(name, parts.hours_ago(5)))
    set_vehicle(parts, category=Category.RESIDENT)
    set_vehicle(parts, category=Category.OTHER)
    told = parts.journal.search(LogQuery(kind=Kind.CROSSING_DECIDED, limit=4)).entries
    assert [event.body["verdict"] for event in told] == ["hold", "hold", "admit", "admit"]


def test_a_plate_that_is_typed_late_settles_whose_code_it_was(parts: Parts) -> None:
    code = parts.codes.naat("A", parts.hours_ago(5))
    set_vehicle(parts, plate="浙F12345")
    present(parts, code)
    parts.gate.next(officer=OFFICER)
    present(parts, code)
    assert reasons(parts) == [Reason.SAME_CODE_OTHER_PERSON]
    set_vehicle(parts, plate="浙F12345")
    assert parts.lamps.shown is Lamp.GREEN


@pytest.mark.parametrize("restarted", [False, True], ids=["running on", "started again"])
def test_an_override_undone_is_undone_for_the_vehicle_aside_too(parts: Parts, restarted: bool) -> None:
    set_vehicle(parts, people=2)
    present(parts, parts.codes.naat("A", parts.hours_ago(50)))
    present(parts, parts.codes.naat("B", parts.hours_ago(50)))
    parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    parts.gate.override(2, why="a doctor on call", officer=OFFICER, second=SECOND)
    parts.gate.next(officer=OFFICER)
    overridden = parts.journal.search(LogQuery(kind=Kind.OVERRIDDEN)).entries[0]
    parts.gate.correct_entry(overridden, why="not a doctor", officer=OFFICER)
    negative_later(parts, restarted=restarted)
    assert parts.lamps.shown is Lamp.YELLOW


def test_a_restart_remembers_what_a_later_entry_admitted(parts: Parts) -> None:
    set_vehicle(parts, category=Category.OTHER)
    code = parts.codes.naat("A", parts.hours_ago(5))
    present(parts, code)
    set_vehicle(parts, category=Category.RESIDENT)
    parts.gate.next(officer=OFFICER)
    parts.started_again_gate()
    parts.gate.present([code], officer=OFFICER)
    assert reasons(parts) == [Reason.SAME_CODE_OTHER_PERSON]


def test_what_two_people_settled_can_be_said_once_more_where_the_journal_failed(parts: Parts) -> None:
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(30)))
    parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    parts.clock.turn(minutes=16)
    look = parts.bench.read(2, reading(Outcome.NEGATIVE), [], officer=OFFICER)
    assert look.waiting is not None
    test_id, append = look.waiting.test.id, type(parts.journal).append

    def fails_at_the_decision(journal: Journal, kind: Kind, *more: object, **named: object) -> object:
        if kind is Kind.CROSSING_DECIDED:
            raise JournalFull("the disk is full")
        return append(journal, kind, *more, **named)  # type: ignore[arg-type]

    with patch.object(type(parts.journal), "append", fails_at_the_decision), pytest.raises(JournalFull):
        parts.bench.dispute(2, test_id, Outcome.POSITIVE, officer=OFFICER, second=SECOND)
    assert parts.lamps.shown is Lamp.FAULT
    parts.bench.dispute(2, test_id, Outcome.POSITIVE, officer=OFFICER, second=SECOND)
    assert parts.lamps.shown is Lamp.RED


# Back from aside


def test_a_vehicle_aside_comes_back_to_the_barrier_for_whoever_was_not_checked(parts: Parts) -> None:
    set_vehicle(parts, people=2)
    present(parts, parts.codes.naat("A", parts.hours_ago(50)))
    parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    parts.clock.turn(minutes=16)
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    [aside] = parts.gate.view().waiting_at_bench
    assert aside.reason is Reason.OCCUPANT_NOT_CHECKED
    parts.gate.recall(aside.id, officer=OFFICER)
    present(parts, parts.codes.naat("B", parts.hours_ago(5)))
    assert reasons(parts) == [Reason.RULES_MET, Reason.RULES_MET]
    assert parts.lamps.shown is Lamp.GREEN
    assert parts.journal.search(LogQuery(kind=Kind.CROSSING_RECALLED)).entries[0].body["crossing"] == aside.id


def test_a_vehicle_comes_back_only_to_a_free_barrier_and_only_from_aside(parts: Parts) -> None:
    present(parts, parts.codes.naat("A", parts.hours_ago(50)))
    meant = at_the_gate(parts).id
    parts.gate.to_bench(1)
    with pytest.raises(GateError, match="stands at the barrier"):
        parts.gate.recall(meant, officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    with pytest.raises(GateError, match="does not wait aside"):
        parts.gate.recall("c-99", officer=OFFICER)
    parts.gate.recall(meant, officer=OFFICER)
    assert reasons(parts) == [Reason.NAAT_STALE]


def test_entries_that_another_release_wrote_stop_no_start_and_admit_nobody(parts: Parts) -> None:
    present(parts, parts.codes.naat("A", parts.hours_ago(50)))
    meant = at_the_gate(parts).id
    parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    for body in ({"crossing": meant}, {"crossing": meant, "seat": 2, "code_digest": "x"}):
        parts.journal.append(Kind.CROSSING_DECIDED, body)
    negative_later(parts, restarted=True)
    assert parts.lamps.shown is Lamp.YELLOW
