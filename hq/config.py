"""How a headquarters is set up."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hq.photos.s3_shelf import S3Config


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How long personal data is kept, in days from the event; ``case_days`` where a case stands on the record."""

    days: int = 30
    case_days: int = 180

    def __post_init__(self) -> None:
        """Raise ValueError for a policy that keeps nothing, or a case shorter than the rest."""
        if not 1 <= self.days <= self.case_days <= 3650:
            raise ValueError("personal data is kept for a day at least, and with a case no shorter than without")


@dataclass(frozen=True, slots=True)
class Config:
    """One headquarters.

    ``data``: the folder of its keys, photos and, unless ``database`` names another, its SQLite file. ``photos``: an
    object store for them instead. ``url``: how stations reach it; it stands in invitations. ``silent_after``: a station
    not heard of for so long is silent. ``uploads_at_work``: batches taken in at once, ``uploads_waiting``: those that
    wait for their turn; past that stations are asked to come back. ``timezone``: how the desk shows times, and where
    its day begins. ``retention``: how long personal data is kept.
    """

    data: Path
    database: str = ""
    photos: S3Config | None = None
    url: str = "http://127.0.0.1:8090"
    demo: bool = False
    silent_after: timedelta = timedelta(minutes=10)
    clock_off_s: float = 60.0
    uploads_at_work: int = 2
    uploads_waiting: int = 16
    timezone: str = "Asia/Shanghai"
    retention: RetentionPolicy = RetentionPolicy()

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the store."""
        return self.database or f"sqlite:///{self.data / 'hq.db'}"
