"""`HC1:` codes: what a good one says, and one reason for each way to be bad."""

import hashlib
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import cbor2
import pytest

from checkpoint.credential import Format, Holder, Recovery, TestKind, TestReport, TestResult, Vaccination
from checkpoint.credentials import CredentialReader, TrustList, TrustPolicy, base45, cose
from checkpoint.credentials.hc1 import HC1
from checkpoint.credentials.issue import sign_claims
from checkpoint.credentials.revocation import Revocations
from checkpoint.credentials.trust import Use
from checkpoint.crossing import Category, Evidence, Verdict
from checkpoint.errors import CredentialError
from checkpoint.policy import decide, shipped_packs
from checkpoint.reasons import Reason
from tests.checkpoint.credentials.issuer import NAAT_NEGATIVE, NOW, Issuer, certificate, test_entry


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


def reason_for(text: str, trust: TrustList, now: datetime = NOW, policy: TrustPolicy | None = None) -> Reason:
    """Return why a code is refused; fail where it is not."""
    with pytest.raises(CredentialError) as caught:
        CredentialReader([HC1(lambda: trust, policy or TrustPolicy())]).identify(text, now)
    return caught.value.reason


def facts_of(text: str, trust: TrustList) -> tuple[Any, ...]:
    return CredentialReader([HC1(lambda: trust)]).identify(text, NOW).facts


def code_around(message: bytes) -> str:
    """Return the code a COSE message of any kind would travel in."""
    return "HC1:" + base45.encode(zlib.compress(message))


def test_a_negative_naat_names_its_holder_and_the_time_of_sampling(issuer: Issuer) -> None:
    found = CredentialReader([HC1(issuer.trust)]).identify(issuer.hc1(), NOW)
    assert found.format is Format.HC1
    assert found.holder == Holder(name="张伟", born="1988-08-08")
    sampled = datetime(2022, 3, 20, 3, 0, tzinfo=UTC)
    assert found.facts == (TestReport(TestKind.NAAT, TestResult.NEGATIVE, sampled),)
    assert (found.issuer, found.kid, found.verified) == ("CN", issuer.kid_text, True)
    assert len(found.digest) == 64


def test_an_antigen_test_is_told_apart_from_a_naat(issuer: Issuer) -> None:
    (fact,) = facts_of(issuer.hc1(certificate(t=test_entry(tt="LP217198-3", tr="260373001"))), issuer.trust())
    assert (fact.kind, fact.result) == (TestKind.ANTIGEN, TestResult.POSITIVE)


@pytest.mark.parametrize("value", ["", "negative", None, 5])
def test_a_result_no_value_set_knows_is_unclear_never_negative(issuer: Issuer, value: object) -> None:
    (fact,) = facts_of(issuer.hc1(certificate(t=test_entry(tr=value))), issuer.trust())
    assert fact.result is TestResult.UNCLEAR


def test_a_positive_test_of_unknown_kind_is_still_positive(issuer: Issuer) -> None:
    (fact,) = facts_of(issuer.hc1(certificate(t=test_entry(tt="a test", tr="260373001"))), issuer.trust())
    assert (fact.kind, fact.result) == (TestKind.OTHER, TestResult.POSITIVE)


@pytest.mark.parametrize("stated", ["2022-03-20T03:00:00", "yesterday", "", None, 1647745200])
def test_a_time_of_sampling_without_zone_or_sense_is_no_time(issuer: Issuer, stated: object) -> None:
    (fact,) = facts_of(issuer.hc1(certificate(t=test_entry(sc=stated))), issuer.trust())
    assert fact.sampled_at is None


@pytest.mark.parametrize(
    "stated", ["2022-03-20T11:00:00+0800", " 2022-03-20T03:00:00.123456789Z ", datetime(2022, 3, 20, 3, tzinfo=UTC)]
)
def test_a_time_of_sampling_is_understood_in_every_spelling_in_use(issuer: Issuer, stated: object) -> None:
    (fact,) = facts_of(issuer.hc1(certificate(t=test_entry(sc=stated))), issuer.trust())
    assert fact.sampled_at.replace(microsecond=0) == datetime(2022, 3, 20, 3, tzinfo=UTC)


