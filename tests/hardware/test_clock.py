"""How far the machine's clock is believed."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checkpoint.clock import ClockTrust
from hardware.clock import SystemClock, battery_clock, kernel_says_synchronised

BUILT = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Machine:
    """A machine whose clocks tests set."""

    wall: datetime = BUILT + timedelta(days=3)
    boot_s: float = 100.0
    synchronised: bool = False
    battery: float | None = None

    def clock(self) -> SystemClock:
        return SystemClock(
            floor=BUILT,
            synchronised=lambda: self.synchronised,
            wall=lambda: self.wall.timestamp(),
            boot_s=lambda: self.boot_s,
            boot_id="boot-1",
            battery=lambda: self.battery,
        )


def test_a_synchronised_clock_is_trusted() -> None:
    assert Machine(synchronised=True).clock().now().trust is ClockTrust.TRUSTED


def test_a_clock_before_the_programs_making_is_not_trusted_whatever_the_kernel_says() -> None:
    machine = Machine(wall=BUILT - timedelta(days=210), synchronised=True)
    assert machine.clock().now().trust is ClockTrust.UNTRUSTED


def test_a_clock_before_the_journals_newest_entry_is_not_trusted() -> None:
    machine = Machine(synchronised=True)
    clock = machine.clock()
    clock.raise_floor(machine.wall + timedelta(hours=1))
    assert clock.now().trust is ClockTrust.UNTRUSTED


def test_without_network_an_officer_may_confirm_the_time() -> None:
    machine = Machine()
    clock = machine.clock()
    assert clock.now().trust is ClockTrust.UNTRUSTED
    assert clock.confirm().trust is ClockTrust.CONFIRMED


def test_a_jump_of_the_wall_clock_takes_the_confirmation_back() -> None:
    machine = Machine()
    clock = machine.clock()
    clock.confirm()
    machine.boot_s += 10
    machine.wall += timedelta(days=2)
    assert clock.now().trust is ClockTrust.UNTRUSTED


def test_the_kernel_can_be_asked() -> None:
    assert kernel_says_synchronised() in (True, False)


def test_a_boot_in_1970_is_not_trusted_until_the_network_has_set_it() -> None:
    machine = Machine(wall=datetime(1970, 1, 1, 0, 0, 20, tzinfo=UTC), boot_s=20.0)
    clock = machine.clock()
    assert clock.now().trust is ClockTrust.UNTRUSTED
    machine.wall, machine.synchronised = BUILT + timedelta(days=90), True
    assert clock.now().trust is ClockTrust.TRUSTED


def test_an_officer_cannot_confirm_a_time_that_has_certainly_passed() -> None:
    machine = Machine(wall=BUILT + timedelta(days=3) - timedelta(days=210))
    assert machine.clock().confirm().trust is ClockTrust.UNTRUSTED


def test_a_jump_of_two_days_back_falls_below_what_the_journal_knows() -> None:
    machine = Machine(synchronised=True)
    clock = machine.clock()
    clock.raise_floor(machine.wall)
    machine.wall -= timedelta(days=2)
    assert clock.now().trust is ClockTrust.UNTRUSTED


@pytest.mark.parametrize("jump", [timedelta(days=2), -timedelta(days=2), timedelta(days=210)])
def test_a_wait_within_one_boot_is_counted_by_the_boot_clock_whatever_the_wall_clock_does(jump: timedelta) -> None:
    machine = Machine()
    clock = machine.clock()
    dropped = clock.now()
    machine.boot_s += 900
    machine.wall += timedelta(seconds=900) + jump  # the network sets the time in the middle of the wait
    machine.synchronised = True
    assert clock.now().waited_since(dropped) == 900


def test_a_wait_across_a_reboot_counts_only_where_both_ends_are_trusted() -> None:
    before = Machine(synchronised=True).clock().now()
    later = Machine(wall=BUILT + timedelta(days=3, minutes=16), boot_s=30.0, synchronised=True)
    assert replace(later.clock().now(), boot_id="boot-2").waited_since(before) == 960
    later.synchronised = False
    assert replace(later.clock().now(), boot_id="boot-2").waited_since(before) is None
    backwards = Machine(wall=BUILT + timedelta(days=2), synchronised=True).clock().now()
    assert replace(backwards, boot_id="boot-2").waited_since(before) is None


def test_a_battery_clock_that_set_the_system_clock_is_believed_without_a_network() -> None:
    machine = Machine()
    machine.battery = machine.wall.timestamp() + 0.4
    clock = machine.clock()
    assert clock.now().trust is ClockTrust.TRUSTED
    machine.wall += timedelta(days=2)
    assert clock.now().trust is ClockTrust.UNTRUSTED, "a jump shows at once, without asking it again"


def test_a_battery_clock_that_says_another_time_proves_nothing() -> None:
    machine = Machine()
    machine.battery = machine.wall.timestamp() + 8 * 3600
    assert machine.clock().now().trust is ClockTrust.UNTRUSTED


def test_a_battery_clock_in_the_past_is_caught_by_the_floor() -> None:
    machine = Machine(wall=BUILT - timedelta(days=1))
    machine.battery = machine.wall.timestamp()
    assert machine.clock().now().trust is ClockTrust.UNTRUSTED


@pytest.mark.parametrize(
    ("hctosys", "since_epoch", "told"),
    [("1\n", "1790000000\n", 1790000000.0), ("0\n", "1790000000\n", None), ("1\n", "", None), ("1\n", None, None)],
    ids=["it set the clock", "it did not", "nothing to read", "lost its power"],
)
def test_the_battery_clock_is_read_as_the_kernel_shows_it(
    tmp_path: Path, hctosys: str, since_epoch: str | None, told: float | None
) -> None:
    device = tmp_path / "rtc0"
    device.mkdir()
    (device / "hctosys").write_text(hctosys)
    if since_epoch is not None:
        (device / "since_epoch").write_text(since_epoch)
    assert battery_clock(tmp_path) == told
    assert battery_clock(tmp_path / "no such folder") is None
