"""Counters by station and hour, so that figures of a day cost the same however many events are held.

Counting follows behind what comes in: each station has a cursor, moved in the same transaction as its counters, so
every event counts once, on any number of processes. A crossing counts with its last verdict, in the hour of that, and
a test with its last word.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from checkpoint.events import Kind
from hq.figures.counted import Counted, Row, hour_of, wait_class
from hq.figures.outcomes import count_test, earlier_outcomes
from hq.kits.events import KIT_KINDS, LotCount, count_kits
from hq.store import Store
from hq.store.models import events, kit_counts, stations, tallies, tally_cursors
from hq.store.upsert import insert_for, locked_row

CHUNK = 2000
_DECIDES = (str(Kind.CROSSING_DECIDED), str(Kind.OVERRIDDEN))
_A_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Passage:
    """What is known of one crossing: when it began, and how it counts so far (its hour and verdict)."""

    began: datetime
    counts_in: datetime
    verdict: str


def count_on(store: Store, *, most_chunks: int = 50) -> int:
    """Count what has come in since; return how many events are still uncounted (0: all is counted)."""
    left = 0
    for station, behind in _behind(store):
        while behind > 0 and most_chunks > 0:
            done = _count_chunk(store, station)
            most_chunks -= 1
            behind = behind - done if done else 0
        left += behind
    return left


def uncounted(db: sa.Connection) -> int:
    """Return how many events wait to be counted."""
    return sum(max(0, row.seq - (row.counted or 0)) for row in db.execute(_positions()).all())


def _positions() -> sa.Select[*tuple[Any, ...]]:
    at = tally_cursors.c
    return (
        sa.select(stations.c.id, stations.c.epoch, stations.c.seq, at.epoch.label("in_epoch"), at.seq.label("counted"))
        .outerjoin(tally_cursors, at.station_id == stations.c.id)
        .where(
            stations.c.seq > 0,
            sa.or_(at.seq.is_(None), at.seq != stations.c.seq, at.epoch != stations.c.epoch),
        )
    )


def _behind(store: Store) -> list[tuple[str, int]]:
    with store.reading() as db:
        rows = db.execute(_positions()).all()
    behind = [(row.id, max(1, row.seq - (row.counted or 0))) for row in rows]
    return sorted(behind, key=lambda one: -one[1])  # who is furthest behind goes first, so that nobody waits for good


def _count_chunk(store: Store, station: str) -> int:
    """Count up to `CHUNK` events of one station and move its cursor; return how many."""
    with store.writing() as db:
        mine = tally_cursors.c.station_id == station
        start = {"epoch": 0, "seq": 0, "day": date.min}
        cursor = locked_row(db, tally_cursors, {"station_id": station}, start)
        rows = _next_events(db, station, cursor)
        if not rows:
            return 0
        counted = _count(db, station, rows)
        _add_hours(db, station, counted.hours)
        _add_lots(db, station, counted.lots)
        last = rows[-1]
        db.execute(sa.update(tally_cursors).where(mine).values(epoch=last.epoch, seq=last.seq, day=last.day))
    return len(rows)


def _next_events(db: sa.Connection, station: str, cursor: Row) -> Sequence[Row]:
    columns = ("epoch", "seq", "day", "at", "kind", "verdict", "crossing", "test", "outcome", "lot")
    text = sa.case((events.c.kind.in_([Kind.TEST_READ, *KIT_KINDS]), events.c.text), else_="").label("text")
    after = sa.or_(sa.and_(events.c.epoch == cursor.epoch, events.c.seq > cursor.seq), events.c.epoch > cursor.epoch)
    wanted = (
        sa.select(*(events.c[name] for name in columns), text)
        .where(events.c.station_id == station, after)
        .order_by(events.c.epoch, events.c.seq)
        .limit(CHUNK)
    )
    if cursor.day > date.min:
        # Where the store is divided by day, only the days that can matter are looked at: what comes next is from the
        # same day or later, as long as the clock was right. A gap shows that it was not.
        rows = db.execute(wanted.where(events.c.day >= cursor.day - _A_DAY)).all()
        if rows and [row.seq for row in rows] == list(range(cursor.seq + 1, cursor.seq + 1 + len(rows))):
            return rows
    return db.execute(wanted).all()


def _count(db: sa.Connection, station: str, rows: Sequence[Row]) -> Counted:
    counted = Counted()
    passages, stands = _earlier(db, station, rows), earlier_outcomes(db, station, rows)
    for row in rows:
        body = _body(row.text) if row.text else {}
        match row.kind:
            case Kind.CROSSING_DECIDED | Kind.OVERRIDDEN if row.crossing and row.verdict:
                _count_crossing(counted.hours, passages, row)
            case Kind.TEST_STARTED:
                counted.hours[hour_of(row.at), "kits:used"] += 1
            case _:
                count_test(counted, stands, row, body)
        count_kits(counted.lots, row.kind, row.lot, row.outcome, body)
    return counted


def _count_crossing(hours: Counter[tuple[datetime, str]], passages: dict[str, _Passage], row: Row) -> None:
    hour = hour_of(row.at)
    before = passages.get(row.crossing)
    if before is None:
        passages[row.crossing] = _Passage(row.at, hour, row.verdict)
    else:
        hours[before.counts_in, f"crossing:{before.verdict}"] -= 1
        if before.verdict == "hold" and row.verdict != "hold":
            waited = row.at - before.began
            if waited >= timedelta(0):
                hours[hour, f"wait:{wait_class(waited / timedelta(minutes=1))}"] += 1
        passages[row.crossing] = _Passage(before.began, hour, row.verdict)
    hours[hour, f"crossing:{row.verdict}"] += 1


def _earlier(db: sa.Connection, station: str, rows: Sequence[Row]) -> dict[str, _Passage]:
    """Return how the crossings of `rows` count already."""
    names = {row.crossing for row in rows if row.kind in _DECIDES and row.crossing}
    if not names:
        return {}
    days = [row.day for row in rows]
    earlier = sa.select(events.c.crossing, events.c.at, events.c.verdict).where(
        events.c.station_id == station,
        events.c.crossing.in_(names),
        events.c.kind.in_(_DECIDES),
        events.c.day >= min(days) - _A_DAY,
        sa.or_(
            events.c.epoch < rows[0].epoch,
            sa.and_(events.c.epoch == rows[0].epoch, events.c.seq < rows[0].seq),
        ),
    )
    found: dict[str, _Passage] = {}
    for row in db.execute(earlier.order_by(events.c.epoch, events.c.seq)):
        if row.verdict:
            began = found[row.crossing].began if row.crossing in found else row.at
            found[row.crossing] = _Passage(began, hour_of(row.at), row.verdict)
    return found


def _add_hours(db: sa.Connection, station: str, hours: Counter[tuple[datetime, str]]) -> None:
    rows = [
        {"station_id": station, "hour": hour, "measure": measure, "count": count}
        for (hour, measure), count in sorted(hours.items())
        if count
    ]
    if rows:
        insert = insert_for(db, tallies)
        add = {"count": tallies.c.count + insert.excluded["count"]}
        db.execute(insert.on_conflict_do_update(index_elements=list(tallies.primary_key), set_=add), rows)


def _add_lots(db: sa.Connection, station: str, lots: dict[str, LotCount]) -> None:
    for lot, more in lots.items():
        numbers = {name: getattr(more, name) for name in ("received", "used", "invalid", "discarded", "corrected")}
        told = {"expires_on": more.expires_on, "cassette_type": more.cassette_type}
        insert = insert_for(db, kit_counts).values(station_id=station, lot=lot, **numbers, **told)
        add: dict[str, object] = {name: kit_counts.c[name] + insert.excluded[name] for name in numbers}
        add |= {name: value for name, value in told.items() if value}
        db.execute(insert.on_conflict_do_update(index_elements=list(kit_counts.primary_key), set_=add))


def _body(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)["body"] if text else {}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}  # kept raw in quarantine; it counts for nothing
    return body if isinstance(body, dict) else {}


def measures(db: sa.Connection, begins: datetime, ends: datetime, by: Iterable[sa.ColumnElement[Any]]) -> Sequence[Row]:
    """Return counters from `begins` until before `ends`, summed up by the columns `by` and the measure."""
    columns = list(by)
    return db.execute(
        sa.select(*columns, tallies.c.measure, sa.func.sum(tallies.c.count).label("number"))
        .join(stations, stations.c.id == tallies.c.station_id)
        .where(tallies.c.hour >= begins, tallies.c.hour < ends)
        .group_by(*columns, tallies.c.measure)
    ).all()
