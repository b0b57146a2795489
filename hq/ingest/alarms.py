"""Alarms: what is wrong with a station's chain itself, as a case for somebody and as a line in the log."""

import logging
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from hq.cases.alerts import Concern, Occurrence, concern_of, raise_alert, raise_alerts
from hq.ingest.rows import Arrived
from hq.refused import Refused

log = logging.getLogger(__name__)


def alarm(db: sa.Connection, station: str, concern: Concern, epoch: int, seq: int, now: datetime) -> None:
    """Open a case about the chain itself, once for each event it is about."""
    if raise_alert(db, station, concern, epoch=epoch, seq=seq, at=now, now=now):
        log.error("station %s: %s at event %d: %s", station, concern.kind, seq, concern.detail)


def fork(db: sa.Connection, station: str, item: Arrived, why: str, now: datetime) -> Refused:
    """Raise the alarm that two stations use one key, and return the refusal; nothing is overwritten."""
    alarm(db, station, Concern("fork", why), item.epoch, item.seq, now)
    return Refused(409, f"event {item.seq}: {why}", fork=item.seq)


def alert_to(db: sa.Connection, station: str, items: Sequence[Arrived], now: datetime) -> None:
    """Open the cases that events call for, if they call for any."""
    events = [item.event for item in items if item.event is not None]
    found = [(event, concern) for event in events if (concern := concern_of(event)) is not None]
    raise_alerts(
        db, station, [Occurrence(concern, event.epoch, event.seq, event.moment.wall) for event, concern in found], now
    )
