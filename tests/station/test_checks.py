"""What the checks say of temperature and backups: unknown is not called cool, and a missed night is seen."""

from datetime import UTC, datetime, timedelta

import pytest

from checkpoint.health import Advice, Finding, State
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
