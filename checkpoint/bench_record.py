"""What the journal keeps of a test at the bench, and how a test is found again in it after a restart."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from checkpoint.assay import LineReading, Outcome, Reading
from checkpoint.cassette_memory import Trace
from checkpoint.clock import Moment
from checkpoint.events import Event, Kind
from checkpoint.journal import Journal, LogQuery
from checkpoint.policy.evidence import evidence_to_json
from checkpoint.ports import Json
from checkpoint.reasons import Reason
from checkpoint.slots import ReadTest, RunningTest, SeenBefore
from checkpoint.vehicle import Recorded, Traveller

MOST_PROFILE_POINTS = 160  # enough to draw the plot again; the journal is no picture store


def start_body(
    test_id: str, slot: int, traveller: Traveller, *, lot: str, cassette_type: str, after: str, officer: str
) -> Json:
    """Return the body of a `test-started` event."""
    return {
        "test": test_id,
        "slot": slot,
        "lot": lot,
        "cassette_type": cassette_type,
        "after": after,
        "crossing": traveller.crossing,
        "seat": traveller.seat,
        "people": traveller.vehicle.people,
        "category": traveller.vehicle.category,
        "evidence": evidence_to_json(traveller.evidence),
        "officer": officer,
    }


def personal_record(traveller: Traveller) -> Json:
    """Return the personal part of a `test-started` event: the person and the plates."""
    holder = traveller.holder
    return {
        "holder": {"name": holder.name, "born": holder.born, "id_number": holder.id_number},
        "plate": traveller.vehicle.plate,
        "trailer": traveller.vehicle.trailer,
    }


def read_body(test: RunningTest, reading: Reading, now: Moment, officer: str, seen_before: SeenBefore | None) -> Json:
    """Return the body of a `test-read` event; ``to_confirm`` says that it is not the last word."""
    waited = now.waited_since(test.started)
    step = max(1, len(reading.profile) // MOST_PROFILE_POINTS)
    return {
        **_whose(test),
        "lot": test.lot,
        "outcome": reading.outcome,
        "reason": reading.reason,
        "control": _line(reading.control),
        "test_line": _line(reading.test),
        "score": round(reading.score, 4),
        "profile": [round(value, 3) for value in reading.profile[::step]],
        "cassette_type": reading.cassette_type,
        "place": [round(value, 4) for value in reading.place] if reading.place else None,
        "seen_before": _earlier(seen_before) if seen_before else None,
        "to_confirm": reading.outcome in TO_CONFIRM,
        "waited_s": round(waited) if waited is not None else None,
        "officer": officer,
    }


TO_CONFIRM = frozenset({Outcome.NEGATIVE, Outcome.POSITIVE})
"""Outcomes that an officer confirms; an invalid one confirms itself by the next cassette."""


def confirm_body(read: ReadTest, outcome: Outcome, officer: str, second: str) -> Json:
    """Return the body of a `test-confirmed` event; ``read_as`` is the machine's word, ``reads`` its entry."""
    return {
        **_whose(read.test),
        "lot": read.test.lot,
        "outcome": outcome,
        "read_as": read.reading.outcome,
        "disputed": outcome is not read.reading.outcome,
        "reads": read.recorded.seq,
        "officer": officer,
        "second": second,
    }


def void_body(test: RunningTest, reason: Reason, why: str, officer: str) -> Json:
    """Return the body of a `test-voided` event."""
    return {**_whose(test), "reason": reason, "why": why, "lot": test.lot, "officer": officer}


def read_test_of(event: Event, test: RunningTest) -> ReadTest:
    """Return the read test that a `test-read` event left waiting for a word."""
    body = event.body
    reading = Reading(
        outcome=Outcome(body["outcome"]),
        reason=Reason(body["reason"]),
        control=_line_of(body["control"]),
        test=_line_of(body["test_line"]),
        score=body["score"],
        cassette_type=body["cassette_type"],
        slot=body["slot"],
        profile=tuple(body["profile"]),
        place=_place_of(body),
    )
    return ReadTest(test, reading, Recorded.of(event), event.photos, None, _earlier_of(event))


def journaled(journal: Journal, kind: Kind, most: int | None = None) -> Iterator[Event]:
    """Yield the journal's events of one kind, newest first, at most `most`."""
    return islice(journal.every(LogQuery(kind=kind, limit=200)), most)


def _whose(test: RunningTest) -> Json:
    whose = test.traveller
    return {"test": test.id, "slot": test.slot, "crossing": whose.crossing, "seat": whose.seat}


def _line(line: LineReading) -> Json:
    return {"contrast": round(line.contrast, 4), "snr": round(line.snr, 2), "position_mm": line.position_mm}


def trace_of(event: Event) -> Trace | None:
    """Return what a `test-read` event tells of its cassette, by which it is known again."""
    body = event.body
    place = _place_of(body)
    if place is None or body["outcome"] == Outcome.RETAKE:
        return None
    return Trace(place, body["control"]["contrast"], body["test_line"]["contrast"])


def _place_of(body: Json) -> tuple[float, float, float] | None:
    place = body.get("place")
    return (place[0], place[1], place[2]) if place else None


def _line_of(body: Json) -> LineReading:
    return LineReading(body["contrast"], body["snr"], body["position_mm"])


def _earlier(seen: SeenBefore) -> Json:
    return {"test": seen.test, "slot": seen.slot, "seq": seen.recorded.seq, "at": seen.recorded.at.isoformat()}


def _earlier_of(event: Event) -> SeenBefore | None:
    body = event.body["seen_before"]
    if body is None:
        return None
    return SeenBefore(body["test"], body["slot"], Recorded(body["seq"], datetime.fromisoformat(body["at"])))
