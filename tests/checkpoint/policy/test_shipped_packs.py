"""The rules that ship with the program, told as the cases an officer meets."""

from datetime import UTC, datetime, timedelta

import pytest

from checkpoint.assay import Outcome
from checkpoint.credential import Colour, Credential, TestResult
from checkpoint.crossing import Category, Decision, Evidence, Verdict
from checkpoint.policy import decide, shipped_packs
from checkpoint.reasons import Reason
from tests.checkpoint.policy.travellers import (
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

SECOND = timedelta(seconds=1)


def on_the_road(evidence: Evidence) -> Decision:
    return decide(evidence, road(), NOW)


def shown(decision: Decision) -> tuple[Verdict, Reason]:
    return decision.verdict, decision.reason


ADMITTED = (Verdict.ADMIT, Reason.RULES_MET)


def held(reason: Reason) -> tuple[Verdict, Reason]:
    return Verdict.HOLD, reason


def refused(reason: Reason) -> tuple[Verdict, Reason]:
    return Verdict.REFUSE, reason


# Whoever must pass: a negative NAAT of the last 24 hours, and an antigen test on the spot


def test_traveller_with_fresh_report_and_negative_spot_test_is_admitted() -> None:
    assert shown(on_the_road(traveller(Category.OTHER, certificate(naat(hours(5))), spot_test=spot()))) == ADMITTED


def test_report_alone_does_not_admit_a_traveller_without_the_spot_test() -> None:
    decision = on_the_road(traveller(Category.OTHER, certificate(naat(hours(5)))))
    assert shown(decision) == held(Reason.ANTIGEN_NEEDED)


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        ((), Reason.NAAT_MISSING),
        ((certificate(naat(hours(2), TestResult.PENDING)),), Reason.NAAT_PENDING),
        ((certificate(naat(None)),), Reason.NAAT_WITHOUT_TIME),
        ((certificate(naat(hours(30))),), Reason.NAAT_STALE),
        ((certificate(naat(hours(3), TestResult.UNCLEAR)),), Reason.UNKNOWN_VALUE),
    ],
)
def test_each_way_to_lack_a_report_has_its_own_reason(credentials: tuple[Credential, ...], reason: Reason) -> None:
    decision = on_the_road(traveller(Category.OTHER, *credentials, spot_test=spot()))
    assert shown(decision) == held(reason)
    reasons = {finding.reason for finding in decision.findings if finding.verdict is not Verdict.ADMIT}
    assert reasons == {reason}, "a missing report is not also called stale"


def test_sample_exactly_24_hours_old_still_counts() -> None:
    assert shown(on_the_road(traveller(Category.OTHER, certificate(naat(hours(24))), spot_test=spot()))) == ADMITTED


def test_sample_one_second_older_than_24_hours_is_stale() -> None:
    decision = on_the_road(traveller(Category.OTHER, certificate(naat(hours(24) + SECOND)), spot_test=spot()))
    assert shown(decision) == held(Reason.NAAT_STALE)


def test_sample_on_its_way_takes_nothing_from_a_fresh_result() -> None:
    both = certificate(naat(hours(5)), naat(hours(1), TestResult.PENDING))
    assert shown(on_the_road(traveller(Category.OTHER, both, spot_test=spot()))) == ADMITTED


def test_stale_result_with_a_sample_on_its_way_stays_stale() -> None:
    both = certificate(naat(hours(30)), naat(hours(1), TestResult.PENDING))
    assert shown(on_the_road(traveller(Category.OTHER, both, spot_test=spot()))) == held(Reason.NAAT_STALE)


def test_unclear_result_newer_than_a_negative_one_holds() -> None:
    both = certificate(naat(hours(5)), naat(hours(1), TestResult.UNCLEAR))
    assert shown(on_the_road(traveller(Category.OTHER, both, spot_test=spot()))) == held(Reason.UNKNOWN_VALUE)


def test_spot_test_read_yesterday_is_not_on_the_spot() -> None:
    evidence = traveller(Category.OTHER, certificate(naat(hours(5))), spot_test=spot(age=hours(20)))
    assert shown(on_the_road(evidence)) == held(Reason.ANTIGEN_NEEDED)


# Residents: the report, or the antigen test on the spot


def test_resident_passes_with_a_fresh_report() -> None:
    assert shown(on_the_road(traveller(Category.RESIDENT, certificate(naat(hours(5)))))) == ADMITTED


def test_resident_without_a_phone_passes_with_a_negative_spot_test() -> None:
    assert shown(on_the_road(traveller(Category.RESIDENT, spot_test=spot()))) == ADMITTED


def test_resident_with_a_stale_report_passes_with_a_negative_spot_test() -> None:
    evidence = traveller(Category.RESIDENT, certificate(naat(hours(30))), spot_test=spot())
    assert shown(on_the_road(evidence)) == ADMITTED


def test_resident_with_a_stale_report_alone_is_told_that_it_is_stale() -> None:
    decision = on_the_road(traveller(Category.RESIDENT, certificate(naat(hours(24) + SECOND))))
    assert shown(decision) == held(Reason.NAAT_STALE)
    assert shown(on_the_road(traveller(Category.RESIDENT, certificate(naat(hours(24)))))) == ADMITTED


