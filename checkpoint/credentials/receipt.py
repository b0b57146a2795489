"""Receipts: what one checkpoint found, signed, so that the next need not find it again.

A station signs with a key of its own, and headquarters vouches for that key. The voucher travels inside the receipt:
the next checkpoint needs the key of headquarters and nothing else, neither a network nor a list of stations.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from checkpoint.credential import Credential, Fact, Format, Holder, TestKind, TestReport, TestResult
from checkpoint.credentials import cose
from checkpoint.credentials.hc1 import Claims, check_validity, claims, unpack
from checkpoint.credentials.issue import sign_claims
from checkpoint.credentials.trust import DEFAULT_POLICY, TrustedKey, TrustList, TrustPolicy
from checkpoint.credentials.untrusted import digest_of, text_in
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from checkpoint.voucher import SignedVoucher, key_id, open_voucher

PREFIX = "RECEIPT1:"
MAX_VALIDITY = timedelta(hours=72)
"""No rule lets a negative antigen test or an admission count for longer; a lost station must not sign for years."""

_VOUCHER_HEADER = -65_601
_RECEIPT_CLAIM = -65_602
"""Private use (RFC 8392, RFC 9052)."""


class Found(StrEnum):
    """What a receipt says was found."""

    ADMITTED = "admitted"
    ANTIGEN_NEGATIVE = "antigen-negative"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one checkpoint found about one traveller; ``at`` is when it decided, or read the test (UTC)."""

    found: Found
    holder: Holder
    at: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True)
class StationSigner:
    """A station's own key, and headquarters' voucher for it."""

    private_key: Ed25519PrivateKey
    voucher: bytes

    def sign(self, receipt: Receipt, *, issued_at: datetime, valid_for: timedelta) -> str:
        """Return the receipt as a code; raise ValueError where it names nobody or is valid for too long."""
        if not receipt.holder.known:
            raise ValueError("a receipt for nobody would serve everybody")
        if valid_for > MAX_VALIDITY:
            raise ValueError(f"a receipt is valid for {MAX_VALIDITY} at most")
        content = {
            "found": str(receipt.found),
            "at": int(receipt.at.timestamp()),
            "name": receipt.holder.name,
            "born": receipt.holder.born,
            "id": receipt.holder.id_number,
            "ref": receipt.reference,
        }
        return sign_claims(
            {_RECEIPT_CLAIM: {name: value for name, value in content.items() if value != ""}},
            self.private_key,
            key_id(self.private_key.public_key()),
            prefix=PREFIX,
            issuer=open_voucher(self.voucher).voucher.station,
            issued_at=issued_at,
            expires_at=issued_at + valid_for,
            header={_VOUCHER_HEADER: self.voucher},
        )


def headquarters(public_key: Ed25519PublicKey) -> TrustedKey:
    """Return headquarters' key as a trust list holds it: it vouches for stations that sign receipts."""
    kid = b64encode(key_id(public_key)).decode()
    return TrustedKey(kid, public_key, "headquarters", frozenset({Format.RECEIPT}), source="headquarters")


@dataclass(frozen=True, slots=True)
class ReceiptFormat:
    """The format: a receipt is verified by its voucher, and that by headquarters' key in the trust list."""

    trust: Callable[[], TrustList]
    policy: TrustPolicy = DEFAULT_POLICY
    name: Format = Format.RECEIPT

    def identify(self, text: str, now: datetime) -> Credential | None:
        """Return the verified receipt, None for any other text; raise `CredentialError` where it is bad."""
        if not text.startswith(PREFIX):
            return None
        message = unpack(text, PREFIX)
        stated = claims(message)
        trust = self.trust()
        station, station_key = self._vouched(message, trust, now)
        if not message.verified_by(station_key):
            raise CredentialError(Reason.BAD_SIGNATURE, "not signed by the station it names", issuer=station)
        if stated.issuer != station:
            raise CredentialError(Reason.BAD_SIGNATURE, "signed by another station", issuer=station)
        check_validity(stated, now, self.policy)
        if stated.issued_at is None or _lasts_too_long(stated, stated.issued_at):
            raise CredentialError(Reason.MALFORMED, "valid for longer than any receipt", issuer=station)
        receipt = _receipt(stated)
        return Credential(
            format=self.name,
            holder=receipt.holder,
            facts=_facts(receipt),
            issuer=station,
            kid=b64encode(message.kid).decode(),
            issued_at=stated.issued_at,
            expires_at=stated.expires_at,
            digest=digest_of(text),
            notes=(str(receipt.found), *((f"reference {receipt.reference}",) if receipt.reference else ())),
        )

    def _vouched(self, message: cose.Sign1, trust: TrustList, now: datetime) -> tuple[str, Ed25519PublicKey]:
        """Return the station, and its key, that headquarters vouches for in a receipt."""
        stated = message.header.get(_VOUCHER_HEADER)
        try:
            signed = open_voucher(stated if isinstance(stated, bytes) else b"")
            station_key = Ed25519PublicKey.from_public_bytes(signed.voucher.station_key)
        except ValueError:
            raise CredentialError(Reason.MALFORMED, "receipt: no voucher for its station") from None
        station = signed.voucher.station
        kid = b64encode(signed.key_id).decode()
        headquarters = self.policy.signers(trust, self.name, kid, station, now, partial(_signed_by, signed))
        self.policy.in_force(trust, headquarters, now)
        if not signed.voucher.covers(now):
            raise CredentialError(Reason.ISSUER_EXPIRED, "headquarters no longer vouches", issuer=station)
        if trust.revocations.revokes_hash(hashlib.sha256(signed.voucher.station_key).digest()):
            raise CredentialError(Reason.REVOKED, "headquarters revoked the station's key", issuer=station)
        return station, station_key


def _signed_by(voucher: SignedVoucher, headquarters: TrustedKey) -> bool:
    key = headquarters.public_key
    return isinstance(key, Ed25519PublicKey) and voucher.signed_by(key)


def _lasts_too_long(stated: Claims, issued_at: datetime) -> bool:
    return stated.expires_at is None or stated.expires_at - issued_at > MAX_VALIDITY


def _receipt(stated: Claims) -> Receipt:
    content = stated.content.get(_RECEIPT_CLAIM)
    if not isinstance(content, Mapping):
        raise CredentialError(Reason.WRONG_KIND, "no receipt in it", issuer=stated.issuer)
    holder = Holder(text_in(content.get("name")), text_in(content.get("born")), text_in(content.get("id")))
    at = content.get("at")
    if not holder.known or not isinstance(at, int) or not 0 <= at < 2**33:
        raise CredentialError(Reason.MALFORMED, "receipt: for nobody, or of no time", issuer=stated.issuer)
    try:
        found = Found(text_in(content.get("found")))
    except ValueError:
        raise CredentialError(Reason.UNKNOWN_VALUE, "receipt: of an unknown finding", field="found") from None
    return Receipt(found, holder, datetime.fromtimestamp(at, UTC), text_in(content.get("ref")))


def _facts(receipt: Receipt) -> tuple[Fact, ...]:
    """Return the facts in a receipt: an admission is none by itself, for the next checkpoint has rules of its own."""
    match receipt.found:
        case Found.ANTIGEN_NEGATIVE:
            return (TestReport(TestKind.ANTIGEN, TestResult.NEGATIVE, receipt.at),)
        case Found.ADMITTED:
            return ()
