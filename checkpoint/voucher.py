"""Headquarters' word for a station's key: small enough to travel inside every receipt that the station signs.

Layout, 115 bytes and the station's name: b"CV1", id of headquarters' key (8), valid from and until (4 each, seconds
since 1970, big-endian), the station's Ed25519 public key (32), its name in UTF-8, headquarters' Ed25519 signature (64)
over all that stands before it.
"""

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_NAME_BYTES = 60
_MAGIC = b"CV1"
_HEAD = struct.Struct(">3s8sII32s")
_SIGNATURE_BYTES = 64
_DOMAIN = b"checkpoint station voucher\0"
"""Signed in front of the voucher, so that nothing else headquarters signs with this key can pass for one."""


@dataclass(frozen=True, slots=True)
class Voucher:
    """A station and its key, for a time (UTC). ``station_key`` is the raw Ed25519 public key, 32 bytes."""

    station: str
    station_key: bytes
    not_before: datetime
    not_after: datetime

    def covers(self, moment: datetime) -> bool:
        """Return whether the voucher is in force at `moment`."""
        return self.not_before <= moment <= self.not_after


@dataclass(frozen=True, slots=True)
class SignedVoucher:
    """A voucher as it was found: nothing in it may be believed before `signed_by` said so."""

    voucher: Voucher
    key_id: bytes
    signed: bytes
    signature: bytes

    def signed_by(self, headquarters: Ed25519PublicKey) -> bool:
        """Return whether headquarters signed it."""
        try:
            headquarters.verify(self.signature, _DOMAIN + self.signed)
        except InvalidSignature:
            return False
        return True


def key_id(key: Ed25519PublicKey) -> bytes:
    """Return the id of a key of headquarters or of a station: the first eight bytes of its SHA-256."""
    return hashlib.sha256(key.public_bytes_raw()).digest()[:8]


def sign_voucher(voucher: Voucher, headquarters: Ed25519PrivateKey) -> bytes:
    """Return the voucher signed; raise ValueError where its name is empty or too long, or its key is none."""
    name = voucher.station.encode()
    if not 1 <= len(name) <= MAX_NAME_BYTES:
        raise ValueError(f"a station's name has 1 to {MAX_NAME_BYTES} bytes")
    Ed25519PublicKey.from_public_bytes(voucher.station_key)
    start, end = int(voucher.not_before.timestamp()), int(voucher.not_after.timestamp())
    signed = _HEAD.pack(_MAGIC, key_id(headquarters.public_key()), start, end, voucher.station_key) + name
    return signed + headquarters.sign(_DOMAIN + signed)


def open_voucher(data: bytes) -> SignedVoucher:
    """Return what stands in a voucher; raise ValueError where it is none."""
    name_bytes = len(data) - _HEAD.size - _SIGNATURE_BYTES
    if not 1 <= name_bytes <= MAX_NAME_BYTES:
        raise ValueError("not a voucher: wrong length")
    signed, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
    magic, kid, start, end, station_key = _HEAD.unpack_from(signed)
    if magic != _MAGIC:
        raise ValueError("not a voucher")
    name = signed[_HEAD.size :].decode()  # a UnicodeDecodeError is a ValueError
    voucher = Voucher(name, station_key, datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
    return SignedVoucher(voucher, kid, signed, signature)