def test_resident_with_neither_is_asked_to_take_the_test() -> None:
    assert shown(on_the_road(traveller(Category.RESIDENT))) == held(Reason.ANTIGEN_NEEDED)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        (Colour.GREEN, ADMITTED),
        (Colour.YELLOW, held(Reason.HEALTH_CODE_YELLOW)),
        (Colour.RED, refused(Reason.HEALTH_CODE_RED)),
        (Colour.UNKNOWN, held(Reason.ISSUER_ANSWER_UNCLEAR)),
    ],
)
def test_colour_that_a_resident_shows_counts_though_nobody_asked(
    colour: Colour, expected: tuple[Verdict, Reason]
) -> None:
    assert shown(on_the_road(traveller(Category.RESIDENT, health_code(colour), spot_test=spot()))) == expected


# Lorries: one vehicle, one pass, one route


def lorry(*credentials: Credential, plate: str = "浙F12345", trailer: str = "", route: str = "") -> Evidence:
    fresh = certificate(naat(hours(5)))
    return traveller(Category.LORRY, fresh, *credentials, plate=plate, trailer=trailer, route=route)


def test_lorry_with_its_pass_and_a_fresh_report_is_admitted() -> None:
    assert shown(on_the_road(lorry(lorry_pass(), route="平湖-上海"))) == ADMITTED


def test_plates_are_compared_without_separators() -> None:
    assert shown(on_the_road(lorry(lorry_pass("浙F·12345"), plate="浙f 12345"))) == ADMITTED


def test_lorry_without_a_pass_is_held() -> None:
    assert shown(on_the_road(lorry())) == held(Reason.PASS_MISSING)


def test_pass_of_another_vehicle_is_held() -> None:
    assert shown(on_the_road(lorry(lorry_pass("浙F99999")))) == held(Reason.PASS_OTHER_PLATE)


def test_lorry_whose_plate_nobody_entered_is_held() -> None:
    assert shown(on_the_road(lorry(lorry_pass(plate=""), plate=""))) == held(Reason.PASS_OTHER_PLATE)


@pytest.mark.parametrize("trailer", ["浙F888挂", ""])
def test_trailer_that_the_pass_does_not_name_is_held(trailer: str) -> None:
    evidence = lorry(lorry_pass(trailer="浙F777挂"), trailer=trailer)
    assert shown(on_the_road(evidence)) == held(Reason.PASS_OTHER_PLATE)


def test_lorry_off_its_route_is_held() -> None:
    assert shown(on_the_road(lorry(lorry_pass(), route="平湖-杭州"))) == held(Reason.PASS_OTHER_ROUTE)


def test_routes_are_compared_whatever_dash_they_are_written_with() -> None:
    assert shown(on_the_road(lorry(lorry_pass(route="平湖-上海"), route="平湖 — 上海"))) == ADMITTED


def test_expired_pass_is_held() -> None:
    assert shown(on_the_road(lorry(lorry_pass(expires_in=-SECOND)))) == held(Reason.PASS_EXPIRED)


def test_typed_pass_is_no_pass() -> None:
    assert shown(on_the_road(lorry(lorry_pass(verified=False)))) == held(Reason.NOT_VERIFIED)


def test_of_several_passes_the_one_for_this_vehicle_counts() -> None:
    assert shown(on_the_road(lorry(lorry_pass("浙F99999", expires_in=hours(48)), lorry_pass()))) == ADMITTED


def test_pass_does_not_stand_in_for_the_report() -> None:
    evidence = traveller(Category.LORRY, lorry_pass(), plate="浙F12345")
    assert shown(on_the_road(evidence)) == held(Reason.NAAT_MISSING)


# Company gates: green code and a 48-hour report


def at_the_company_gate(evidence: Evidence) -> Decision:
    return decide(evidence, company(), NOW)


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ((health_code(Colour.GREEN, naat(hours(40))),), ADMITTED),
        ((health_code(Colour.GREEN), certificate(naat(hours(48)))), ADMITTED),
        ((health_code(Colour.GREEN), certificate(naat(hours(48) + SECOND))), held(Reason.NAAT_STALE)),
        ((health_code(Colour.GREEN),), held(Reason.NAAT_MISSING)),
        ((certificate(naat(hours(5))),), held(Reason.HEALTH_CODE_MISSING)),
        ((health_code(Colour.YELLOW, naat(hours(5))),), held(Reason.HEALTH_CODE_YELLOW)),
        ((health_code(Colour.RED, naat(hours(5))),), refused(Reason.HEALTH_CODE_RED)),
        ((health_code(Colour.UNKNOWN, naat(hours(5))),), held(Reason.ISSUER_ANSWER_UNCLEAR)),
        ((health_code(Colour.GREEN, naat(hours(5)), age=hours(2)),), held(Reason.ISSUER_ANSWER_STALE)),
    ],
)
def test_company_gate(credentials: tuple[Credential, ...], expected: tuple[Verdict, Reason]) -> None:
    assert shown(at_the_company_gate(traveller(Category.COMPANY, *credentials))) == expected


# The packs themselves


def test_road_rules_begin_at_midnight_in_pinghu() -> None:
    midnight = datetime(2022, 3, 19, 16, 0, tzinfo=UTC)
    evidence = traveller(Category.RESIDENT, spot_test=spot(age=NOW - midnight + SECOND))
    assert decide(evidence, road(), midnight).verdict is Verdict.ADMIT
    assert shown(decide(evidence, road(), midnight - SECOND)) == held(Reason.RULES_MISSING)


def test_every_category_has_a_shipped_pack() -> None:
    assert {category for pack in shipped_packs() for category in pack.categories} == set(Category)


def test_positive_spot_test_is_refused_in_every_category() -> None:
    for pack in shipped_packs():
        for category in pack.categories:
            evidence = traveller(category, certificate(naat(hours(1))), spot_test=spot(Outcome.POSITIVE))
            assert shown(decide(evidence, pack, NOW)) == refused(Reason.ANTIGEN_POSITIVE)
