"""From an event as it travels to the rows headquarters keeps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkpoint.events import Event, chain_hash, parse_event
from checkpoint.wire import from_base64

UNREADABLE = "unreadable"

_TEXT_COLUMNS = ("verdict", "reason", "officer", "crossing", "test", "outcome", "lot")
_LENGTHS = {"verdict": 16, "reason": 64, "outcome": 16}


@dataclass(frozen=True, slots=True)
class Arrived:
    """One event as it came in.

    ``event`` is None where its text cannot be read; ``trouble`` says what is wrong with it. Either way it is a link of
    the chain and is kept: one bad item never blocks the rest.
    """

    epoch: int
    seq: int
    text: str
    prev_hash: bytes
    hash: bytes
    event: Event | None
    trouble: str
    follows: bool
    ciphertext: bytes | None
    sealed_key: bytes | None

    def row(self, station: str, now: datetime) -> dict[str, Any]:
        """Return the row for `events`."""
        event = self.event
        at = event.moment.wall if event else now
        body = event.body if event else {}
        slot = body.get("slot")
        return {
            "station_id": station,
            "epoch": self.epoch,
            "seq": self.seq,
            "day": at.date(),
            "at": at,
            "kind": str(event.kind)[:64] if event else UNREADABLE,
            "lane": int(event.lane) if event else 0,
            "slot": slot if isinstance(slot, int) and -(2**31) <= slot < 2**31 else None,
            "text": self.text,
            "hash": self.hash,
            "ciphertext": self.ciphertext,
            "sealed_key": self.sealed_key,
            "received_at": now,
            **{column: _short(body.get(column), column) for column in _TEXT_COLUMNS},
        }


def arrived(epoch: int, first_seq: int, prev_hash: bytes, items: Sequence[Sequence[str]]) -> Iterator[Arrived]:
    """Yield the events of a batch in order, each checked against the one before it.

    The chain goes on from the hash the station claims, so that exactly the event that does not follow is named.
    """
    for seq, item in enumerate(items, start=first_seq):
        event = arrive(epoch, seq, prev_hash, item)
        yield event
        prev_hash = event.hash


def arrive(epoch: int, seq: int, prev_hash: bytes, item: Sequence[str]) -> Arrived:
    """Return one event as it came in; raise ValueError where not even its hash can be read."""
    text, hash_ = item[0], bytes.fromhex(item[1])
    if len(hash_) != len(prev_hash):
        raise ValueError(f"event {seq} has a hash of {len(hash_)} bytes")
    if "\x00" in text:  # canonical JSON never holds one, and PostgreSQL's text cannot
        raise ValueError(f"event {seq} is not JSON text")
    follows = chain_hash(prev_hash, text.encode()) == hash_
    trouble = "" if follows else "it does not follow the event before it: the journal was changed"
    event: Event | None = None
    try:
        event = parse_event(text.encode(), prev_hash=prev_hash, hash_=hash_)
        if (event.epoch, event.seq) != (epoch, seq):
            trouble = trouble or f"it says it is event {event.seq} of epoch {event.epoch}"
            event = None
    except ValueError as error:
        trouble = trouble or str(error)
    ciphertext, sealed_key, lost = _sealed(item)
    return Arrived(
        epoch=epoch,
        seq=seq,
        text=text,
        prev_hash=prev_hash,
        hash=hash_,
        event=event,
        trouble=trouble or lost,
        follows=follows,
        ciphertext=ciphertext,
        sealed_key=sealed_key,
    )


def _sealed(item: Sequence[str]) -> tuple[bytes | None, bytes | None, str]:
    if len(item) < 4:
        return None, None, ""
    try:
        return from_base64(item[2]), from_base64(item[3]), ""
    except ValueError as error:
        return None, None, f"its personal record cannot be read: {error}"


def _short(value: object, column: str) -> str | None:
    if not isinstance(value, str) or "\x00" in value:  # PostgreSQL's text holds no NUL
        return None
    return value[: _LENGTHS.get(column, 256)]
