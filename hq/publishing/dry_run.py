"""What a rule pack would have changed, had it been in force: past decisions made again."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from checkpoint.crossing import Verdict
from checkpoint.events import Kind
from checkpoint.policy import Change, PastDecision, RulePack, dry_run
from hq.store.models import events

MOST_DECISIONS = 50_000
SHOWN_CHANGES = 200


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a pack would have changed in past decisions.

    Of ``total`` decisions the newest were ``judged`` again, ``unread`` could not be; the rest were not looked at.
    ``moves`` counts changes by verdict before and after; ``changes`` holds the first of them, the loosening ones first.
    """

    judged: int
    unread: int
    total: int
    moves: dict[tuple[Verdict, Verdict], int]
    changes: tuple[Change, ...]

    @property
    def left_out(self) -> int:
        """How many older decisions were not looked at: there were more than are judged at a time."""
        return max(0, self.total - self.judged - self.unread)

    @property
    def changed(self) -> int:
        """How many decisions would have been others."""
        return sum(self.moves.values())

    @property
    def loosened(self) -> int:
        """How many would have been milder."""
        return sum(number for (was, now), number in self.moves.items() if now.severity < was.severity)


def run_dry(db: sa.Connection, pack: RulePack, begins: datetime, ends: datetime) -> DryRun:
    """Judge the decisions from `begins` until before `ends` again by `pack`."""
    past = _Past(db, begins, ends)
    moves: Counter[tuple[Verdict, Verdict]] = Counter()
    changes: list[Change] = []
    for change in dry_run(pack, past):
        moves[change.past.verdict, change.now.verdict] += 1
        if len(changes) < SHOWN_CHANGES or change.loosens:
            changes.append(change)
    shown = sorted(changes, key=lambda change: not change.loosens)[:SHOWN_CHANGES]
    return DryRun(past.judged, past.unread, past.count(), dict(moves.most_common()), tuple(shown))


class _Past:
    """Past decisions out of the events, newest first, as far as they can be read."""

    def __init__(self, db: sa.Connection, begins: datetime, ends: datetime) -> None:
        self._db = db
        self._between = (events.c.at >= begins, events.c.at < ends)
        self.judged = self.unread = 0

    def count(self) -> int:
        """Return how many decisions there are in all."""
        counted = sa.select(sa.func.count()).select_from(events)
        return int(self._db.execute(counted.where(events.c.kind == Kind.CROSSING_DECIDED, *self._between)).scalar_one())

    def __iter__(self) -> Iterator[PastDecision]:
        query = (
            sa.select(events.c.station_id, events.c.epoch, events.c.seq, events.c.text)
            .where(events.c.kind == Kind.CROSSING_DECIDED, *self._between)
            .order_by(events.c.at.desc())
            .limit(MOST_DECISIONS)
        )
        for row in self._db.execute(query):
            try:
                past = PastDecision.from_event(f"{row.station_id}/{row.epoch}/{row.seq}", json.loads(row.text)["body"])
            except (ValueError, KeyError, TypeError, RecursionError):
                self.unread += 1
                continue
            self.judged += 1
            yield past
