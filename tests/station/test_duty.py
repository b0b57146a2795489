"""Who is on duty at the gate."""

from checkpoint.events import Kind
from station.duty import Duty
from tests.checkpoint.station_parts import Parts


def log_in(parts: Parts, officer: str, role: str = "officer") -> None:
    parts.journal.append(Kind.LOGGED_IN, {"officer": officer, "role": role})


def test_whoever_logged_in_last_is_on_duty_until_they_log_out(parts: Parts) -> None:
    duty = Duty(parts.journal)
    log_in(parts, "Chen")
    log_in(parts, "Wang")
    assert duty.officer == "Wang"
    parts.journal.append(Kind.LOGGED_OUT, {"officer": "Wang"})
    assert duty.officer == "Chen"


def test_a_restart_knows_who_is_on_duty(parts: Parts) -> None:
    log_in(parts, "Chen")
    log_in(parts, "Wang")
    parts.journal.append(Kind.LOGGED_OUT, {"officer": "Wang"})
    assert Duty(parts.journal).officer == "Chen"


def test_an_auditor_watches_and_is_never_on_duty(parts: Parts) -> None:
    duty = Duty(parts.journal)
    log_in(parts, "Liu", "auditor")
    assert duty.officer == ""