@pytest.mark.parametrize("absent", [None, "", " "])
def test_parts_that_real_certificates_leave_out_may_be_absent(issuer: Issuer, absent: str | None) -> None:
    content = certificate(t=test_entry(co=absent, ci=absent, tc=absent), v=None, r=[])
    (fact,) = facts_of(issuer.hc1({**content, "ver": absent}), issuer.trust())
    assert fact.result is TestResult.NEGATIVE


@pytest.mark.parametrize("absent", [None, "", " "])
def test_a_certificate_that_names_no_disease_is_genuine_and_proves_nothing(issuer: Issuer, absent: str | None) -> None:
    (negative,) = facts_of(issuer.hc1(certificate(t=test_entry(tg=absent))), issuer.trust())
    assert (negative.kind, negative.result) == (TestKind.OTHER, TestResult.NEGATIVE)
    dose = {"tg": absent, "mp": "CoronaVac", "dn": 2, "sd": 2, "dt": "2021-07-01", "co": "CN", "ci": "x"}
    assert facts_of(issuer.hc1({**certificate(), "t": None, "v": [dose]}), issuer.trust()) == ()


def test_a_negative_test_of_no_stated_disease_admits_nobody_and_a_positive_one_still_bars(issuer: Issuer) -> None:
    verdicts = []
    for result in ("260415000", "260373001"):
        code = issuer.hc1(certificate(t=test_entry(tg=None, tr=result)))
        shown = CredentialReader([HC1(issuer.trust)]).identify(code, NOW)
        evidence = Evidence(category=Category.RESIDENT, credentials=(shown,))
        pack = next(pack for pack in shipped_packs() if pack.id.startswith("pinghu"))
        verdicts.append(decide(evidence, pack, NOW).verdict)
    assert verdicts == [Verdict.HOLD, Verdict.REFUSE]


def test_vaccination_and_recovery_are_facts_too(issuer: Issuer) -> None:
    dose = {"tg": "840539006", "mp": "CoronaVac", "dn": 2, "sd": 2, "dt": "2021-07-01", "co": "CN", "ci": "x"}
    assert facts_of(issuer.hc1({**certificate(), "t": None, "v": [dose]}), issuer.trust()) == (
        Vaccination("CoronaVac", 2, 2, date(2021, 7, 1)),
    )
    past = {"tg": "840539006", "fr": "2022-01-01", "df": "2022-01-12", "du": "2022-06-30", "co": "CN", "ci": "x"}
    assert facts_of(issuer.hc1({**certificate(), "t": [], "r": [past]}), issuer.trust()) == (
        Recovery(date(2022, 1, 1), date(2022, 1, 12), date(2022, 6, 30)),
    )


def test_the_standardised_name_stands_in_where_no_other_is_printed(issuer: Issuer) -> None:
    code = issuer.hc1(certificate(nam={"fnt": "VAN<DER<BERG", "gnt": "ANNA"}))
    assert CredentialReader([HC1(issuer.trust)]).identify(code, NOW).holder.name == "ANNA VAN DER BERG"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"fn": "SUHARTO", "gn": "-"}, "SUHARTO"),
        ({"fn": "Suharto", "gn": ".", "fnt": "SUHARTO"}, "Suharto"),
        ({"fn": "***", "gn": "Sukarno"}, "Sukarno"),
        ({"fn": "Suharto", "gn": "--", "gnt": "HAJI"}, "HAJI Suharto"),
        ({"fn": "X", "gn": "Malcolm"}, "Malcolm X"),
    ],
)
def test_a_dash_that_stands_for_a_name_is_no_part_of_it(issuer: Issuer, names: dict[str, str], shown: str) -> None:
    found = CredentialReader([HC1(issuer.trust)]).identify(issuer.hc1(certificate(nam=names)), NOW)
    assert found.holder.name == shown


@pytest.mark.parametrize("names", [{"fn": "-", "gn": "."}, {"fn": "\U0001f600", "gn": "Anna"}, {"fn": "7", "gn": "A"}])
def test_placeholders_alone_and_signs_in_place_of_a_name_name_nobody(issuer: Issuer, names: dict[str, str]) -> None:
    assert reason_for(issuer.hc1(certificate(nam=names)), issuer.trust()) is Reason.MALFORMED


