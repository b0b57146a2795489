"""Receipts: a station signs what it found, headquarters vouches for the station, the next needs no network."""

import zlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkpoint.credential import Format, Holder, TestKind, TestReport, TestResult
from checkpoint.credentials import CredentialReader, TrustedKey, TrustList, TrustPolicy, base45, cose
from checkpoint.credentials.hc1 import HC1
from checkpoint.credentials.issue import sign_claims
from checkpoint.credentials.receipt import Found, Receipt, ReceiptFormat, StationSigner, headquarters
from checkpoint.credentials.revocation import Revocations
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from checkpoint.voucher import Voucher, open_voucher, sign_voucher
from tests.checkpoint.credentials.issuer import NOW, Issuer

HOLDER = Holder("张伟", "1988-08-08")
TEST = Receipt(Found.ANTIGEN_NEGATIVE, HOLDER, NOW - timedelta(hours=1), reference="c-17")


@dataclass
class Network:
    """Headquarters with one station."""

    headquarters: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    station: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def voucher(self, by: Ed25519PrivateKey | None = None, **changes: Any) -> bytes:
        voucher = Voucher(
            "pinghu-north",
            self.station.public_key().public_bytes_raw(),
            NOW - timedelta(days=1),
            NOW + timedelta(days=90),
        )
        return sign_voucher(replace(voucher, **changes), by or self.headquarters)

    def signer(self, **changes: Any) -> StationSigner:
        return StationSigner(self.station, self.voucher(**changes))

    def receipt(self, receipt: Receipt = TEST, *, issued_at: datetime = NOW, hours: float = 24, **changes: Any) -> str:
        return self.signer(**changes).sign(receipt, issued_at=issued_at, valid_for=timedelta(hours=hours))

    def trust(self) -> TrustList:
        return TrustList((headquarters(self.headquarters.public_key()),), as_of=NOW)


@pytest.fixture
def network() -> Network:
    return Network()


def reason_for(text: str, trust: TrustList, now: datetime = NOW, policy: TrustPolicy | None = None) -> Reason:
    with pytest.raises(CredentialError) as caught:
        CredentialReader([ReceiptFormat(lambda: trust, policy or TrustPolicy())]).identify(text, now)
    assert "张伟" not in repr(caught.value) + repr(caught.value.data)
    return caught.value.reason


def test_the_next_checkpoint_verifies_a_negative_antigen_test_offline(network: Network) -> None:
    found = CredentialReader([ReceiptFormat(network.trust)]).identify(network.receipt(), NOW)
    assert found.format is Format.RECEIPT
    assert found.issuer == "pinghu-north"
    assert found.holder == HOLDER
    assert found.facts == (TestReport(TestKind.ANTIGEN, TestResult.NEGATIVE, NOW - timedelta(hours=1)),)
    assert found.expires_at == NOW + timedelta(hours=24)
    assert found.verified


def test_an_admission_is_noted_but_proves_nothing_by_itself(network: Network) -> None:
    code = network.receipt(replace(TEST, found=Found.ADMITTED))
    found = CredentialReader([ReceiptFormat(network.trust)]).identify(code, NOW)
    assert found.facts == ()
    assert "admitted" in found.notes


def test_a_receipt_fits_an_ordinary_symbol(network: Network) -> None:
    assert len(network.receipt()) < 700  # characters: version 17, level M


def test_a_receipt_needs_a_holder(network: Network) -> None:
    with pytest.raises(ValueError, match="for nobody"):
        network.receipt(replace(TEST, holder=Holder()))


def test_no_receipt_lasts_longer_than_three_days(network: Network) -> None:
    with pytest.raises(ValueError, match="at most"):
        network.receipt(hours=73)


def test_a_receipt_expires(network: Network) -> None:
    assert reason_for(network.receipt(hours=1), network.trust(), NOW + timedelta(hours=2)) is Reason.EXPIRED


def test_a_station_headquarters_never_heard_of_counts_for_nothing(network: Network) -> None:
    assert reason_for(Network().receipt(), network.trust()) is Reason.UNKNOWN_ISSUER


def test_a_voucher_signed_by_somebody_else_is_forged(network: Network) -> None:
    signed = network.voucher(by=Ed25519PrivateKey.generate())
    genuine = open_voucher(network.voucher())
    forged = signed[:3] + genuine.key_id + signed[11:]
    code = StationSigner(network.station, forged).sign(TEST, issued_at=NOW, valid_for=timedelta(hours=1))
    assert reason_for(code, network.trust()) is Reason.BAD_SIGNATURE


def test_another_stations_voucher_does_not_help(network: Network) -> None:
    thief = StationSigner(Ed25519PrivateKey.generate(), network.voucher())
    code = thief.sign(TEST, issued_at=NOW, valid_for=timedelta(hours=1))
    assert reason_for(code, network.trust()) is Reason.BAD_SIGNATURE


