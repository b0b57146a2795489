"""Copies of urgent events that come ahead of their turn, and their meeting with the sequence."""

import json
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from hq.ingest.alarms import alert_to, fork
from hq.ingest.held import hash_at
from hq.ingest.rows import Arrived
from hq.refused import Refused
from hq.store.models import early


def keep_early(db: sa.Connection, station: str, item: Arrived, now: datetime) -> None:
    """Keep an urgent copy, unless the event is here already; a different one under the same number is a fork."""
    if not item.follows:
        raise Refused(422, f"early event {item.seq} does not follow the hash given with it")
    held = hash_at(db, station, item.epoch, item.seq)
    if held is None:
        copy = sa.select(early.c.hash).where(
            early.c.station_id == station, early.c.epoch == item.epoch, early.c.seq == item.seq
        )
        held = db.execute(copy).scalar()
    if held is None:
        db.execute(
            sa.insert(early).values(
                station_id=station,
                epoch=item.epoch,
                seq=item.seq,
                text=item.text,
                hash=item.hash,
                ciphertext=item.ciphertext,
                sealed_key=item.sealed_key,
                received_at=now,
            )
        )
    elif held != item.hash:
        fork(db, station, item, "an urgent event differs from the one held under its number", now)
    alert_to(db, station, [item], now)


def reconcile(db: sa.Connection, station: str, new: Sequence[Arrived], now: datetime) -> None:
    """The sequence has caught up with early copies: they must be the same events."""
    span = (
        early.c.station_id == station,
        early.c.epoch == new[0].epoch,
        early.c.seq.between(new[0].seq, new[-1].seq),
        early.c.reconciled_at.is_(None),
    )
    copies = db.execute(sa.select(early.c.seq, early.c.hash).where(*span)).all()
    if not copies:
        return
    arrived = {item.seq: item for item in new}
    for seq, hash_ in copies:
        if arrived[seq].hash != hash_:
            fork(db, station, arrived[seq], "it differs from the copy that was sent early", now)
    db.execute(sa.update(early).where(*span).values(reconciled_at=now))


def seq_in(text: str) -> int:
    """Return the number an event's text gives itself; raise ValueError where it gives none."""
    try:
        seq = json.loads(text)["seq"]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("an early event without a number") from error
    if not isinstance(seq, int) or not 1 <= seq < 2**53:
        raise ValueError("an early event without a number")
    return seq
