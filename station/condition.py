"""How a running station is: one check a device or duty, none of which takes another with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from checkpoint.health import Check
from checkpoint.journal import Journal
from checkpoint.journal.recovery import Recovery
from checkpoint.kits import Kits
from checkpoint.policy import PackShelf
from checkpoint.ports import Clock
from hardware.temperature import ThermalZones
from station import checks
from station.cached import Cached
from station.folders import Folders
from station.lamps import WatchedLamps
from station.live import Feed
from station.trust_file import TrustFile
from station.upkeep import Backups
from station.uploads import Uploads
from vision.qr import zbar_available
from web.officers import Officers

DISK_CHECKED_EVERY_S = 15.0  # the check itself writes: often enough to warn, seldom enough for the card


@dataclass(slots=True)
class Condition:
    """Called, it returns how everything is now; what the health page and monitoring tell."""

    feeds: Mapping[str, Feed]
    lamps: WatchedLamps
    clock: Clock
    clock_assumed: bool
    recovery: Recovery | None
    trust: TrustFile
    trust_max_age: timedelta
    shelf: PackShelf
    uploads: Uploads
    journal: Journal
    kits: Kits
    officers: Officers
    folders: Folders
    _disk: Cached[list[Check]] = field(init=False)
    _thermometer: ThermalZones = field(init=False, default_factory=ThermalZones)

    def __post_init__(self) -> None:
        """Keep what is dear to ask."""
        folder = self.folders.journal
        self._disk = Cached(lambda: [checks.writable(folder), checks.disk(folder)], keep_s=DISK_CHECKED_EVERY_S)

    def __call__(self) -> list[Check]:
        """Return every check, at most `DISK_CHECKED_EVERY_S` old where it writes."""
        now = self.clock.now()
        looks: dict[str, checks.Look] = {
            "camera": self._cameras,
            "lamps": lambda: [self._lamps()],
            "clock": lambda: [checks.clock(now, assumed=self.clock_assumed)],
            "chain": lambda: [checks.chain(self.recovery)],
            "disk": self._disk,
            "trust-list": lambda: [checks.trust_list(self.trust(), now.wall, self.trust_max_age)],
            "rules": lambda: [checks.rules(self.shelf, now.wall)],
            "sync": lambda: [checks.sync(self.uploads.status())],
            "backup": lambda: [checks.backup(Backups.of(self.journal), now.wall)],
            "temperature": lambda: [checks.temperature(self._thermometer.read_c())],
            "kits": lambda: checks.kits(self.kits.stock()),
            "officers": lambda: checks.officers_file(self.officers.kept_aside),
            "zbar": lambda: [checks.zbar(available=zbar_available())],
            "services": lambda: [checks.services(self.folders.failures)],
        }
        return checks.all_of(looks)

    def _cameras(self) -> Iterable[Check]:
        for role, feed in self.feeds.items():
            yield checks.camera(role, fault=feed.fault, simulated=feed.camera.simulated)

    def _lamps(self) -> Check:
        lamps = self.lamps
        return checks.lamps(lamps.shown, simulated=lamps.simulated, fault=lamps.fault, burning=lamps.burning)
