"""How the station is: one check a device or duty, the same for the page, `checkpoint doctor` and monitoring."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """How one part of the station is."""

    OK = "ok"
    WARN = "warn"
    FAULT = "fault"


class Finding(StrEnum):
    """What a check found. The page words it in both languages."""

    WORKS = "works"
    SIMULATED = "simulated"  # works, but nothing real stands behind it
    NO_PICTURE = "no-picture"
    NO_LAMPS = "no-lamps"  # they cannot be set, or their sense inputs tell otherwise
    NOT_CALIBRATED = "not-calibrated"  # a bench camera whose focus and colours are left to its automatic
    SERVICE_FAILED = "service-failed"  # a unit of the service manager, since its last success
    CLOCK_TRUSTED = "clock-trusted"
    CLOCK_CONFIRMED = "clock-confirmed"
    CLOCK_UNTRUSTED = "clock-untrusted"
    CLOCK_ASSUMED = "clock-assumed"  # the configuration says so: demonstrations only
    WRITES = "writes"
    CANNOT_WRITE = "cannot-write"
    CHAIN_BROKEN = "chain-broken"
    RECOVERED = "recovered"  # the journal was damaged at the start, and restored as far as it proves itself
    FRESH = "fresh"
    STALE = "stale"
    UNDATED = "undated"  # nobody knows how old it is, or it is dated later than now
    IN_FORCE = "in-force"
    NONE = "none"
    SPOILED = "spoiled"
    ALL_SENT = "all-sent"
    PENDING = "pending"
    NOT_ENROLLED = "not-enrolled"
    LOW = "low"
    FULL = "full"
    ROOM = "room"
    MISSING = "missing"
    NO_OFFICERS = "no-officers"
    COOL = "cool"
    HOT = "hot"  # so warm that the processor slows down
    UNKNOWN = "unknown"  # nobody can tell
    NOT_CHECKED = "not-checked"  # the check itself broke off
    BACKED_UP = "backed-up"
    NO_BACKUP_YET = "no-backup-yet"
    BACKUP_LATE = "backup-late"
    BACKUP_FAILED = "backup-failed"
    KITS_ENOUGH = "kits-enough"
    KITS_LOW = "kits-low"
    KITS_EXPIRING = "kits-expiring"
    KITS_EXPIRED = "kits-expired"
    KITS_UNCOUNTED = "kits-uncounted"  # used, but their delivery was never entered


class Advice(StrEnum):
    """What to do about a finding."""

    CHECK_CABLE = "check-cable"
    CHECK_LAMPS = "check-lamps"
    INSTALL_RPICAM = "install-rpicam"
    CALIBRATE = "calibrate"
    SEE_LOG = "see-log"
    CONFIRM_TIME = "confirm-time"
    FREE_DISK = "free-disk"
    CALL_SUPPORT = "call-support"
    IMPORT_TRUST = "import-trust"
    IMPORT_RULES = "import-rules"
    CHECK_NETWORK = "check-network"
    ENROL = "enrol"
    INSTALL_ZBAR = "install-zbar"
    ADD_OFFICER = "add-officer"
    SEE_KITS = "see-kits"
    COOL_DOWN = "cool-down"
    CHECK_BACKUP = "check-backup"


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the station and how it is.

    ``name``: kebab-case, e.g. "camera-gate", "lamps", "clock", "journal", "trust-list", "rules", "sync", "disk";
    ``data`` fills in the words of ``finding`` and ``advice``; it holds nothing personal.
    """

    name: str
    state: State
    finding: Finding
    advice: Advice | None = None
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
