"""The daily manifest: what a station says a day held, beside what headquarters has of it."""

from datetime import date, datetime

import sqlalchemy as sa

from checkpoint.wire import Manifest
from hq.cases.alerts import Concern
from hq.ingest.alarms import alarm
from hq.ingest.held import Station, hash_at
from hq.refused import Refused
from hq.store.models import events, manifests, quarantine


def close_day(db: sa.Connection, station: Station, manifest: Manifest, text: str, now: datetime) -> bool:
    """Keep a station's signed word about a day and return whether it agrees with what is here; raise `Refused`.

    A day that does not agree is a changed history, unless an event of it lies in quarantine and could not be counted.
    """
    try:
        day = date.fromisoformat(manifest.day)
    except ValueError as error:
        raise Refused(422, "the manifest names no day") from error
    head = manifest.head
    if head.seq > station.seq or head.epoch > station.epoch:
        raise Refused(409, "events of the day are missing", need=station.seq + 1)
    counted = dict(
        tuple(row)
        for row in db.execute(
            sa.select(events.c.kind, sa.func.count())
            .where(
                events.c.station_id == station.id,
                events.c.day == day,
                events.c.seq <= head.seq,
                events.c.epoch <= head.epoch,
            )
            .group_by(events.c.kind)
        ).all()
    )
    same_head = hash_at(db, station.id, head.epoch, head.seq) == bytes.fromhex(head.hash)
    agrees = same_head and counted == manifest.counts
    if not agrees and not _quarantined(db, station.id, head.seq):
        why = "its count of a day is not what headquarters holds" if same_head else "its head of a day is another"
        alarm(db, station.id, Concern("rewrite", why), head.epoch, head.seq, now)
    kept = {"text": text, "agrees": agrees, "received_at": now}
    of_the_day = (manifests.c.station_id == station.id, manifests.c.day == day)
    if not db.execute(sa.update(manifests).where(*of_the_day).values(**kept)).rowcount:
        db.execute(sa.insert(manifests).values(station_id=station.id, day=day, **kept))
    return agrees


def _quarantined(db: sa.Connection, station: str, seq: int) -> bool:
    query = sa.select(quarantine.c.seq).where(quarantine.c.station_id == station, quarantine.c.seq <= seq).limit(1)
    return db.execute(query).first() is not None
