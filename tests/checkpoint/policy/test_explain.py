"""Why a rule was met or not, in one line and as a tree."""

from typing import Any

import pytest

from checkpoint.credential import TestResult
from checkpoint.crossing import Category, Verdict
from checkpoint.policy import decide
from checkpoint.policy.document import document
from checkpoint.policy.explain import clause, explain, tree
from checkpoint.policy.pack_file import parse_pack
from checkpoint.reasons import Reason
from tests.checkpoint.policy.test_rule_packs import with_rule
from tests.checkpoint.policy.travellers import NOW, certificate, hours, naat, road, spot, traveller


def failing_clauses(*ages: float) -> list[str]:
    evidence = traveller(Category.OTHER, *(certificate(naat(hours(age))) for age in ages), spot_test=spot())
    return [f.clause for f in decide(evidence, road(), NOW).findings if f.verdict is not Verdict.ADMIT]


def test_clause_names_the_value_that_was_met_and_the_one_wanted() -> None:
    assert failing_clauses(30) == [
        "validationClock 2022-03-21T09:00:00.000Z not-after naat.sampledAt 2022-03-20T03:00:00.000Z + 24 hour: false"
    ]


def test_clause_says_what_is_missing() -> None:
    assert failing_clauses() == ["naat missing"]


def test_both_ways_that_were_tried_are_named() -> None:
    decision = decide(traveller(Category.RESIDENT, certificate(naat(hours(3), TestResult.UNCLEAR))), road(), NOW)
    [failed, _] = [f.clause for f in decision.findings if f.verdict is not Verdict.ADMIT]
    assert failed.startswith("spot.outcome missing === 'negative': false; ")
    assert failed.endswith("naat.result 'unclear' === 'negative': false")


@pytest.mark.parametrize(
    ("logic", "data", "expected"),
    [
        ({"and": [{"var": "a"}, {"var": "b"}]}, {"a": 1, "b": 0}, "b 0"),
        ({"and": [{"var": "a"}, {"var": "b"}]}, {"a": 1, "b": 2}, "a 1; b 2"),
        ({"and": [{"var": "a"}, {"var": "b"}]}, {"a": "", "b": 2}, "a ''"),
        ({"!": [{"<": [{"var": "a"}, 3]}]}, {"a": 1}, "a 1 < 3: true"),
        ({"if": [{"var": "a"}, {"var": "b"}, False]}, {"a": True, "b": False}, "b false"),
        ({"if": [{"var": "a"}, {"var": "b"}, False]}, {"a": False}, "a false"),
        ({"in": [{"var": "a"}, ["x", "y"]]}, {"a": "z"}, "a 'z' in [2]: false"),
        ({"<=": [1, {"var": "a"}, 5]}, {"a": 9}, "1 <= a 9 <= 5: false"),
        (
            {"after": [{"plusTime": [{"var": "a"}, -18, "year"]}, {"dccDateOfBirth": [{"var": "b"}]}]},
            {"a": "2022-01-01", "b": "2010"},
            "a '2022-01-01' - 18 year after dccDateOfBirth (2010-12-31T00:00:00.000Z): false",
        ),
        ({"extractFromUVCI": [{"var": "a"}, 1]}, {"a": "01:NL"}, "extractFromUVCI ('NL'): 'NL'"),
        (False, {}, "false"),
    ],
)
def test_deciding_clause(logic: Any, data: Any, expected: str) -> None:
    assert clause(explain(logic, data)) == expected


def test_clause_stays_one_short_line_whatever_the_data() -> None:
    long = "界" * 100_000
    for logic in ({"===": [{"var": "a"}, "b"]}, {"and": [{"===": [{"var": "a"}, "b"]}] * 2}, {"var": "a"}):
        assert len(clause(explain(logic, {"a": long}))) <= 400


def test_plates_are_named_but_not_shown() -> None:
    evidence = traveller(Category.LORRY, plate="浙F12345")
    logic = {"===": [{"var": "payload.vehicle.plate"}, {"var": "payload.pass.plate"}]}
    assert clause(explain(logic, document(evidence, NOW))) == "vehicle.plate (not shown) === pass.plate missing: false"


