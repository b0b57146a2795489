"""What needs headquarters now: the first thing the overview says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from hq.cases.lists import count_late
from hq.kits.stock import EXPIRES_SOON, Stock
from hq.publishing.running import Running
from hq.stations.board import BoardRow, Sign
from hq.store.models import alerts


class Need(StrEnum):
    """What somebody must do something about, the most pressing first."""

    LATE = "late"  # cases whose next step is late
    NEW_RED = "new-red"  # urgent cases nobody has taken up
    ALARMING = "alarming"  # stations with a fork, a rewrite, a gap
    SILENT = "silent"
    NEW = "new"  # other cases nobody has taken up
    KITS_SHORT = "kits-short"
    UNAPPROVED = "unapproved"
    RULES_OLD = "rules-old"  # stations that lack what is published
    EXPIRING = "expiring"


RED = frozenset({Need.LATE, Need.NEW_RED, Need.ALARMING})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One need: how many, and the first few names."""

    need: Need
    count: int
    names: tuple[str, ...] = ()

    @property
    def red(self) -> bool:
        """Whether it cannot wait."""
        return self.need in RED


def what_needs_us(
    db: sa.Connection, board: Sequence[BoardRow], stock: Stock, running: Sequence[Running], now: datetime
) -> tuple[Wanted, ...]:
    """Return what must be done now, the most pressing first; empty where nothing is."""
    return tuple(wanted for wanted in _all(db, board, stock, running, now) if wanted.count)


def _all(
    db: sa.Connection, board: Sequence[BoardRow], stock: Stock, running: Sequence[Running], now: datetime
) -> Iterator[Wanted]:
    new = dict(
        tuple(row)
        for row in db.execute(
            sa.select(alerts.c.urgency, sa.func.count()).where(alerts.c.state == "new").group_by(alerts.c.urgency)
        ).all()
    )
    yield Wanted(Need.LATE, count_late(db, now))
    yield Wanted(Need.NEW_RED, new.pop("red", 0))
    alarming = [row.name for row in board if row.alarming and set(row.signs) != {Sign.SILENT}]
    yield Wanted(Need.ALARMING, len(alarming), _first(alarming))
    silent = [row.name for row in board if Sign.SILENT in row.signs]
    yield Wanted(Need.SILENT, len(silent), _first(silent))
    yield Wanted(Need.NEW, sum(new.values()))
    yield Wanted(Need.KITS_SHORT, len(stock.short), _first([town.name for town in stock.short]))
    waiting = [row.name for row in board if Sign.UNAPPROVED in row.signs]
    yield Wanted(Need.UNAPPROVED, len(waiting), _first(waiting))
    old = [one.name for one in running if one.lacks]
    yield Wanted(Need.RULES_OLD, len(old), _first(old))
    soon = [
        lot.lot
        for lot in stock.lots
        if lot.expires_on and lot.here > 0 and lot.expires_on <= (now + EXPIRES_SOON).date()
    ]
    yield Wanted(Need.EXPIRING, len(soon), _first(soon))


def _first(names: Sequence[str], most: int = 3) -> tuple[str, ...]:
    return tuple(names[:most])
