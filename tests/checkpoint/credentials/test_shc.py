"""SMART Health Cards: what a good one says, and one reason for each way to be bad."""

import json
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)

from checkpoint.credential import Format, Holder, TestKind, TestReport, TestResult, Vaccination
from checkpoint.credentials import CredentialReader, TrustedKey, TrustList, jwk, keys
from checkpoint.credentials.revocation import Revocations
from checkpoint.credentials.shc import SmartHealthCard, join
from checkpoint.credentials.shc_parts import PartCollector
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from tests.checkpoint.credentials.issuer import NOW

ISSUER = "https://example.org/issuer"
PATIENT = {"resourceType": "Patient", "name": [{"family": "张", "given": ["伟"]}], "birthDate": "1988-08-08"}


def observation(**changes: Any) -> dict[str, Any]:
    """Return a NAAT that found nothing, with some of its parts replaced."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "94500-6"}]},
        "effectiveDateTime": "2022-03-20T03:00:00Z",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260415000"}]},
        **changes,
    }


def coded(*codes: str) -> dict[str, Any]:
    """Return the part of an observation that says what it found, in codes of SNOMED CT."""
    return {"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": one} for one in codes]}}


def worded(text: str) -> dict[str, Any]:
    return {"valueCodeableConcept": {"text": text}}


def interpreted(as_what: str) -> dict[str, Any]:
    """Return the part of an observation that says how the laboratory takes it."""
    system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    return {"interpretation": [{"coding": [{"system": system, "code": as_what}]}]}


DOSES = [
    {
        "resourceType": "Immunization",
        "status": status,
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": code}]},
        "occurrenceDateTime": day,
    }
    for status, code, day in (
        ("completed", "207", "2021-02-01"),
        ("completed", "207", "2021-01-01"),
        ("not-done", "207", "2021-03-01"),
        ("completed", "140", "2020-10-01"),  # influenza
    )
]


@pytest.fixture(scope="module")
def key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def claims(*resources: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the claims of a card with these resources beside the patient."""
    entries = [{"resource": resource} for resource in (PATIENT, *resources)]
    content = {
        "type": ["https://smarthealth.cards#health-card"],
        "rid": "card-1",
        "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": {"resourceType": "Bundle", "entry": entries}},
    }
    return {"iss": ISSUER, "nbf": NOW.timestamp() - 3600.5, "vc": content, **changes}


def token(content: Any, key: Any, header: dict[str, Any] | None = None) -> str:
    deflate = zlib.compressobj(wbits=-15)
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    deflated = deflate.compress(payload) + deflate.flush()
    first = {"alg": "ES256", "zip": "DEF", "kid": "card-key", **(header or {})}
    signed = f"{jwk.encode(json.dumps(first).encode())}.{jwk.encode(deflated)}"
    return f"{signed}.{jwk.encode(keys.sign(key, signed.encode()))}"


def digits(jws: str) -> str:
    return "".join(f"{ord(character) - 45:02}" for character in jws)


def code(content: Any, key: Any, header: dict[str, Any] | None = None) -> str:
    return "shc:/" + digits(token(content, key, header))


def in_parts(jws: str) -> list[str]:
    """Return the codes of a token that is too long for one."""
    third = len(jws) // 3
    parts = [jws[:third], jws[third : 2 * third], jws[2 * third :]]
    return [f"shc:/{number}/3/{digits(part)}" for number, part in enumerate(parts, start=1)]


def trust(key: Any, **changes: Any) -> TrustList:
    trusted = TrustedKey("card-key", key.public_key(), ISSUER, frozenset({Format.SHC}))
    return TrustList((replace(trusted, **changes),), as_of=NOW)


def reason_for(text: str, trusted: TrustList, now: datetime = NOW) -> Reason:
    with pytest.raises(CredentialError) as caught:
        CredentialReader([SmartHealthCard(lambda: trusted)]).identify(text, now)
    shown = repr(caught.value) + repr(caught.value.data)
    assert not any(word in shown for word in ("张", "伟", "1988"))
    return caught.value.reason


