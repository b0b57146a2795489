"""Kits: lots that headquarters received, what towns and stations drew, what was used, and what runs out when.

Headquarters' own entries are added up (`hq.kits.moves`); what stations used is counted from their events.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hq.kits.moves import Move, totals
from hq.store.models import kit_counts, stations, tallies

SOON = timedelta(days=2)
EXPIRES_SOON = timedelta(days=30)


@dataclass(slots=True)
class Lot:
    """One lot: kits at headquarters, drawn by towns, and what their stations did with them."""

    lot: str
    cassette_type: str = ""
    expires_on: date | None = None
    received: int = 0
    drawn: int = 0
    discarded: int = 0
    used: int = 0
    invalid: int = 0

    @property
    def here(self) -> int:
        """Kits left at headquarters."""
        return self.received - self.drawn - self.discarded

    @property
    def invalid_percent(self) -> float:
        """Of the tests with this lot, how many had no result; 0 where there were none."""
        return 100.0 * self.invalid / self.used if self.used else 0.0


@dataclass(slots=True)
class Holder:
    """A town, or one of its stations, and its kits.

    ``drawn`` is what headquarters handed out, ``received`` what stations say they got; ``left`` follows the stations,
    and what headquarters handed out where a station writes no kits down. ``per_day``: how many were used a day lately.
    """

    name: str
    station: str = ""
    drawn: int = 0
    received: int = 0
    used: int = 0
    invalid: int = 0
    discarded: int = 0
    corrected: int = 0
    per_day: float = 0.0
    stations: list["Holder"] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Kits left; of a town also those that no station has received yet."""
        if not self.station:
            return self.on_the_way + sum(one.left for one in self.stations)
        return (self.received or self.drawn) + self.corrected - self.used - self.discarded

    @property
    def on_the_way(self) -> int:
        """Kits that were drawn and that no station has written down as received."""
        if self.station:
            return max(0, self.drawn - self.received) if self.received else 0
        return max(0, self.drawn - sum(one.received or one.drawn for one in self.stations))

    @property
    def lasts_days(self) -> float | None:
        """For how many days they last at the pace of late; None where none were used."""
        return max(0, self.left) / self.per_day if self.per_day else None


@dataclass(frozen=True, slots=True)
class Stock:
    """All kits: by lot, by town with its stations; the towns that run out first come first."""

    lots: tuple[Lot, ...]
    towns: tuple[Holder, ...]

    @property
    def here(self) -> int:
        """Kits left at headquarters."""
        return sum(lot.here for lot in self.lots)

    @property
    def short(self) -> tuple[Holder, ...]:
        """The towns whose kits last no longer than `SOON`."""
        return tuple(t for t in self.towns if t.lasts_days is not None and t.lasts_days <= SOON / timedelta(days=1))


def read_stock(db: sa.Connection, now: datetime) -> Stock:
    """Return where all kits are and how long they last."""
    lots: defaultdict[str, Lot] = defaultdict(lambda: Lot(""))
    drawn_by: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in totals(db):
        _apply(lots, drawn_by, row)
    used_lately = _pace(db, now)
    towns: dict[str, Holder] = {}
    names = {row.id: row for row in db.execute(sa.select(stations.c.id, stations.c.name, stations.c.town))}
    counts = db.execute(sa.select(kit_counts)).all()
    for row in counts:
        lot = lots[row.lot]
        lot.lot, lot.used, lot.invalid = row.lot, lot.used + row.used, lot.invalid + row.invalid
        lot.expires_on, lot.cassette_type = lot.expires_on or row.expires_on, lot.cassette_type or row.cassette_type
    by_station: defaultdict[str, Holder] = defaultdict(lambda: Holder(""))
    for row in counts:
        for what in ("received", "used", "invalid", "discarded", "corrected"):
            holder = by_station[row.station_id]
            setattr(holder, what, getattr(holder, what) + getattr(row, what))
    for id_, known in names.items():
        holder = by_station[id_]
        holder.name, holder.station, holder.per_day = known.name, id_, used_lately.get(id_, 0.0)
        holder.drawn = drawn_by.get((known.town, id_), 0)
        towns.setdefault(known.town, Holder(known.town)).stations.append(holder)
    for (town, _station), quantity in drawn_by.items():
        towns.setdefault(town, Holder(town)).drawn += quantity
    for town_holder in towns.values():
        for what in ("received", "used", "invalid", "discarded", "corrected", "per_day"):
            setattr(town_holder, what, sum(getattr(one, what) for one in town_holder.stations))
    first = sorted(towns.values(), key=lambda t: (t.lasts_days is None, t.lasts_days or 0.0, t.name))
    in_order = sorted(lots.values(), key=lambda lot: (lot.expires_on or date.max, lot.lot))
    return Stock(tuple(in_order), tuple(t for t in first if t.drawn or t.received or t.used or t.stations))


def _apply(
    lots: defaultdict[str, Lot], drawn_by: defaultdict[tuple[str, str], int], row: sa.Row[*tuple[Any, ...]]
) -> None:
    lot, quantity, holder = lots[row.lot], int(row.quantity), (row.town, row.station_id)
    lot.lot, lot.expires_on = row.lot, row.expires_on or lot.expires_on
    match row.move:
        case Move.RECEIVED:
            lot.received += quantity
        case Move.DRAWN:
            lot.drawn += quantity
            drawn_by[holder] += quantity
        case Move.RETURNED:
            lot.drawn -= quantity
            drawn_by[holder] -= quantity
        case Move.DISCARDED:
            lot.discarded += quantity
        case _:
            pass


def _pace(db: sa.Connection, now: datetime) -> dict[str, float]:
    """Return how many kits each station used a day, over the last three days or since it began."""
    since = now - timedelta(days=3)
    rows = db.execute(
        sa.select(tallies.c.station_id, sa.func.sum(tallies.c.count).label("used"), sa.func.min(tallies.c.hour))
        .where(tallies.c.measure == "kits:used", tallies.c.hour >= since)
        .group_by(tallies.c.station_id)
    ).all()
    a_day = timedelta(days=1)
    return {row[0]: float(row[1]) / max(0.25, (now - row[2]) / a_day) for row in rows}
