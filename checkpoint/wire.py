"""What crosses the network between a station and headquarters, over HTTPS or as files on a stick.

Every message is one JSON object with a signature in ``sig``. The signature covers the object as it was received,
unknown fields included, so that an old headquarters can check a new station and the other way round; ``events`` is
covered by its digest. Protocol: docs/protocol.md.
"""

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field

from checkpoint.events import Json

VERSION = 1
MOST_EVENTS = 500
MOST_BYTES = 1_000_000
"""A batch's events, before compression."""
MOST_UNPACKED = 8_000_000
PHOTO_CHUNK = 256 * 1024
MOST_PHOTO = 20_000_000

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
DeviceId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Count = Annotated[int, Field(ge=0, lt=2**53)]
EventItem = Annotated[list[str], Field(min_length=2, max_length=8)]


class Purpose(StrEnum):
    """What a signature is for: one made for one purpose is worth nothing for another."""

    ENROL = "checkpoint enrol 1"
    BATCH = "checkpoint batch 1"
    EARLY = "checkpoint early 1"
    HEARTBEAT = "checkpoint heartbeat 1"
    PHOTO = "checkpoint photo 1"
    MANIFEST = "checkpoint manifest 1"
    RECEIPT = "checkpoint receipt 1"
    REPLY = "checkpoint reply 1"
    CLOSING = "checkpoint closing head 1"
    DOCUMENT = "checkpoint document 1"
    WANT = "checkpoint want 1"


class Message(BaseModel):
    """A message; fields of a newer version are carried along, not an error."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class WireHead(Message):
    """A chain's head: epoch, number and hash of its newest event."""

    epoch: Count
    seq: Count
    hash: Hash


class Invitation(Message):
    """What headquarters shows as a QR code, once, for one station."""

    v: int = VERSION
    url: str
    token: str
    hq_key: str  # headquarters' Ed25519 public key, base64


class EnrolRequest(Message):
    """The station's answer: its own public key, signed with it, so that nobody enrols a key they do not hold."""

    v: int
    token: str
    public_key: str
    software: str = ""
    sig: str


class EnrolReply(Message):
    """Who the station is from now on, and to which X25519 key it seals personal data."""

    device: DeviceId
    name: str = ""
    approved: bool
    seal_key: str
    sig: str


class Batch(Message):
    """Events `from_seq` to `to_seq` of one epoch in order; ``head`` is the station's newest event as it sent this.

    An event travels as a list of texts: its canonical text, the chain's hash at it (hex) and, where it has a personal
    record, the ciphertext and the record's key sealed to headquarters (base64).
    """

    v: int
    device: DeviceId
    epoch: Count
    from_seq: Annotated[int, Field(alias="from", ge=1)]
    to_seq: Annotated[int, Field(alias="to", ge=1)]
    prev_hash: Hash
    to_hash: Hash
    head: WireHead
    sent_at: str
    events: Annotated[list[EventItem], Field(min_length=1, max_length=MOST_EVENTS)]
    sig: str


class Early(Message):
    """Copies of events that do not wait for their turn. ``after`` gives the hash before each."""

    v: int
    device: DeviceId
    epoch: Count
    sent_at: str
    after: list[Hash]
    events: Annotated[list[EventItem], Field(min_length=1, max_length=MOST_EVENTS)]
    sig: str


class Heartbeat(Message):
    """A sign of life with the signed head: nothing can be cut off behind it unnoticed."""

    v: int
    device: DeviceId
    head: WireHead
    sent_at: str
    clock: str
    pending_events: Count
    pending_photos: Count
    software: str = ""
    rules: list[str] = []
    published: list[str] = []  # documents of headquarters that it runs by, or holds for later
    faults: list[str] = []
    sig: str


class Want(Message):
    """A station asks for one document by the name under which headquarters published it."""

    v: int
    device: DeviceId
    name: Annotated[str, Field(max_length=160)]
    sent_at: str
    sig: str


