"""What `make lighthouse` makes of Lighthouse's reports, and that its lock names no address."""

import json
from typing import Any

import pytest

from tests.browser.lighthouse.__main__ import CATEGORIES, LEAST, opinion_of
from tests.data import REPOSITORY

LOCK = REPOSITORY / "tests" / "browser" / "lighthouse" / "package-lock.json"


def report(**scores: float | None) -> dict[str, Any]:
    """Return a report with the given categories' scores, and one audit that cost some of the first one's points."""
    given = {name: scores.get(name.replace("-", "_"), 1.0) for name in CATEGORIES}
    audits = {"blocking": {"title": "Total Blocking Time", "displayValue": "240 ms", "score": 0.6}}
    return {
        "categories": {
            name: {"score": score, "auditRefs": [{"id": "blocking", "weight": 30}] if name == "performance" else []}
            for name, score in given.items()
        },
        "audits": audits,
    }


def test_a_page_with_enough_points_everywhere_is_enough() -> None:
    assert opinion_of("gate", report(performance=LEAST / 100)).enough


@pytest.mark.parametrize("category", ["performance", "accessibility", "best_practices"])
def test_one_category_below_is_not_enough_and_says_what_cost_points(category: str) -> None:
    opinion = opinion_of("bench", report(**{category: (LEAST - 1) / 100}))
    assert not opinion.enough
    assert "performance: Total Blocking Time 240 ms" in opinion.findings


def test_a_page_that_could_not_be_judged_is_no_page_with_full_points() -> None:
    with pytest.raises(ValueError, match="could not judge performance"):
        opinion_of("gate", report(performance=None))


def test_the_lock_holds_versions_and_hashes_and_no_address() -> None:
    locked = json.loads(LOCK.read_text("utf-8"))["packages"]
    assert all("integrity" in package for path, package in locked.items() if path)
    assert "://" not in LOCK.read_text("utf-8")
