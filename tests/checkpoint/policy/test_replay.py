"""A decision can be made again from the journal's record of its evidence, which names nobody."""

import json
from datetime import date, timedelta

import pytest

from checkpoint.clock import ClockTrust
from checkpoint.credential import Colour, Credential, Holder, Recovery, TestResult, Vaccination
from checkpoint.crossing import Category, Evidence, Problem, Verdict
from checkpoint.policy import PastDecision, decide, dry_run
from checkpoint.policy.evidence import evidence_from_json, evidence_to_json
from checkpoint.policy.pack_file import parse_pack
from checkpoint.policy.rule_pack import RulePack
from checkpoint.reasons import Reason
from tests.checkpoint.policy.test_rule_packs import pack, with_rule
from tests.checkpoint.policy.travellers import (
    BERT,
    NOW,
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

LORRY = Evidence(
    category=Category.LORRY,
    credentials=(
        certificate(naat(timedelta(hours=5, microseconds=1)), digest="d1gest", notes=("n0te",)),
        lorry_pass("浙F·12345", trailer="浙F777挂"),
        certificate(Vaccination("EU/1/20/1528", 2, 2, date(2021, 6, 1)), Recovery(date(2021, 1, 1), None, None)),
    ),
    problems=(Problem(Reason.EXPIRED, "hc1", {"issuer": "DE"}),),
    spot_test=spot(),
    clock_trust=ClockTrust.CONFIRMED,
    plate="浙F12345",
    trailer="浙F777挂",
    route="平湖-上海",
)

CASES = [
    (LORRY, road()),
    (traveller(Category.OTHER), road()),
    (traveller(Category.OTHER, certificate(naat(hours(30)))), road()),
    (traveller(Category.RESIDENT, certificate(naat(None)), certificate(naat(hours(1)), holder=BERT)), road()),
    (traveller(Category.RESIDENT, spot_test=spot(None, None)), road()),
    (traveller(Category.LORRY, lorry_pass("浙F99999"), certificate(naat(hours(1))), plate="浙F12345"), road()),
    (traveller(Category.COMPANY, health_code(Colour.GREEN, naat(hours(40)))), company()),
    (traveller(Category.RESIDENT, certificate(naat(hours(1)), verified=False)), road()),
]


@pytest.mark.parametrize(("evidence", "rules"), CASES)
def test_replayed_decision_is_the_same(evidence: Evidence, rules: RulePack) -> None:
    stored = json.loads(json.dumps(evidence_to_json(evidence)))
    assert decide(evidence_from_json(stored), rules, NOW) == decide(evidence, rules, NOW)


def test_record_without_its_tokens_reads_back_whole() -> None:
    once = evidence_to_json(LORRY)
    assert evidence_to_json(evidence_from_json(once)) == once


def test_record_names_nobody() -> None:
    text = json.dumps(evidence_to_json(LORRY), ensure_ascii=False)
    for secret in ("Anna", "Meier", "1990", "12345", "777", "330482000001", "d1gest", "n0te"):
        assert secret not in text


def test_plates_that_were_equal_stay_equal() -> None:
    record = evidence_to_json(LORRY)
    assert record["plate"] == record["credentials"][1]["facts"][0]["plate"] == "plate-1"
    assert record["trailer"] == record["credentials"][1]["facts"][0]["trailer"] != record["plate"]


def people(*holders: Holder) -> list[str]:
    credentials: tuple[Credential, ...] = tuple(certificate(naat(hours(1)), holder=holder) for holder in holders)
    return [entry["holder"] for entry in evidence_to_json(traveller(Category.OTHER, *credentials))["credentials"]]


def test_people_that_were_told_apart_stay_apart() -> None:
    number = Holder(id_number="330482199005010012")
    assert people(Holder(name="张三"), Holder(name="张*"), Holder()) == ["person-1", "person-1", ""]
    assert people(number, Holder(name="张三"), Holder(name="李四")) == ["person-1", "person-1", "person-2"]


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {},
        [],
        evidence_to_json(LORRY) | {"category": "tourist"},
        evidence_to_json(LORRY) | {"clock_trust": None},
        evidence_to_json(LORRY) | {"credentials": [{}]},
        evidence_to_json(LORRY) | {"problems": [{"reason": "bad-mood", "detail": "", "data": {}}]},
        evidence_to_json(LORRY) | {"spot_test": {"test_id": "t", "outcome": "fine", "read_at": None}},
    ],
)
def test_what_is_no_evidence_is_a_value_error(broken: object) -> None:
    with pytest.raises(ValueError):
        evidence_from_json(broken)


# Dry run: which past decisions other rules would change


def past(ref: str, evidence: Evidence, at: timedelta = timedelta()) -> PastDecision:
    decision = decide(evidence, road(), NOW - at)
    return PastDecision(ref, evidence, decision.verdict, decision.reason, decision.decided_at)


def stricter() -> RulePack:
    return parse_pack(with_rule(reason="naat-missing"))


def test_dry_run_tells_which_decisions_would_change_and_how() -> None:
    by_report = past("by-report", traveller(Category.RESIDENT, certificate(naat(hours(5)))))
    by_spot_test = past("by-spot-test", traveller(Category.RESIDENT, spot_test=spot()))
    [change] = dry_run(stricter(), [by_report, by_spot_test])
    assert change.past is by_report
    assert (change.now.verdict, change.now.reason) == (Verdict.HOLD, Reason.NAAT_MISSING)
    assert not change.loosens


def test_dry_run_marks_what_would_become_milder() -> None:
    stale = past("stale", traveller(Category.RESIDENT, certificate(naat(hours(30)))))
    [change] = dry_run(parse_pack(with_rule(logic=True)), [stale])
    assert change.loosens


def test_dry_run_judges_each_decision_at_its_own_time() -> None:
    fresh_then = past("fresh-then", traveller(Category.RESIDENT, certificate(naat(hours(30)))), at=hours(10))
    assert fresh_then.verdict is Verdict.ADMIT
    assert list(dry_run(road(), [fresh_then])) == []


def test_dry_run_takes_a_pack_whose_time_has_not_come() -> None:
    held = past("held", traveller(Category.RESIDENT))
    assert list(dry_run(parse_pack(pack(effective_from="2030-01-01T00:00:00Z")), [held])) == []


def test_dry_run_leaves_out_categories_that_the_pack_does_not_cover() -> None:
    other = past("other", traveller(Category.OTHER, certificate(naat(hours(5))), spot_test=spot()))
    assert list(dry_run(stricter(), [other])) == []


def test_dry_run_counts_another_reason_only_when_asked() -> None:
    held = past("held", traveller(Category.RESIDENT))
    assert list(dry_run(stricter(), [held])) == []
    assert [change.now.reason for change in dry_run(stricter(), [held], reasons_too=True)] == [Reason.NAAT_MISSING]


def test_dry_run_lifts_no_guard() -> None:
    positive = past("positive", traveller(Category.RESIDENT, certificate(naat(hours(5), TestResult.POSITIVE))))
    assert list(dry_run(parse_pack(with_rule(logic=True)), [positive])) == []
