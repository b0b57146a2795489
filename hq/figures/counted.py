"""What a run of events adds to the counters."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hq.kits.events import LotCount

WAIT_LIMITS_MIN = (5, 10, 15, 20, 30, 45, 60)
"""Upper limits of the classes of waiting times; the last class is open."""

Row = sa.Row[*tuple[Any, ...]]


@dataclass(slots=True)
class Counted:
    """Counters by hour and measure, and kits by lot."""

    hours: Counter[tuple[datetime, str]] = field(default_factory=Counter)
    lots: dict[str, LotCount] = field(default_factory=dict)


def hour_of(at: datetime) -> datetime:
    """Return when the full hour of a moment began."""
    return at.replace(minute=0, second=0, microsecond=0)


def wait_class(minutes: float) -> int:
    """Return the upper limit of the class `minutes` falls into; 0 for the open one.

    >>> wait_class(12.5), wait_class(90)
    (15, 0)
    """
    return next((limit for limit in WAIT_LIMITS_MIN if minutes <= limit), 0)