def test_a_card_names_its_holder_and_its_tests(key: EllipticCurvePrivateKey) -> None:
    found = CredentialReader([SmartHealthCard(lambda: trust(key))]).identify(code(claims(observation()), key), NOW)
    assert found.format is Format.SHC
    assert found.holder == Holder("张伟", "1988-08-08")
    assert found.facts == (TestReport(TestKind.NAAT, TestResult.NEGATIVE, datetime(2022, 3, 20, 3, tzinfo=UTC)),)
    assert (found.issuer, found.kid, found.verified) == (ISSUER, "card-key", True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code": {"coding": [{"code": "94558-4"}]}}, (TestKind.ANTIGEN, TestResult.NEGATIVE)),
        ({"valueCodeableConcept": {"coding": [{"code": "260373001"}]}}, (TestKind.NAAT, TestResult.POSITIVE)),
        ({"valueCodeableConcept": {"coding": [{"code": "419984006"}]}}, (TestKind.NAAT, TestResult.UNCLEAR)),
        (
            {"valueCodeableConcept": {"coding": [{"code": "260373001"}, {"code": "260415000"}]}},
            (TestKind.NAAT, TestResult.UNCLEAR),
        ),
        ({"status": "preliminary"}, (TestKind.NAAT, TestResult.PENDING)),
        (coded("260415000", "419984006"), (TestKind.NAAT, TestResult.UNCLEAR)),
        (coded("260373001", "419984006"), (TestKind.NAAT, TestResult.POSITIVE)),
        (coded("720735008"), (TestKind.NAAT, TestResult.POSITIVE)),
        (interpreted("POS"), (TestKind.NAAT, TestResult.UNCLEAR)),
        (interpreted("IND"), (TestKind.NAAT, TestResult.UNCLEAR)),
        (interpreted("NEG"), (TestKind.NAAT, TestResult.NEGATIVE)),
        ({**interpreted("POS"), **coded()}, (TestKind.NAAT, TestResult.POSITIVE)),
        ({**interpreted("NEG"), **coded()}, (TestKind.NAAT, TestResult.UNCLEAR)),
        (worded("Not  Detected"), (TestKind.NAAT, TestResult.NEGATIVE)),
        (worded("Detected"), (TestKind.NAAT, TestResult.POSITIVE)),
        (worded("nothing of note"), (TestKind.NAAT, TestResult.UNCLEAR)),
        ({**coded(), "valueString": "Negative"}, (TestKind.NAAT, TestResult.NEGATIVE)),
        ({"valueString": "Positive"}, (TestKind.NAAT, TestResult.UNCLEAR)),
        ({"valueString": "see the report"}, (TestKind.NAAT, TestResult.NEGATIVE)),
        ({"status": "entered-in-error", **coded("260373001")}, (TestKind.NAAT, TestResult.UNCLEAR)),
        ({"status": "cancelled", **coded("260373001")}, (TestKind.NAAT, TestResult.UNCLEAR)),
        ({"status": "appended", **coded("260415000")}, (TestKind.NAAT, TestResult.UNCLEAR)),
        ({"code": {"coding": [{"code": "94500-6"}, {"code": "94558-4"}]}}, (TestKind.OTHER, TestResult.NEGATIVE)),
        ({"code": {"coding": [{"code": "94533-7"}, {"code": "94500-6"}]}}, (TestKind.NAAT, TestResult.NEGATIVE)),
        ({"status": ["final"]}, (TestKind.NAAT, TestResult.UNCLEAR)),
        ({"status": {}}, (TestKind.NAAT, TestResult.UNCLEAR)),
    ],
)
def test_what_a_test_found_is_told_without_guessing(
    key: EllipticCurvePrivateKey, changes: dict[str, Any], expected: tuple[TestKind, TestResult]
) -> None:
    card = code(claims(observation(**changes)), key)
    (fact,) = CredentialReader([SmartHealthCard(lambda: trust(key))]).identify(card, NOW).facts
    assert isinstance(fact, TestReport)
    assert (fact.kind, fact.result) == expected


def facts_of(key: EllipticCurvePrivateKey, *resources: dict[str, Any]) -> tuple[Any, ...]:
    card = code(claims(*resources), key)
    return CredentialReader([SmartHealthCard(lambda: trust(key))]).identify(card, NOW).facts


