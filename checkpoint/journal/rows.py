"""Between an event and the rows of the journal that hold it."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from checkpoint.errors import ChainBroken
from checkpoint.events import GENESIS, Event, parse_event, wall_text
from checkpoint.journal.schema import LOG_COLUMNS

EVENT_COLUMNS = "e.seq, e.canonical, e.hash, p.hash"
EVENT_FROM = "events e LEFT JOIN events p ON p.seq = e.seq - 1"


def event_of(row: Sequence[Any]) -> Event:
    """Return the event in a row of `EVENT_COLUMNS`; raise `ChainBroken` where the row holds none."""
    seq, text, hash_, prev_hash = row
    try:
        event = parse_event(text.encode(), prev_hash=prev_hash or GENESIS, hash_=hash_)
    except ValueError as error:
        raise ChainBroken(seq, str(error)) from error
    if event.seq != seq:
        raise ChainBroken(seq, f"the row says {seq}, the event {event.seq}")
    return event


Sealed = tuple[bytes, bytes | None, bytes | None]
"""A personal record beside the chain: ciphertext, its key for the station, its key for headquarters."""

_INSERT_LOG = (
    f"INSERT INTO log (seq, at, kind, lane, {', '.join(LOG_COLUMNS)}) "  # noqa: S608  fixed names
    f"VALUES (?, ?, ?, ?, {', '.join('?' * len(LOG_COLUMNS))})"
)


def insert_event(db: sqlite3.Connection, event: Event, text: str, sealed: Sealed | None) -> None:
    """Write every row of one event; the caller's transaction makes them stand or fall together."""
    db.execute(
        "INSERT INTO events (seq, epoch, canonical, hash) VALUES (?, ?, ?, ?)",
        [event.seq, event.epoch, text, event.hash],
    )
    db.execute(_INSERT_LOG, _log_row(event))
    if sealed is not None:
        db.execute("INSERT INTO personal VALUES (?, ?, ?, ?)", [event.seq, *sealed])
    db.executemany(
        "INSERT INTO event_photos (seq, sha256) VALUES (?, ?)",
        {(event.seq, photo.sha256) for photo in event.photos},
    )


def _log_row(event: Event) -> list[str | int | None]:
    known = [event.body.get(column) for column in LOG_COLUMNS]
    plain = [value if isinstance(value, str | int) else None for value in known]
    return [event.seq, wall_text(event.moment.wall), str(event.kind), int(event.lane), *plain]
