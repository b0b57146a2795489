"""Countries' entry rules with their test cases: any folder with `rule.json` beside a folder `tests`, at any depth.

One line for each country. A case is evaluated on just what its file holds: one published case has no payload at all, on
purpose ("empty payload (undefined)"), and no payload is put in its place.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checkpoint.policy.certlogic import CertLogicError, evaluate
from checkpoint.policy.certlogic_check import issues
from tests.conformance.expectation import ExpectationResult


def run(folder: Path) -> Iterator[ExpectationResult]:
    """Yield a result for each rule (it is CertLogic) and for each of its cases (it evaluates as expected)."""
    for file in sorted(folder.rglob("rule.json")):
        rule = json.loads(file.read_text(encoding="utf-8"))
        country, logic = str(rule.get("Country", "?")), rule["Logic"]
        found = issues(logic)
        label = file.relative_to(folder).as_posix()
        yield ExpectationResult.check(f"{country} well-formed", label, not found, "; ".join(i.message for i in found))
        for case_file in sorted((file.parent / "tests").glob("*.json")):
            case_label = case_file.relative_to(folder).as_posix()
            try:
                case = json.loads(case_file.read_text(encoding="utf-8"))
            except ValueError as error:
                yield ExpectationResult.check(country, case_label, held=False, detail=f"not JSON: {error}")
                continue
            context = {key: case[key] for key in ("payload", "external") if key in case}
            value = _value(logic, context)
            detail = f"{case.get('name', '')}: expected {case['expected']!r}, got {value!r}"
            yield ExpectationResult.check(country, case_label, value is case["expected"], detail)


def _value(logic: Any, context: dict[str, Any]) -> Any:
    try:
        return evaluate(logic, context)
    except CertLogicError as error:
        return error
