"""Times at the gate: exactly a day is within a day, a second more is not; an untrusted clock admits nobody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checkpoint.clock import ClockTrust
from checkpoint.crossing import Lamp
from checkpoint.reasons import Reason
from tests.checkpoint.station_parts import Parts


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path)


def shown(parts: Parts, age: timedelta) -> Lamp:
    """Present a negative report of that age, and return the lamp."""
    parts.gate.present([parts.codes.naat("Li Na", parts.clock.now().wall - age)], officer="Chen")
    return parts.lamps.shown


def test_exactly_24_hours_is_within_24_hours(parts: Parts) -> None:
    assert shown(parts, timedelta(hours=24)) is Lamp.GREEN


def test_one_second_more_is_not(parts: Parts) -> None:
    assert shown(parts, timedelta(hours=24, seconds=1)) is Lamp.YELLOW


@pytest.mark.parametrize("wall", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2021, 8, 20, tzinfo=UTC)])
def test_a_clock_that_booted_in_the_past_lights_no_green_for_anything_that_expires(
    parts: Parts, wall: datetime
) -> None:
    parts.clock.moment = replace(parts.clock.moment, wall=wall, trust=ClockTrust.UNTRUSTED)
    assert shown(parts, timedelta(hours=5)) is not Lamp.GREEN
    crossing = parts.gate.view().crossing
    assert crossing is not None
    assert crossing.seats[0].decision.verdict == "hold"
    assert parts.journal.events()[-1].moment.trust is ClockTrust.UNTRUSTED, "and it is written down as such"


def test_an_officers_word_is_enough_and_stands_in_the_event(parts: Parts) -> None:
    parts.clock.distrust()
    assert shown(parts, timedelta(hours=5)) is Lamp.YELLOW
    crossing = parts.gate.view().crossing
    assert crossing is not None
    assert crossing.seats[0].decision.reason is Reason.CLOCK_UNTRUSTED
    parts.gate.next(officer="Chen")
    parts.clock.turn(minutes=30)
    parts.clock.moment = replace(parts.clock.moment, trust=ClockTrust.CONFIRMED)
    parts.gate.present([parts.codes.naat("Wang Fang", parts.hours_ago(5))], officer="Chen")
    assert parts.lamps.shown is Lamp.GREEN
    assert parts.journal.events()[-1].moment.trust is ClockTrust.CONFIRMED
