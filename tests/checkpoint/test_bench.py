"""What the bench does with cassettes and clocks."""

import pytest

from checkpoint.assay import LineReading, Outcome, Readiness, Reading
from checkpoint.bench import Bench
from checkpoint.clock import ClockTrust
from checkpoint.credential import Holder
from checkpoint.crossing import Lamp, Verdict
from checkpoint.errors import BenchError
from checkpoint.events import Kind, Lane
from checkpoint.gate import Gate
from checkpoint.journal import Journal, LogQuery, Seal
from checkpoint.reasons import Reason
from checkpoint.vehicle import Traveller, Vehicle
from tests.checkpoint.station_parts import OFFICER, Parts, read_and_confirm

STRONG, ABSENT = LineReading(0.4, 20.0), LineReading(0.0, 0.5)


def reading(outcome: Outcome, reason: Reason = Reason.CLEAR_LINES) -> Reading:
    return Reading(
        outcome=outcome,
        reason=reason,
        control=ABSENT if outcome is Outcome.INVALID else STRONG,
        test=STRONG if outcome is Outcome.POSITIVE else ABSENT,
        score=0.9 if outcome is Outcome.POSITIVE else 0.1,
        profile=tuple(i / 500 for i in range(500)),
    )


def waiting_traveller(gate: Gate, parts: Parts) -> Traveller:
    """Somebody whose report is too old, on the way to the bench."""
    gate.present([parts.codes.naat("Li Na", parts.hours_ago(30))], officer=OFFICER)
    return gate.to_bench(1)


def start(parts: Parts, slot: int = 2) -> None:
    traveller = waiting_traveller(parts.gate, parts)
    parts.gate.next(officer=OFFICER)
    parts.bench.start(slot, traveller, lot="A2203", officer=OFFICER)


def test_a_negative_test_admits_a_resident_without_a_fresh_report(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=15)
    finished = read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert finished.decision is not None
    assert finished.decision.verdict is Verdict.ADMIT
    assert parts.lamps.shown is Lamp.GREEN


def test_a_negative_test_settles_a_code_that_had_expired(parts: Parts) -> None:
    parts.gate.present([parts.codes.bad("HC1:OLD", Reason.EXPIRED)], officer=OFFICER)
    parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    parts.clock.turn(minutes=15)
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert parts.lamps.shown is Lamp.GREEN


