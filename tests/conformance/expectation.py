"""One expectation of a published test case, what became of it, and the tally a suite prints."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What became of one expectation."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # by the suite's own mark, or because the file lacks what it would be checked on


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One expectation of one case.

    ``expectation`` names the group it is tallied under ("VERIFY", "VERIFY rejected", "testSuite/and.json", ...);
    ``case`` names the case so that somebody finds it again (its path below the folder, and where a file holds several,
    its name in the file); ``detail`` says what was expected and what came instead, in one line.
    """

    expectation: str
    case: str
    outcome: Outcome
    detail: str = ""

    @classmethod
    def check(cls, expectation: str, case: str, held: bool, detail: str = "") -> "ExpectationResult":
        """Return a passed result where the expectation `held`, else a failed one with its `detail`."""
        return cls(expectation, case, Outcome.PASSED if held else Outcome.FAILED, "" if held else detail)


@dataclass(slots=True)
class Tally:
    """The results of one expectation over all cases."""

    passed: int = 0
    skipped: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)  # (case, detail)

    @property
    def failed(self) -> int:
        """How many cases did not come out as expected."""
        return len(self.failures)


def tally(results: Iterable[ExpectationResult]) -> dict[str, Tally]:
    """Return one tally for each expectation, in the order in which the expectations first appeared."""
    tallies: dict[str, Tally] = {}
    for result in results:
        counted = tallies.setdefault(result.expectation, Tally())
        match result.outcome:
            case Outcome.PASSED:
                counted.passed += 1
            case Outcome.SKIPPED:
                counted.skipped += 1
            case Outcome.FAILED:
                counted.failures.append((result.case, result.detail))
    return tallies


def as_json_line(suite: str, expectation: str, counted: Tally, *, details: bool = False) -> str:
    """Return the line a suite prints for one expectation; `details` says why each failed case failed."""
    line: dict[str, Any] = {
        "suite": suite,
        "expectation": expectation,
        "passed": counted.passed,
        "failed": counted.failed,
        "failures": [name for name, _ in counted.failures],
    }
    if counted.skipped:
        line["skipped"] = counted.skipped
    if details and counted.failures:
        line["details"] = dict(counted.failures)
    return json.dumps(line, ensure_ascii=False)