def test_a_name_cannot_be_made_to_look_like_another(issuer: Issuer) -> None:
    code = issuer.hc1(certificate(nam={"gn": "\u202eannA\u202c", "fn": "de\nGroot\x00\u2066"}))
    assert CredentialReader([HC1(issuer.trust)]).identify(code, NOW).holder.name == "annA de Groot"


def test_a_forged_signature_is_told_apart_from_an_unknown_issuer(issuer: Issuer) -> None:
    forger = Issuer(kid=issuer.kid)
    assert reason_for(forger.hc1(), issuer.trust()) is Reason.BAD_SIGNATURE
    stranger = Issuer(kid=b"nobody")
    assert reason_for(stranger.hc1(), issuer.trust()) is Reason.UNKNOWN_ISSUER


def test_a_changed_certificate_is_forged(issuer: Issuer) -> None:
    message = cose.parse(zlib.decompress(base45.decode(issuer.hc1()[4:])))
    payload = message.payload.replace(b"260415000", b"260373001")
    changed = cbor2.dumps(cbor2.CBORTag(18, [message.protected, {}, payload, message.signature]))
    assert reason_for(code_around(changed), issuer.trust()) is Reason.BAD_SIGNATURE


def test_expired_and_not_yet_valid_are_told_apart(issuer: Issuer) -> None:
    code = issuer.hc1(expires_at=NOW - timedelta(seconds=1))
    assert reason_for(code, issuer.trust()) is Reason.EXPIRED
    code = issuer.hc1(issued_at=NOW + timedelta(minutes=5))
    assert reason_for(code, issuer.trust()) is Reason.NOT_YET_VALID


def test_a_certificate_may_begin_later_than_it_was_issued(issuer: Issuer) -> None:
    seconds = int(NOW.timestamp())
    code = sign_claims(
        {5: seconds + 600, -260: {1: certificate()}},
        issuer.key,
        issuer.kid,
        prefix="HC1:",
        issuer="CN",
        issued_at=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(days=1),
    )
    assert reason_for(code, issuer.trust()) is Reason.NOT_YET_VALID
    assert HC1(issuer.trust).identify(code, NOW + timedelta(seconds=700))


def test_an_issuers_clock_may_be_a_little_ahead(issuer: Issuer) -> None:
    assert facts_of(issuer.hc1(issued_at=NOW + timedelta(seconds=30)), issuer.trust())


def test_a_key_vouches_only_for_what_it_may(issuer: Issuer) -> None:
    trust = issuer.trust(uses=frozenset({Use.VACCINATION}))
    assert reason_for(issuer.hc1(), trust) is Reason.KEY_NOT_ALLOWED


def test_a_key_of_another_kind_of_code_does_not_count(issuer: Issuer) -> None:
    trust = issuer.trust(formats=frozenset({Format.RECEIPT}))
    assert reason_for(issuer.hc1(), trust) is Reason.UNKNOWN_ISSUER


def test_an_issuer_whose_key_ran_out_does_not_count(issuer: Issuer) -> None:
    trust = issuer.trust(not_after=NOW - timedelta(days=1))
    assert reason_for(issuer.hc1(), trust) is Reason.ISSUER_EXPIRED


@pytest.mark.parametrize(
    ("unfit", "reason"),
    [
        ({"not_after": NOW - timedelta(days=1)}, Reason.ISSUER_EXPIRED),
        ({"uses": frozenset({Use.VACCINATION})}, Reason.KEY_NOT_ALLOWED),
    ],
)
def test_of_a_key_in_several_lists_the_entry_that_fits_counts_in_any_order(
    issuer: Issuer, unfit: dict[str, Any], reason: Reason
) -> None:
    entries = (issuer.trusted(source="old", **unfit), issuer.trusted(source="new"))
    for order in (entries, entries[::-1]):
        assert facts_of(issuer.hc1(), TrustList(order, NOW))
    assert reason_for(issuer.hc1(), TrustList(entries[:1], NOW)) is reason


