"""What every part of headquarters stands on: its set-up, its store, its keys, its photos and its clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from hq.config import Config
from hq.keys import HqKeys
from hq.photos.s3_shelf import S3Shelf
from hq.photos.shelf import FolderShelf, PhotoShelf
from hq.store import Store


@dataclass(frozen=True, slots=True)
class Office:
    """One headquarters, open for work."""

    config: Config
    store: Store
    keys: HqKeys
    shelf: PhotoShelf
    now: Callable[[], datetime]


def utc_now() -> datetime:
    """Return this instant, UTC."""
    return datetime.now(UTC)


def open_office(config: Config, now: Callable[[], datetime] = utc_now) -> Office:
    """Open a headquarters, made or migrated where needed; raise OSError where its folder cannot be used."""
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = HqKeys.open(config.data / "keys")
    store = Store(config.database_url)
    store.migrate()
    shelf = S3Shelf(config.photos) if config.photos else FolderShelf(config.data / "photos")
    return Office(config, store, keys, shelf, now)
