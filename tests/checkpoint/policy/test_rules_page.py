"""docs/rules.md tells the truth: fields, keys, guards and the example are those of the program."""

import re
from typing import Any

import pytest

from checkpoint.assay import Outcome
from checkpoint.credential import Colour, Recovery, Vaccination
from checkpoint.crossing import Category
from checkpoint.policy import certlogic, guards, load_pack, shipped_packs
from checkpoint.policy.document import document
from checkpoint.policy.guards import verdict_on_problem
from tests.checkpoint.policy.travellers import (
    NOW,
    antigen,
    certificate,
    health_code,
    hours,
    lorry_pass,
    naat,
    spot,
    traveller,
)
from tests.data import REPOSITORY

PAGE = (REPOSITORY / "docs" / "rules.md").read_text(encoding="utf-8")
EVERYTHING = traveller(
    Category.LORRY,
    certificate(naat(hours(1)), antigen(hours(1)), Vaccination("x", 1, 2, None), Recovery(None, None, None)),
    health_code(Colour.GREEN),
    lorry_pass(),
    spot_test=spot(Outcome.NEGATIVE),
    plate="浙F12345",
)


def rows(beginning: str) -> dict[str, str]:
    """The rows of the page's tables whose first cell begins so: cell to the rest of the row."""
    found = re.findall(rf"^\| `({beginning}[^`]*)` \|(.*)$", PAGE, re.MULTILINE)
    return dict(found)


def test_page_lists_every_field_that_rules_see_and_no_other() -> None:
    seen: dict[str, Any] = document(EVERYTHING, NOW)
    payload = rows(r"payload\.")
    assert {path.removeprefix("payload.") for path in payload} == set(seen["payload"])
    for name, value in seen["payload"].items():
        inner = value[0] if isinstance(value, list) else value
        for key in inner if isinstance(inner, dict) else ():
            wording = payload[f"payload.{name}"] + ("" if name != "antigen" else payload["payload.naat"])
            assert f"`{key}`" in wording, f"{name}.{key}"
    assert set(seen["external"]) == {path.removeprefix("external.") for path in rows(r"external\.")}


def test_example_on_the_page_is_a_rule_pack() -> None:
    [example] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    pack = load_pack(example.encode())
    keys = set(re.findall(r'"([a-z_]+)":', example))
    described = {
        key for cell in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for key in re.findall(r"`(\w+)`", cell)
    }
    assert keys - {"zh", "en", "var", "and", "plusTime"} <= described
    assert [rule.after for rule in pack.rules] == [(), ("naat-shown",)]


def test_page_lists_every_shipped_pack() -> None:
    assert all(f"`{pack.id}`" in PAGE for pack in shipped_packs())


def test_page_lists_every_guard() -> None:
    source = "".join(
        (REPOSITORY / "checkpoint" / "policy" / f"{name}.py").read_text() for name in ("guards", "decision", "proof")
    )
    named = set(re.findall(r'"guard:([a-z-]+)"', source)) | set(re.findall(r'_hold\(\s*"([a-z-]+)"', source))
    assert named == {guard.removeprefix("guard:") for guard in rows("guard:")}


def test_page_names_every_reason_that_refuses_what_was_presented() -> None:
    [row] = re.findall(r"^\| `guard:presented` \|(.*)$", PAGE, re.MULTILINE)
    refused = {str(reason) for reason in guards._REFUSED}
    assert set(re.findall(r"`([a-z-]+)`", row)) == refused
    assert all(verdict_on_problem(reason) == "refuse" for reason in guards._REFUSED)


@pytest.mark.parametrize("limit", [certlogic.MAX_DEPTH, certlogic.MAX_NODES, certlogic.MAX_TEXT, certlogic.MAX_STEPS])
def test_page_states_every_limit(limit: int) -> None:
    [limits] = re.findall(r"^Limits.*?\n\n", PAGE, re.DOTALL | re.MULTILINE)
    assert f"{limit:,}" in limits
