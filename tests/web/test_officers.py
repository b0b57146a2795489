"""Officers and their PINs."""

import json
import stat
from pathlib import Path

import pytest

from tests.web.pages import QUICK_HASHER
from web.officers import LONGEST_WAIT_S, OfficerError, Officers, OfficersDamagedError, Role, lock_out_s


class Now:
    """A wall clock, seconds."""

    def __init__(self) -> None:
        self.seconds = 1_647_800_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def officers(tmp_path: Path, now: Now) -> Officers:
    made = Officers(tmp_path / "officers.json", now=now, hasher=QUICK_HASHER)
    made.add("Chen", "1357")
    return made


def refused(officers: Officers, pin: str, name: str = "Chen") -> OfficerError:
    with pytest.raises(OfficerError) as caught:
        officers.verify(name, pin)
    return caught.value


def test_nobody_can_log_in_before_an_officer_was_added(tmp_path: Path) -> None:
    empty = Officers(tmp_path / "none.json")
    assert empty.names() == ()
    assert refused(empty, "0000", "admin").reason == "unknown-officer"


def test_the_right_pin_names_the_officer_and_the_role(officers: Officers) -> None:
    officers.add("Wang", "2468", Role.SHIFT_LEAD)
    assert officers.verify("Wang", "2468").role is Role.SHIFT_LEAD
    assert officers.names() == ("Chen", "Wang")


@pytest.mark.parametrize("content", ["", "\x00\x00", '{"a": 1}', '{"officers": [7]}', "[]"])
def test_a_damaged_file_is_kept_aside_and_its_copy_stands_in(
    officers: Officers, tmp_path: Path, now: Now, content: str
) -> None:
    officers.add("Wang", "2468", Role.SHIFT_LEAD)
    (tmp_path / "officers.json").write_text(content)
    again = Officers(tmp_path / "officers.json", now=now, hasher=QUICK_HASHER)
    assert again.verify("Wang", "2468").role is Role.SHIFT_LEAD
    assert again.kept_aside is not None
    assert again.kept_aside.read_text() == content
    once_more = Officers(tmp_path / "officers.json", now=now, hasher=QUICK_HASHER)
    assert (once_more.names(), once_more.kept_aside) == (("Chen", "Wang"), None)


def test_a_lost_file_does_not_open_the_station_to_whoever_comes_first(
    officers: Officers, tmp_path: Path, now: Now
) -> None:
    (tmp_path / "officers.json").unlink()
    assert Officers(tmp_path / "officers.json", now=now, hasher=QUICK_HASHER).names() == officers.names()


def test_where_the_copy_is_damaged_too_it_is_said_and_nothing_is_overwritten(
    officers: Officers, tmp_path: Path, now: Now
) -> None:
    for name in ("officers.json", "officers.copy.json"):
        (tmp_path / name).write_text("ruined")
    with pytest.raises(OfficersDamagedError, match=r"officers\.json .* nor its copy"):
        Officers(tmp_path / "officers.json", now=now, hasher=QUICK_HASHER)
    assert (tmp_path / "officers.json").read_text() == "ruined"
    assert officers.names() == ("Chen",)


def test_a_file_of_an_older_version_gets_its_copy(officers: Officers, tmp_path: Path, now: Now) -> None:
    (tmp_path / "officers.copy.json").unlink()
    Officers(tmp_path / "officers.json", now=now, hasher=QUICK_HASHER)
    assert (tmp_path / "officers.copy.json").read_bytes() == (tmp_path / "officers.json").read_bytes()
    assert stat.S_IMODE((tmp_path / "officers.copy.json").stat().st_mode) == 0o600
    assert officers.names() == ("Chen",)


def test_a_pin_is_nowhere_in_the_file_and_only_the_owner_reads_it(officers: Officers, tmp_path: Path) -> None:
    path = tmp_path / "officers.json"
    assert "1357" not in path.read_text().replace("1357", "", 0) or "argon2" in path.read_text()
    record = json.loads(path.read_text())["officers"][0]
    assert record["pin_hash"].startswith("$argon2id$")
    assert all(value != "1357" for value in record.values())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_wrong_pins_in_a_row_make_everyone_wait_longer_and_longer(officers: Officers, now: Now) -> None:
    waits = []
    for _ in range(7):
        waits.append(refused(officers, "0000").wait_s)
        now.seconds += waits[-1]
    assert waits == [0, 0, 0, 5, 10, 20, 40]


def test_while_locked_out_even_the_right_pin_is_refused(officers: Officers, now: Now) -> None:
    for _ in range(4):
        refused(officers, "0000")
    assert refused(officers, "1357").reason == "locked-out"
    now.seconds += 5.1
    assert officers.verify("Chen", "1357").name == "Chen"


def test_a_right_pin_forgives_the_wrong_ones(officers: Officers) -> None:
    for _ in range(3):
        refused(officers, "0000")
    officers.verify("Chen", "1357")
    assert refused(officers, "0000").wait_s == 0


def test_a_lock_out_survives_a_restart(officers: Officers, tmp_path: Path, now: Now) -> None:
    for _ in range(4):
        refused(officers, "0000")
    again = Officers(tmp_path / "officers.json", now=now, hasher=QUICK_HASHER)
    assert refused(again, "1357").reason == "locked-out"


def test_a_clock_set_back_locks_nobody_out_for_a_year(officers: Officers, now: Now) -> None:
    for _ in range(4):
        refused(officers, "0000")
    now.seconds -= 365 * 86400
    assert officers.verify("Chen", "1357").name == "Chen"


def test_the_wait_has_an_end() -> None:
    assert lock_out_s(1000) == LONGEST_WAIT_S


@pytest.mark.parametrize("pin", ["", "123", "12a4", "１２３４", "1" * 13])
def test_a_pin_is_four_to_twelve_digits(officers: Officers, pin: str) -> None:
    with pytest.raises(OfficerError, match="pin-of-digits"):
        officers.add("New", pin)
    assert "New" not in officers.names()


def test_a_name_is_taken_once(officers: Officers) -> None:
    with pytest.raises(OfficerError, match="name-taken"):
        officers.add("Chen", "9999")
    with pytest.raises(OfficerError, match="name-needed"):
        officers.add("  ", "9999")


def test_a_half_written_file_never_replaces_the_old_one(
    officers: Officers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (tmp_path / "officers.json").read_text()

    def power_cut(*_: object, **__: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr("checkpoint.durable.os.fsync", power_cut)
    with pytest.raises(OSError, match="power cut"):
        officers.add("Wang", "2468")
    assert (tmp_path / "officers.json").read_text() == before


def test_a_removed_officer_cannot_log_in(officers: Officers) -> None:
    officers.remove("Chen")
    assert refused(officers, "1357").reason == "unknown-officer"


def test_the_end_of_a_shift_ends_the_sessions_and_keeps_the_pin(officers: Officers, now: Now) -> None:
    before = officers.verify("Chen", "1357")
    now.seconds += 60
    officers.end_sessions("Chen")
    after = officers.verify("Chen", "1357")
    assert after.since != before.since
