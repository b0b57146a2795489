"""CertLogic: the published suites, and what they leave open."""

import json
from datetime import UTC, datetime

import pytest

from checkpoint.policy import certlogic, moments
from checkpoint.policy.certlogic import CertLogicError, evaluate, explain
from checkpoint.policy.certlogic_check import issues
from tests.conformance import certlogic as published_suite
from tests.conformance import rules as country_rules
from tests.conformance.expectation import ExpectationResult, Outcome
from tests.data import test_data

Json = certlogic.Json


def failed(results: list[ExpectationResult]) -> list[str]:
    return [f"{result.case}: {result.detail}" for result in results if result.outcome is Outcome.FAILED]


@pytest.mark.data
def test_published_suite_holds_but_for_what_it_skips_itself() -> None:
    results = list(published_suite.run(test_data("certs", "certlogic-spec")))
    evaluated = [r for r in results if r.expectation.startswith("testSuite/") and r.outcome is not Outcome.SKIPPED]
    assert failed(results) == []
    assert len(evaluated) >= 218


@pytest.mark.data
def test_every_country_rule_decides_every_published_case_as_published() -> None:
    results = list(country_rules.run(test_data("certs", "dgc-business-rules-testdata")))
    assert failed(results) == []
    assert len(results) >= 734


def var(path: str) -> Json:
    return {"var": path}


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (True, 1, False),
        (0, False, False),
        (0, "", False),
        (1, 1.0, True),
        ([1, [2]], [1, [2]], True),
        ([1], [True], False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": True}, False),
        (None, False, False),
        (None, None, True),
    ],
)
def test_equality_does_not_coerce(left: Json, right: Json, same: bool) -> None:
    assert evaluate({"===": [var("l"), var("r")]}, {"l": left, "r": right}) is same
    assert evaluate({"in": [var("l"), var("r")]}, {"l": left, "r": [right]}) is same


@pytest.mark.parametrize("value", [1.5, -0.5])
def test_fraction_is_neither_truthy_nor_falsy(value: float) -> None:
    for logic in ({"!": [var("x")]}, {"and": [var("x"), True]}, {"if": [var("x"), 1, 2]}):
        with pytest.raises(CertLogicError, match="neither truthy nor falsy"):
            evaluate(logic, {"x": value})


def test_date_time_is_neither_truthy_nor_falsy() -> None:
    with pytest.raises(CertLogicError, match="neither truthy nor falsy"):
        evaluate({"!": [{"plusTime": ["2022", 0, "day"]}]}, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021", "2021-12-31T00:00:00.000Z"),
        ("2020-02", "2020-02-29T00:00:00.000Z"),
        ("2021-06-01", "2021-06-01T00:00:00.000Z"),
        ("2021-06-01T10:00:00", "2021-06-01T10:00:00.000Z"),
        ("2021-06-01T10:00:00Z", "2021-06-01T10:00:00.000Z"),
        ("2021-06-01T10:00:00+2", "2021-06-01T08:00:00.000Z"),
        ("2021-06-01T10:00:00-02", "2021-06-01T12:00:00.000Z"),
        ("2021-06-01T10:00:00+230", "2021-06-01T07:30:00.000Z"),
        ("2021-06-01T10:00:00+0230", "2021-06-01T07:30:00.000Z"),
        ("2021-06-01T10:00:00+2:30", "2021-06-01T07:30:00.000Z"),
        ("2021-06-01T10:00:00-02:30", "2021-06-01T12:30:00.000Z"),
        ("2021-06-01T10:00:00.1", "2021-06-01T10:00:00.100Z"),
        ("2021-06-01T10:00:00.123999999Z", "2021-06-01T10:00:00.123Z"),
        ("2021-06-01T10:00:00.1+2:30", "2021-06-01T07:30:00.100Z"),
    ],
)
def test_every_spelling_of_a_date_time_is_read(text: str, expected: str) -> None:
    assert moments.to_text(evaluate({"plusTime": [text, 0, "hour"]}, {})) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "21",
        "2021-13",
        "2021-02-30",
        "2021-09-99",
        "2021-06-01T25:00:00",
        "2021-06-01T10:00",
        "2021-06-01 10:00:00",
        "2021-06-01T10:00:00+99",
        "２０２１",
        "0000",
        "0001-01-01T00:00:00+10",
        "2021-06-01T10:00:00.Z",
        "2021-06-01\n",
    ],
)
def test_what_is_no_date_is_an_error_and_not_some_other_date(text: str) -> None:
    with pytest.raises(CertLogicError, match="plusTime"):
        evaluate({"plusTime": [text, 0, "hour"]}, {})


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (1, "day", "2020-03-01"),
        (1, "month", "2020-03-29"),
        (1, "year", "2021-03-01"),
        (-1, "year", "2019-03-01"),
        (-1, "month", "2020-01-29"),
        (12, "month", "2021-03-01"),
        (24, "hour", "2020-03-01"),
    ],
)
def test_leap_day_moves_as_the_specification_says(amount: int, unit: str, expected: str) -> None:
    moved = evaluate({"plusTime": ["2020-02-29", amount, unit]}, {})
    assert moved.date().isoformat() == expected


