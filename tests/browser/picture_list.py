"""Which pictures `make screenshots` takes, of which page each is, and where they lie."""

from dataclasses import dataclass
from pathlib import Path

from tests.data import REPOSITORY

FOLDER = REPOSITORY / "docs" / "screenshots"
LANGUAGES = ("en", "zh")
SIZES = {"wide": (1280, 800), "upright": (800, 1280), "phone": (390, 844)}
MOST_BYTES = 12_000_000
"""All pictures together: a clone over a slow line is a checkpoint's clone."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One state of one page. ``endpoint``: its name in the URL map; ``whole``: to its end, not only the first sight."""

    name: str
    endpoint: str
    whole: bool = False

    def path(self, size: str, language: str, folder: Path = FOLDER) -> Path:
        """Return where the picture of one size and language lies."""
        return folder / f"{self.name}-{size}-{language}.webp"


STATION = (
    Picture("set-up", "set_up.first"),
    Picture("login", "login.page"),
    Picture("gate-neutral", "gate.page"),
    Picture("gate-admit", "gate.page"),
    Picture("gate-hold", "gate.page"),
    Picture("gate-refuse", "gate.page"),
    Picture("bench-empty", "bench.page"),
    Picture("bench-ready", "bench.page"),
    Picture("bench-positive", "bench.page"),
    Picture("log", "log.page"),
    Picture("log-entry", "log.entry", whole=True),
    Picture("kits-empty", "kits.page"),
    Picture("kits", "kits.page", whole=True),
    Picture("shift-before", "shift.page"),
    Picture("shift", "shift.page", whole=True),
    Picture("health", "health.page", whole=True),
    Picture("people", "people.page", whole=True),
    Picture("settings-restore", "restoring.page", whole=True),
    Picture("settings-station", "set_up.step"),
    Picture("settings-cameras", "set_up.step"),
    Picture("settings-lamps", "set_up.step"),
    Picture("settings-headquarters", "set_up.step"),
    Picture("demo", "demo.page", whole=True),
    Picture("trust", "offline.trust", whole=True),
    Picture("offline", "offline.page"),
)

DESK = (
    Picture("hq-login", "login.page"),
    Picture("hq-overview", "overview.page"),
    Picture("hq-alerts", "alerts.page"),
    Picture("hq-case", "alerts.one", whole=True),
    Picture("hq-contacts", "contacts.page"),
    Picture("hq-brief", "alerts.brief", whole=True),
    Picture("hq-case-rules", "alerts.rules"),
    Picture("hq-records", "records.page"),
    Picture("hq-record", "records.one", whole=True),
    Picture("hq-kits", "kits.page"),
    Picture("hq-stations", "stations.page"),
    Picture("hq-station", "stations.one", whole=True),
    Picture("hq-rules", "rules.page"),
    Picture("hq-draft", "rules.one", whole=True),
    Picture("hq-users", "users.page"),
    Picture("hq-password", "users.own"),
    Picture("hq-audit", "audit.page"),
)
