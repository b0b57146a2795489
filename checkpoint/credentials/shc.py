"""`shc:/`, SMART Health Cards: a signed web token in digits, over one QR code or several.

Two digits for each character of a JWS; ES256; a deflated FHIR bundle inside.
"""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from checkpoint.credential import Credential, Format
from checkpoint.credentials import fhir, jwk, keys, strict_json
from checkpoint.credentials.shc_parts import PartCollector
from checkpoint.credentials.trust import DEFAULT_POLICY, TrustedKey, TrustList, TrustPolicy
from checkpoint.credentials.untrusted import digest_of, entries, instant
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

PREFIX = "shc:/"
MAX_PARTS = 8
MAX_DIGITS = 7_089
"""What the largest QR code holds of digits."""

MAX_JSON_BYTES = 64 * 1024
"""Twice the longest published example, a whole patient summary."""

MAX_HEADER_BYTES = 1_024
HEALTH_CARD = "https://smarthealth.cards#health-card"

_CODE = re.compile(r"shc:/(?:(\d{1,2})/(\d{1,2})/)?(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Card:
    """A signed card, parsed and not yet verified."""

    kid: str
    signed: bytes
    signature: bytes
    payload: bytes

    def verified_by(self, key: TrustedKey) -> bool:
        """Return whether `key` signed the card: ES256 on P-256, the one way cards are signed."""
        public = key.public_key
        if not isinstance(public, EllipticCurvePublicKey) or public.curve.name != SECP256R1.name:
            return False
        return keys.verify(public, "ES256", self.signature, self.signed)


def join(codes: Sequence[str]) -> str:
    """Return the JWS that one code, or all parts of one in any order, stand for.

    Raise `CredentialError`: malformed, or incomplete-code with the numbers of the parts still missing.
    """
    parts: dict[int, str] = {}
    wanted = 1
    for code in codes:
        found = _CODE.fullmatch(code)
        if found is None or len(code) > MAX_DIGITS:
            raise CredentialError(Reason.MALFORMED, "shc: not digits")
        number, total = int(found[1] or 1), int(found[2] or 1)
        if not 1 <= number <= total <= MAX_PARTS or (parts and total != wanted):
            raise CredentialError(Reason.MALFORMED, "shc: parts that do not belong together")
        if parts.setdefault(number, found[3]) != found[3]:
            raise CredentialError(Reason.MALFORMED, "shc: parts of different codes")
        wanted = total
    missing = [str(number) for number in range(1, wanted + 1) if number not in parts]
    if missing:
        raise CredentialError(
            Reason.INCOMPLETE_CODE, "shc: show the other parts", missing=",".join(missing), parts=str(wanted)
        )
    return "".join(_characters(parts[number]) for number in sorted(parts))


def parse(jws: str) -> Card:
    """Return the card in a compact JWS; raise `CredentialError`: malformed, or too-large."""
    try:
        encoded, body, signature = jws.split(".")
        header_bytes, deflated, raw_signature = jwk.decode(encoded), jwk.decode(body), jwk.decode(signature)
    except ValueError:
        raise CredentialError(Reason.MALFORMED, "jws: not three parts in base64url") from None
    match strict_json.loads(header_bytes, "jws header", MAX_HEADER_BYTES):
        case {"alg": "ES256", "zip": "DEF", "kid": str() as kid, **rest} if "crit" not in rest:
            return Card(kid[:100], f"{encoded}.{body}".encode(), raw_signature, deflated)
        case _:
            raise CredentialError(Reason.MALFORMED, "jws header: not that of a health card")


def inflate(data: bytes) -> bytes:
    """Return raw DEFLATE data inflated; raise `CredentialError`: malformed, or too-large."""
    stream = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        inflated = stream.decompress(data, MAX_JSON_BYTES + 1)
    except zlib.error:
        raise CredentialError(Reason.MALFORMED, "deflate: broken") from None
    if len(inflated) > MAX_JSON_BYTES:
        raise CredentialError(Reason.TOO_LARGE, f"deflate: more than {MAX_JSON_BYTES} bytes")
    if not stream.eof or stream.unused_data:
        raise CredentialError(Reason.MALFORMED, "deflate: cut short, or bytes behind the end")
    return inflated


@dataclass(frozen=True, slots=True)
class SmartHealthCard:
    """The format: a card is verified against the trust list as it stands at that moment."""

    trust: Callable[[], TrustList]
    policy: TrustPolicy = DEFAULT_POLICY
    parts: PartCollector | None = None
    name: Format = Format.SHC

    def identify(self, text: str, now: datetime) -> Credential | None:
        """Return the verified card, None for any other text; raise `CredentialError` where it is bad.

        The parts of one card stand side by side, white space between them. With a `PartCollector` they may also come
        one at a time.
        """
        if not text.startswith(PREFIX):
            return None
        if self.parts is None:
            return self._identify(text, now)
        whole = self.parts.with_earlier(text, now)
        try:
            return self._identify(whole, now)
        except CredentialError as error:
            mixed = error.reason in {Reason.BAD_SIGNATURE, Reason.MALFORMED}
            if mixed and self.parts.begin_again(text, whole):
                raise CredentialError(Reason.INCOMPLETE_CODE, "shc: parts that do not fit, show all again") from error
            raise

    def _identify(self, text: str, now: datetime) -> Credential:
        card = parse(join(text.split()[: MAX_PARTS + 1]))
        trust = self.trust()
        signers = self.policy.signers(trust, self.name, card.kid, "", now, card.verified_by)
        stated = _claims(inflate(card.payload))
        issuer = str(stated["iss"])[:200]
        own = [key for key in signers if key.issuer.rstrip("/") == issuer.rstrip("/") != ""]
        if not own:
            whose = signers[0].issuer
            told = "the key of another issuer" if whose else "a key of no stated issuer: import it with --issuer"
            raise CredentialError(Reason.UNKNOWN_ISSUER, told, kid=card.kid, issuer=whose)
        issued_at, expires_at = instant(stated.get("nbf"), "nbf"), instant(stated.get("exp"), "exp")
        content = stated["vc"]
        card_id = content.get("rid")
        if isinstance(card_id, str) and trust.revocations.revokes_card(card.kid, card_id, issued_at):
            raise CredentialError(Reason.REVOKED, "taken back by its issuer", kid=card.kid, issuer=issuer)
        if expires_at is not None and now > expires_at:
            raise CredentialError(Reason.EXPIRED, "past its end", issuer=issuer, expired_at=expires_at.isoformat())
        if issued_at is None or now + self.policy.clock_skew < issued_at:
            raise CredentialError(Reason.NOT_YET_VALID, "valid later than now, or at no stated time", issuer=issuer)
        self.policy.in_force(trust, own, now)
        if HEALTH_CARD not in entries(content.get("type")):
            raise CredentialError(Reason.WRONG_KIND, "not a health card", issuer=issuer)
        subject = content.get("credentialSubject")
        holder, facts = fhir.read(subject.get("fhirBundle") if isinstance(subject, Mapping) else None, now)
        return Credential(
            format=self.name,
            holder=holder,
            facts=facts,
            issuer=issuer,
            kid=card.kid,
            issued_at=issued_at,
            expires_at=expires_at,
            digest=digest_of(text),
            notes=() if facts else ("no-fact",),
        )


def _characters(digits: str) -> str:
    """Return the characters that pairs of digits stand for: the code of each, less 45."""
    if len(digits) % 2:
        raise CredentialError(Reason.MALFORMED, "shc: an odd number of digits")
    return "".join(chr(int(digits[at : at + 2]) + 45) for at in range(0, len(digits), 2))


def _claims(payload: bytes) -> dict[str, Any]:
    match strict_json.loads(payload, "claims", MAX_JSON_BYTES):
        case {"iss": str(), "vc": {}} as stated:
            return dict(stated)
        case _:
            raise CredentialError(Reason.MALFORMED, "claims: not those of a health card")
