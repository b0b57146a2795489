"""How the station is: one check a device or duty, said the same to the page, to `checkpoint doctor` and to monitoring."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """How one part of the station is."""

    OK = "ok"
    WARN = "warn"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the station and how it is.

    ``name``: kebab-case, e.g. "camera-gate", "lamps", "clock", "journal", "trust-list", "rules", "sync", "disk";
    ``finding`` and ``advice`` are kebab-case codes that the page words, with ``data`` to fill in.
    """

    name: str
    state: State
    finding: str
    advice: str = ""
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """Where the uploads stand. ``all_sent`` is true only when headquarters has acknowledged everything."""

    pending_events: int
    pending_photos: int
    last_success: datetime | None
    error: str = ""
    enrolled: bool = True

    @property
    def all_sent(self) -> bool:
        """Whether nothing at all waits to be sent."""
        return self.enrolled and not self.pending_events and not self.pending_photos
