"""Where a station keeps what on its card."""

from dataclasses import dataclass
from pathlib import Path

from station.ballast import FILE as BALLAST_FILE


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a station keeps what, below its data folder."""

    data: Path

    @property
    def journal(self) -> Path:
        return self.data / "journal"

    @property
    def ballast(self) -> Path:
        return self.journal / BALLAST_FILE

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def tls(self) -> Path:
        return self.keys / "tls"

    @property
    def packs(self) -> Path:
        return self.data / "packs"

    @property
    def trust(self) -> Path:
        return self.data / "trust.json"

    @property
    def published(self) -> Path:
        return self.data / "published"

    @property
    def officers(self) -> Path:
        return self.data / "officers.json"

    @property
    def failures(self) -> Path:
        return self.data / "failures"

    @property
    def calibrations(self) -> Path:
        return self.data / "cameras"
