"""How a station signs what it asks an issuer, and how it checks what the issuer signed: one scheme a name.

HMAC-SHA256, HMAC-SM3, Ed25519 and SM2 come with the project. A city that asks for another one registers its own:

>>> class Gost:
...     def sign(self, key: bytes, data: bytes) -> bytes: ...
...     def verify(self, key: bytes, signature: bytes, data: bytes) -> bool: ...
>>> sorted({**STANDARD_SCHEMES, "gost": Gost()})
['ed25519', 'gost', 'hmac-sha256', 'hmac-sm3', 'sm2', 'sm2-raw']
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SM3, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

from checkpoint.credentials.sm2 import Sm2Scheme


class SigningScheme(Protocol):
    """One way to sign bytes. Keys are bytes in the form the scheme says; a key of the wrong form is a ValueError."""

    def sign(self, key: bytes, data: bytes) -> bytes:
        """Return the signature over `data`."""

    def verify(self, key: bytes, signature: bytes, data: bytes) -> bool:
        """Return whether `signature` is right."""


@dataclass(frozen=True, slots=True)
class HmacScheme:
    """A secret shared with the issuer, with a hash: keys are the secret's bytes."""

    digest: type[HashAlgorithm]

    def sign(self, key: bytes, data: bytes) -> bytes:
        """Return the authentication code of `data`."""
        return self._over(key, data).finalize()

    def verify(self, key: bytes, signature: bytes, data: bytes) -> bool:
        """Return whether `signature` is right, in constant time."""
        try:
            self._over(key, data).verify(signature)
        except InvalidSignature:
            return False
        return True

    def _over(self, key: bytes, data: bytes) -> HMAC:
        if not key:
            raise ValueError("an empty secret signs nothing")
        code = HMAC(key, self.digest())
        code.update(data)
        return code


class Ed25519Scheme:
    """A key pair: keys are the 32 raw bytes of the private half to sign with, of the public half to verify with."""

    def sign(self, key: bytes, data: bytes) -> bytes:
        """Return the signature over `data` by a private key."""
        return Ed25519PrivateKey.from_private_bytes(key).sign(data)

    def verify(self, key: bytes, signature: bytes, data: bytes) -> bool:
        """Return whether `signature` is right for a public key."""
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
        except InvalidSignature:
            return False
        return True


STANDARD_SCHEMES: Mapping[str, SigningScheme] = MappingProxyType(
    {
        "hmac-sha256": HmacScheme(SHA256),
        "hmac-sm3": HmacScheme(SM3),
        "ed25519": Ed25519Scheme(),
        "sm2": Sm2Scheme(),
        "sm2-raw": Sm2Scheme(raw=True),
    }
)
