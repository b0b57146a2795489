"""The machine's clock: wall time, time since boot, and how far the wall time can be trusted."""

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from checkpoint.clock import ClockTrust, Moment

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
RTC = Path("/sys/class/rtc")
STA_UNSYNC = 0x0040  # linux/timex.h: the kernel's own word on whether anything disciplines the clock


class _Timex(ctypes.Structure):
    """struct timex, as far as the status word; the rest is room for the kernel to write to."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


def kernel_says_synchronised() -> bool:
    """Return whether the kernel holds its clock for synchronised (adjtimex(2)); chrony and timesyncd both tell it."""
    libc = ctypes.CDLL(None, use_errno=True)
    timex = _Timex()
    if libc.adjtimex(ctypes.byref(timex)) < 0:
        return False
    return not timex.status & STA_UNSYNC


def battery_clock(folder: Path = RTC) -> float | None:
    """Return the time (Unix, seconds) of the battery clock that set the system clock at boot; None where there is none.

    A DS3231 that lost its power says so to its driver, and reading it fails; a Pi 5's without a battery starts in the
    past, where the floor catches it. A clock that did not set the system's (`hctosys`) proves nothing about it.
    """
    for device in sorted(folder.glob("rtc*")):
        try:
            if (device / "hctosys").read_text("ascii").strip() == "1":
                return float((device / "since_epoch").read_text("ascii"))
        except (OSError, ValueError):
            continue
    return None


class SystemClock:
    """The clock port on Linux.

    A wall clock below `floor` (the latest time the station has proof of: build, journal, headquarters) is untrusted
    whatever the kernel says. Above it, the clock is trusted where the network has set it since boot, or where it goes
    with a battery clock, which is asked every ten minutes. `confirm` records that an officer compared the clock with
    their own watch; a later jump of the wall clock against the boot clock takes that back.
    """

    JUMP_S = 60.0
    BATTERY_ASKED_EVERY_S = 600.0  # it hangs on a slow bus

    def __init__(
        self,
        *,
        floor: datetime,
        synchronised: Callable[[], bool] = kernel_says_synchronised,
        wall: Callable[[], float] = time.time,
        boot_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        boot_id: str | None = None,
        battery: Callable[[], float | None] = battery_clock,
    ) -> None:
        self._floor = floor
        self._synchronised = synchronised
        self._wall = wall
        self._boot_s = boot_s
        self._boot_id = boot_id if boot_id is not None else BOOT_ID.read_text().strip()
        self._confirmed_offset: float | None = None
        self._battery = battery
        self._battery_offset: float | None = None
        self._battery_asked: float | None = None

    def now(self) -> Moment:
        """Return this instant on both clocks."""
        wall, boot = self._wall(), self._boot_s()
        when = datetime.fromtimestamp(wall, UTC)
        return Moment(wall=when, boot_ms=int(boot * 1000), boot_id=self._boot_id, trust=self._trust(when, wall, boot))

    def raise_floor(self, proof: datetime) -> None:
        """Take note of a time that has certainly passed: the journal's newest entry, headquarters' answer."""
        self._floor = max(self._floor, proof)

    def confirm(self) -> Moment:
        """An officer has confirmed the time shown; return the moment of it."""
        self._confirmed_offset = self._wall() - self._boot_s()
        return self.now()

    def _trust(self, when: datetime, wall: float, boot: float) -> ClockTrust:
        if when < self._floor:
            return ClockTrust.UNTRUSTED
        if self._synchronised() or self._agrees(wall - boot, self._offset_of_battery(boot)):
            return ClockTrust.TRUSTED
        if self._agrees(wall - boot, self._confirmed_offset):
            return ClockTrust.CONFIRMED
        return ClockTrust.UNTRUSTED

    def _agrees(self, offset: float, other: float | None) -> bool:
        """Whether the wall clock still stands to the boot clock as it did to something that was believed."""
        return other is not None and abs(offset - other) < self.JUMP_S

    def _offset_of_battery(self, boot: float) -> float | None:
        """Return the battery clock against the boot clock: what was read once tells of every later jump."""
        if self._battery_asked is None or boot - self._battery_asked >= self.BATTERY_ASKED_EVERY_S:
            told = self._battery()
            self._battery_offset = None if told is None else told - boot
            self._battery_asked = boot
        return self._battery_offset
