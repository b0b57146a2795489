"""Time as the station knows it: the wall clock, how far it can be trusted, and the clock since boot."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ClockTrust(StrEnum):
    """How far the wall clock can be believed. A Pi 4 has no battery clock and boots months in the past."""

    TRUSTED = "trusted"  # NTP this boot, or a verified battery clock
    CONFIRMED = "officer-confirmed"
    UNTRUSTED = "untrusted"

    @property
    def may_admit(self) -> bool:
        """Whether evidence that expires may be judged by this clock."""
        return self is not ClockTrust.UNTRUSTED


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks.

    ``wall`` is timezone-aware UTC; ``boot_ms`` counts milliseconds since boot, suspend included (CLOCK_BOOTTIME);
    ``boot_id`` tells one boot from the next.
    """

    wall: datetime
    boot_ms: int
    boot_id: str
    trust: ClockTrust

    def waited_since(self, earlier: "Moment") -> float | None:
        """Return the seconds since `earlier`, or None where they cannot be known.

        Within one boot the boot clock alone counts, whatever the wall clock did. Across a reboot the wall clock
        counts only where it could be trusted at both ends.
        """
        if self.boot_id == earlier.boot_id:
            return (self.boot_ms - earlier.boot_ms) / 1000
        if self.trust.may_admit and earlier.trust.may_admit:
            waited = (self.wall - earlier.wall).total_seconds()
            return waited if waited >= 0 else None
        return None
