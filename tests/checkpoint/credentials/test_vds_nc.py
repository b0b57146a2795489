"""ICAO VDS-NC: seals up to their country's authority, and one reason for each way to be bad."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from checkpoint.credential import Format, Holder, TestKind, TestReport, TestResult, Vaccination
from checkpoint.credentials import CredentialReader, TrustedKey, TrustList, TrustPolicy, certificate, chain, jwk, keys
from checkpoint.credentials.revocation import Revocations, from_crl
from checkpoint.credentials.trust_entries import authority
from checkpoint.credentials.vds_nc import VdsNc
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from tests.checkpoint.credentials.issuer import NOW

AUTHORITY_KEY_ID = b"\x07" * 20


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "AU"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


class State:
    """A state with an authority, and a signer of seals under it."""

    def __init__(self) -> None:
        self.authority_key = generate_private_key(SECP384R1())
        self.signer_key = generate_private_key(SECP256R1())
        self.signer = self.certified(self.signer_key)

    def certified(self, key: EllipticCurvePrivateKey, **changes: Any) -> x509.Certificate:
        """Return a signer's certificate by the authority."""
        builder = (
            self._builder("signer", changes.get("not_after", NOW + timedelta(days=100)))
            .public_key(key.public_key())
            .add_extension(x509.AuthorityKeyIdentifier(AUTHORITY_KEY_ID, None, None), critical=False)
        )
        if usage := changes.get("usage", certificate.SEAL_SIGNER):
            builder = builder.add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(usage)]), critical=True)
        if (signs := changes.get("signs")) is not None:
            builder = builder.add_extension(
                x509.KeyUsage(signs, False, not signs, False, False, False, False, False, False), critical=True
            )
        return builder.sign(changes.get("by", self.authority_key), SHA256())

    def trust(self) -> TrustList:
        """Return a trust list of the authority."""
        own = (
            self._builder("authority", NOW + timedelta(days=4000))
            .public_key(self.authority_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier(AUTHORITY_KEY_ID), critical=False)
            .sign(self.authority_key, SHA256())
        )
        return TrustList((authority(own.public_bytes(Encoding.DER)),), as_of=NOW)

    def seal(self, data: dict[str, Any], *, signer: x509.Certificate | None = None, key: Any = None) -> str:
        """Return the data sealed."""
        signature = keys.sign(key or self.signer_key, rfc8785.dumps(data))
        der = (signer or self.signer).public_bytes(Encoding.DER)
        return json.dumps(
            {"data": data, "sig": {"alg": "ES256", "sigvl": jwk.encode(signature), "cer": jwk.encode(der)}},
            ensure_ascii=False,
        )

    @staticmethod
    def _builder(subject: str, not_after: datetime) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("authority"))
            .serial_number(11)
            .not_valid_before(NOW - timedelta(days=30))
            .not_valid_after(not_after)
        )


@pytest.fixture(scope="module")
def state() -> State:
    return State()


def proof(kind: str = "icao.test", **message: Any) -> dict[str, Any]:
    """Return a proof of a negative PCR test, with some parts of its message replaced."""
    return {
        "hdr": {"t": kind, "v": 1, "is": "AUS"},
        "msg": {
            "utci": "U01932",
            "pid": {"n": "CITIZEN  JANE", "dob": "1990-01-29", "dn": "E1234567P"},
            "dat": {"sc": "2022-03-20T11:00:00+08:00", "ri": "2022-03-20T14:00:00+08:00"},
            "tr": {"tc": "molecular(PCR)", "r": "negative", "m": "nasopharyngeal"},
            **message,
        },
    }


def identified(text: str, trust: TrustList) -> Any:
    return CredentialReader([VdsNc(lambda: trust)]).identify(text, NOW)


def reason_for(text: str, trust: TrustList, policy: TrustPolicy | None = None) -> Reason:
    with pytest.raises(CredentialError) as caught:
        CredentialReader([VdsNc(lambda: trust, policy or TrustPolicy())]).identify(text, NOW)
    shown = repr(caught.value) + repr(caught.value.data)
    assert not any(word in shown for word in ("CITIZEN", "1990", "E1234567P"))
    return caught.value.reason


