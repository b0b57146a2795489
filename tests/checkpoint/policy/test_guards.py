"""What no rule pack can lift. Each case is judged by rules so lax that they would admit anybody."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from checkpoint.assay import Outcome
from checkpoint.clock import ClockTrust
from checkpoint.credential import (
    Colour,
    Credential,
    Fact,
    Format,
    Holder,
    Recovery,
    TestKind,
    TestReport,
    TestResult,
    Vaccination,
)
from checkpoint.crossing import Category, Decision, Evidence, Problem, SpotTest, Verdict
from checkpoint.policy import RulePack, decide
from checkpoint.policy.guards import settled_by_test, verdict_on_problem
from checkpoint.policy.pack_file import parse_pack
from checkpoint.reasons import Reason
from tests.checkpoint.policy.travellers import (
    ANNA,
    BERT,
    NOW,
    antigen,
    certificate,
    company,
    health_code,
    hours,
    lorry_pass,
    naat,
    road,
    spot,
    traveller,
)

SECOND = timedelta(seconds=1)
MINUTES = timedelta(minutes=1)


def lax_pack(positive_bars_days: int = 10) -> RulePack:
    """A pack that somebody got wrong: everybody passes."""
    return parse_pack(
        {
            "format": "checkpoint-rule-pack/1",
            "id": "lax",
            "version": "1",
            "title": {"zh": "全部放行", "en": "Everybody passes"},
            "effective_from": "2022-03-01T00:00:00Z",
            "effective_until": None,
            "categories": ["resident"],
            "positive_bars_days": positive_bars_days,
            "rules": [
                {
                    "id": "anybody",
                    "categories": ["resident"],
                    "logic": True,
                    "otherwise": "hold",
                    "reason": "naat-missing",
                    "text": {"zh": "任何人", "en": "Anybody"},
                }
            ],
        }
    )


def judged(*credentials: Credential, spot_test: SpotTest | None = None, **more: object) -> Decision:
    evidence = traveller(Category.RESIDENT, *credentials, spot_test=spot_test, **more)  # type: ignore[arg-type]  # by name
    return decide(evidence, lax_pack(), NOW)


def shown(decision: Decision) -> tuple[Verdict, Reason]:
    return decision.verdict, decision.reason


FRESH = certificate(naat(hours(5)))
ADMITTED = (Verdict.ADMIT, Reason.RULES_MET)


def test_lax_rules_admit_whoever_shows_something_sound() -> None:
    assert shown(judged(FRESH)) == ADMITTED


def test_nothing_shown_is_held_even_by_rules_that_ask_for_nothing() -> None:
    assert shown(judged()) == (Verdict.HOLD, Reason.NOT_VERIFIED)


def test_code_that_says_nothing_proves_nothing() -> None:
    assert shown(judged(certificate())) == (Verdict.HOLD, Reason.NOT_VERIFIED)


@pytest.mark.parametrize(
    ("credential", "reason"),
    [
        (certificate(naat(hours(5), TestResult.PENDING)), Reason.NAAT_PENDING),
        (certificate(naat(None, TestResult.PENDING)), Reason.NAAT_PENDING),
        (certificate(naat(hours(5), TestResult.UNCLEAR)), Reason.UNKNOWN_VALUE),
        (certificate(TestReport(TestKind.OTHER, TestResult.NEGATIVE, NOW - hours(5))), Reason.UNKNOWN_VALUE),
        (certificate(TestReport(TestKind.OTHER, TestResult.UNCLEAR, None)), Reason.UNKNOWN_VALUE),
        (certificate(naat(None)), Reason.NAAT_WITHOUT_TIME),
        (certificate(naat(timedelta(days=60), TestResult.POSITIVE)), Reason.NAAT_STALE),
        (lorry_pass(), Reason.WRONG_KIND),
        (lorry_pass(holder=ANNA), Reason.WRONG_KIND),
    ],
)
def test_what_proves_nothing_is_held_even_by_rules_that_ask_for_nothing(credential: Credential, reason: Reason) -> None:
    decision = judged(credential)
    assert shown(decision) == (Verdict.HOLD, reason)
    assert decision.findings[-1].rule == "guard:proof"
    assert shown(judged(lorry_pass(), credential)) == (Verdict.HOLD, reason), "a pass beside it makes it no proof"
    assert judged(credential, certificate(naat(hours(5)))).verdict is Verdict.ADMIT
    assert judged(credential, spot_test=spot()).verdict is Verdict.ADMIT


@pytest.mark.parametrize(
    "proof",
    [
        certificate(naat(hours(5))),
        certificate(antigen(hours(5))),
        certificate(Vaccination("EU/1/20/1528", 2, 2, date(2021, 6, 1))),
        certificate(Recovery(date(2022, 1, 15), None, None)),
        health_code(Colour.GREEN),
    ],
)
def test_what_an_issuer_vouches_for_is_proof(proof: Credential) -> None:
    assert shown(judged(proof)) == ADMITTED
    assert judged(replace(proof, verified=False)).verdict is Verdict.HOLD


def test_without_a_rule_pack_everybody_waits() -> None:
    evidence = traveller(Category.RESIDENT, FRESH)
    assert shown(decide(evidence, None, NOW)) == (Verdict.HOLD, Reason.RULES_MISSING)


def test_category_without_a_rule_waits() -> None:
    evidence = traveller(Category.OTHER, FRESH)
    assert shown(decide(evidence, lax_pack(), NOW)) == (Verdict.HOLD, Reason.RULES_MISSING)


@pytest.mark.parametrize(
    ("trust", "verdict"),
    [
        (ClockTrust.UNTRUSTED, Verdict.HOLD),
        (ClockTrust.CONFIRMED, Verdict.ADMIT),
        (ClockTrust.TRUSTED, Verdict.ADMIT),
    ],
)
def test_untrusted_clock_admits_nobody(trust: ClockTrust, verdict: Verdict) -> None:
    assert judged(FRESH, clock=trust).verdict is verdict


def test_untrusted_clock_is_the_reason_shown() -> None:
    assert (
        judged(FRESH, clock=ClockTrust.UNTRUSTED, problems=(Problem(Reason.EXPIRED),)).reason is Reason.CLOCK_UNTRUSTED
    )


# What was presented and could not be accepted


@pytest.mark.parametrize("reason", list(Reason))
def test_no_problem_whatsoever_ends_in_green(reason: Reason) -> None:
    decision = judged(FRESH, problems=(Problem(reason),))
    assert decision.verdict is verdict_on_problem(reason)
    assert decision.verdict is not Verdict.ADMIT
    good_news = reason in (Reason.RULES_MET, Reason.OVERRIDDEN)
    assert decision.reason is (Reason.STATION_FAULT if good_news else reason)


def test_only_evidence_against_the_traveller_is_refused() -> None:
    refused = {reason for reason in Reason if verdict_on_problem(reason) is Verdict.REFUSE}
    assert refused == {
        Reason.BAD_SIGNATURE,
        Reason.REVOKED,
        Reason.TEST_POSITIVE,
        Reason.ANTIGEN_POSITIVE,
        Reason.HEALTH_CODE_RED,
    }


def test_gravest_problem_is_the_one_shown() -> None:
    problems = (Problem(Reason.MALFORMED), Problem(Reason.REVOKED), Problem(Reason.BAD_SIGNATURE))
    assert shown(judged(FRESH, problems=problems)) == (Verdict.REFUSE, Reason.REVOKED)


def test_negative_test_settles_what_only_proved_nothing() -> None:
    assert settled_by_test(Reason.EXPIRED)
    assert settled_by_test(Reason.CANNOT_VERIFY_OFFLINE)
    for reason in (Reason.HEALTH_CODE_YELLOW, Reason.SAME_CODE_OTHER_PERSON, Reason.SEVERAL_CODES):
        assert not settled_by_test(reason)
    assert not any(settled_by_test(reason) for reason in Reason if verdict_on_problem(reason) is Verdict.REFUSE)


# Positive tests


@pytest.mark.parametrize("kind", list(TestKind))
def test_positive_test_is_refused(kind: TestKind) -> None:
    positive = certificate(TestReport(kind, TestResult.POSITIVE, NOW - hours(30)))
    assert shown(judged(FRESH, positive)) == (Verdict.REFUSE, Reason.TEST_POSITIVE)


def test_later_negative_does_not_lift_a_positive_of_last_week() -> None:
    decision = judged(certificate(naat(timedelta(days=7), TestResult.POSITIVE)), FRESH)
    assert shown(decision) == (Verdict.REFUSE, Reason.TEST_POSITIVE)


def test_positive_older_than_ten_days_with_a_later_negative_is_no_matter() -> None:
    assert shown(judged(certificate(naat(timedelta(days=10) + SECOND, TestResult.POSITIVE)), FRESH)) == ADMITTED
    assert judged(certificate(naat(timedelta(days=10), TestResult.POSITIVE)), FRESH).verdict is Verdict.REFUSE


def test_rule_pack_says_how_long_a_positive_bars() -> None:
    evidence = traveller(Category.RESIDENT, certificate(naat(timedelta(days=12), TestResult.POSITIVE)), FRESH)
    assert decide(evidence, lax_pack(positive_bars_days=10), NOW).verdict is Verdict.ADMIT
    assert decide(evidence, lax_pack(positive_bars_days=14), NOW).verdict is Verdict.REFUSE


def test_positive_without_a_time_may_be_of_today() -> None:
    assert shown(judged(FRESH, certificate(naat(None, TestResult.POSITIVE)))) == (Verdict.REFUSE, Reason.TEST_POSITIVE)


def test_old_positive_without_a_later_negative_does_not_pass_the_road() -> None:
    evidence = traveller(Category.OTHER, certificate(naat(timedelta(days=20), TestResult.POSITIVE)), spot_test=spot())
    assert decide(evidence, road(), NOW).verdict is Verdict.HOLD


def test_typed_positive_holds_though_it_is_no_proof() -> None:
    typed = certificate(naat(hours(5), TestResult.POSITIVE), verified=False, format=Format.TYPED_ID)
    assert shown(judged(FRESH, typed)) == (Verdict.HOLD, Reason.TEST_POSITIVE)


def test_recovery_from_last_week_is_a_positive_of_last_week() -> None:
    recovered = certificate(Recovery(date(2022, 3, 15), None, None))
    assert shown(judged(FRESH, recovered)) == (Verdict.REFUSE, Reason.TEST_POSITIVE)
    assert shown(judged(FRESH, certificate(Recovery(date(2022, 1, 15), None, None)))) == ADMITTED


@pytest.mark.parametrize(
    ("recovery", "expected"),
    [
        (Recovery(None, date(2022, 3, 20), date(2022, 9, 1)), (Verdict.REFUSE, Reason.TEST_POSITIVE)),
        (Recovery(None, date(2022, 3, 11), None), (Verdict.REFUSE, Reason.TEST_POSITIVE)),
        (Recovery(None, date(2022, 3, 10), None), ADMITTED),
        (Recovery(None, None, date(2022, 9, 1)), (Verdict.REFUSE, Reason.TEST_POSITIVE)),
        (Recovery(None, None, None), (Verdict.REFUSE, Reason.TEST_POSITIVE)),
    ],
)
def test_recovery_whose_first_positive_cannot_be_read_began_before_it_is_valid(
    recovery: Recovery, expected: tuple[Verdict, Reason]
) -> None:
    assert shown(judged(certificate(recovery), spot_test=spot())) == expected
    assert shown(judged(FRESH, certificate(recovery))) == expected


def test_positive_of_which_only_the_day_is_known_bars_from_the_end_of_that_day() -> None:
    assert judged(FRESH, certificate(Recovery(date(2022, 3, 11), None, None))).verdict is Verdict.REFUSE
    assert shown(judged(FRESH, certificate(Recovery(date(2022, 3, 10), None, None)))) == ADMITTED


# The antigen test on the spot


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (spot(Outcome.POSITIVE), (Verdict.REFUSE, Reason.ANTIGEN_POSITIVE)),
        (spot(Outcome.INVALID), (Verdict.HOLD, Reason.ANTIGEN_INVALID)),
        (spot(Outcome.RETAKE), (Verdict.HOLD, Reason.ANTIGEN_WAITING)),
        (spot(None, age=None), (Verdict.HOLD, Reason.ANTIGEN_WAITING)),
        (spot(Outcome.NEGATIVE, age=None), (Verdict.HOLD, Reason.ANTIGEN_VOID)),
        (spot(Outcome.NEGATIVE, age=-SECOND), (Verdict.HOLD, Reason.SAMPLED_IN_FUTURE)),
        (spot(Outcome.NEGATIVE), ADMITTED),
    ],
)
def test_spot_test_counts_only_with_a_negative_result(test: SpotTest, expected: tuple[Verdict, Reason]) -> None:
    assert shown(judged(FRESH, spot_test=test)) == expected


def test_negative_spot_test_is_proof_for_whoever_shows_nothing_else() -> None:
    assert shown(judged(spot_test=spot())) == ADMITTED


# Health codes


def test_each_issuer_counts_so_that_one_green_does_not_hide_another_red() -> None:
    decision = judged(health_code(Colour.RED, issuer="shanghai", age=hours(1)), health_code(Colour.GREEN))
    assert shown(decision) == (Verdict.REFUSE, Reason.HEALTH_CODE_RED)


def test_newest_answer_of_one_issuer_counts() -> None:
    assert shown(judged(health_code(Colour.RED, age=hours(1)), health_code(Colour.GREEN))) == ADMITTED
    assert judged(health_code(Colour.GREEN, age=hours(1)), health_code(Colour.RED)).verdict is Verdict.REFUSE


def test_of_two_answers_at_once_the_worse_counts() -> None:
    for order in ((Colour.RED, Colour.GREEN), (Colour.GREEN, Colour.RED)):
        assert judged(*(health_code(colour) for colour in order)).verdict is Verdict.REFUSE


def test_answer_may_be_stamped_a_moment_ahead_but_not_an_hour() -> None:
    assert shown(judged(health_code(Colour.GREEN, age=-5 * SECOND))) == ADMITTED
    assert judged(health_code(Colour.GREEN, age=-hours(1))).verdict is Verdict.HOLD


# Validity, judged again at the moment of decision


def test_code_that_expired_while_the_vehicle_waited_is_held() -> None:
    assert shown(judged(certificate(naat(hours(5)), expires_at=NOW))) == (Verdict.HOLD, Reason.EXPIRED)
    assert shown(judged(certificate(naat(hours(5)), expires_at=NOW + SECOND))) == ADMITTED


def answer(age: timedelta, *facts: Fact, colour: Colour = Colour.GREEN) -> Credential:
    """A health code whose answer is fit for use for ten minutes."""
    return replace(health_code(colour, *facts, age=age), expires_at=NOW - age + MINUTES * 10)


def test_answer_that_grew_old_is_to_be_asked_for_again() -> None:
    assert shown(judged(answer(MINUTES * 10))) == ADMITTED, "an answer may be as old as allowed"
    assert shown(judged(answer(MINUTES * 10 + SECOND))) == (Verdict.HOLD, Reason.ISSUER_ANSWER_STALE)


def on_the_road(category: Category, *credentials: Credential, spot_test: SpotTest | None = None) -> Decision:
    return decide(traveller(category, *credentials, spot_test=spot_test), road(), NOW)


def test_green_code_that_expired_while_its_holder_was_tested_here_keeps_nobody() -> None:
    old = answer(MINUTES * 16)
    assert shown(on_the_road(Category.RESIDENT, old)) == (Verdict.HOLD, Reason.ISSUER_ANSWER_STALE)
    assert shown(on_the_road(Category.RESIDENT, old, spot_test=spot())) == ADMITTED
    assert shown(on_the_road(Category.OTHER, FRESH, old, spot_test=spot())) == ADMITTED
    expired = certificate(naat(hours(30)), expires_at=NOW - SECOND)
    assert shown(on_the_road(Category.RESIDENT, expired, spot_test=spot())) == ADMITTED


def test_expired_code_that_the_rules_need_is_asked_for_again_though_the_test_is_negative() -> None:
    old = answer(MINUTES * 16, naat(hours(5)))
    assert shown(on_the_road(Category.OTHER, old, spot_test=spot())) == (Verdict.HOLD, Reason.ISSUER_ANSWER_STALE)
    evidence = traveller(Category.COMPANY, answer(MINUTES * 16, naat(hours(5))), spot_test=spot())
    assert shown(decide(evidence, company(), NOW)) == (Verdict.HOLD, Reason.ISSUER_ANSWER_STALE)


@pytest.mark.parametrize("outcome", [None, Outcome.INVALID, Outcome.RETAKE, Outcome.POSITIVE])
def test_only_a_negative_test_settles_that_a_code_expired(outcome: Outcome | None) -> None:
    decision = on_the_road(Category.RESIDENT, FRESH, answer(MINUTES * 16), spot_test=spot(outcome))
    assert decision.verdict is not Verdict.ADMIT
    assert Reason.ISSUER_ANSWER_STALE in {finding.reason for finding in decision.findings}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (answer(MINUTES * 16, colour=Colour.YELLOW), Reason.HEALTH_CODE_YELLOW),
        (answer(MINUTES * 16, colour=Colour.RED), Reason.HEALTH_CODE_RED),
        (answer(MINUTES * 16, naat(hours(5), TestResult.POSITIVE)), Reason.TEST_POSITIVE),
        (certificate(antigen(-SECOND), expires_at=NOW), Reason.SAMPLED_IN_FUTURE),
        (certificate(antigen(hours(1)), holder=BERT, expires_at=NOW), Reason.HOLDERS_DIFFER),
        (lorry_pass(expires_in=-SECOND), Reason.PASS_EXPIRED),
    ],
)
def test_what_an_expired_code_says_against_its_holder_is_not_settled(code: Credential, expected: Reason) -> None:
    decision = on_the_road(Category.RESIDENT, FRESH, code, spot_test=spot())
    assert decision.verdict is not Verdict.ADMIT
    assert expected in {finding.reason for finding in decision.findings}


def test_expired_code_proves_nothing_that_was_only_typed() -> None:
    typed = certificate(naat(hours(5)), format=Format.TYPED_ID, verified=False)
    expired = certificate(naat(hours(30)), expires_at=NOW)
    assert on_the_road(Category.RESIDENT, typed, expired, spot_test=spot()).verdict is Verdict.HOLD


def test_expired_pass_says_that_it_is_the_pass() -> None:
    assert judged(FRESH, lorry_pass(expires_in=-SECOND)).reason is Reason.PASS_EXPIRED


def test_code_issued_in_the_future_is_held() -> None:
    assert shown(judged(certificate(naat(hours(5)), issued_at=NOW + hours(1)))) == (Verdict.HOLD, Reason.NOT_YET_VALID)


@pytest.mark.parametrize("sample", [naat(-SECOND), antigen(-SECOND)])
def test_sample_taken_one_second_from_now_is_held(sample: TestReport) -> None:
    assert shown(judged(certificate(sample))) == (Verdict.HOLD, Reason.SAMPLED_IN_FUTURE)


# Whose codes, and who vouches for them


def test_two_peoples_codes_do_not_make_one_traveller() -> None:
    assert shown(judged(FRESH, certificate(antigen(hours(1)), holder=BERT))) == (Verdict.HOLD, Reason.HOLDERS_DIFFER)


def test_codes_without_a_name_go_with_anybody() -> None:
    assert shown(judged(FRESH, lorry_pass(holder=Holder()))) == ADMITTED


def test_typed_evidence_alone_never_admits() -> None:
    typed = certificate(naat(hours(5)), format=Format.TYPED_ID, verified=False)
    assert shown(judged(typed)) == (Verdict.HOLD, Reason.NOT_VERIFIED)


def test_typed_id_number_goes_with_a_negative_spot_test() -> None:
    typed = certificate(format=Format.TYPED_ID, verified=False, holder=Holder(id_number="330482199005010012"))
    assert shown(judged(typed, spot_test=spot())) == ADMITTED


def test_typed_id_number_goes_with_a_verified_report() -> None:
    typed = certificate(format=Format.TYPED_ID, verified=False, holder=ANNA)
    assert shown(judged(typed, FRESH)) == ADMITTED


def test_typed_claim_that_nobody_vouches_for_is_held() -> None:
    typed_pass = lorry_pass(verified=False)
    assert shown(judged(FRESH, typed_pass)) == (Verdict.HOLD, Reason.NOT_VERIFIED)
    assert shown(judged(FRESH, typed_pass, lorry_pass())) == ADMITTED


# What the findings tell


def test_findings_name_the_guard_and_what_it_met() -> None:
    decision = judged(certificate(naat(hours(30), TestResult.POSITIVE)))
    [finding] = [f for f in decision.findings if f.verdict is Verdict.REFUSE]
    assert finding.rule == "guard:positive-test"
    assert finding.clause == "naat positive, sampled 2022-03-20T03:00:00.000Z"


def test_findings_hold_no_personal_data() -> None:
    evidence = Evidence(
        Category.LORRY,
        (FRESH, certificate(antigen(hours(1)), holder=BERT), lorry_pass("浙F99999", trailer="浙F777挂")),
        clock_trust=ClockTrust.TRUSTED,
        plate="浙F12345",
        trailer="浙F888挂",
    )
    words = " ".join(finding.clause for finding in decide(evidence, road(), NOW).findings)
    for secret in ("Meier", "Huber", "1990", "99999", "12345", "777", "888"):
        assert secret not in words