@pytest.mark.parametrize(
    ("looked_for", "kind"),
    [
        *((gene, TestKind.OTHER) for gene in ("94533-7", "94316-7", "94534-5", "94640-0", "96986-7", "94559-2")),
        *((whole, TestKind.NAAT) for whole in ("94306-8", "94502-2", "96120-1")),
    ],
)
def test_a_positive_counts_whatever_part_of_the_virus_was_looked_for(
    key: EllipticCurvePrivateKey, looked_for: str, kind: TestKind
) -> None:
    (fact,) = facts_of(key, observation(code={"coding": [{"code": looked_for}]}, **coded("260373001")))
    assert (fact.kind, fact.result) == (kind, TestResult.POSITIVE)


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_withdrawn_test_says_nothing_beside_the_one_that_replaced_it(
    key: EllipticCurvePrivateKey, status: str
) -> None:
    (fact,) = facts_of(key, observation(status=status), observation())
    assert fact.result is TestResult.NEGATIVE


def test_a_sample_taken_over_a_while_counts_from_its_beginning(key: EllipticCurvePrivateKey) -> None:
    period = {"start": "2022-03-20T03:00:00Z", "end": "2022-03-20T04:00:00Z"}
    for stated, expected in ((period, datetime(2022, 3, 20, 3, tzinfo=UTC)), ({"start": "2022-03-20"}, None)):
        (fact,) = facts_of(key, observation(effectiveDateTime=None, effectivePeriod=stated))
        assert fact.sampled_at == expected


@pytest.mark.parametrize(
    ("system", "product", "counts"),
    [
        ("urn:oid:2.16.840.1.113883.12.292", "207", True),
        ("http://snomed.info/sct", "28581000087106", True),
        ("http://id.who.int/icd11/mms", "XM68M6", True),
        ("http://www.whocc.no/atc", "J07BX03", True),
        ("http://snomed.info/sct", "207", False),
        ("https://www.gs1.org/gtin", "04260703260118", False),
    ],
)
def test_a_vaccine_is_known_by_its_code_in_each_system_that_has_a_list(
    key: EllipticCurvePrivateKey, system: str, product: str, counts: bool
) -> None:
    dose = {**DOSES[0], "vaccineCode": {"coding": [{"system": system, "code": product}]}}
    given = (Vaccination(product, 1, 0, date(2021, 2, 1)),)
    assert facts_of(key, dose) == (given if counts else ())


def test_a_bare_day_is_no_time_of_sampling(key: EllipticCurvePrivateKey) -> None:
    card = code(claims(observation(effectiveDateTime="2022-03-20")), key)
    (fact,) = CredentialReader([SmartHealthCard(lambda: trust(key))]).identify(card, NOW).facts
    assert isinstance(fact, TestReport)
    assert fact.sampled_at is None


def test_doses_of_the_right_vaccine_are_counted_in_order(key: EllipticCurvePrivateKey) -> None:
    card = code(claims(*DOSES), key)
    assert CredentialReader([SmartHealthCard(lambda: trust(key))]).identify(card, NOW).facts == (
        Vaccination("207", 1, 0, date(2021, 1, 1)),
        Vaccination("207", 2, 0, date(2021, 2, 1)),
    )


def test_other_observations_are_no_business_of_a_checkpoint(key: EllipticCurvePrivateKey) -> None:
    card = code(claims(observation(code={"coding": [{"code": "2339-0"}]})), key)
    found = CredentialReader([SmartHealthCard(lambda: trust(key))]).identify(card, NOW)
    assert (found.facts, found.notes) == ((), ("no-fact",))


def test_a_card_may_come_in_parts_in_any_order(key: EllipticCurvePrivateKey) -> None:
    jws = token(claims(observation()), key)
    codes = in_parts(jws)
    assert join([codes[2], codes[0], codes[1]]) == jws
    reader = CredentialReader([SmartHealthCard(lambda: trust(key))])
    assert reader.identify(" ".join(reversed(codes)), NOW).facts
    with pytest.raises(CredentialError) as caught:
        reader.identify(codes[1], NOW)
    assert caught.value.reason is Reason.INCOMPLETE_CODE
    assert caught.value.data == {"missing": "1,3", "parts": "3"}


