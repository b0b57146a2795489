"""How far the machine's clock is believed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from checkpoint.clock import ClockTrust
from hardware.clock import SystemClock, kernel_says_synchronised

BUILT = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Machine:
    """A machine whose clocks tests set."""

    wall: datetime = BUILT + timedelta(days=3)
    boot_s: float = 100.0
    synchronised: bool = False

    def clock(self) -> SystemClock:
        return SystemClock(
            floor=BUILT,
            synchronised=lambda: self.synchronised,
            wall=lambda: self.wall.timestamp(),
            boot_s=lambda: self.boot_s,
            boot_id="boot-1",
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