def test_a_proof_of_testing_names_traveller_document_and_test(state: State) -> None:
    found = identified(state.seal(proof()), state.trust())
    assert found.format is Format.VDS_NC
    assert found.holder == Holder("CITIZEN JANE", "1990-01-29", "E1234567P")
    assert found.facts == (TestReport(TestKind.NAAT, TestResult.NEGATIVE, datetime(2022, 3, 20, 3, tzinfo=UTC)),)
    assert (found.issuer, found.kid) == ("AUS", AUTHORITY_KEY_ID.hex())


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"tc": "Molecular (PCR)", "r": "negative"}, (TestKind.NAAT, TestResult.NEGATIVE)),
        ({"tc": "antigen", "r": "Positive"}, (TestKind.ANTIGEN, TestResult.POSITIVE)),
        ({"tc": "molecular(other)", "r": "inconclusive"}, (TestKind.NAAT, TestResult.UNCLEAR)),
        ({"tc": "sniffer dog", "r": "positive"}, (TestKind.OTHER, TestResult.POSITIVE)),
        ({}, (TestKind.OTHER, TestResult.UNCLEAR)),
    ],
)
def test_what_a_test_found_is_told_without_guessing(
    state: State, test: dict[str, str], expected: tuple[TestKind, TestResult]
) -> None:
    (fact,) = identified(state.seal(proof(tr=test)), state.trust()).facts
    assert (fact.kind, fact.result) == expected


def test_antibodies_are_no_test_for_the_virus(state: State) -> None:
    assert identified(state.seal(proof(tr={"tc": "antibody", "r": "positive"})), state.trust()).facts == ()


def test_doses_against_this_disease_are_facts(state: State) -> None:
    doses = [{"dvc": "2021-04-02", "seq": 1}, {"dvc": "2021-07-02", "seq": "2"}]
    events = [{"dis": "RA01.0", "nam": "Spikevax", "vd": doses}, {"dis": "1D47", "nam": "Stamaril", "vd": doses}]
    assert identified(state.seal(proof("icao.vacc", ve=events)), state.trust()).facts == (
        Vaccination("Spikevax", 1, 0, date(2021, 4, 2)),
        Vaccination("Spikevax", 2, 0, date(2021, 7, 2)),
    )


def test_each_way_to_be_a_bad_seal_has_its_reason(state: State) -> None:
    good, trust = state.seal(proof()), state.trust()
    assert reason_for(good.replace("negative", "positive"), trust) is Reason.BAD_SIGNATURE
    assert reason_for(good, TrustList()) is Reason.UNKNOWN_ISSUER
    assert reason_for(good, State().trust()) is Reason.BAD_SIGNATURE  # it names this authority, which did not sign it
    old = state.seal(proof(), signer=state.certified(state.signer_key, not_after=NOW - timedelta(days=1)))
    assert reason_for(old, trust) is Reason.ISSUER_EXPIRED
    mail = state.certified(state.signer_key, usage="1.3.6.1.5.5.7.3.4")
    assert reason_for(state.seal(proof(), signer=mail), trust) is Reason.KEY_NOT_ALLOWED
    revoked = Revocations(certificates=frozenset({(AUTHORITY_KEY_ID.hex(), 11)}))
    assert reason_for(good, replace(trust, revocations=revoked)) is Reason.REVOKED
    stale = TrustPolicy(max_age=timedelta(days=30))
    assert reason_for(good, replace(trust, as_of=NOW - timedelta(days=31)), stale) is Reason.TRUST_LIST_STALE
    assert reason_for(good, TrustList(as_of=NOW - timedelta(days=31)), stale) is Reason.TRUST_LIST_STALE
    assert reason_for(state.seal(proof("icao.other")), trust) is Reason.WRONG_KIND
    assert reason_for(state.seal(proof(pid={"n": "1234"})), trust) is Reason.MALFORMED
    assert reason_for(state.seal(proof(tr=[])), trust) is Reason.MALFORMED


def test_a_signer_without_a_stated_use_counts_where_it_may_sign_data(state: State) -> None:
    may, may_not = (state.certified(state.signer_key, usage=None, signs=signs) for signs in (True, False))
    assert identified(state.seal(proof(), signer=may), state.trust()).verified
    assert reason_for(state.seal(proof(), signer=may_not), state.trust()) is Reason.KEY_NOT_ALLOWED
    encipherer = state.certified(state.signer_key, signs=False)
    assert reason_for(state.seal(proof(), signer=encipherer), state.trust()) is Reason.KEY_NOT_ALLOWED


def said_by(issuer: str) -> dict[str, Any]:
    return {**proof(), "hdr": {"t": "icao.test", "v": 1, "is": issuer}}


def test_a_signer_of_one_state_signs_in_no_others_name(state: State) -> None:
    (key,) = state.trust().keys
    for other in ("JPN", "D", "HKG", "EUE"):
        assert reason_for(state.seal(said_by(other)), state.trust()) is Reason.KEY_NOT_ALLOWED
    japans = TrustList((replace(key, issuer="JP"),), NOW)
    assert reason_for(state.seal(proof()), japans) is Reason.KEY_NOT_ALLOWED


def test_a_name_that_is_no_states_is_not_shown_for_one(state: State) -> None:
    assert identified(state.seal(said_by("UTO")), state.trust()).issuer == "AU"


def test_an_authority_counts_while_one_of_its_certificates_is_valid(state: State) -> None:
    (key,) = state.trust().keys
    link = replace(key, not_after=NOW - timedelta(days=1), name="link")
    for order in ((key, link), (link, key)):
        assert identified(state.seal(proof()), TrustList(order, NOW)).verified
    assert reason_for(state.seal(proof()), TrustList((link,), NOW)) is Reason.ISSUER_EXPIRED


