"""Lorry passes (通行证): twelve digits, one vehicle, one route; as a signed code, or as an officer types it."""

import unicodedata
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from checkpoint.credential import Credential, Format, Holder, LorryPass
from checkpoint.credentials.chinese_id import is_region
from checkpoint.credentials.hc1 import check_validity, claims, unpack
from checkpoint.credentials.issue import sign_claims
from checkpoint.credentials.keys import PrivateKey
from checkpoint.credentials.trust import DEFAULT_POLICY, TrustList, TrustPolicy
from checkpoint.credentials.untrusted import digest_of
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from checkpoint.typed import TypedDocument

PREFIX = "PASS1:"
PASS_CLAIM = -65_600
"""Private use (RFC 8392): a map of number, plate, trailer and route."""

MAX_TEXT = 60


def signed_pass(
    lorry: LorryPass, private_key: PrivateKey, kid: bytes, *, issuer: str, issued_at: datetime, expires_at: datetime
) -> str:
    """Return a pass as a signed code; raise `CredentialError` (malformed) for a number that is none."""
    content = {
        "number": pass_number(lorry.number),
        "plate": lorry.plate,
        "trailer": lorry.trailer,
        "route": lorry.route,
    }
    return sign_claims(
        {PASS_CLAIM: content},
        private_key,
        kid,
        prefix=PREFIX,
        issuer=issuer,
        issued_at=issued_at,
        expires_at=expires_at,
    )


def typed_pass(document: TypedDocument, zone: tzinfo = UTC) -> Credential:
    """Return what an officer typed off a pass, as evidence that proves nothing; it ends with its last day in `zone`.

    Raise `CredentialError` (malformed) for a number that is none. Without plate or route the pass matches no vehicle.
    """
    lorry = LorryPass(
        number=pass_number(document.number),
        plate=_plain(document.plate).upper(),
        route=_plain(document.route),
        trailer=_plain(document.trailer).upper(),
    )
    return Credential(
        format=Format.LORRY_PASS,
        holder=Holder(),
        facts=(lorry,),
        issuer="officer",
        expires_at=None if document.valid_until is None else _end_of(document.valid_until, zone),
        verified=False,
        digest=digest_of(lorry.number),
    )


def _end_of(day: date, zone: tzinfo) -> datetime:
    try:
        return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    except OverflowError:
        raise CredentialError(Reason.MALFORMED, "no pass is valid that long") from None


def pass_number(text: str) -> str:
    """Return a pass number as its twelve digits; raise `CredentialError` (malformed) where it is none.

    The first six name a region by its administrative code, the last six count within it.

    >>> pass_number("330482 000123")
    '330482000123'
    """
    digits = "".join(unicodedata.normalize("NFKC", text).split()).replace("-", "")
    if len(digits) != 12 or not (digits.isascii() and digits.isdecimal()):
        raise CredentialError(Reason.MALFORMED, "a pass number has twelve digits")
    if not is_region(digits[:6]):
        raise CredentialError(Reason.MALFORMED, "no region has this code")
    return digits


@dataclass(frozen=True, slots=True)
class SignedPass:
    """The format: a signed pass, verified against the trust list as it stands at that moment."""

    trust: Callable[[], TrustList]
    policy: TrustPolicy = DEFAULT_POLICY
    name: Format = Format.LORRY_PASS

    def identify(self, text: str, now: datetime) -> Credential | None:
        """Return the verified pass, None for any other text; raise `CredentialError` where it is bad."""
        if not text.startswith(PREFIX):
            return None
        message = unpack(text, PREFIX)
        stated = claims(message)
        trust = self.trust()
        kid = b64encode(message.kid).decode()
        signers = self.policy.signers(
            trust, self.name, kid, stated.issuer, now, lambda key: message.verified_by(key.public_key)
        )
        try:
            check_validity(stated, now, self.policy)
        except CredentialError as error:
            if error.reason is Reason.EXPIRED:
                raise CredentialError(Reason.PASS_EXPIRED, error.detail, **error.data) from None
            raise
        self.policy.in_force(trust, signers, now)
        content = stated.content.get(PASS_CLAIM)
        if not isinstance(content, Mapping):
            raise CredentialError(Reason.WRONG_KIND, "no pass in it", issuer=stated.issuer)
        return Credential(
            format=self.name,
            holder=Holder(),
            facts=(_lorry(content),),
            issuer=stated.issuer,
            kid=kid,
            issued_at=stated.issued_at,
            expires_at=stated.expires_at,
            digest=digest_of(text),
        )


def _lorry(content: Mapping[Any, Any]) -> LorryPass:
    lorry = LorryPass(
        number=pass_number(_plain(content.get("number"))),
        plate=_plain(content.get("plate")).upper(),
        route=_plain(content.get("route")),
        trailer=_plain(content.get("trailer")).upper(),
    )
    if not lorry.plate or not lorry.route:
        raise CredentialError(Reason.MALFORMED, "a pass without plate or route")
    return lorry


def _plain(value: Any) -> str:
    return unicodedata.normalize("NFKC", value).strip()[:MAX_TEXT] if isinstance(value, str) else ""
