"""JSON Web Keys (RFC 7517): public keys as DID documents, SMART Health Card issuers and national lists state them."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from checkpoint.credentials import keys
from checkpoint.credentials.keys import PublicKey

_CURVES: dict[str, EllipticCurve] = {"P-256": SECP256R1(), "P-384": SECP384R1(), "P-521": SECP521R1()}
_OF_THUMBPRINT = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}


def public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """Return the public key in a JWK; raise ValueError for one this software does not use."""
    try:
        match jwk:
            case {"kty": "EC", "crv": str() as curve, "x": str() as x, "y": str() as y} if curve in _CURVES:
                numbers = EllipticCurvePublicNumbers(_number(x), _number(y), _CURVES[curve])
                return keys.load(keys.spki(numbers.public_key()))
            case {"kty": "RSA", "n": str() as n, "e": str() as e}:
                return keys.load(keys.spki(RSAPublicNumbers(_number(e), _number(n)).public_key()))
            case {"kty": "OKP", "crv": "Ed25519", "x": str() as x}:
                return Ed25519PublicKey.from_public_bytes(decode(x))
    except OverflowError as error:
        raise ValueError(f"not a usable JWK: {error}") from None
    raise ValueError("a kind of JWK that is not used here")


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the key's thumbprint (RFC 7638), SHA-256 in base64url, by which SMART Health Cards name keys."""
    members = {name: jwk[name] for name in _OF_THUMBPRINT[jwk["kty"]]}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return encode(hashlib.sha256(canonical.encode()).digest())


def decode(text: str) -> bytes:
    """Return base64url, padded or not, as bytes; raise ValueError where it is not base64url.

    >>> decode("_-8")
    b'\\xff\\xef'
    """
    if not text.isascii() or not set(text.rstrip("=")) <= _URLSAFE:
        raise ValueError("not base64url")
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def encode(data: bytes) -> str:
    """Return `data` in base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


_URLSAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def _number(text: str) -> int:
    return int.from_bytes(decode(text))
