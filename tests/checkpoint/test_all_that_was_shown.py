"""Nobody turns green by what is left out: all that a vehicle has shown counts, up to the moment the lamp is lit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from checkpoint.assay import Outcome
from checkpoint.credential import Colour, Credential, Fact, Format, HealthStatus, Holder, TestResult, Vaccination
from checkpoint.credentials.typed_id import typed_id
from checkpoint.crossing import Category, Lamp, SpotTest, Verdict
from checkpoint.events import Kind
from checkpoint.journal import LogQuery
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
    if restarted:
        parts.started_again_gate()
        parts.started_again()
    parts.clock.turn(minutes=15)
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert parts.lamps.shown is lamp


@pytest.mark.parametrize("restarted", [False, True], ids=["running on", "started again"])
def test_somebody_whose_check_was_undone_is_still_missing_when_the_test_is_read(parts: Parts, restarted: bool) -> None:
    present(parts, parts.codes.naat("Li Na", parts.hours_ago(5)))
    present(parts, parts.codes.naat("Wang", parts.hours_ago(50)))
    parts.bench.start(2, parts.gate.to_bench(2), lot="A2203", officer=OFFICER)
    parts.gate.correct(1, why="another person's phone", officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    if restarted:
        parts.started_again_gate()
        parts.started_again()
    parts.clock.turn(minutes=15)
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
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
    parts.started_again_gate()
    parts.started_again()
    parts.clock.turn(minutes=15)
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
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