def test_a_camera_sees_the_parts_one_after_another(key: EllipticCurvePrivateKey) -> None:
    codes = in_parts(token(claims(observation()), key))
    reader = CredentialReader([SmartHealthCard(lambda: trust(key), parts=PartCollector())])
    for code_shown in (codes[2], codes[2], codes[0]):
        with pytest.raises(CredentialError) as caught:
            reader.identify(code_shown, NOW)
        assert caught.value.reason is Reason.INCOMPLETE_CODE
    assert caught.value.data == {"missing": "2", "parts": "3"}
    whole = reader.identify(codes[1], NOW + timedelta(seconds=20))
    assert whole.facts
    for still_in_view in codes:
        assert reader.identify(still_in_view, NOW + timedelta(seconds=21)) == whole
    with pytest.raises(CredentialError):  # a minute later a part is a part again
        reader.identify(codes[1], NOW + timedelta(seconds=82))


def test_parts_of_two_travellers_that_got_mixed_are_asked_for_again_and_not_called_forged(
    key: EllipticCurvePrivateKey,
) -> None:
    mine, theirs = (in_parts(token(claims(observation()), key, {"typ": made})) for made in ("JWT", "JOSE"))
    reader = CredentialReader([SmartHealthCard(lambda: trust(key), parts=PartCollector())])
    reasons = []
    for code_shown in (mine[0], theirs[1], theirs[2], theirs[0]):
        with pytest.raises(CredentialError) as caught:
            reader.identify(code_shown, NOW)
        reasons.append(caught.value.reason)
    assert set(reasons) == {Reason.INCOMPLETE_CODE}
    assert reader.identify(theirs[1], NOW).facts


def test_a_forged_card_in_parts_is_called_forged_once_nothing_can_be_mixed_up(key: EllipticCurvePrivateKey) -> None:
    forged = in_parts(token(claims(observation()), generate_private_key(SECP256R1())))
    reader = CredentialReader([SmartHealthCard(lambda: trust(key), parts=PartCollector())])
    reasons = []
    for code_shown in forged * 2:
        with pytest.raises(CredentialError) as caught:
            reader.identify(code_shown, NOW)
        reasons.append(caught.value.reason)
    assert reasons == [Reason.INCOMPLETE_CODE] * 4 + [Reason.BAD_SIGNATURE] * 2


def test_parts_of_the_traveller_before_are_not_put_together_with_the_next_ones(key: EllipticCurvePrivateKey) -> None:
    mine, theirs = (in_parts(token(claims(observation(), iss=ISSUER + tail), key)) for tail in ("", "/2"))
    parts = PartCollector()
    assert parts.with_earlier(mine[0], NOW) == mine[0]
    assert parts.with_earlier(theirs[0], NOW) == theirs[0]  # another first part: another card
    late = NOW + timedelta(seconds=61)
    assert parts.with_earlier(theirs[1], late) == theirs[1]
    assert parts.with_earlier("shc:/1/2/00", late) == "shc:/1/2/00"
    assert parts.with_earlier("hello", late) == "hello"


@pytest.mark.parametrize(
    "codes",
    [
        ["shc:/1/2/00", "shc:/1/2/01"],
        ["shc:/1/2/00", "shc:/2/3/01"],
        ["shc:/3/2/00"],
        ["shc:/0/2/00"],
        ["shc:/1/99/00"],
        ["shc:/000"],
        ["shc:/"],
        ["shc:/12a4"],
        ["shc:/٠١"],
    ],
)
def test_parts_that_do_not_belong_together_are_malformed(codes: list[str]) -> None:
    with pytest.raises(CredentialError) as caught:
        join(codes)
    assert caught.value.reason is Reason.MALFORMED