class PhotoPart(Message):
    """A piece of an encrypted photo; the bytes are the request's body, ``digest`` their SHA-256."""

    v: int
    device: DeviceId
    sha256: Hash
    offset: Count
    total: Annotated[int, Field(gt=0, le=MOST_PHOTO)]
    digest: Hash
    sig: str


class Receipt(Message):
    """Headquarters' signature under what it holds: every event of the station up to ``acked_to``.

    ``photos`` names those that came with the same stick; over the network each photo has its own answer.
    """

    device: DeviceId
    epoch: Count
    acked_to: Count
    acked_hash: Hash
    at: str
    photos: list[Hash] = []
    sig: str


class Reply(Message):
    """Headquarters' answer to a batch. ``published`` names the documents in force, or soon to be.

    ``closing`` comes with a batch that opens an epoch: the head at which the epoch before ends, signed.
    """

    acked_to: Count
    acked_hash: Hash
    receipt: Json
    missing_photos: list[Hash] = []
    quarantined: list[int] = []
    published: list[str] = []
    closing: Json | None = None


class EarlyReply(Message):
    """Headquarters has these early copies on disk."""

    device: DeviceId
    epoch: Count
    accepted: list[Count]
    sig: str


class Manifest(Message):
    """What a station says a day held: the number of events by kind, kits left by lot, and the head at its end."""

    v: int
    device: DeviceId
    day: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]  # UTC
    counts: dict[str, Count]
    kits: dict[str, int] = {}
    head: WireHead
    sent_at: str
    sig: str


class BadSignature(ValueError):  # noqa: N818  the words say what happened
    """The signature is not this sender's, or the message was changed."""


def sign(purpose: Purpose, fields: Json, key: Ed25519PrivateKey) -> Json:
    """Return the message with its signature."""
    return {**fields, "sig": to_base64(key.sign(_to_be_signed(purpose, fields)))}


def check_signature(purpose: Purpose, fields: Json, public_key: bytes) -> None:
    """Raise `BadSignature` unless `fields`, as received, was signed for `purpose` by the owner of `public_key`."""
    try:
        signature = from_base64(fields.get("sig", ""))
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _to_be_signed(purpose, fields))
    except (InvalidSignature, ValueError, TypeError, AttributeError) as error:
        raise BadSignature(f"{purpose}: the signature does not fit") from error


def _to_be_signed(purpose: Purpose, fields: Json) -> bytes:
    covered = {name: value for name, value in fields.items() if name != "sig"}
    if "events" in covered:
        covered["events"] = events_digest(covered["events"])
    return purpose.encode() + b"\x00" + rfc8785.dumps(covered)


def events_digest(items: Sequence[Sequence[str]]) -> str:
    """Return the SHA-256 (hex) over every text of every event, each behind its length."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(len(item).to_bytes(4, "big"))
        for text in item:
            data = text.encode()
            digest.update(len(data).to_bytes(4, "big"))
            digest.update(data)
    return digest.hexdigest()


def pack(fields: Json) -> bytes:
    """Return a message as it travels: JSON, gzip."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    squeeze = zlib.compressobj(level=6, wbits=31)
    return squeeze.compress(text) + squeeze.flush()


def unpack(data: bytes, *, most: int = MOST_UNPACKED) -> Json:
    """Return what `pack` was given; raise ValueError where it is something else, cut short or too large."""
    unsqueeze = zlib.decompressobj(wbits=31)
    try:
        text = unsqueeze.decompress(data, most)
    except zlib.error as error:
        raise ValueError(f"not a packed message: {error}") from error
    if unsqueeze.unconsumed_tail:
        raise ValueError(f"a packed message of over {most} bytes")
    if not unsqueeze.eof:
        raise ValueError("a packed message that is cut short")
    return parse_object(text)


def parse_object(text: bytes | str) -> Json:
    """Return a JSON object; raise ValueError for anything else."""
    try:
        fields = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(fields, dict):
        raise ValueError("a message is one JSON object")
    return fields


def to_base64(data: bytes) -> str:
    """Return `data` as base64 text."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Return the bytes; raise ValueError where `text` is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error
