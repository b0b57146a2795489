"""Today in figures: crossings by their last verdict, hour by hour, and tests by outcome."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from checkpoint.events import Kind
from hq.models import events


@dataclass(frozen=True, slots=True)
class Today:
    """Counts since the day began. ``hours``: crossings in each hour of the day so far, the first hour first."""

    crossings: dict[str, int]
    tests: dict[str, int]
    hours: tuple[int, ...]

    @property
    def total(self) -> int:
        """All crossings."""
        return sum(self.crossings.values())


def read_today(db: sa.Connection, begins: datetime, now: datetime) -> Today:
    """Return the figures from `begins` to `now`."""
    since = (events.c.at >= begins, events.c.at <= now)
    # A crossing is decided anew with each person and each test: the last decision is the one that counts.
    last = (
        sa.select(sa.func.max(events.c.seq).label("seq"), events.c.station_id, events.c.epoch)
        .where(events.c.kind == Kind.CROSSING_DECIDED, *since)
        .group_by(events.c.station_id, events.c.epoch, events.c.crossing)
        .subquery()
    )
    rows = db.execute(
        sa.select(events.c.verdict, events.c.at).join(
            last,
            sa.and_(
                events.c.station_id == last.c.station_id, events.c.epoch == last.c.epoch, events.c.seq == last.c.seq
            ),
        )
    ).all()
    hours = Counter(int((row.at - begins) / timedelta(hours=1)) for row in rows)
    tests = db.execute(
        sa.select(events.c.outcome, sa.func.count())
        .where(events.c.kind == Kind.TEST_READ, *since)
        .group_by(events.c.outcome)
    ).all()
    return Today(
        crossings=dict(Counter(row.verdict or "" for row in rows)),
        tests={outcome or "": count for outcome, count in tests},
        hours=tuple(hours[hour] for hour in range(int((now - begins) / timedelta(hours=1)) + 1)),
    )