def test_day_that_a_month_lacks_runs_over() -> None:
    assert evaluate({"plusTime": ["2021-01-31", 1, "month"]}, {}) == datetime(2021, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize("unit", moments.UNITS)
@pytest.mark.parametrize("amount", [certlogic.MAX_INTEGER, -certlogic.MAX_INTEGER, 90_000_000])
def test_offset_beyond_the_calendar_is_an_error(amount: int, unit: str) -> None:
    with pytest.raises(CertLogicError, match="outside the calendar"):
        evaluate({"plusTime": ["2022-03-20", amount, unit]}, {})


def test_ternary_comparison_chains() -> None:
    for values, expected in (([1, 2, 3], True), ([1, 3, 2], False), ([2, 1, 3], False)):
        assert evaluate({"<": values}, {}) is expected


def test_comparison_needs_integers_on_both_sides() -> None:
    for operator in ("<", ">", "<=", ">="):
        for wrong in ("1", True, None, 1.5, [1]):
            with pytest.raises(CertLogicError, match="needs integers"):
                evaluate({operator: [1, var("x")]}, {"x": wrong})


def test_date_times_are_compared_by_their_own_operators_only() -> None:
    with pytest.raises(CertLogicError, match="needs integers"):
        evaluate({"<": [{"plusTime": ["2022", 0, "day"]}, 3]}, {})
    with pytest.raises(CertLogicError, match="needs date-times"):
        evaluate({"before": ["2022-01-01", "2022-01-02"]}, {})


def test_reduce_sees_the_whole_document_as_data() -> None:
    count = {
        "reduce": [var("x"), {"+": [var("accumulator"), {"if": [{"===": [var("current"), var("data.z")]}, 1, 0]}]}, 0]
    }
    assert evaluate(count, {"x": [1, 2, 1, 1], "z": 1}) == 3


def test_path_does_not_reach_into_strings_or_numbers() -> None:
    assert evaluate(var("x.0"), {"x": "abc"}) is None
    assert evaluate(var("x.length"), {"x": [1]}) is None
    assert evaluate(var("x.-1"), {"x": [1]}) is None
    assert evaluate(var("x.²"), {"x": [1, 2, 3]}) is None


def test_explanation_keeps_what_was_evaluated_and_no_more() -> None:
    lazy = {"and": [var("x"), {"!": [var("y")]}]}
    assert [o.expression for o in explain(lazy, {"x": 0, "y": 1}).operands] == [var("x")]
    assert [o.value for o in explain(lazy, {"x": 1, "y": 1}).operands] == [1, False]


# Hostile expressions


def nested(depth: int) -> Json:
    logic: Json = True
    for _ in range(depth):
        logic = {"!": [logic]}
    return logic


def test_deep_expression_is_refused_before_and_during_evaluation() -> None:
    assert issues(nested(certlogic.MAX_DEPTH)) == ()
    assert issues(nested(certlogic.MAX_DEPTH + 1)) != ()
    with pytest.raises(CertLogicError, match="nested deeper"):
        evaluate(nested(100_000), {})


def test_large_expression_is_refused_with_one_fault_and_not_thousands() -> None:
    assert len(issues([[None]] * 100_000)) <= certlogic.MAX_NODES + 1
    assert len(issues([True] * 100_000)) == 1


def test_exponential_rule_runs_out_of_steps() -> None:
    thrice = {"reduce": [var("a"), {"reduce": [var("data.a"), {"reduce": [var("data.data.a"), 1, 0]}, 0]}, 0]}
    with pytest.raises(CertLogicError, match="steps"):
        evaluate(thrice, {"a": [0] * 100})


def test_doubling_structure_cannot_be_compared_for_ever() -> None:
    doubled = {"reduce": [var("a"), [var("accumulator"), var("accumulator")], 0]}
    with pytest.raises(CertLogicError, match=r"steps|nested deeper"):
        evaluate({"===": [doubled, doubled]}, {"a": [0] * 50})


def test_integers_stay_exact() -> None:
    doubled = {"reduce": [var("a"), {"+": [var("accumulator"), var("accumulator")]}, 1]}
    with pytest.raises(CertLogicError, match="too large"):
        evaluate(doubled, {"a": [0] * 60})
    assert issues(2**53) != ()
    assert issues(float("inf")) != ()
    assert issues(json.loads("1e400")) != ()


def test_endless_texts_are_refused() -> None:
    assert issues("a" * certlogic.MAX_TEXT) == ()
    assert issues("a" * (certlogic.MAX_TEXT + 1)) != ()
    assert issues(var("a" * certlogic.MAX_TEXT)) == ()
    assert issues(var("a" * (certlogic.MAX_TEXT + 1))) != ()
    assert issues(var(".".join("a" * certlogic.MAX_TEXT))) != ()
