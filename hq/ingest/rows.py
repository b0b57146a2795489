"""From an event as it travels to the rows headquarters keeps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkpoint.events import Event, chain_hash, parse_event
from checkpoint.wire import from_base64

UNREADABLE = "unreadable"

_NO_BODY: dict[str, Any] = {}


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

    def row(self, station: str, now: datetime) -> tuple[Any, ...]:
        """Return the row for `events`, in the order of its columns."""
        event = self.event
        if event is None:
            at, kind, lane, body = now, UNREADABLE, 0, _NO_BODY
        else:
            at, kind, lane, body = event.moment.wall, event.kind[:64], int(event.lane), event.body
        slot = body.get("slot")
        return (
            station,
            self.epoch,
            self.seq,
            at.date(),
            at,
            kind,
            lane,
            _short(body.get("verdict"), 16),
            _short(body.get("reason"), 64),
            _short(body.get("officer")),
            _short(body.get("crossing")),
            _short(body.get("test")),
            _short(body.get("outcome"), 16),
            slot if isinstance(slot, int) and -(2**31) <= slot < 2**31 else None,
            _short(body.get("lot")),
            self.text,
            self.hash,
            self.ciphertext,
            self.sealed_key,
            now,
        )


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


def _short(value: object, most: int = 256) -> str | None:
    if not isinstance(value, str) or "\x00" in value:  # PostgreSQL's text holds no NUL
        return None
    return value[:most]