def test_an_expired_entry_lends_its_uses_to_no_other(issuer: Issuer) -> None:
    old = issuer.trusted(not_after=NOW - timedelta(days=1))
    now = issuer.trusted(uses=frozenset({Use.VACCINATION}))
    for order in ((old, now), (now, old)):
        assert reason_for(issuer.hc1(), TrustList(order, NOW)) is Reason.KEY_NOT_ALLOWED


def test_a_trust_list_that_is_too_old_admits_nobody(issuer: Issuer) -> None:
    week = TrustPolicy(max_age=timedelta(days=7))
    old = replace(issuer.trust(), as_of=NOW - timedelta(days=8))
    assert reason_for(issuer.hc1(), old, policy=week) is Reason.TRUST_LIST_STALE
    assert reason_for(Issuer(kid=b"new").hc1(), old, policy=week) is Reason.TRUST_LIST_STALE
    assert reason_for(Issuer().hc1(), old, policy=week) is Reason.BAD_SIGNATURE  # forged is forged at any age
    nobody_knows = replace(issuer.trust(), as_of=None)
    assert reason_for(issuer.hc1(), nobody_knows, policy=week) is Reason.TRUST_LIST_STALE


def test_a_certificate_is_revoked_by_its_signature_whose_second_half_anybody_could_change(issuer: Issuer) -> None:
    code = issuer.hc1()
    first_half = cose.parse(zlib.decompress(base45.decode(code[4:]))).signature[:32]
    listed = Revocations(hashes=frozenset({hashlib.sha256(first_half).digest()[:16]}))
    assert reason_for(code, replace(issuer.trust(), revocations=listed)) is Reason.REVOKED


def dvc(issuer: Issuer, **changes: Any) -> str:
    """Return the WHO's certificate of one vaccination, with some of its parts replaced."""
    dose = {"dn": 1, "tg": "RA01.0", "vp": "XM0GQ8", "dt": "2024-01-23", "is": "Ministry"}
    content = {"n": "Test Patient", "dob": "1963-02-04", "s": "female", "v": dose, **changes}
    return sign_claims(
        {-260: {-6: content}},
        issuer.key,
        issuer.kid,
        prefix="HC1:",
        issuer="TGO",
        issued_at=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(days=1),
    )


def test_the_whos_certificate_of_vaccination_is_of_the_family(issuer: Issuer) -> None:
    found = CredentialReader([HC1(issuer.trust)]).identify(dvc(issuer), NOW)
    assert found.holder == Holder("Test Patient", "1963-02-04")
    assert found.facts == (Vaccination("XM0GQ8", 1, 0, date(2024, 1, 23)),)


def test_a_vaccination_against_another_disease_is_no_fact(issuer: Issuer) -> None:
    found = CredentialReader([HC1(issuer.trust)]).identify(dvc(issuer, v={"dn": 1, "tg": "1D47"}), NOW)
    assert (found.facts, found.notes) == ((), ("another-disease",))


@pytest.mark.parametrize("changes", [{"n": ""}, {"v": None}, {"v": [1, 2]}, {"dob": "2099"}])
def test_a_whos_certificate_that_says_no_one_thing_is_malformed(issuer: Issuer, changes: dict[str, Any]) -> None:
    assert reason_for(dvc(issuer, **changes), issuer.trust()) is Reason.MALFORMED


