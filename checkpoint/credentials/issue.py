"""The way back: signing certificates of the `HC1:` family, for a station's own receipts and for demonstrations."""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from checkpoint.credentials import base45, cbor, cose
from checkpoint.credentials.hc1 import PREFIX
from checkpoint.credentials.keys import PrivateKey

_ISSUER, _EXPIRES, _ISSUED, _HCERT, _DCC = 1, 4, 6, -260, 1


def sign_claims(
    content: Mapping[int, Any],
    private_key: PrivateKey,
    kid: bytes,
    *,
    prefix: str,
    issuer: str,
    issued_at: datetime,
    expires_at: datetime,
    header: Mapping[int, Any] | None = None,
) -> str:
    """Return a code with these claims: prefix, Base45, zlib, COSE. `header` adds to the protected header."""
    claims = {
        _ISSUER: issuer,
        _ISSUED: int(issued_at.timestamp()),
        _EXPIRES: int(expires_at.timestamp()),
        **content,
    }
    message = cose.sign(cbor.encode(claims), private_key, kid, header)
    return prefix + base45.encode(zlib.compress(message, 9))


def sign_hc1(
    certificate: Mapping[str, Any],
    private_key: PrivateKey,
    kid: bytes,
    *,
    issuer: str,
    issued_at: datetime,
    expires_at: datetime,
) -> str:
    """Return an `HC1:` code for an EU certificate (the map with `nam`, `dob`, `ver` and one of `t`, `v`, `r`).

    `issuer` is a country code, `kid` the key id under which verifiers have the public key in their trust list, eight
    bytes by custom; both times are timezone-aware.
    """
    return sign_claims(
        {_HCERT: {_DCC: dict(certificate)}},
        private_key,
        kid,
        prefix=PREFIX,
        issuer=issuer,
        issued_at=issued_at,
        expires_at=expires_at,
    )