PLATE = {"var": "payload.vehicle.plate"}
VEHICLE = {"var": "payload.vehicle"}
ITEM = {"var": "current.plate"}


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        ({"===": [{"if": [PLATE, PLATE, "none"]}, "x"]}, "if (not shown) === 'x': false"),
        ({"===": [{"and": [True, PLATE]}, "x"]}, "and (not shown) === 'x': false"),
        ({"extractFromUVCI": [PLATE, 0]}, "extractFromUVCI (not shown): (not shown)"),
        ({"reduce": [[PLATE], {"var": "current"}, ""]}, "reduce (not shown): (not shown)"),
        ({"reduce": [[VEHICLE], ITEM, ""]}, "reduce (not shown): (not shown)"),
        ({"reduce": [[{"var": "payload"}], {"var": "current.vehicle.plate"}, ""]}, "reduce (not shown): (not shown)"),
        ({"reduce": [[{"var": ""}], {"var": "current.payload.vehicle.plate"}, ""]}, "reduce (not shown): (not shown)"),
        ({"reduce": [[1], {"var": "data.payload.vehicle.plate"}, ""]}, "reduce (not shown): (not shown)"),
        ({"reduce": [["x", "y"], {"var": "current"}, ""]}, "reduce ('y'): 'y'"),
        ({"in": [PLATE, ["x"]]}, "vehicle.plate (not shown) in [1]: false"),
        ({"!": [{"!": [PLATE]}]}, "vehicle.plate (not shown)"),
        (VEHICLE, "vehicle present"),
    ],
)
def test_what_was_made_of_a_plate_is_not_shown_either(logic: Any, expected: str) -> None:
    evaluated = explain(logic, document(traveller(Category.LORRY, plate="浙F12345"), NOW))
    assert clause(evaluated) == expected
    assert "12345" not in " ".join(tree(evaluated))


def test_date_made_of_a_plate_is_not_shown() -> None:
    logic = {"before": [{"plusTime": [PLATE, 0, "day"]}, {"plusTime": ["2030", 0, "day"]}]}
    evaluated = explain(logic, document(traveller(Category.LORRY, plate="2022"), NOW))
    assert clause(evaluated) == "vehicle.plate (not shown) before '2030': true"
    assert "2022" not in " ".join(tree(evaluated))


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        ({"plusTime": [PLATE, 0, "day"]}, "plusTime on 'payload.vehicle.plate': not a date"),
        ({"dccDateOfBirth": [PLATE]}, "dccDateOfBirth on 'payload.vehicle.plate': not a date"),
        ({"plusTime": [{"if": [True, PLATE, ""]}, 0, "day"]}, "plusTime: not a date"),
        ({"plusTime": [{"var": "payload.naat"}, 0, "day"]}, "plusTime on 'payload.naat': needs a string, not dict"),
        ({"<": [PLATE, 1]}, "< needs integers"),
        ({"+": [PLATE, 1]}, "+ needs two integers"),
        ({"if": [{"plusTime": [PLATE, 0, "day"]}, 1, 2]}, "plusTime on 'payload.vehicle.plate': not a date"),
        ({"reduce": [PLATE, 1, 1]}, "reduce needs an array"),
        ({"in": ["x", PLATE]}, "in needs an array on its right"),
    ],
)
def test_rule_that_breaks_on_a_value_says_where_it_stands_and_not_what_it_is(logic: Any, expected: str) -> None:
    pack = parse_pack(with_rule(logic=logic))
    evidence = traveller(Category.RESIDENT, certificate(naat(hours(1))), plate="浙F12345")
    [broken] = [f for f in decide(evidence, pack, NOW).findings if f.reason is Reason.RULES_BROKEN]
    assert broken.clause == expected


def test_tree_shows_every_step_that_was_taken() -> None:
    logic = {"if": [{"var": "a"}, {"<": [{"var": "a"}, 3]}, {"var": "never"}]}
    assert tree(explain(logic, {"a": 5})) == ["if: false", "  a 5", "  <: false", "    a 5", "    3"]
