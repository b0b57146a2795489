"""Proving a station's whole chain again, from what is stored."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from checkpoint.events import GENESIS, chain_hash
from hq.store.models import events, stations


@dataclass(frozen=True, slots=True)
class Proof:
    """How a station's chain stands: ``bad`` is (epoch, seq, why) of the first bad event, None where there is none."""

    station: str
    events: int
    bad: tuple[int, int, str] | None


def station_ids(db: sa.Connection) -> list[str]:
    """Return every station's id."""
    return list(db.execute(sa.select(stations.c.id).order_by(stations.c.id)).scalars())


def prove(db: sa.Connection, station: str) -> Proof:
    """Follow a station's chain through all its epochs; KeyError where there is no such station."""
    held = db.execute(sa.select(stations).where(stations.c.id == station)).first()
    if held is None:
        raise KeyError(station)
    rows = db.execute(
        sa.select(events.c.epoch, events.c.seq, events.c.text, events.c.hash)
        .where(events.c.station_id == station)
        .order_by(events.c.epoch, events.c.seq),
        execution_options={"yield_per": 1000},
    )
    with rows:  # a chain that breaks is not read to its end
        return _follow(db, held, rows)


def _follow(db: sa.Connection, held: sa.Row[Any], rows: Iterable[Any]) -> Proof:
    station, count, epoch, seq, before = held.id, 0, 0, 0, GENESIS
    for row in rows:
        if row.epoch != epoch:
            before = _hash_before(db, station, row.epoch, row.seq)
        elif row.seq != seq + 1:
            return Proof(station, count, (row.epoch, seq + 1, "is missing"))
        if (why := _broken(row.epoch, row.seq, row.text, bytes(row.hash), before)) != "":
            return Proof(station, count, (row.epoch, row.seq, why))
        epoch, seq, before = row.epoch, row.seq, bytes(row.hash)
        count += 1
    if (epoch, seq) != (held.epoch, held.seq) or before != bytes(held.hash):
        return Proof(station, count, (held.epoch, seq + 1, "is missing, but a receipt was given for it"))
    return Proof(station, count, None)


def _hash_before(db: sa.Connection, station: str, epoch: int, seq: int) -> bytes:
    """Return the hash a new epoch's first event continues from: that of the newest epoch before it."""
    row = db.execute(
        sa.select(events.c.hash)
        .where(events.c.station_id == station, events.c.seq == seq - 1, events.c.epoch < epoch)
        .order_by(events.c.epoch.desc())
        .limit(1)
    ).scalar()
    return GENESIS if row is None else bytes(row)


def _broken(epoch: int, seq: int, text: str, hash_: bytes, before: bytes) -> str:
    """Return why an event does not follow the hash before it, empty where it does."""
    if chain_hash(before, text.encode()) != hash_:
        return "was changed, or does not follow the one before it"
    try:
        said = json.loads(text)
    except ValueError:
        return ""  # kept raw in quarantine; its place in the chain is proven all the same
    place = (said.get("epoch"), said.get("seq")) if isinstance(said, dict) else None
    return "" if place in {(epoch, seq), (None, None), None} else "stands in another place than it was written"