def test_each_way_to_be_a_bad_card_has_its_reason(key: EllipticCurvePrivateKey) -> None:
    other = generate_private_key(SECP256R1())
    good = claims(observation())
    card = code(good, key)
    assert reason_for(code(good, other), trust(key)) is Reason.BAD_SIGNATURE
    assert reason_for(card, TrustList()) is Reason.UNKNOWN_ISSUER
    assert reason_for(card, trust(key, issuer="https://example.org/other")) is Reason.UNKNOWN_ISSUER
    assert reason_for(card, trust(key, formats=frozenset({Format.HC1}))) is Reason.UNKNOWN_ISSUER
    assert reason_for(code({**good, "exp": NOW.timestamp() - 1}, key), trust(key)) is Reason.EXPIRED
    assert reason_for(code({**good, "nbf": NOW.timestamp() + 90}, key), trust(key)) is Reason.NOT_YET_VALID
    revoked = replace(trust(key), revocations=Revocations(card_ids={"card-key": {"card-1": None}}))
    assert reason_for(card, revoked) is Reason.REVOKED
    wrong = {**good, "vc": {**good["vc"], "type": ["https://smarthealth.cards#other"]}}
    assert reason_for(code(wrong, key), trust(key)) is Reason.WRONG_KIND


def test_of_two_issuers_with_one_key_the_one_the_card_names_counts(key: EllipticCurvePrivateKey) -> None:
    (own,) = trust(key).keys
    other = replace(own, issuer="https://example.org/other")
    for order in ((own, other), (other, own)):
        trusted = TrustList(order, NOW)
        card = CredentialReader([SmartHealthCard(lambda trusted=trusted: trusted)]).identify(
            code(claims(observation()), key), NOW
        )
        assert card.issuer == ISSUER
    expired = replace(own, not_after=NOW - timedelta(days=1))
    assert reason_for(code(claims(observation()), key), TrustList((other, expired), NOW)) is Reason.ISSUER_EXPIRED


def test_a_slash_behind_an_issuers_address_makes_no_other_issuer(key: EllipticCurvePrivateKey) -> None:
    stored = trust(key, issuer=ISSUER + "/")
    assert CredentialReader([SmartHealthCard(lambda: stored)]).identify(code(claims(observation()), key), NOW).facts


def test_a_key_of_no_stated_issuer_signs_nobodys_cards(key: EllipticCurvePrivateKey) -> None:
    assert reason_for(code(claims(observation()), key), trust(key, issuer="")) is Reason.UNKNOWN_ISSUER
    assert reason_for(code(claims(observation(), iss=""), key), trust(key, issuer="")) is Reason.UNKNOWN_ISSUER


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "ES384"}, {"zip": "GZ"}, {"kid": 5}, {"crit": ["x"]}]
)
def test_a_header_other_than_a_cards_is_malformed(key: EllipticCurvePrivateKey, header: dict[str, Any]) -> None:
    assert reason_for(code(claims(observation()), key, header), trust(key)) is Reason.MALFORMED


def test_a_key_on_another_curve_does_not_sign_cards(key: EllipticCurvePrivateKey) -> None:
    larger = generate_private_key(SECP384R1())
    assert reason_for(code(claims(observation()), larger), trust(larger)) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"iss": "x", "iss": "y", "vc": {}}',
        b'{"iss": "x", "vc": {}, "nbf": NaN}',
        b'{"iss": "\\ud800", "vc": {}}',
        b'{"iss": "https://example.org/issuer", "vc": {"type": ["https://smarthealth.cards#health-card"]}, "nbf": 1}',
        claims(PATIENT),
        claims(nbf="now"),
        claims(nbf=1e300),
    ],
)
def test_claims_that_are_none_are_malformed(key: EllipticCurvePrivateKey, content: Any) -> None:
    assert reason_for(code(content, key), trust(key)) is Reason.MALFORMED


def test_a_card_that_never_begins_is_not_valid_yet(key: EllipticCurvePrivateKey) -> None:
    content = claims(observation())
    del content["nbf"]
    assert reason_for(code(content, key), trust(key)) is Reason.NOT_YET_VALID


def test_a_bomb_is_too_large(key: EllipticCurvePrivateKey) -> None:
    assert reason_for(code(b" " * 1_000_000, key), trust(key)) is Reason.TOO_LARGE


def test_a_year_later_a_card_without_end_still_counts(key: EllipticCurvePrivateKey) -> None:
    card = code(claims(*DOSES), key)
    later = NOW + timedelta(days=365)
    assert CredentialReader([SmartHealthCard(lambda: trust(key))]).identify(card, later).expires_at is None