def test_a_voucher_runs_out(network: Network) -> None:
    code = network.receipt(not_after=NOW - timedelta(minutes=1))
    assert reason_for(code, network.trust()) is Reason.ISSUER_EXPIRED


def test_a_lost_station_is_revoked_by_its_key(network: Network) -> None:
    key = network.station.public_key().public_bytes_raw()
    revoked = Revocations(hashes=frozenset({sha256(key).digest()[:16]}))
    assert reason_for(network.receipt(), replace(network.trust(), revocations=revoked)) is Reason.REVOKED


def test_a_health_issuers_key_vouches_for_no_station(network: Network) -> None:
    key = replace(headquarters(network.headquarters.public_key()), formats=frozenset({Format.HC1}))
    assert reason_for(network.receipt(), TrustList((key,))) is Reason.UNKNOWN_ISSUER


def test_headquarters_key_signs_no_health_certificate(network: Network) -> None:
    issuer = Issuer(key=network.headquarters, kid=b"whatever")
    key = replace(headquarters(network.headquarters.public_key()), kid=b64encode(b"whatever").decode())
    with pytest.raises(CredentialError) as caught:
        HC1(lambda: TrustList((key,))).identify(issuer.hc1(), NOW)
    assert caught.value.reason is Reason.UNKNOWN_ISSUER


def test_a_stale_trust_list_holds_receipts_too(network: Network) -> None:
    old = replace(network.trust(), as_of=NOW - timedelta(days=40))
    policy = TrustPolicy(max_age=timedelta(days=30))
    assert reason_for(network.receipt(), old, policy=policy) is Reason.TRUST_LIST_STALE


def rewritten(code: str, change: Callable[[cose.Sign1], bytes]) -> str:
    message = cose.parse(zlib.decompress(base45.decode(code.removeprefix("RECEIPT1:"))))
    return "RECEIPT1:" + base45.encode(zlib.compress(change(message)))


def test_a_receipt_without_voucher_is_malformed(network: Network) -> None:
    bare = rewritten(network.receipt(), lambda m: cose.sign(m.payload, network.station, m.kid))
    assert reason_for(bare, network.trust()) is Reason.MALFORMED


def test_a_receipt_of_another_kind_of_claim_is_the_wrong_kind(network: Network) -> None:
    code = Issuer(key=network.station).hc1()
    message = cose.parse(zlib.decompress(base45.decode(code[4:])))
    signed = cose.sign(message.payload, network.station, b"station!", {-65_601: network.voucher()})
    text = "RECEIPT1:" + base45.encode(zlib.compress(signed))
    assert reason_for(text, network.trust()) is Reason.BAD_SIGNATURE  # signed in the name of "CN"


@pytest.mark.parametrize("length", [0, 1, 50, 114, 115, 200, 5_000])
def test_bytes_that_are_no_voucher_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="voucher"):
        open_voucher(bytes(length))


def test_a_station_has_a_name_of_bounded_length(network: Network) -> None:
    for name in ("", "长" * 21):
        with pytest.raises(ValueError, match="name"):
            network.voucher(station=name)


def test_any_other_key_may_be_in_the_list_beside(network: Network) -> None:
    kid = headquarters(network.headquarters.public_key()).kid
    other = TrustedKey(kid, generate_private_key(SECP256R1()).public_key(), "x", frozenset({Format.RECEIPT}))
    trust = TrustList((other, *network.trust().keys))
    assert CredentialReader([ReceiptFormat(lambda: trust)]).identify(network.receipt(), NOW).verified


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, Reason.WRONG_KIND),
        ({"found": "admitted", "at": 1_647_763_200}, Reason.MALFORMED),
        ({"found": "admitted", "at": "now", "name": "张伟"}, Reason.MALFORMED),
        ({"found": "admitted", "at": -1, "name": "张伟"}, Reason.MALFORMED),
        ({"found": "immortal", "at": 1_647_763_200, "name": "张伟"}, Reason.UNKNOWN_VALUE),
    ],
)
def test_a_genuine_station_may_still_sign_nonsense(network: Network, content: Any, reason: Reason) -> None:
    code = sign_claims(
        {} if content is None else {-65_602: content},
        network.station,
        b"station!",
        prefix="RECEIPT1:",
        issuer="pinghu-north",
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        header={-65_601: network.voucher()},
    )
    assert reason_for(code, network.trust()) is reason


def test_a_receipt_that_lasts_for_a_week_is_no_receipt(network: Network) -> None:
    code = sign_claims(
        {-65_602: {"found": "admitted", "at": int(NOW.timestamp()), "name": "张伟"}},
        network.station,
        b"station!",
        prefix="RECEIPT1:",
        issuer="pinghu-north",
        issued_at=NOW,
        expires_at=NOW + timedelta(days=7),
        header={-65_601: network.voucher()},
    )
    assert reason_for(code, network.trust()) is Reason.MALFORMED