def crl_of(state: State) -> bytes:
    """Return the revocation list by which the authority takes back its signer."""
    entry = x509.RevokedCertificateBuilder().serial_number(11).revocation_date(NOW).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(name("authority")).add_revoked_certificate(entry)
    dated = builder.last_update(NOW).next_update(NOW + timedelta(days=9))
    return dated.sign(state.authority_key, SHA256()).public_bytes(Encoding.DER)


def test_an_authority_known_by_two_ids_takes_a_signer_back_under_both(state: State) -> None:
    (key,) = state.trust().keys
    link = replace(key, kid="ff" * 20)
    both = from_crl(crl_of(state), [(one.kid, one.public_key) for one in (key, link)])
    assert both.certificates == {(key.kid, 11), (link.kid, 11)}
    for known in ((key, link), (link, key), (link,)):
        revoked = from_crl(crl_of(state), [(one.kid, one.public_key) for one in known])
        trust = TrustList((link, key), NOW, revoked)
        assert reason_for(state.seal(proof()), trust) is Reason.REVOKED


def test_a_signer_that_is_trusted_itself_can_be_taken_back_by_its_authority(state: State) -> None:
    pinned = TrustedKey("pinned", state.signer_key.public_key(), "AU", frozenset({Format.VDS_NC}))
    trust = TrustList((pinned,), NOW)
    assert identified(state.seal(proof()), trust).verified
    revoked = from_crl(crl_of(state), [(key.kid, key.public_key) for key in state.trust().keys])
    assert reason_for(state.seal(proof()), replace(trust, revocations=revoked)) is Reason.REVOKED


def test_of_a_signer_that_is_trusted_itself_nothing_counts_that_nobody_signed(state: State) -> None:
    """The certificate in the seal could be anybody's work: the trust list says whose the key is, and until when."""
    forged = state.certified(
        state.signer_key, by=generate_private_key(SECP256R1()), not_after=NOW + timedelta(days=9000), usage=None
    )
    pinned = TrustedKey("pinned", state.signer_key.public_key(), "AU", frozenset({Format.VDS_NC}))
    seal = state.seal({**proof(), "hdr": {"t": "icao.test", "v": 1, "is": "UTO"}}, signer=forged)
    assert identified(seal, TrustList((pinned,), NOW)).issuer == "AU"
    over = replace(pinned, not_after=NOW - timedelta(days=1))
    assert reason_for(seal, TrustList((over,), NOW)) is Reason.ISSUER_EXPIRED


def test_a_traveller_cannot_be_their_own_authority(state: State) -> None:
    own = generate_private_key(SECP256R1())
    forged = state.certified(own, by=generate_private_key(SECP384R1()))
    assert reason_for(state.seal(proof(), signer=forged, key=own), state.trust()) is Reason.BAD_SIGNATURE


def test_the_order_of_fields_does_not_matter_to_the_signature(state: State) -> None:
    sealed = json.loads(state.seal(proof()))
    turned = {"sig": sealed["sig"], "data": dict(reversed(sealed["data"].items()))}
    assert identified(json.dumps(turned, indent=2), state.trust()).verified


@pytest.mark.parametrize(
    "text",
    [
        '{"data": {"hdr": {"t": "icao.test"}}, "sig": {}}',
        '{"data": {"hdr": {"t": "icao.x", "is": "X"}, "msg": {}}, "sig": {"alg": "ES256", "sigvl": "AA", "cer": ""}}',
        '{"hdr" "sig" "icao.',
        '[{"hdr": 1}, {"sig": 2}, "icao."]',
    ],
)
def test_a_broken_seal_is_told_apart_from_other_json(state: State, text: str) -> None:
    assert reason_for(text, state.trust()) is Reason.MALFORMED


@pytest.mark.parametrize("text", ["{}", '{"isThisAVDS": false}', "[]", "icao.test", '{"sig": 1}'])
def test_other_json_is_not_ours(state: State, text: str) -> None:
    assert reason_for(text, state.trust()) is Reason.UNKNOWN_CODE


def test_a_key_twice_in_a_seal_is_malformed(state: State) -> None:
    doubled = state.seal(proof()).replace('"r": "negative"', '"r": "positive", "r": "negative"')
    assert reason_for(doubled, state.trust()) is Reason.MALFORMED


def test_a_certificate_signed_over_sha1_is_nobodys(state: State) -> None:
    parsed = certificate.parse(state.signer.public_bytes(Encoding.DER))
    assert chain.is_signed_by(parsed, state.authority_key.public_key())
    sha1 = replace(parsed, signature_algorithm="1.2.840.10045.4.1")
    assert not chain.is_signed_by(sha1, state.authority_key.public_key())
