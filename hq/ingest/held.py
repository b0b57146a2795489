"""What headquarters holds of a station already: the questions that ingest asks before it takes anything in."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from checkpoint.events import GENESIS
from hq.ingest.rows import Arrived
from hq.store.models import epochs, events, photos

Station = sa.Row[Any]
"""A row of `stations`."""


def last_seq(db: sa.Connection, station: Station, epoch: int) -> int:
    if epoch == station.epoch:
        return int(station.seq)
    row = db.execute(
        sa.select(epochs.c.last_seq).where(epochs.c.station_id == station.id, epochs.c.epoch == epoch)
    ).scalar()
    return int(row or 0)


def hash_at(db: sa.Connection, device: str, epoch: int, seq: int) -> bytes | None:
    row = db.execute(
        sa.select(events.c.hash).where(events.c.station_id == device, events.c.epoch == epoch, events.c.seq == seq)
    ).scalar()
    return None if row is None else bytes(row)


def newest_hash(db: sa.Connection, device: str, seq: int) -> bytes:
    """Return the hash at `seq` in the newest epoch that has it: where a new epoch may continue from."""
    row = db.execute(
        sa.select(events.c.hash)
        .where(events.c.station_id == device, events.c.seq == seq)
        .order_by(events.c.epoch.desc())
        .limit(1)
    ).scalar()
    return GENESIS if row is None else bytes(row)


def missing_photos(db: sa.Connection, device: str, items: Sequence[Arrived]) -> list[str]:
    wanted = {ref.sha256 for item in items if item.event for ref in item.event.photos}
    if not wanted:
        return []
    have = db.execute(
        sa.select(photos.c.sha256).where(
            photos.c.station_id == device, photos.c.sha256.in_(wanted), photos.c.complete_at.is_not(None)
        )
    ).scalars()
    return sorted(wanted - set(have))
