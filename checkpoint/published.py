"""What headquarters publishes for its stations: rule packs, trust lists and revocations, each signed and dated.

A document travels as the very bytes that were signed for; whoever carries them (network, stick) cannot change them.
Protocol: docs/protocol.md.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkpoint.events import Json, wall_text
from checkpoint.wire import VERSION, Purpose, check_signature, parse_object, sign

MOST_DOCUMENT = 4_000_000
"""Bytes of a document: the published trust lists of all issuers together have less than one million."""

_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}")


class DocumentKind(StrEnum):
    """What kinds of documents there are. Never renamed: it stands in stores and on stations."""

    RULES = "rules"
    TRUST = "trust"
    REVOCATIONS = "revocations"


@dataclass(frozen=True, slots=True)
class Document:
    """One version of one document, in force from ``effective_from`` (UTC) until a higher version is.

    ``content`` is the document itself: for rules the signed envelope of a pack (`checkpoint.policy.signing`), for trust
    lists and revocations their JSON.
    """

    kind: DocumentKind
    id: str
    version: str
    effective_from: datetime
    content: str

    def __post_init__(self) -> None:
        """Raise ValueError for an id, a version or a time that is none."""
        if not _ID.fullmatch(self.id):
            raise ValueError(f"not an id of a document: {self.id[:80]!r}")
        if not _VERSION.fullmatch(self.version):
            raise ValueError(f"a version is numbers with dots between, not {self.version[:80]!r}")
        if self.effective_from.tzinfo is None:
            raise ValueError("a time without its zone")

    @property
    def name(self) -> str:
        """The name by which headquarters and stations speak of it.

        >>> from datetime import UTC
        >>> Document(DocumentKind.RULES, "road", "1.2", datetime(2022, 3, 20, tzinfo=UTC), "{}").name
        'rules/road@1.2'
        """
        return f"{self.kind}/{self.id}@{self.version}"

    @property
    def order(self) -> tuple[int, ...]:
        """The version as numbers, for comparing: 1.10 comes after 1.9."""
        return version_order(self.version)


def version_order(version: str) -> tuple[int, ...]:
    """Return a version as numbers, for comparing.

    >>> version_order("1.10") > version_order("1.9")
    True
    """
    return tuple(int(part) for part in version.split("."))


def sign_document(document: Document, key: Ed25519PrivateKey) -> bytes:
    """Return the document as it is published; raise ValueError where it is too large."""
    fields: Json = {
        "v": VERSION,
        "kind": str(document.kind),
        "id": document.id,
        "version": document.version,
        "effective_from": wall_text(document.effective_from),
        "content": document.content,
    }
    data = json.dumps(sign(Purpose.DOCUMENT, fields, key), ensure_ascii=False, separators=(",", ":")).encode()
    if len(data) > MOST_DOCUMENT:
        raise ValueError(f"a document of over {MOST_DOCUMENT} bytes")
    return data


def open_document(data: bytes, hq_key: bytes) -> Document:
    """Return what headquarters published in `data`.

    `hq_key`: headquarters' Ed25519 public key, 32 bytes. Raises ValueError (`BadSignature` where it is not signed).
    """
    if len(data) > MOST_DOCUMENT:
        raise ValueError(f"a document of over {MOST_DOCUMENT} bytes")
    fields = parse_object(data)
    check_signature(Purpose.DOCUMENT, fields, hq_key)
    try:
        return Document(
            kind=DocumentKind(fields["kind"]),
            id=fields["id"],
            version=fields["version"],
            effective_from=datetime.fromisoformat(fields["effective_from"]),
            content=fields["content"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a document: {error!r}") from error