def test_a_negative_test_settles_no_forgery(parts: Parts) -> None:
    parts.gate.present([parts.codes.bad("HC1:FORGED", Reason.BAD_SIGNATURE)], officer=OFFICER)
    parts.bench.start(2, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    parts.clock.turn(minutes=15)
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert parts.lamps.shown is Lamp.RED


def test_a_positive_test_lights_red_and_leaves_for_headquarters_at_once(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=16)
    before = parts.journal.head().seq
    read_and_confirm(parts.bench, 2, reading(Outcome.POSITIVE))
    assert parts.lamps.shown is Lamp.RED
    read = parts.journal.event(before + 1)
    assert (read.kind, read.lane, read.body["outcome"]) == (Kind.TEST_READ, Lane.NOW, Outcome.POSITIVE)


def test_a_test_read_too_early_is_refused_and_written_down(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=14, seconds=59)
    with pytest.raises(BenchError, match="too-early"):
        read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert parts.journal.event(parts.journal.head().seq).kind is Kind.TEST_REFUSED
    assert parts.bench.slot(2).test is not None


def test_an_overdue_test_is_void_and_the_person_needs_a_new_one(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=20, seconds=1)
    with pytest.raises(BenchError, match="overdue"):
        read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert parts.bench.slot(2).test is None
    assert Lamp.GREEN not in parts.lamps.history
    assert parts.bench.repeat(2, lot="A2203", officer=OFFICER).holder.name == "Li Na"


def test_a_cassette_without_a_control_line_asks_for_a_new_one(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=15)
    finished = read_and_confirm(parts.bench, 2, reading(Outcome.INVALID, Reason.NO_CONTROL_LINE))
    assert finished.decision is not None
    assert (finished.decision.verdict, finished.decision.reason) == (Verdict.HOLD, Reason.ANTIGEN_INVALID)
    again = parts.bench.repeat(2, lot="A2203", officer=OFFICER)
    assert again.after == finished.test.id
    assert parts.bench.slot(2).readiness is Readiness.TOO_EARLY


def test_a_picture_to_be_retaken_leaves_the_test_running(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=15)
    assert parts.bench.read(2, reading(Outcome.RETAKE, Reason.GLARE), [], officer=OFFICER).again
    assert parts.bench.slot(2).readiness is Readiness.READY


def test_a_slot_never_changes_its_person(parts: Parts) -> None:
    start(parts)
    other = parts.gate.walk_in(Holder(name="Zhao Lei"), Vehicle(parts.gate.settings.category))
    with pytest.raises(BenchError, match="slot-taken"):
        parts.bench.start(2, other, lot="A2203", officer=OFFICER)


def test_clocks_survive_a_restart_within_one_boot(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=10)
    bench = parts.started_again()
    parts.clock.turn(minutes=5)
    slot = bench.slot(2)
    assert slot.readiness is Readiness.READY
    assert slot.test is not None
    assert slot.test.holder.name == "Li Na"
    read_and_confirm(bench, 2, reading(Outcome.NEGATIVE))
    assert parts.lamps.shown is Lamp.GREEN


def test_after_a_reboot_without_a_trusted_clock_the_test_is_void(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=15)
    parts.clock.reboot(trust=ClockTrust.UNTRUSTED)
    with pytest.raises(BenchError, match="antigen-void"):
        read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert Lamp.GREEN not in parts.lamps.history


def test_a_negative_never_lights_green_while_another_vehicle_stands_at_the_barrier(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=15)
    parts.gate.present([parts.codes.naat("Zhao Lei", parts.hours_ago(40))], officer=OFFICER)
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert parts.lamps.shown is Lamp.YELLOW
    assert Lamp.GREEN not in parts.lamps.history


def test_a_finished_test_is_not_taken_up_again_after_a_restart(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=15)
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert all(slot.test is None for slot in parts.started_again().board())


def test_the_journal_keeps_the_profile_small_enough_to_draw(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=15)
    before = parts.journal.head().seq
    read_and_confirm(parts.bench, 2, reading(Outcome.NEGATIVE))
    assert 80 <= len(parts.journal.event(before + 1).body["profile"]) <= 170


def with_another_key(parts: Parts) -> Bench:
    """Return the bench of a station whose key was lost, and made anew, while it was switched off."""
    parts.journal.close()
    (parts.folder / "keys" / "station.key").unlink()
    parts.journal = Journal.open(parts.folder / "journal", clock=parts.clock, seal=Seal.open(parts.folder / "keys"))
    parts.started_again_gate()
    return parts.started_again()


def test_a_test_whose_person_cannot_be_read_after_a_restart_is_void(parts: Parts) -> None:
    start(parts)
    bench = with_another_key(parts)
    slot = bench.slot(2)
    assert slot.test is None
    assert slot.last is not None
    assert (slot.last.outcome, slot.last.reason) == (Outcome.INVALID, Reason.ANTIGEN_VOID)
    voided = parts.journal.search(LogQuery(kind=Kind.TEST_VOIDED)).entries
    assert [event.body["why"] for event in voided] == ["record-unreadable"]
    assert parts.started_again().slot(2).test is None, "and stays so"
    assert Lamp.GREEN not in parts.lamps.history


def test_a_positive_whose_person_cannot_be_read_after_a_restart_still_stands(parts: Parts) -> None:
    start(parts)
    parts.clock.turn(minutes=15)
    assert parts.bench.read(2, reading(Outcome.POSITIVE), [], officer=OFFICER).waiting is not None
    bench = with_another_key(parts)
    assert bench.slot(2).read is not None
    assert parts.journal.search(LogQuery(kind=Kind.TEST_VOIDED)).entries == ()
