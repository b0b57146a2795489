"""From a row of the journal to the event it holds."""

from collections.abc import Sequence
from typing import Any

from checkpoint.errors import ChainBroken
from checkpoint.events import GENESIS, Event, parse_event

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
