"""Retention: when its time is over, personal data is destroyed; what happened stays, and the chain still proves it.

The sealed part of a record and its key go, and so does a photo's file; hashes, commitments and counters stay. Records
that a case stands on, and those of the same crossing or test, are kept until the case is closed and its own time over.

Each station has a cursor that follows its records in order, so a round costs what is new to it, not what is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hq.cases.steps import Step
from hq.config import RetentionPolicy
from hq.photos.shelf import PhotoShelf
from hq.store import Store
from hq.store.models import alerts, early, event_photos, events, kept_records, photos, retention_cursors, stations
from hq.store.upsert import locked_row

CHUNK = 1000
_MOST_CLOCK_OFF = timedelta(days=60)


@dataclass(slots=True)
class Destroyed:
    """What a round has done; ``kept`` counts records that a case still needs."""

    records: int = 0
    photos: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class _Needed:
    """What the cases of one station still need."""

    records: frozenset[tuple[int, int]]
    crossings: frozenset[str]
    tests: frozenset[str]

    def holds(self, row: sa.Row[Any]) -> bool:
        return (row.epoch, row.seq) in self.records or row.crossing in self.crossings or row.test in self.tests


def _needed(db: sa.Connection, station: str, long: datetime) -> _Needed:
    rows = db.execute(
        sa.select(alerts.c.epoch, alerts.c.seq, events.c.crossing, events.c.test)
        .outerjoin(
            events,
            sa.and_(
                events.c.station_id == alerts.c.station_id,
                events.c.epoch == alerts.c.epoch,
                events.c.seq == alerts.c.seq,
            ),
        )
        .where(alerts.c.station_id == station, sa.or_(alerts.c.state != Step.CLOSED, alerts.c.at >= long))
    ).all()
    return _Needed(
        records=frozenset((row.epoch, row.seq) for row in rows),
        crossings=frozenset(row.crossing for row in rows if row.crossing),
        tests=frozenset(row.test for row in rows if row.test),
    )


def destroy(store: Store, shelf: PhotoShelf, policy: RetentionPolicy, now: datetime) -> Destroyed:
    """Destroy what is over, in steps so small that no station waits; OSError where a photo's file cannot go."""
    done = Destroyed()
    with store.reading() as db:
        names = db.execute(sa.select(stations.c.id).order_by(stations.c.id)).scalars().all()
    for station in names:
        usual, long = now - timedelta(days=policy.days), now - timedelta(days=policy.case_days)
        one = _Round(store, shelf, station, now, usual, long, done)
        one.look_again()
        while one.go_on():
            pass
    return done


