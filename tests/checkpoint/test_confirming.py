"""A reading is the machine's word; an officer confirms it, or two dispute it. No negative admits before that."""

from dataclasses import replace

import pytest

from checkpoint.assay import Outcome
from checkpoint.bench import ReadTest
from checkpoint.crossing import Lamp, Verdict
from checkpoint.errors import BenchError
from checkpoint.events import Kind, Lane
from checkpoint.reasons import Reason
from tests.checkpoint.station_parts import OFFICER, SECOND, Parts
from tests.checkpoint.test_bench import reading, start

CASSETTE, OTHER_CASSETTE = (641.2, 323.5, 0.1), (655.9, 318.8, 0.15)
Place = tuple[float, float, float]


def read(parts: Parts, outcome: Outcome, *, slot: int = 2, place: Place | None = None) -> ReadTest:
    """Start a test, let its time pass, read it, and return what waits for a word."""
    start(parts, slot)
    parts.clock.turn(minutes=15)
    look = parts.bench.read(slot, replace(reading(outcome), place=place), [], officer=OFFICER)
    assert look.waiting is not None
    return look.waiting


def test_a_negative_admits_nobody_before_it_is_confirmed(parts: Parts) -> None:
    waiting = read(parts, Outcome.NEGATIVE)
    assert Lamp.GREEN not in parts.lamps.history
    finished = parts.bench.confirm(2, waiting.test.id, officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN
    assert finished.decision is not None
    assert finished.decision.verdict is Verdict.ADMIT
    assert parts.bench.slot(2).free


def test_a_positive_lights_red_and_leaves_for_headquarters_before_anybody_confirms(parts: Parts) -> None:
    waiting = read(parts, Outcome.POSITIVE)
    assert parts.lamps.shown is Lamp.RED
    assert parts.journal.event(waiting.recorded.seq).lane is Lane.NOW
    assert waiting.decision is not None
    assert waiting.decision.reason is Reason.ANTIGEN_POSITIVE
    decided = parts.journal.head().seq
    parts.bench.confirm(2, waiting.test.id, officer=OFFICER)
    assert parts.journal.head().seq == decided + 1, "the confirmation, and no second decision"


def test_a_read_slot_is_nobody_elses_until_it_is_confirmed(parts: Parts) -> None:
    read(parts, Outcome.NEGATIVE)
    with pytest.raises(BenchError, match="slot-taken"):
        start(parts, 2)


def test_two_tablets_confirm_a_slot_once(parts: Parts) -> None:
    waiting = read(parts, Outcome.NEGATIVE)
    parts.bench.confirm(2, waiting.test.id, officer=OFFICER)
    with pytest.raises(BenchError, match="nothing-to-confirm"):
        parts.bench.confirm(2, waiting.test.id, officer=SECOND)


@pytest.mark.parametrize(
    ("machine", "eyes", "reason"),
    [
        (Outcome.NEGATIVE, Outcome.POSITIVE, Reason.ANTIGEN_POSITIVE),
        (Outcome.NEGATIVE, Outcome.INVALID, Reason.ANTIGEN_INVALID),
        (Outcome.POSITIVE, Outcome.INVALID, Reason.ANTIGEN_INVALID),
    ],
)
def test_two_readers_may_put_a_safer_outcome_in_place(
    parts: Parts, machine: Outcome, eyes: Outcome, reason: Reason
) -> None:
    waiting = read(parts, machine)
    finished = parts.bench.dispute(2, waiting.test.id, eyes, officer=OFFICER, second=SECOND)
    assert (finished.outcome, finished.disputed) == (eyes, True)
    assert finished.decision is not None
    assert finished.decision.reason is reason
    assert Lamp.GREEN not in parts.lamps.history
    confirmed = finished.confirmed
    assert confirmed is not None
    body = parts.journal.event(confirmed.seq).body
    assert (body["read_as"], body["outcome"], body["second"]) == (machine, eyes, SECOND)
    if eyes is Outcome.INVALID:
        assert parts.bench.repeat(2, lot="A2203", officer=OFFICER).after == waiting.test.id


@pytest.mark.parametrize("machine", [Outcome.NEGATIVE, Outcome.POSITIVE])
def test_no_dispute_makes_a_negative(parts: Parts, machine: Outcome) -> None:
    waiting = read(parts, machine)
    with pytest.raises(BenchError, match="not-disputable"):
        parts.bench.dispute(2, waiting.test.id, Outcome.NEGATIVE, officer=OFFICER, second=SECOND)


@pytest.mark.parametrize("second", ["", OFFICER])
def test_a_dispute_needs_a_second_reader(parts: Parts, second: str) -> None:
    waiting = read(parts, Outcome.POSITIVE)
    with pytest.raises(BenchError, match="second-person-needed"):
        parts.bench.dispute(2, waiting.test.id, Outcome.INVALID, officer=OFFICER, second=second)


def test_a_positive_cannot_be_ended_without_a_result_by_one_person(parts: Parts) -> None:
    read(parts, Outcome.POSITIVE)
    with pytest.raises(BenchError, match="positive-stands"):
        parts.bench.void(2, why="spilt", officer=OFFICER)
    assert parts.lamps.shown is Lamp.RED


def test_a_reading_waits_for_its_word_across_a_restart(parts: Parts) -> None:
    waiting = read(parts, Outcome.NEGATIVE, place=CASSETTE)
    bench = parts.started_again()
    again = bench.slot(2).read
    assert again is not None
    assert again.test.holder.name == "Li Na"
    assert (again.reading.outcome, again.reading.control) == (Outcome.NEGATIVE, waiting.reading.control)
    bench.confirm(2, again.test.id, officer=OFFICER)
    assert parts.lamps.shown is Lamp.GREEN
    assert parts.started_again().slot(2).free


def test_a_cassette_that_was_read_before_is_known_and_needs_a_second_person(parts: Parts) -> None:
    first = read(parts, Outcome.NEGATIVE, place=CASSETTE)
    parts.bench.confirm(2, first.test.id, officer=OFFICER)
    lamps = len(parts.lamps.history)
    second = read(parts, Outcome.NEGATIVE, slot=3, place=(641.9, 323.1, 0.102))
    assert second.seen_before is not None
    assert (second.seen_before.test, second.seen_before.slot) == (first.test.id, 2)
    with pytest.raises(BenchError, match="second-person-needed"):
        parts.bench.confirm(3, second.test.id, officer=OFFICER)
    assert Lamp.GREEN not in parts.lamps.history[lamps:]
    body = parts.journal.event(second.recorded.seq).body
    assert body["seen_before"]["seq"] == first.recorded.seq
    parts.bench.confirm(3, second.test.id, officer=OFFICER, second=SECOND)
    assert parts.lamps.shown is Lamp.GREEN


def test_a_cassette_is_known_again_after_a_restart(parts: Parts) -> None:
    first = read(parts, Outcome.NEGATIVE, place=CASSETTE)
    parts.bench.confirm(2, first.test.id, officer=OFFICER)
    parts.started_again()
    assert read(parts, Outcome.NEGATIVE, slot=3, place=CASSETTE).seen_before is not None


@pytest.mark.parametrize("place", [OTHER_CASSETTE, None])
def test_another_cassette_or_one_without_a_place_is_not_taken_for_an_earlier_one(
    parts: Parts, place: Place | None
) -> None:
    first = read(parts, Outcome.NEGATIVE, place=CASSETTE if place else None)
    parts.bench.confirm(2, first.test.id, officer=OFFICER)
    assert read(parts, Outcome.NEGATIVE, slot=3, place=place).seen_before is None


def test_a_picture_taken_again_of_the_same_test_is_not_a_reuse(parts: Parts) -> None:
    start(parts, 2)
    parts.clock.turn(minutes=15)
    for outcome in (Outcome.RETAKE, Outcome.NEGATIVE):
        look = parts.bench.read(2, replace(reading(outcome), place=CASSETTE), [], officer=OFFICER)
    assert look.waiting is not None
    assert look.waiting.seen_before is None


def test_a_positive_stands_even_where_its_cassette_was_seen_before(parts: Parts) -> None:
    first = read(parts, Outcome.POSITIVE, place=CASSETTE)
    parts.bench.confirm(2, first.test.id, officer=OFFICER)
    parts.gate.next(officer=OFFICER)
    second = read(parts, Outcome.POSITIVE, slot=3, place=CASSETTE)
    assert second.seen_before is not None
    assert parts.lamps.shown is Lamp.RED
    assert second.decision is not None
    assert second.decision.reason is Reason.ANTIGEN_POSITIVE


def test_lines_of_another_strength_are_of_another_cassette(parts: Parts) -> None:
    first = read(parts, Outcome.NEGATIVE, place=CASSETTE)
    parts.bench.confirm(2, first.test.id, officer=OFFICER)
    assert read(parts, Outcome.POSITIVE, slot=3, place=CASSETTE).seen_before is None


def test_what_was_confirmed_stands_in_the_journal_beside_what_was_read(parts: Parts) -> None:
    waiting = read(parts, Outcome.NEGATIVE)
    finished = parts.bench.confirm(2, waiting.test.id, officer=OFFICER)
    assert finished.confirmed is not None
    event = parts.journal.event(finished.confirmed.seq)
    assert (event.kind, event.body["reads"], event.body["disputed"]) == (
        Kind.TEST_CONFIRMED, waiting.recorded.seq, False,
    )  # fmt: skip
