"""Events and their chain: the same text on every side."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoint.clock import ClockTrust, Moment
from checkpoint.events import GENESIS, Event, Kind, Lane, PhotoRef, canonical, chain_hash, parse_event, wall_text

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=8,
)
events = st.builds(
    Event,
    epoch=st.integers(1, 99),
    seq=st.integers(1, 2**53 - 1),
    kind=st.sampled_from(Kind),
    moment=st.builds(
        Moment,
        wall=st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  given above
        boot_ms=st.integers(0, 2**40),
        boot_id=st.text(st.characters(exclude_categories=["Cs"]), max_size=36),
        trust=st.sampled_from(ClockTrust),
    ),
    rules=st.just("pinghu-road@2022.03.20"),
    body=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values, max_size=4),
    commitment=st.none() | st.just("c" * 64),
    photos=st.lists(st.just(PhotoRef("a" * 64, 12, "image/jpeg")), max_size=2).map(tuple),
    lane=st.sampled_from(Lane),
    prev_hash=st.just(GENESIS),
    hash=st.binary(min_size=32, max_size=32),
)


@given(events)
def test_an_event_survives_its_text(event: Event) -> None:
    assert parse_event(canonical(event), prev_hash=event.prev_hash, hash_=event.hash) == event


@given(events)
def test_a_text_is_written_the_same_by_everybody(event: Event) -> None:
    text = canonical(event)
    assert canonical(parse_event(text, prev_hash=GENESIS, hash_=b"")) == text
    shuffled = replace(event, body=dict(reversed(list(event.body.items()))))
    assert canonical(shuffled) == text


@given(events, st.data())
def test_any_changed_byte_changes_the_chain(event: Event, data: st.DataObject) -> None:
    text = bytearray(canonical(event))
    before = chain_hash(GENESIS, bytes(text))
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    assert chain_hash(GENESIS, bytes(text)) != before


def test_the_same_instant_reads_the_same_from_every_zone() -> None:
    there = datetime(2022, 3, 20, 8, tzinfo=timezone(timedelta(hours=8)))
    assert wall_text(there) == wall_text(datetime(2022, 3, 20, tzinfo=UTC)) == "2022-03-20T00:00:00.000000Z"


def test_a_kind_of_a_newer_station_stays_what_it_is() -> None:
    moment = Moment(datetime(2022, 3, 20, tzinfo=UTC), 0, "b", ClockTrust.TRUSTED)
    event = Event(1, 1, "weather-noted", moment, "", {}, None, (), Lane.SOON, GENESIS, b"")
    assert parse_event(canonical(event), prev_hash=GENESIS, hash_=b"").kind == "weather-noted"


@pytest.mark.parametrize(
    ("field", "value"),
    [("seq", "1"), ("seq", True), ("kind", 1), ("wall", "yesterday"), ("clock", "wrong"), ("body", []), ("lane", 9),
     ("photos", [{"sha256": "../x", "size": 1, "media_type": "image/jpeg"}]), ("photos", 1), ("commitment", 1)],
)  # fmt: skip
def test_what_is_not_an_event_is_told(field: str, value: object) -> None:
    moment = Moment(datetime(2022, 3, 20, tzinfo=UTC), 0, "b", ClockTrust.TRUSTED)
    fields = json.loads(canonical(Event(1, 1, Kind.TEST_READ, moment, "", {}, None, (), Lane.SOON, GENESIS, b"")))
    with pytest.raises(ValueError):
        parse_event(json.dumps({**fields, field: value}).encode(), prev_hash=GENESIS, hash_=b"")
