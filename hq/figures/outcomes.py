"""How tests count: with their last word, in the hour of that; whether the machine's, two people's, or none at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from checkpoint.events import Kind
from hq.figures.counted import Counted, Row, hour_of, wait_class
from hq.kits.events import correct_invalid
from hq.store.models import events

RETAKE = "retake"  # no word about the test: another picture was taken
_INVALID, _VOID = "invalid", "void"
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stands:
    """How a test counts so far."""

    hour: datetime
    outcome: str


def earlier_outcomes(db: sa.Connection, station: str, rows: Sequence[Row]) -> dict[str, Stands]:
    """Return how the tests count already that `rows` end in another way, by test."""
    names = {row.test for row in rows if row.kind in (Kind.TEST_CONFIRMED, Kind.TEST_VOIDED) and row.test}
    if not names:
        return {}
    before = sa.or_(
        events.c.epoch < rows[0].epoch, sa.and_(events.c.epoch == rows[0].epoch, events.c.seq < rows[0].seq)
    )
    said = sa.select(events.c.test, events.c.at, events.c.outcome).where(
        events.c.station_id == station,
        events.c.test.in_(names),
        events.c.kind.in_([Kind.TEST_READ, Kind.TEST_CONFIRMED]),
        events.c.outcome != RETAKE,
        events.c.day >= min(row.day for row in rows) - _A_DAY,
        before,
    )
    stands: dict[str, Stands] = {}
    for row in db.execute(said.order_by(events.c.epoch, events.c.seq)):
        if row.test not in stands or stands[row.test].outcome != row.outcome:
            stands[row.test] = Stands(hour_of(row.at), row.outcome)
    return stands


def count_test(counted: Counted, stands: dict[str, Stands], row: Row, body: dict[str, Any]) -> None:
    """Count what one event says about a test's outcome; `stands` is how tests count so far."""
    hour = hour_of(row.at)
    match row.kind:
        case Kind.TEST_READ:
            waited_s = body.get("waited_s")
            if row.outcome != RETAKE and isinstance(waited_s, int | float):
                counted.hours[hour, f"bench:{wait_class(waited_s / 60)}"] += 1
            counted.hours[hour, _measure(row.outcome)] += 1
            if row.outcome and row.outcome != RETAKE and row.test:
                stands[row.test] = Stands(hour, row.outcome)
        case Kind.TEST_CONFIRMED if row.outcome and row.test:
            before = _take_back(counted, stands, row, row.outcome)
            if row.outcome == _INVALID and before != _INVALID:
                correct_invalid(counted.lots, row.lot, 1)
        case Kind.TEST_VOIDED:
            if _take_back(counted, stands, row, _VOID) == _INVALID:
                correct_invalid(counted.lots, row.lot, -1)  # its kit counts once, with the void
        case _:
            pass


def _take_back(counted: Counted, stands: dict[str, Stands], row: Row, outcome: str) -> str:
    """Let a test count with another outcome from now on; return the one it counted with, "" where it did not."""
    hour, before = hour_of(row.at), stands.get(row.test)
    if before is not None and before.outcome == outcome:
        return outcome
    if before is not None:
        counted.hours[before.hour, _measure(before.outcome)] -= 1
    counted.hours[hour, _measure(outcome)] += 1
    if row.test:
        stands[row.test] = Stands(hour, outcome)
    return before.outcome if before is not None else ""


def _measure(outcome: str | None) -> str:
    return f"test:{outcome or ''}"[:32]
