"""The machine's clock: wall time, time since boot, and how far the wall time can be trusted."""

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from checkpoint.clock import ClockTrust, Moment

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
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


class SystemClock:
    """The clock port on Linux.

    A wall clock below `floor` (the latest time the station has proof of: build, journal, headquarters) is untrusted
    whatever the kernel says. `confirm` records that an officer compared the clock with their own watch; a later
    jump of the wall clock against the boot clock takes that back.
    """

    JUMP_S = 60.0

    def __init__(
        self,
        *,
        floor: datetime,
        synchronised: Callable[[], bool] = kernel_says_synchronised,
        wall: Callable[[], float] = time.time,
        boot_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        boot_id: str | None = None,
    ) -> None:
        self._floor = floor
        self._synchronised = synchronised
        self._wall = wall
        self._boot_s = boot_s
        self._boot_id = boot_id if boot_id is not None else BOOT_ID.read_text().strip()
        self._confirmed_offset: float | None = None

    def now(self) -> Moment:
        """Return this instant on both clocks."""
        wall, boot = self._wall(), self._boot_s()
        when = datetime.fromtimestamp(wall, UTC)
        return Moment(wall=when, boot_ms=int(boot * 1000), boot_id=self._boot_id, trust=self._trust(when, wall - boot))

    def raise_floor(self, proof: datetime) -> None:
        """Take note of a time that has certainly passed: the journal's newest entry, headquarters' answer."""
        self._floor = max(self._floor, proof)

    def confirm(self) -> Moment:
        """An officer has confirmed the time shown; return the moment of it."""
        self._confirmed_offset = self._wall() - self._boot_s()
        return self.now()

    def _trust(self, when: datetime, offset: float) -> ClockTrust:
        if when < self._floor:
            return ClockTrust.UNTRUSTED
        if self._synchronised():
            return ClockTrust.TRUSTED
        if self._confirmed_offset is not None and abs(offset - self._confirmed_offset) < self.JUMP_S:
            return ClockTrust.CONFIRMED
        return ClockTrust.UNTRUSTED
