"""CertLogic's own suites: `testSuite` (what expressions evaluate to), `validation-testSuite` (what is no expression).

Any folder of such files will do, at any depth; one line for each file.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checkpoint.policy.certlogic import CertLogicError, evaluate
from checkpoint.policy.certlogic_check import issues
from tests.conformance.expectation import ExpectationResult, Outcome


def run(folder: Path) -> Iterator[ExpectationResult]:
    """Yield a result for each assertion of each test case, and for each case of a validation suite."""
    for file in sorted(folder.rglob("*.json")):
        name = file.relative_to(folder).as_posix()
        try:
            suite = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            yield ExpectationResult.check(name, name, held=False, detail=f"not JSON: {error}")
            continue
        if not isinstance(suite, dict) or not isinstance(suite.get("cases"), list):
            continue  # a schema, or somebody else's file
        for number, case in enumerate(suite["cases"], start=1):
            label = f"{name} {number}: {case.get('name', '')}".rstrip(": ")
            skip_case = "skip" in (suite.get("directive"), case.get("directive"))
            if "issues" in case:
                yield _validated(name, label, case, skip_case)
            for assertion_number, assertion in enumerate(case.get("assertions", ()), start=1):
                expression = assertion.get("certLogicExpression", case.get("certLogicExpression"))
                skip = skip_case or assertion.get("directive") == "skip"
                yield _evaluated(name, f"{label} #{assertion_number}", expression, assertion, skip)


def _evaluated(name: str, label: str, expression: Any, assertion: dict[str, Any], skip: bool) -> ExpectationResult:
    if skip:
        return ExpectationResult(name, label, Outcome.SKIPPED)
    try:
        found = issues(expression)
        value = found[0].message if found else evaluate(expression, assertion["data"])
    except CertLogicError as error:
        value = error
    expected = assertion["expected"]
    held = not found and _identical(value, expected)
    return ExpectationResult.check(name, label, held, f"expected {expected!r}, got {value!r}")


def _validated(name: str, label: str, case: dict[str, Any], skip: bool) -> ExpectationResult:
    if skip:
        return ExpectationResult(name, label, Outcome.SKIPPED)
    found = [{"expr": issue.expression, "message": issue.message} for issue in issues(case["certLogicExpression"])]
    return ExpectationResult.check(name, label, found == case["issues"], f"expected {case['issues']}, got {found}")


def _identical(value: Any, expected: Any) -> bool:
    """Equal, and of one JSON type: Python alone takes True for 1."""
    return type(value) is type(expected) and bool(value == expected)
