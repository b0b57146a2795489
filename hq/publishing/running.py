"""Which station runs by which documents, as it last said."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from hq.stations.senders import APPROVED
from hq.store.models import stations


@dataclass(frozen=True, slots=True)
class Running:
    """What one station runs by, as it last said; ``wanted`` is what it should, "" where nothing is published."""

    station: str
    name: str
    town: str
    rules: tuple[str, ...]
    documents: tuple[str, ...]
    lacks: tuple[str, ...]


def who_runs_what(db: sa.Connection, wanted: Iterable[str]) -> list[Running]:
    """Return what each approved station runs by, those that lack something first."""
    names = list(wanted)
    rows = db.execute(
        sa.select(stations).where(stations.c.state == APPROVED).order_by(stations.c.town, stations.c.name)
    )
    running = []
    for row in rows:
        held = _names(row.published)
        lacks = tuple(name for name in names if name not in held)
        running.append(Running(row.id, row.name, row.town, _names(row.rules), held, lacks))
    return sorted(running, key=lambda one: not one.lacks)


def _names(text: str) -> tuple[str, ...]:
    try:
        names = json.loads(text)
    except ValueError:
        return ()
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()
