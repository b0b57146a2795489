"""Single certificates that their issuers took back: hash lists of the EU gateway, id lists of SMART Health Cards."""

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from checkpoint.credentials.keys import PublicKey

HASH_BYTES = 16
"""The gateway's lists keep the first 128 bits of each SHA-256."""


@dataclass(frozen=True, slots=True)
class Revocations:
    """What is revoked.

    ``hashes``: first 16 bytes of SHA-256 over the unique certificate id (UCI), over issuer and UCI, or over the
    signature, as the EU gateway lists them. ``card_ids``: for each kid of a SMART Health Card issuer, the
    revocation ids, each with the time up to which cards issued earlier are revoked (None: all). ``certificates``:
    (key id of the authority, serial) of signers' certificates it revoked.
    """

    hashes: frozenset[bytes] = frozenset()
    card_ids: Mapping[str, Mapping[str, datetime | None]] = field(default_factory=dict)
    certificates: frozenset[tuple[str, int]] = frozenset()

    @property
    def total(self) -> int:
        """How many certificates, cards and signers are revoked by name."""
        return len(self.hashes) + sum(map(len, self.card_ids.values())) + len(self.certificates)

    def revokes_hash(self, digest: bytes) -> bool:
        """Return whether a SHA-256 digest is on the hash lists."""
        return digest[:HASH_BYTES] in self.hashes

    def revokes_card(self, kid: str, card_id: str, issued_at: datetime | None) -> bool:
        """Return whether a card of this revocation id, issued then, was taken back."""
        ids = self.card_ids.get(kid, {})
        if card_id not in ids:
            return False
        until = ids[card_id]
        return until is None or issued_at is None or issued_at < until

    def merged_with(self, other: "Revocations") -> "Revocations":
        """Return what either revokes."""
        ids: dict[str, dict[str, datetime | None]] = {kid: dict(some) for kid, some in self.card_ids.items()}
        for kid, some in other.card_ids.items():
            mine = ids.setdefault(kid, {})
            for card_id, until in some.items():
                mine[card_id] = _wider(mine.get(card_id, until), until)
        return Revocations(self.hashes | other.hashes, ids, self.certificates | other.certificates)

    def as_json(self) -> dict[str, Any]:
        """Return the revocations as they stand in a trust list file."""
        return {
            "hashes": sorted(digest.hex() for digest in self.hashes),
            "card_ids": {
                kid: {card_id: until and until.isoformat() for card_id, until in sorted(ids.items())}
                for kid, ids in self.card_ids.items()
            },
            "certificates": sorted([issuer, f"{serial:x}"] for issuer, serial in self.certificates),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Revocations":
        """Return the revocations that `as_json` described; raise KeyError, TypeError or ValueError otherwise.

        Hashes may stand whole, as headquarters has that of a lost station's key: the first 128 bits are what counts.
        """
        return cls(
            hashes=frozenset(_cut(bytes.fromhex(digest)) for digest in data.get("hashes", ())),
            card_ids={
                str(kid): {str(card_id): until and utc_time(until) for card_id, until in ids.items()}
                for kid, ids in data.get("card_ids", {}).items()
            },
            certificates=frozenset((str(issuer), int(serial, 16)) for issuer, serial in data.get("certificates", ())),
        )


NOTHING_REVOKED = Revocations()


def card_ids(listed: list[str]) -> dict[str, datetime | None]:
    """Return a SMART Health Card revocation list's entries: an id alone, or `id.seconds` up to when it is revoked."""
    found: dict[str, datetime | None] = {}
    for entry in listed:
        card_id, dot, seconds = entry.partition(".")
        until = datetime.fromtimestamp(int(seconds), UTC) if dot else None
        found[card_id] = _wider(found.get(card_id, until), until)
    return found


def _wider(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return what revokes more: all cards of an id (None), or those issued before the later time."""
    return None if one is None or other is None else max(one, other)


def hash_list(listed: list[str]) -> frozenset[bytes]:
    """Return a gateway batch's hashes (base64 or hex of 16 bytes or more); raise ValueError for anything shorter."""
    found = set()
    for entry in listed:
        try:
            digest = bytes.fromhex(entry)
        except ValueError:
            digest = urlsafe_b64decode(entry.replace("+", "-").replace("/", "_") + "=" * (-len(entry) % 4))
        found.add(_cut(digest))
    return frozenset(found)


def utc_time(text: str) -> datetime:
    """Return a time of ISO 8601 in UTC; raise ValueError where it names no zone, for nobody can tell when that is."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without its zone: {text}")
    return moment.astimezone(UTC)


def _cut(digest: bytes) -> bytes:
    """Return the part of a hash that is compared; raise ValueError where it is too short to name one certificate."""
    if len(digest) < HASH_BYTES:
        raise ValueError("a revocation hash of less than 128 bits")
    return digest[:HASH_BYTES]


def from_crl(der: bytes, authorities: Iterable[tuple[str, PublicKey]]) -> Revocations:
    """Return what an X.509 revocation list takes back; raise ValueError where it is none, or no known authority's.

    `authorities` are (key id, public key). A list that anybody could have written must not switch off a country. An
    authority may be known by several ids, its own and those of link certificates: it counts for each.
    """
    try:
        listed = x509.load_der_x509_crl(der)
        kids = [kid for kid, public_key in authorities if listed.is_signature_valid(public_key)]
        found = frozenset((kid, entry.serial_number) for entry in listed for kid in kids)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"not a revocation list: {error}") from None
    if not kids:
        raise ValueError("a revocation list of no known authority")
    return Revocations(certificates=found)
