"""Alarms: what is wrong with a station's chain itself, as a case for somebody and as a line in the log."""

import logging
from datetime import datetime

import sqlalchemy as sa

from hq.alerts import Concern, concern_of, raise_alert
from hq.refused import Refused
from hq.rows import Arrived

log = logging.getLogger(__name__)


def alarm(db: sa.Connection, station: str, concern: Concern, epoch: int, seq: int, now: datetime) -> None:
    """Open a case about the chain itself, once for each event it is about."""
    if raise_alert(db, station, concern, epoch=epoch, seq=seq, at=now, now=now):
        log.error("station %s: %s at event %d: %s", station, concern.kind, seq, concern.detail)


def fork(db: sa.Connection, station: str, item: Arrived, why: str, now: datetime) -> Refused:
    """Raise the alarm that two stations use one key, and return the refusal; nothing is overwritten."""
    alarm(db, station, Concern("fork", why), item.epoch, item.seq, now)
    return Refused(409, f"event {item.seq}: {why}", fork=item.seq)


def alert_to(db: sa.Connection, station: str, item: Arrived, now: datetime) -> None:
    """Open the case an event calls for, if it calls for one."""
    if item.event is not None and (concern := concern_of(item.event)) is not None:
        raise_alert(db, station, concern, epoch=item.epoch, seq=item.seq, at=item.event.moment.wall, now=now)
