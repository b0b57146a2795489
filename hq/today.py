"""Today in figures: crossings by their last verdict, hour by hour, and tests by outcome."""

import threading
from collections import Counter
from collections.abc import Callable
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


class TodayBoard:
    """Today's figures for everybody who looks.

    They are counted anew only after twenty times as long as counting took, so that a wall of desks on a busy day costs
    a twentieth of one core at most. `monotonic` gives seconds.
    """

    _SHARE = 20

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: tuple[datetime, Today] | None = None
        self._good_until = 0.0

    def read(self, db: sa.Connection, begins: datetime, now: datetime) -> Today:
        """Return the figures from `begins` to about `now`."""
        with self._lock:
            started = self._monotonic()
            if self._known is None or self._known[0] != begins or started >= self._good_until:
                self._known = (begins, read_today(db, begins, now))
                ended = self._monotonic()
                self._good_until = ended + self._SHARE * (ended - started)
            return self._known[1]


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
