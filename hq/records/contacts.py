"""Contacts of a positive: who sat in the same vehicle, and who waited at the bench at the same time.

Found from the events of the station alone, without opening anything sealed; names come in a second step.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from checkpoint.events import Kind
from hq.store.models import early, events, stations

LONGEST_TEST = timedelta(hours=2)
"""No test stays at a bench for longer; whoever began earlier was gone."""

_ENDS = (str(Kind.TEST_READ), str(Kind.TEST_VOIDED))


class How(StrEnum):
    """Why somebody is a contact."""

    SELF = "self"  # the positive person
    VEHICLE = "vehicle"
    BENCH = "bench"


@dataclass(frozen=True, slots=True)
class Contact:
    """One person, by the newest record that holds who they are: (epoch, seq) of `station`.

    ``together``: from when to when both waited at the bench (None for those who did not); ``outcome``: of this
    person's own test, "" while there is none. ``sealed``: whether the record still has its personal part.
    """

    station: str
    epoch: int
    seq: int
    how: tuple[How, ...]
    crossing: str
    seat: int
    slot: int | None
    outcome: str
    together: tuple[datetime, datetime] | None
    sealed: bool


@dataclass(frozen=True, slots=True)
class ContactList:
    """The contacts of one positive.

    ``missing`` counts events of the station that are known but not here yet: with them the list may grow.
    ``known``: whether the record of the positive test is here at all.
    """

    station: str
    positive_at: datetime | None
    crossing: str
    contacts: tuple[Contact, ...]
    missing: int
    known: bool


@dataclass(frozen=True, slots=True)
class _Test:
    """One test at the bench: ``ended`` is None while it runs."""

    test: str
    epoch: int
    seq: int
    crossing: str
    seat: int
    slot: int | None
    started: datetime
    ended: datetime | None
    outcome: str
    sealed: bool


def contacts_of(db: sa.Connection, station: str, epoch: int, seq: int) -> ContactList:
    """Return the contacts of the positive test in event (`epoch`, `seq`); KeyError where no such event is known."""
    body, at = _positive(db, station, epoch, seq)
    row = db.execute(sa.select(stations.c.seq, stations.c.head_seq).where(stations.c.id == station)).one()
    missing = max(0, max(row.head_seq, seq) - row.seq)
    test, crossing = _text(body.get("test")), _text(body.get("crossing"))
    around = _tests_around(db, station, at)
    own = next((one for one in around if one.test == test), None)
    crossing = crossing or (own.crossing if own else "")
    people: dict[tuple[str, int], Contact] = {}
    seat = _whole(body.get("seat"), own.seat if own else 0)
    for contact in (*_of_vehicle(db, station, crossing, seat), *_of_bench(own, around, station)):
        key = (contact.crossing, contact.seat)
        people[key] = _joined(people[key], contact) if key in people else contact
    order = sorted(people.values(), key=lambda one: (list(How).index(one.how[0]), one.crossing, one.seat))
    return ContactList(station, at, crossing, tuple(order), missing, own is not None)


def _positive(db: sa.Connection, station: str, epoch: int, seq: int) -> tuple[dict[str, Any], datetime]:
    """Return the body and the time of the positive's event, from its early copy where it is not here yet."""
    for table in (events, early):
        text = db.execute(
            sa.select(table.c.text).where(table.c.station_id == station, table.c.epoch == epoch, table.c.seq == seq)
        ).scalar()
        if text is not None:
            whole = json.loads(text)
            return whole["body"], datetime.fromisoformat(whole["wall"])
    raise KeyError(f"{station}/{epoch}/{seq}")


def _of_vehicle(db: sa.Connection, station: str, crossing: str, own_seat: int) -> Iterable[Contact]:
    """Yield everybody who was decided about in the same vehicle, by their newest record."""
    if not crossing:
        return
    seats: dict[int, Contact] = {}
    rows = db.execute(
        sa.select(events.c.epoch, events.c.seq, events.c.text, events.c.sealed_key.is_not(None).label("sealed"))
        .where(
            events.c.station_id == station,
            events.c.crossing == crossing,
            events.c.kind.in_([Kind.CROSSING_DECIDED, Kind.TEST_STARTED]),
        )
        .order_by(events.c.epoch, events.c.seq)
    )
    for row in rows:
        seat = _whole(_body(row.text).get("seat"), 0)
        how = How.SELF if seat == own_seat else How.VEHICLE
        if row.sealed or seat not in seats:  # the newest record that still says who it is
            seats[seat] = Contact(station, row.epoch, row.seq, (how,), crossing, seat, None, "", None, row.sealed)
    yield from seats.values()


def _of_bench(own: _Test | None, around: Sequence[_Test], station: str) -> Iterable[Contact]:
    """Yield everybody whose test ran at some moment while the positive person's did."""
    if own is None:
        return
    for other in around:
        begins = max(own.started, other.started)
        ends = min(own.ended or own.started + LONGEST_TEST, other.ended or other.started + LONGEST_TEST)
        if begins <= ends:
            how = How.SELF if other.test == own.test else How.BENCH
            yield Contact(
                station, other.epoch, other.seq, (how,), other.crossing, other.seat, other.slot, other.outcome,
                (begins, ends), other.sealed,
            )  # fmt: skip


def _joined(one: Contact, other: Contact) -> Contact:
    """Return the same person found in two ways: the record that is sealed counts, the newer one of two."""
    newest = max((one, other), key=lambda c: (c.sealed, c.epoch, c.seq))
    ways = tuple(how for how in How if how in (*one.how, *other.how))
    return replace(
        newest,
        how=(How.SELF,) if How.SELF in ways else ways,
        slot=other.slot if one.slot is None else one.slot,
        outcome=one.outcome or other.outcome,
        together=one.together or other.together,
    )


def _tests_around(db: sa.Connection, station: str, at: datetime) -> Sequence[_Test]:
    """Return the tests that can have run at the same time as one that was read at `at`."""
    near = (
        events.c.station_id == station,
        events.c.day.between((at - 2 * LONGEST_TEST).date(), (at + 2 * LONGEST_TEST).date()),
        events.c.at.between(at - 2 * LONGEST_TEST, at + 2 * LONGEST_TEST),
    )
    columns = (events.c.epoch, events.c.seq, events.c.at, events.c.kind, events.c.test, events.c.outcome)
    ended: dict[str, tuple[datetime, str]] = {}
    for row in db.execute(
        sa.select(*columns).where(*near, events.c.kind.in_(_ENDS)).order_by(events.c.epoch, events.c.seq)
    ):
        if row.test and row.outcome != "retake":
            ended[row.test] = (row.at, row.outcome or "void")
    started = sa.select(
        *columns, events.c.slot, events.c.crossing, events.c.text, events.c.sealed_key.is_not(None).label("sealed")
    ).where(*near, events.c.kind == Kind.TEST_STARTED)
    return [
        _Test(
            test=row.test,
            epoch=row.epoch,
            seq=row.seq,
            crossing=row.crossing or "",
            seat=_whole(_body(row.text).get("seat"), 0),
            slot=row.slot,
            started=row.at,
            ended=ended[row.test][0] if row.test in ended else None,
            outcome=ended[row.test][1] if row.test in ended else "",
            sealed=row.sealed,
        )
        for row in db.execute(started.order_by(events.c.epoch, events.c.seq))
        if row.test
    ]


def _body(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)["body"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}  # an event in quarantine names nobody
    return body if isinstance(body, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
