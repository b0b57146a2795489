"""Personal data beside the chain: the commitment that is hashed, and the envelope that can be destroyed.

Each record is encrypted under a key of its own. That key is wrapped for the station and, where its public key is
known, for headquarters (HPKE, RFC 9180). Destroying the wrapped keys destroys the record; the chain, which holds only
the salted commitment, still verifies.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass

import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from checkpoint.events import Json

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KEY_INFO = b"checkpoint record key 1"
_RECORD = b"checkpoint record 1"
_NONCE = 12
KEY_BYTES = 32
SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A personal record that only a key opens: nonce and ciphertext of AES-256-GCM over salt and canonical JSON."""

    commitment: str
    ciphertext: bytes


def commit(salt: bytes, personal: bytes) -> str:
    """Return the commitment (hex) to a personal record's canonical JSON: salted, so that it cannot be guessed."""
    return hashlib.sha256(salt + personal).hexdigest()


def seal_record(personal: Json, key: bytes) -> SealedRecord:
    """Return `personal` encrypted under `key` (32 bytes, used for this record alone) with its commitment."""
    salt, text = secrets.token_bytes(SALT_BYTES), rfc8785.dumps(personal)
    return SealedRecord(commit(salt, text), encrypt(salt + text, key, _RECORD))


def open_record(record: SealedRecord, key: bytes) -> Json:
    """Return the personal record; raise ValueError where the key or the commitment does not fit."""
    plain = decrypt(record.ciphertext, key, _RECORD)
    salt, text = plain[:SALT_BYTES], plain[SALT_BYTES:]
    if commit(salt, text) != record.commitment:
        raise ValueError("the record is not the one the event commits to")
    personal: Json = json.loads(text)
    return personal


def encrypt(plain: bytes, key: bytes, purpose: bytes) -> bytes:
    """Return nonce and AES-256-GCM ciphertext; `purpose` is authenticated and keeps uses of a key apart."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, purpose)


def decrypt(ciphertext: bytes, key: bytes, purpose: bytes) -> bytes:
    """Return what `encrypt` was given; raise ValueError where it was changed or the key is another."""
    if len(ciphertext) < _NONCE:
        raise ValueError("too short to be encrypted")
    try:
        return AESGCM(key).decrypt(ciphertext[:_NONCE], ciphertext[_NONCE:], purpose)
    except InvalidTag as error:
        raise ValueError("the key does not open this, or it was changed") from error


def seal_key(key: bytes, recipient: X25519PublicKey) -> bytes:
    """Return a record key sealed so that only the holder of the recipient's private key can use it."""
    return _SUITE.encrypt(key, recipient, info=_KEY_INFO)


def unseal_key(sealed: bytes, private: X25519PrivateKey) -> bytes:
    """Return the record key; raise ValueError where it was sealed for somebody else."""
    try:
        return _SUITE.decrypt(sealed, private, info=_KEY_INFO)
    except InvalidTag as error:
        raise ValueError("the key was sealed for somebody else, or it was changed") from error


PHOTO_PURPOSE = b"checkpoint photo 1"
_PHOTO_MAGIC = b"CPP1"


@dataclass(frozen=True, slots=True)
class SealedPhoto:
    """An encrypted photo with its key wrapped for the station and sealed to headquarters (empty: not yet)."""

    station_key: bytes
    hq_key: bytes
    ciphertext: bytes

    def to_bytes(self) -> bytes:
        """Return the file: magic, each key behind one length byte, ciphertext."""
        keys = b"".join(bytes([len(key)]) + key for key in (self.station_key, self.hq_key))
        return _PHOTO_MAGIC + keys + self.ciphertext

    @classmethod
    def from_bytes(cls, data: bytes) -> "SealedPhoto":
        """Return what `to_bytes` wrote; raise ValueError where it is something else, or cut short."""
        if data[:4] != _PHOTO_MAGIC:
            raise ValueError("not a sealed photo")
        keys, at = [], 4
        for _ in range(2):
            if at >= len(data) or at + 1 + data[at] > len(data):
                raise ValueError("a sealed photo that is cut short")
            keys.append(data[at + 1 : at + 1 + data[at]])
            at += 1 + data[at]
        return cls(keys[0], keys[1], data[at:])
