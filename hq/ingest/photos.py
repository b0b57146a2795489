"""Photos that arrive: encrypted as they came, complete or absent, whatever happens to the line."""

import hashlib
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from checkpoint.events import Json
from checkpoint.wire import MOST_PHOTO, PhotoPart, Purpose
from hq.keys import HqKeys
from hq.photos.sealed import open_photo
from hq.photos.shelf import PhotoShelf
from hq.refused import Refused
from hq.stations.senders import check_sender, parse
from hq.store import Store
from hq.store.models import photos


class PhotoIngest:
    """Takes photos in, piece by piece; a line that breaks resumes where it stopped."""

    def __init__(self, store: Store, shelf: PhotoShelf, keys: HqKeys, now: Callable[[], datetime]) -> None:
        self._store = store
        self._shelf = shelf
        self._keys = keys
        self._now = now

    def part(self, fields: Json, piece: bytes) -> Json:
        """Take one piece; return how many bytes are here. Raise `Refused` with ``have`` where another is needed."""
        check_sender(self._store, Purpose.PHOTO, fields)
        part = parse(PhotoPart, fields)
        if hashlib.sha256(piece).hexdigest() != part.digest or not piece:
            raise Refused(422, "the piece was changed on its way")
        if part.offset + len(piece) > min(part.total, MOST_PHOTO):
            raise Refused(422, "the piece reaches over the photo's end")
        if self._shelf.has(part.device, part.sha256):
            self._note_complete(part)
            return {"have": part.total}
        have = self._shelf.arrived(part.device, part.sha256)
        if have != part.offset:
            if have >= part.total:
                self._shelf.drop(part.device, part.sha256)  # another sealing of the same photo: start over
                have = 0
            raise Refused(409, "another piece is needed", have=have)
        if have + len(piece) == part.total:
            self._finish(part, piece)
        else:
            self._shelf.add(part.device, part.sha256, part.offset, piece)
        return {"have": have + len(piece)}

    def _finish(self, part: PhotoPart, last: bytes) -> None:
        """Prove the whole photo by its name before it counts as here."""
        data = (self._shelf.joined(part.device, part.sha256) if part.offset else b"") + last
        try:
            open_photo(data, part.sha256, self._keys)
        except ValueError as error:
            self._shelf.drop(part.device, part.sha256)
            raise Refused(422, f"photo {part.sha256[:12]}: {error}") from error
        self._shelf.keep(part.device, part.sha256, data)
        self._note_complete(part)
        if part.offset:
            self._shelf.drop(part.device, part.sha256)

    def _note_complete(self, part: PhotoPart) -> None:
        with self._store.writing() as db:
            db.execute(
                sa.update(photos)
                .where(photos.c.station_id == part.device, photos.c.sha256 == part.sha256)
                .values(complete_at=self._now())
            )


def keep_from_stick(
    store: Store, shelf: PhotoShelf, keys: HqKeys, sha256: str, data: bytes, now: datetime
) -> list[str]:
    """Keep a photo for every station whose events name it, and return those; ValueError where it does not open."""
    open_photo(data, sha256, keys)
    with store.writing() as db:
        rows = db.execute(sa.select(photos.c.station_id, photos.c.complete_at).where(photos.c.sha256 == sha256)).all()
        for row in rows:
            if row.complete_at is not None:
                continue
            shelf.keep(row.station_id, sha256, data)
            db.execute(
                sa.update(photos)
                .where(photos.c.station_id == row.station_id, photos.c.sha256 == sha256)
                .values(complete_at=now)
            )
    return [row.station_id for row in rows]
