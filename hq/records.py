"""Records: what the stations wrote down, searched and opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from checkpoint.events import Event, Json, parse_event
from checkpoint.sealed import SealedRecord, open_record, unseal_key
from hq.keys import HqKeys
from hq.models import event_photos, events, photos, quarantine, stations

PAGE = 50


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """What to look for; empty or None means any. ``before`` continues a list: the last page's ``next_before``."""

    station: str = ""
    kind: str = ""
    verdict: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, str, int, int] | None = None


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One event in a list."""

    station: str
    station_name: str
    epoch: int
    seq: int
    at: datetime
    kind: str
    verdict: str
    reason: str
    officer: str
    outcome: str
    slot: int | None


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Events, newest first; ``next_before`` is None at the end."""

    lines: tuple[RecordLine, ...]
    next_before: tuple[datetime, str, int, int] | None


@dataclass(frozen=True, slots=True)
class Record:
    """One event opened: ``event`` is None where its text cannot be read, and ``trouble`` says why."""

    line: RecordLine
    event: Event | None
    text: str
    hash: str
    received_at: datetime
    sealed: bool
    photos: tuple[tuple[str, bool], ...]  # SHA-256, and whether it is here
    trouble: str


def search(db: sa.Connection, query: RecordQuery, limit: int = PAGE) -> RecordPage:
    """Return one page of records, newest first."""
    order = (events.c.at, events.c.station_id, events.c.epoch, events.c.seq)
    wanted = _lines().order_by(*(column.desc() for column in order)).limit(limit + 1)
    for column, value in (
        (events.c.station_id, query.station),
        (events.c.kind, query.kind),
        (events.c.verdict, query.verdict),
        (events.c.outcome, query.outcome),
    ):
        if value:
            wanted = wanted.where(column == value)
    if query.since is not None:
        wanted = wanted.where(events.c.at >= query.since)
    if query.until is not None:
        wanted = wanted.where(events.c.at < query.until)
    if query.before is not None:
        # Written out instead of a row comparison, so that the index on `at` carries it on every engine.
        at, station, epoch, seq = query.before
        later = sa.tuple_(*order[1:]) < sa.tuple_(station, epoch, seq)
        wanted = wanted.where(events.c.at <= at, sa.or_(events.c.at < at, later))
    lines = tuple(_line(row) for row in db.execute(wanted))
    shown = lines[:limit]
    last = shown[-1] if len(lines) > limit else None
    return RecordPage(shown, (last.at, last.station, last.epoch, last.seq) if last else None)


def open_one(db: sa.Connection, station: str, epoch: int, seq: int) -> Record | None:
    """Return one record, None where it is not here."""
    key = (events.c.station_id == station, events.c.epoch == epoch, events.c.seq == seq)
    row = db.execute(_lines().add_columns(events).where(*key)).first()
    if row is None:
        return None
    known = row._mapping
    try:
        event: Event | None = parse_event(known[events.c.text].encode(), prev_hash=b"", hash_=known[events.c.hash])
    except ValueError:
        event = None
    trouble = db.execute(
        sa.select(quarantine.c.error).where(
            quarantine.c.station_id == station, quarantine.c.epoch == epoch, quarantine.c.seq == seq
        )
    ).scalar()
    here = db.execute(
        sa.select(event_photos.c.sha256, photos.c.complete_at)
        .join(
            photos,
            sa.and_(photos.c.station_id == event_photos.c.station_id, photos.c.sha256 == event_photos.c.sha256),
        )
        .where(event_photos.c.station_id == station, event_photos.c.epoch == epoch, event_photos.c.seq == seq)
    )
    return Record(
        line=_line(row),
        event=event,
        text=known[events.c.text],
        hash=bytes(known[events.c.hash]).hex(),
        received_at=known[events.c.received_at],
        sealed=known[events.c.sealed_key] is not None,
        photos=tuple((photo.sha256, photo.complete_at is not None) for photo in here),
        trouble=trouble or "",
    )


def story(db: sa.Connection, record: Record) -> Sequence[RecordLine]:
    """Return every record of the same crossing or test at the same station, oldest first."""
    body = record.event.body if record.event else {}
    same = [
        column == body[name]
        for name, column in (("crossing", events.c.crossing), ("test", events.c.test))
        if isinstance(body.get(name), str)
    ]
    if not same:
        return []
    wanted = _lines().where(events.c.station_id == record.line.station, sa.or_(*same))
    return [_line(row) for row in db.execute(wanted.order_by(events.c.epoch, events.c.seq).limit(100))]


def unseal(db: sa.Connection, keys: HqKeys, station: str, epoch: int, seq: int) -> Json | None:
    """Return a personal record, None where there is none (any more); ValueError where it does not open."""
    row = db.execute(
        sa.select(events.c.text, events.c.ciphertext, events.c.sealed_key).where(
            events.c.station_id == station, events.c.epoch == epoch, events.c.seq == seq
        )
    ).first()
    if row is None or row.sealed_key is None or row.ciphertext is None:
        return None
    event = parse_event(row.text.encode(), prev_hash=b"", hash_=b"")
    key = unseal_key(bytes(row.sealed_key), keys.sealing)
    return open_record(SealedRecord(event.commitment or "", bytes(row.ciphertext)), key)


def _lines() -> sa.Select[*tuple[object, ...]]:
    return sa.select(
        events.c.station_id,
        stations.c.name,
        events.c.epoch,
        events.c.seq,
        events.c.at,
        events.c.kind,
        events.c.verdict,
        events.c.reason,
        events.c.officer,
        events.c.outcome,
        events.c.slot,
    ).join(stations, stations.c.id == events.c.station_id)


def _line(row: sa.Row[*tuple[object, ...]]) -> RecordLine:
    known = row._mapping
    return RecordLine(
        station=known[events.c.station_id],
        station_name=known[stations.c.name],
        epoch=known[events.c.epoch],
        seq=known[events.c.seq],
        at=known[events.c.at],
        kind=known[events.c.kind],
        verdict=known[events.c.verdict] or "",
        reason=known[events.c.reason] or "",
        officer=known[events.c.officer] or "",
        outcome=known[events.c.outcome] or "",
        slot=known[events.c.slot],
    )