def test_a_claim_of_neither_kind_is_the_wrong_kind(issuer: Issuer) -> None:
    code = sign_claims(
        {-260: {5: ["vhlink:/x"]}},
        issuer.key,
        issuer.kid,
        prefix="HC1:",
        issuer="XX",
        issued_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    assert reason_for(code, issuer.trust()) is Reason.WRONG_KIND


@pytest.mark.parametrize("named", ["URN:UVCI:01:CN:1234#5", "CNURN:UVCI:01:CN:1234#5"])
def test_a_certificate_on_the_issuers_list_is_revoked(issuer: Issuer, named: str) -> None:
    listed = Revocations(hashes=frozenset({hashlib.sha256(named.encode()).digest()[:16]}))
    assert reason_for(issuer.hc1(), replace(issuer.trust(), revocations=listed)) is Reason.REVOKED


@pytest.mark.parametrize("country", ["GE", "DE", "Ministry of Health"])
def test_a_certificate_is_revoked_by_its_country_whatever_its_token_calls_the_issuer(country: str) -> None:
    ministry = Issuer(country="Ministry of Health")
    code = ministry.hc1(certificate(t=test_entry(co="GE", ci="URN:UVCI:01:GE:1")))
    trust = ministry.trust(issuer="DE")
    assert facts_of(code, trust)
    digest = hashlib.sha256(f"{country}URN:UVCI:01:GE:1".encode()).digest()[:16]
    assert reason_for(code, replace(trust, revocations=Revocations(frozenset({digest})))) is Reason.REVOKED


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (certificate(t=test_entry() * 2), Reason.MALFORMED),
        (certificate(v=[{"tg": "840539006"}]), Reason.MALFORMED),
        (certificate(t=None), Reason.WRONG_KIND),
        (certificate(t="no list"), Reason.MALFORMED),
        (certificate(nam={}), Reason.MALFORMED),
        (certificate(nam={"fn": "😀"}), Reason.MALFORMED),
        (certificate(nam=None), Reason.MALFORMED),
        (certificate(dob="1815-08-24"), Reason.MALFORMED),
        (certificate(dob="2022-04-01"), Reason.MALFORMED),
        (certificate(dob="1988-13-01"), Reason.MALFORMED),
        (certificate(dob="soon"), Reason.MALFORMED),
        (certificate(t=test_entry(tg="38907003")), Reason.UNKNOWN_VALUE),
        (certificate(t=test_entry(co="XY")), Reason.UNKNOWN_VALUE),
    ],
)
def test_content_that_says_no_one_thing_of_one_person_is_refused(
    issuer: Issuer, content: dict[str, Any], reason: Reason
) -> None:
    assert reason_for(issuer.hc1(content), issuer.trust()) is reason


@pytest.mark.parametrize(
    ("stated", "born"), [("1963", "1963"), ("1963-00-00", "1963"), ("1964-01", "1964-01"), ("", "")]
)
def test_a_birth_date_may_be_known_in_part(issuer: Issuer, stated: str, born: str) -> None:
    code = issuer.hc1(certificate(dob=stated))
    assert CredentialReader([HC1(issuer.trust)]).identify(code, NOW).holder.born == born


def test_errors_carry_no_personal_data(issuer: Issuer) -> None:
    for trust, code in [
        (issuer.trust(), Issuer().hc1()),
        (TrustList(), issuer.hc1()),
        (issuer.trust(), issuer.hc1(expires_at=NOW - timedelta(days=1))),
        (issuer.trust(), issuer.hc1(certificate(dob="1815-08-24"))),
    ]:
        with pytest.raises(CredentialError) as caught:
            HC1(lambda trust=trust: trust).identify(code, NOW)  # type: ignore[misc]
        shown = repr(caught.value) + repr(caught.value.data) + repr(caught.value.__context__)
        assert not any(word in shown for word in ("张", "伟", "ZHANG", "1988", "1815", "UVCI"))


@pytest.mark.parametrize("text", ["", "hello", "HC2:6BF", "HL0:6BF", "NL2:6BF", "hc1", NAAT_NEGATIVE["dob"]])
def test_other_texts_are_not_ours(issuer: Issuer, text: str) -> None:
    assert HC1(issuer.trust).identify(text, NOW) is None
    assert reason_for(text, issuer.trust()) is Reason.UNKNOWN_CODE


@pytest.mark.parametrize("rest", ["", "abc", "6BF", "6", ":::", "张伟", "0" * 4_290])
def test_a_broken_code_is_told_apart_from_an_unknown_text(issuer: Issuer, rest: str) -> None:
    assert reason_for("HC1:" + rest, issuer.trust()) is Reason.MALFORMED


def test_a_code_longer_than_any_symbol_holds_is_too_large(issuer: Issuer) -> None:
    assert reason_for("HC1:" + "0" * 4_300, issuer.trust()) is Reason.TOO_LARGE
    assert reason_for("x" * 10_000, issuer.trust()) is Reason.TOO_LARGE
