"""Events: the facts a station writes down, and the chain that ties each to the one before it.

An event is never edited. What is hashed is its canonical text (RFC 8785), and exactly that text is what the journal
stores and what travels to headquarters: nobody ever has to write it again to check it.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any

import rfc8785

from checkpoint.clock import ClockTrust, Moment

Json = dict[str, Any]

GENESIS = bytes(32)
"""What stands for the hash before a chain's first event."""


class Kind(StrEnum):
    """What happened. Never renamed: it stands in journals for years."""

    STATION_STARTED = "station-started"
    STATION_STOPPED = "station-stopped"
    EPOCH_OPENED = "epoch-opened"  # after a restore or a re-installation; names the head it continues from

    CROSSING_DECIDED = "crossing-decided"
    CROSSING_CLOSED = "crossing-closed"
    CROSSING_RECALLED = "crossing-recalled"  # back at the barrier, after it had waited aside
    ID_COMPARED = "id-compared"
    OVERRIDDEN = "overridden"
    RECEIPT_ISSUED = "receipt-issued"
    CORRECTED = "corrected"

    TEST_STARTED = "test-started"
    TEST_REFUSED = "test-refused"  # asked for too early
    TEST_READ = "test-read"
    TEST_CONFIRMED = "test-confirmed"
    TEST_VOIDED = "test-voided"

    KITS_RECEIVED = "kits-received"
    KITS_DRAWN = "kits-drawn"
    KITS_DISCARDED = "kits-discarded"
    KITS_COUNTED = "kits-counted"
    SHIFT_STARTED = "shift-started"
    SHIFT_HANDED_OVER = "shift-handed-over"

    LOGGED_IN = "logged-in"
    LOGIN_FAILED = "login-failed"
    LOGGED_OUT = "logged-out"
    PERSONAL_VIEWED = "personal-viewed"
    PERSONAL_DESTROYED = "personal-destroyed"
    OFFICER_CHANGED = "officer-changed"
    SETTINGS_CHANGED = "settings-changed"

    RULES_CHANGED = "rules-changed"
    TRUST_CHANGED = "trust-changed"
    ENROLLED = "enrolled"

    DEVICE_FAULT = "device-fault"
    DEVICE_RECOVERED = "device-recovered"
    CLOCK_CONFIRMED = "clock-confirmed"
    TAMPER_SEEN = "tamper-seen"
    JOURNAL_RESTORED = "journal-restored"
    BACKUP_MADE = "backup-made"


class Lane(IntEnum):
    """How soon headquarters must know; the lower number goes first."""

    NOW = 0  # positive, refused, override, tamper
    HEARTBEAT = 1
    SOON = 2
    PHOTOS = 3


@dataclass(frozen=True, slots=True)
class PhotoRef:
    """A photo by its content: SHA-256 of the picture file (hex), its size in bytes and its media type."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Event:
    """One fact.

    ``seq`` runs from 1 without a gap, across epochs; ``rules`` is the rule pack in force, "id@version"; ``body`` holds
    no personal data; ``commitment`` (hex) is the salted SHA-256 of the personal part, which stands beside the chain;
    ``prev_hash`` and ``hash`` are 32 bytes.
    """

    epoch: int
    seq: int
    kind: Kind | str  # a kind this version does not know yet stays what it is
    moment: Moment
    rules: str
    body: Json
    commitment: str | None
    photos: tuple[PhotoRef, ...]
    lane: Lane
    prev_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event of a chain; seq 0 and the genesis hash where nothing has happened yet."""

    epoch: int
    seq: int
    hash: bytes


def canonical(event: Event) -> bytes:
    """Return the bytes that are hashed: everything but the two hashes, as RFC 8785 JSON.

    Raises ValueError for a body that JSON cannot carry.
    """
    moment = event.moment
    return rfc8785.dumps(
        {
            "epoch": event.epoch,
            "seq": event.seq,
            "kind": str(event.kind),
            "wall": wall_text(moment.wall),
            "boot_ms": moment.boot_ms,
            "boot_id": moment.boot_id,
            "clock": str(moment.trust),
            "rules": event.rules,
            "body": event.body,
            "commitment": event.commitment,
            "photos": [{"sha256": p.sha256, "size": p.size, "media_type": p.media_type} for p in event.photos],
            "lane": int(event.lane),
        }
    )


def chain_hash(prev_hash: bytes, text: bytes) -> bytes:
    """Return the hash of the event whose canonical text is `text` and which follows `prev_hash`.

    >>> chain_hash(GENESIS, b"{}").hex()[:16]
    'df2fad6a42533aaa'
    """
    return hashlib.sha256(b"\x00" + prev_hash + text).digest()


def parse_event(text: bytes, *, prev_hash: bytes, hash_: bytes) -> Event:
    """Return the event whose canonical text is `text`; raise ValueError where it is not one."""
    try:
        raw = json.loads(text)
        kind = _text(raw["kind"])
        return Event(
            epoch=_whole(raw["epoch"]),
            seq=_whole(raw["seq"]),
            kind=_KINDS.get(kind, kind),
            moment=Moment(
                wall=datetime.fromisoformat(raw["wall"]).astimezone(UTC),
                boot_ms=_whole(raw["boot_ms"]),
                boot_id=_text(raw["boot_id"]),
                trust=ClockTrust(raw["clock"]),
            ),
            rules=_text(raw["rules"]),
            body=_mapping(raw["body"]),
            commitment=None if raw["commitment"] is None else _text(raw["commitment"]),
            photos=tuple(_photo(photo) for photo in raw["photos"]),
            lane=Lane(raw["lane"]),
            prev_hash=prev_hash,
            hash=hash_,
        )
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not an event: {error}") from error


def wall_text(wall: datetime) -> str:
    """Return a UTC time as it stands in events: always microseconds, so that texts sort as times do.

    >>> wall_text(datetime(2022, 3, 20, tzinfo=UTC))
    '2022-03-20T00:00:00.000000Z'
    """
    return wall.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


_KINDS: dict[str, Kind] = {kind.value: kind for kind in Kind}


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"a whole number, not {value!r}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text, not {value!r}")
    return value


def _mapping(value: object) -> Json:
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value


def _photo(value: Json) -> PhotoRef:
    sha256 = _text(value["sha256"])
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise TypeError("a photo is named by its SHA-256")
    return PhotoRef(sha256, _whole(value["size"]), _text(value["media_type"]))
