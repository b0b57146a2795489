"""What every part of headquarters stands on: its set-up, its store, its keys, its photos and its clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from hq.config import Config
from hq.keys import HqKeys
from hq.photos.s3_shelf import S3Shelf
from hq.photos.shelf import FolderShelf, PhotoShelf
from hq.store import Store
from hq.store.models import stations


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
    """Open a headquarters, made or migrated where needed.

    Raises OSError where its folder cannot be used, ValueError for keys that are damaged, or gone while stations are
    enrolled: a new one would be one that no station believes, or that opens nothing of theirs.
    """
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = config.data / "keys"
    store = Store(config.database_url)
    store.migrate()
    if (lost := HqKeys.lost(folder)) and _has_stations(store):
        store.close()
        raise ValueError(f"{' and '.join(map(str, lost))}: gone. Stations are enrolled by it: put your copy there")
    keys = HqKeys.open(folder)
    shelf = S3Shelf(config.photos) if config.photos else FolderShelf(config.data / "photos")
    return Office(config, store, keys, shelf, now)


def _has_stations(store: Store) -> bool:
    with store.reading() as db:
        return db.execute(sa.select(stations.c.id).limit(1)).first() is not None
