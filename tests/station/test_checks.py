"""What the checks say: unknown is not called cool, a missed night is seen, lists and rules have their dates."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from checkpoint.credentials import TrustedKey, TrustList
from checkpoint.crossing import Category
from checkpoint.health import Advice, Finding, State
from checkpoint.policy import PackShelf, shipped_packs
from station import checks
from station.upkeep import Backups

NOW = datetime(2022, 3, 20, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("degrees", "state", "finding"),
    [
        (61.3, State.OK, Finding.COOL),
        (79.9, State.OK, Finding.COOL),
        (80.0, State.WARN, Finding.HOT),
        (None, State.OK, Finding.UNKNOWN),
    ],
)
def test_a_processor_that_slows_down_is_a_warning(degrees: float | None, state: State, finding: Finding) -> None:
    check = checks.temperature(degrees)
    assert (check.state, check.finding) == (state, finding)
    assert check.data == ({} if degrees is None else {"degrees_c": f"{degrees:.0f}"})


@pytest.mark.parametrize(
    ("hours", "failed", "station_hours", "state", "finding"),
    [
        (20, "", 900, State.OK, Finding.BACKED_UP),
        (37, "", 900, State.WARN, Finding.BACKUP_LATE),
        (20, "no stick", 900, State.WARN, Finding.BACKUP_FAILED),
        (None, "no stick", 900, State.WARN, Finding.BACKUP_FAILED),
        (None, "", 900, State.WARN, Finding.BACKUP_LATE),
        (None, "", 5, State.OK, Finding.NO_BACKUP_YET),
        (None, "", None, State.OK, Finding.NO_BACKUP_YET),
        (-5, "", 900, State.OK, Finding.BACKED_UP),  # the clock was set back
    ],
)
def test_a_late_or_failed_backup_is_a_warning_with_what_to_do(
    hours: int | None, failed: str, station_hours: int | None, state: State, finding: Finding
) -> None:
    def before(span: int | None) -> datetime | None:
        return None if span is None else NOW - timedelta(hours=span)

    check = checks.backup(Backups(before(hours), failed, before(station_hours)), NOW)
    assert (check.state, check.finding) == (state, finding)
    assert check.advice is (Advice.CHECK_BACKUP if state is State.WARN else None)
    assert check.data.get("detail", "") == failed


def trusted(**ages: float | None) -> TrustList:
    """Return a list made of lists of so many days' age (None: nobody knows)."""
    key = TrustedKey("kid", generate_private_key(SECP256R1()).public_key(), "DE", frozenset(), source="a")
    sources = {name: None if age is None else NOW - timedelta(days=age) for name, age in ages.items()}
    times = [moment for moment in sources.values() if moment]
    return TrustList((key,), min(times) if len(times) == len(sources) else None, sources=sources)


@pytest.mark.parametrize(
    ("ages", "finding", "late"),
    [
        ({"a": 1, "b": 29}, Finding.FRESH, ""),
        ({"a": 1, "b": 98, "c": 40}, Finding.STALE, "b, c"),
        ({"a": 1, "b": None}, Finding.UNDATED, "b"),
        ({"a": -2}, Finding.UNDATED, "a"),
    ],
)
def test_a_trust_list_is_shown_with_its_date_each_lists_own_and_the_limit(
    ages: dict[str, float | None], finding: Finding, late: str
) -> None:
    check = checks.trust_list(trusted(**ages), NOW, timedelta(days=30))
    assert (check.finding, check.data["too_old"]) == (finding, late)
    assert (check.state is State.OK) == (finding is Finding.FRESH)
    assert check.data["max_age_days"] == "30"
    assert {name for name in check.data if name.startswith("list ")} == {f"list {name}" for name in ages}
    if finding is Finding.STALE:
        assert check.data["age_days"] == "98"
        assert check.data["as_of"] == check.data["list b"] == (NOW - timedelta(days=98)).isoformat()


def test_rules_are_in_force_since_a_day_and_never_called_fresh(tmp_path: Path) -> None:
    packs = [pack for pack in shipped_packs() if Category.RESIDENT in pack.categories]
    check = checks.rules(PackShelf(tmp_path, {}, packs), NOW, [Category.RESIDENT])
    [pack] = [pack for pack in packs if f"pack {pack.id} {pack.version}" in check.data]
    assert check.finding is Finding.IN_FORCE
    assert check.data == {f"pack {pack.id} {pack.version}": pack.effective_from.isoformat()}
