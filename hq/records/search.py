"""Records: what the stations wrote down, searched and opened."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from checkpoint.events import Event, Json, parse_event
from checkpoint.sealed import SealedRecord, open_record, unseal_key
from hq.keys import HqKeys
from hq.store.models import early, event_photos, events, photos, quarantine, stations

PAGE = 50


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """What to look for; empty or None means any. ``before`` continues a list: the last page's ``next_before``."""

    station: str = ""
    kind: str = ""
    verdict: str = ""
    outcome: str = ""
    reason: str = ""
    officer: str = ""
    town: str = ""
    word: str = ""  # a crossing, a test, a lot, or an event's number
    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, str, int, int] | None = None


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One event in a list; nothing in it is personal."""

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
    photos: tuple[tuple[str, str], ...]  # SHA-256, and where it is: here, coming, destroyed
    trouble: str
    early: bool = False  # only its urgent copy is here; the sequence has not come so far


def search(db: sa.Connection, query: RecordQuery, limit: int = PAGE) -> RecordPage:
    """Return one page of records, newest first."""
    order = (events.c.at, events.c.station_id, events.c.epoch, events.c.seq)
    wanted = _lines().order_by(*(column.desc() for column in order)).limit(limit + 1)
    for column, value in (
        (events.c.station_id, query.station),
        (events.c.kind, query.kind),
        (events.c.verdict, query.verdict),
        (events.c.outcome, query.outcome),
        (events.c.reason, query.reason),
        (events.c.officer, query.officer),
        (stations.c.town, query.town),
    ):
        if value:
            wanted = wanted.where(column == value)
    if query.word:
        named = [column == query.word for column in (events.c.crossing, events.c.test, events.c.lot)]
        number = query.word.removeprefix("#")
        if number.isascii() and number.isdigit() and len(number) < 19:
            named.append(events.c.seq == int(number))
        wanted = wanted.where(sa.or_(*named))
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
        return _open_early(db, station, epoch, seq)
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
        sa.select(event_photos.c.sha256, photos.c.complete_at, photos.c.destroyed_at)
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
        photos=tuple((photo.sha256, _whereabouts(photo)) for photo in here),
        trouble=trouble or "",
    )


def _whereabouts(photo: sa.Row[*tuple[object, ...]]) -> str:
    known = photo._mapping
    if known["destroyed_at"] is not None:
        return "destroyed"
    return "coming" if known["complete_at"] is None else "here"


def _open_early(db: sa.Connection, station: str, epoch: int, seq: int) -> Record | None:
    """Return a record of which only the urgent copy is here, None where there is not even that."""
    key = (early.c.station_id == station, early.c.epoch == epoch, early.c.seq == seq)
    row = db.execute(
        sa.select(early, stations.c.name).join(stations, stations.c.id == early.c.station_id).where(*key)
    ).first()
    if row is None:
        return None
    try:
        event: Event | None = parse_event(row.text.encode(), prev_hash=b"", hash_=row.hash)
    except ValueError:
        event = None
    body = event.body if event else {}
    slot = body.get("slot")
    line = RecordLine(
        station=station,
        station_name=row.name,
        epoch=epoch,
        seq=seq,
        at=event.moment.wall if event else row.received_at,
        kind=str(event.kind) if event else "",
        verdict=str(body.get("verdict") or ""),
        reason=str(body.get("reason") or ""),
        officer=str(body.get("officer") or ""),
        outcome=str(body.get("outcome") or ""),
        slot=slot if isinstance(slot, int) else None,
    )
    return Record(
        line, event, row.text, bytes(row.hash).hex(), row.received_at, row.sealed_key is not None,
        tuple((ref.sha256, "coming") for ref in event.photos) if event else (), "", early=True,
    )  # fmt: skip


def export(db: sa.Connection, query: RecordQuery, limit: int) -> Iterator[RecordLine]:
    """Yield the records of a query, newest first, page by page, at most `limit` of them."""
    while limit > 0:
        page = search(db, query, min(limit, 1000))
        yield from page.lines
        limit -= len(page.lines)
        if page.next_before is None:
            return
        query = replace(query, before=page.next_before)


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
    row = None
    for table in (events, early):  # an urgent copy carries the personal part as well
        row = (
            row
            or db.execute(
                sa.select(table.c.text, table.c.ciphertext, table.c.sealed_key).where(
                    table.c.station_id == station, table.c.epoch == epoch, table.c.seq == seq
                )
            ).first()
        )
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
