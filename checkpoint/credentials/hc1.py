"""`HC1:`, the health certificates of the EU and of the WHO's trust network.

Inside the code: Base45, zlib, COSE with one signature, CBOR claims. Each step is a function of its own, and each way
to fail has its own reason; nothing of the content is believed before the signature holds.
"""

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkpoint.credential import Credential, Format
from checkpoint.credentials import base45, cbor, cose, hcert
from checkpoint.credentials.trust import DEFAULT_POLICY, TrustedKey, TrustList, TrustPolicy, Use
from checkpoint.credentials.untrusted import digest_of, instant, text_in
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

PREFIX = "HC1:"
MAX_CHARACTERS = 4_296
"""What the largest QR code holds in the alphabet of Base45."""

HCERT_CLAIM = -260
_ISSUER, _EXPIRES, _NOT_BEFORE, _ISSUED = 1, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signed web token says about itself. Times are UTC, None where it states none."""

    issuer: str
    issued_at: datetime | None
    expires_at: datetime | None
    not_before: datetime | None
    content: Mapping[Any, Any]


def unprefix(text: str) -> str | None:
    """Return what stands behind `HC1:`, None where the text is no such code.

    >>> unprefix("HC1:6BF") or unprefix("HC2:6BF")
    '6BF'
    """
    return text[len(PREFIX) :] if text.startswith(PREFIX) else None


def inflate(data: bytes, limit: int = cbor.MAX_BYTES) -> bytes:
    """Return `data` inflated; raise `CredentialError`: malformed, or too-large where it grows past `limit` bytes."""
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(data, limit + 1)
    except zlib.error:
        raise CredentialError(Reason.MALFORMED, "zlib: broken or not compressed") from None
    if len(inflated) > limit:
        raise CredentialError(Reason.TOO_LARGE, f"zlib: more than {limit} bytes")
    if not stream.eof or stream.unused_data:
        raise CredentialError(Reason.MALFORMED, "zlib: cut short, or bytes behind the end")
    return inflated


def unpack(text: str, prefix: str) -> cose.Sign1:
    """Return the signed message inside a code of the family; raise `CredentialError`: malformed or too-large."""
    if len(text) > MAX_CHARACTERS:
        raise CredentialError(Reason.TOO_LARGE, f"more than {MAX_CHARACTERS} characters")
    return cose.parse(inflate(base45.decode(text[len(prefix) :])))


def claims(message: cose.Sign1) -> Claims:
    """Return the claims of a message; raise `CredentialError` (malformed) where they are none."""
    content = cbor.decode(message.payload, "claims")
    if not isinstance(content, Mapping):
        raise CredentialError(Reason.MALFORMED, "claims: not a map")
    return Claims(
        issuer=text_in(content.get(_ISSUER)),
        issued_at=instant(content.get(_ISSUED), "issued at"),
        expires_at=instant(content.get(_EXPIRES), "expires"),
        not_before=instant(content.get(_NOT_BEFORE), "not before"),
        content=content,
    )


def check_validity(stated: Claims, now: datetime, policy: TrustPolicy) -> None:
    """Raise `CredentialError` where the claims' own validity does not cover `now`: expired or not-yet-valid.

    A certificate that states no end never ends, which no issuer in use means: malformed.
    """
    if stated.expires_at is None:
        raise CredentialError(Reason.MALFORMED, "claims: no time of expiry", issuer=stated.issuer)
    if now > stated.expires_at:
        raise CredentialError(
            Reason.EXPIRED, "past its end", issuer=stated.issuer, expired_at=stated.expires_at.isoformat()
        )
    begins = max(filter(None, (stated.issued_at, stated.not_before)), default=None)
    if begins is not None and now + policy.clock_skew < begins:
        raise CredentialError(
            Reason.NOT_YET_VALID, "valid later than now", issuer=stated.issuer, valid_from=begins.isoformat()
        )


def check_usage(key: TrustedKey, *others: TrustedKey, use: Use) -> TrustedKey:
    """Return the first of some keys that may vouch for this use; raise `CredentialError` (key-not-allowed) else."""
    for one in (key, *others):
        if use in one.uses:
            return one
    raise CredentialError(Reason.KEY_NOT_ALLOWED, f"the key may not vouch for a {use}", kid=key.kid, issuer=key.issuer)


@dataclass(frozen=True, slots=True)
class HC1:
    """The format: a code is verified against the trust list as it stands at that moment."""

    trust: Callable[[], TrustList]
    policy: TrustPolicy = DEFAULT_POLICY
    name: Format = Format.HC1

    def identify(self, text: str, now: datetime) -> Credential | None:
        """Return the verified certificate, None for any other text; raise `CredentialError` where it is bad."""
        if unprefix(text) is None:
            return None
        message = unpack(text, PREFIX)
        stated = claims(message)
        trust = self.trust()
        kid = b64encode(message.kid).decode()
        signers = self.policy.signers(
            trust, self.name, kid, stated.issuer, now, lambda key: message.verified_by(key.public_key)
        )
        check_validity(stated, now, self.policy)
        in_force = self.policy.in_force(trust, signers, now)
        content = stated.content.get(HCERT_CLAIM)
        key = check_usage(*in_force, use=hcert.use_of(content))
        claim = hcert.read(content, now)
        if is_revoked(trust, message, (stated.issuer, claim.country, key.issuer), claim.unique_id):
            raise CredentialError(Reason.REVOKED, "taken back by its issuer", kid=kid, issuer=stated.issuer)
        return Credential(
            format=self.name,
            holder=claim.holder,
            facts=() if claim.fact is None else (claim.fact,),
            issuer=stated.issuer or key.issuer,
            kid=kid,
            issued_at=stated.issued_at,
            expires_at=stated.expires_at,
            digest=digest_of(text),
            notes=claim.notes,
        )


def is_revoked(trust: TrustList, message: cose.Sign1, issuers: Iterable[str], unique_id: str) -> bool:
    """Return whether an issuer's hash lists name this certificate: by id, by country and id, or by signature.

    The country is that of the issuer, which the token need not state as one: Georgia's names a ministry. `issuers` are
    all the ways in which it is told.
    """
    if not trust.revocations.hashes:
        return False
    signature = message.signature
    if message.algorithm.startswith("ES"):
        signature = signature[: len(signature) // 2]  # of an ECDSA signature, which has twins, only r counts
    named = [signature]
    if unique_id:
        named += [(issuer + unique_id).encode() for issuer in {"", *issuers}]
    return any(trust.revocations.revokes_hash(hashlib.sha256(part).digest()) for part in named)
