"""The board: for every station, what headquarters has of it and what is wrong."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from hq.config import Config
from hq.stations.senders import APPROVED, PENDING, REVOKED
from hq.store.models import alerts, quarantine, stations


class Sign(StrEnum):
    """What can be wrong with a station, the worst first."""

    FORK = "fork"  # two stations use one key
    REWRITE = "rewrite"  # its history was changed
    REVOKED = "revoked"
    SILENT = "silent"
    GAP = "gap"  # later events were offered while earlier ones are missing
    BEHIND = "behind"  # its head is older than what headquarters holds
    CLOCK_OFF = "clock-off"
    QUARANTINE = "quarantine"
    PENDING = "pending"
    UNAPPROVED = "unapproved"


RED = frozenset({Sign.FORK, Sign.REWRITE, Sign.SILENT, Sign.GAP, Sign.BEHIND})


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One station as the board shows it; ``pending`` counts events known to exist but not here."""

    id: str
    name: str
    town: str
    state: str
    last_seen_at: datetime | None
    last_event_at: datetime | None
    seq: int
    pending: int
    pending_photos: int
    clock: str
    clock_off_s: float
    software: str
    signs: tuple[Sign, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is wrong and nothing is missing."""
        return not self.signs

    @property
    def alarming(self) -> bool:
        """Whether somebody must look now."""
        return bool(RED.intersection(self.signs))


def read_board(db: sa.Connection, config: Config, now: datetime) -> list[BoardRow]:
    """Return every station, those in trouble first."""
    alarms = db.execute(
        sa.select(alerts.c.station_id, alerts.c.kind)
        .where(alerts.c.kind.in_([Sign.FORK, Sign.REWRITE]), alerts.c.state != "closed")
        .distinct()
    ).all()
    kept_raw = Counter(
        dict(
            tuple(row)
            for row in db.execute(
                sa.select(quarantine.c.station_id, sa.func.count()).group_by(quarantine.c.station_id)
            ).all()
        )
    )
    alarming: dict[str, set[Sign]] = {}
    for station, kind in alarms:
        alarming.setdefault(station, set()).add(Sign(kind))
    rows = db.execute(sa.select(stations).order_by(stations.c.town, stations.c.name)).all()
    board = [_row(row, alarming.get(row.id, set()), kept_raw[row.id], config, now) for row in rows]
    return sorted(board, key=lambda row: (not row.alarming, row.complete))


def _row(row: sa.Row[tuple[object, ...]], alarms: set[Sign], kept_raw: int, config: Config, now: datetime) -> BoardRow:
    known = _as_dict(row)
    last_seen: datetime | None = known["last_seen_at"]
    missing = max(0, known["head_seq"] - known["seq"])
    conditions = {
        Sign.REVOKED: known["state"] == REVOKED,
        Sign.UNAPPROVED: known["state"] == PENDING,
        Sign.SILENT: known["state"] == APPROVED and (last_seen is None or now - last_seen > config.silent_after),
        Sign.GAP: known["needs"] is not None,
        Sign.BEHIND: known["head_epoch"] == known["epoch"] and known["head_seq"] < known["seq"],
        Sign.CLOCK_OFF: abs(known["clock_off_s"]) > config.clock_off_s,
        Sign.QUARANTINE: kept_raw > 0,
        Sign.PENDING: missing > 0 or known["pending_photos"] > 0,
    }
    found = alarms | {sign for sign, holds in conditions.items() if holds}
    return BoardRow(
        id=known["id"],
        name=known["name"],
        town=known["town"],
        state=known["state"],
        last_seen_at=last_seen,
        last_event_at=known["last_event_at"],
        seq=known["seq"],
        pending=missing,
        pending_photos=known["pending_photos"],
        clock=known["clock"],
        clock_off_s=known["clock_off_s"],
        software=known["software"],
        signs=tuple(sign for sign in Sign if sign in found),
    )


def _as_dict(row: sa.Row[tuple[object, ...]]) -> dict[str, Any]:
    return dict(row._mapping)