@dataclass(frozen=True, slots=True)
class _Round:
    """One round over the records of one station; before ``usual`` they are over, before ``long`` those with a case.

    Each step first locks the station's cursor: of two processes on their round at once, one waits and finds it done.
    """

    store: Store
    shelf: PhotoShelf
    station: str
    now: datetime
    usual: datetime
    long: datetime
    done: Destroyed

    def go_on(self) -> bool:
        """Handle the next records whose time is over; return whether there may be more."""
        mine = retention_cursors.c.station_id == self.station
        with self.store.writing() as db:
            cursor, needed = self._locked_cursor(db), _needed(db, self.station, self.long)
            after = sa.or_(
                events.c.epoch > cursor.epoch, sa.and_(events.c.epoch == cursor.epoch, events.c.seq > cursor.seq)
            )
            wanted = _records().where(events.c.station_id == self.station, after)
            rows = db.execute(wanted.order_by(events.c.epoch, events.c.seq).limit(CHUNK)).all()
            over = _leading(rows, self.usual)
            if not over:
                return False
            keep = [row for row in over if (row.sealed or row.photos) and needed.holds(row)]
            if keep:
                named = [{"station_id": self.station, "epoch": row.epoch, "seq": row.seq} for row in keep]
                db.execute(sa.insert(kept_records), named)
            self.done.kept += len(keep)
            kept = {(row.epoch, row.seq) for row in keep}
            self._destroy(db, [row for row in over if (row.epoch, row.seq) not in kept])
            last = over[-1]
            db.execute(sa.update(retention_cursors).where(mine).values(epoch=last.epoch, seq=last.seq))
        return len(over) == CHUNK

    def look_again(self) -> None:
        """Handle what was kept for a case, where no case needs it any more."""
        with self.store.writing() as db:
            self._locked_cursor(db)
            needed = _needed(db, self.station, self.long)
            kept = sa.and_(*(kept_records.c[name] == events.c[name] for name in ("station_id", "epoch", "seq")))
            rows = db.execute(
                _records().join(kept_records, kept).where(kept_records.c.station_id == self.station)
            ).all()
            free = [row for row in rows if not needed.holds(row)]
            self.done.kept += len(rows) - len(free)
            for row in free:
                db.execute(sa.delete(kept_records).where(*_key(kept_records, self.station, row)))
            self._destroy(db, free)

    def _locked_cursor(self, db: sa.Connection) -> sa.Row[Any]:
        return locked_row(db, retention_cursors, {"station_id": self.station}, {"epoch": 0, "seq": 0})

    def _destroy(self, db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> None:
        empty = {"ciphertext": None, "sealed_key": None}
        for row in rows:
            if row.sealed:
                own = (*_key(events, self.station, row), events.c.day == row.day)
                db.execute(sa.update(events).where(*own).values(**empty))
                db.execute(sa.update(early).where(*_key(early, self.station, row)).values(**empty))
                self.done.records += 1
        with_photos = [row for row in rows if row.photos]
        if with_photos:
            self._destroy_photos(db, with_photos)

    def _destroy_photos(self, db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> None:
        """Destroy the photos of `rows` that no later record, and none that is kept, shows as well."""
        handled = {(row.epoch, row.seq) for row in rows}
        still = _kept(db, self.station)
        for sha256 in {sha256 for row in rows for sha256 in _shown(db, self.station, row)}:
            shown_in = sa.select(event_photos.c.epoch, event_photos.c.seq).where(
                event_photos.c.station_id == self.station, event_photos.c.sha256 == sha256
            )
            others = {(one.epoch, one.seq) for one in db.execute(shown_in)} - handled
            if others & still or any(other > max(handled) for other in others):
                continue
            self.shelf.destroy(self.station, sha256)
            this = (photos.c.station_id == self.station, photos.c.sha256 == sha256, photos.c.destroyed_at.is_(None))
            self.done.photos += db.execute(sa.update(photos).where(*this).values(destroyed_at=self.now)).rowcount


def _shown(db: sa.Connection, station: str, row: sa.Row[Any]) -> Sequence[str]:
    return db.execute(sa.select(event_photos.c.sha256).where(*_key(event_photos, station, row))).scalars().all()


def _kept(db: sa.Connection, station: str) -> set[tuple[int, int]]:
    rows = db.execute(sa.select(kept_records.c.epoch, kept_records.c.seq).where(kept_records.c.station_id == station))
    return {(row.epoch, row.seq) for row in rows}


def _leading(rows: Sequence[sa.Row[Any]], usual: datetime) -> list[sa.Row[Any]]:
    """Return the rows up to the first whose time is not over.

    A clock that is off by months says nothing: then the time of arrival counts.
    """
    over = []
    for row in rows:
        when = row.at if abs(row.at - row.received_at) <= _MOST_CLOCK_OFF else row.received_at
        if when >= usual:
            break
        over.append(row)
    return over


def _records() -> sa.Select[*tuple[Any, ...]]:
    columns = ("epoch", "seq", "day", "at", "received_at", "crossing", "test")
    shows = (
        sa.select(event_photos.c.sha256)
        .where(*(event_photos.c[name] == events.c[name] for name in ("station_id", "epoch", "seq")))
        .exists()
    )
    return sa.select(
        *(events.c[name] for name in columns),
        events.c.sealed_key.is_not(None).label("sealed"),
        shows.label("photos"),
    )


def _key(table: sa.Table, station: str, row: sa.Row[Any]) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.station_id == station, table.c.epoch == row.epoch, table.c.seq == row.seq)
