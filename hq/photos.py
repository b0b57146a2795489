"""Photos at headquarters: encrypted as they came, complete or absent, whatever happens to the line."""

import contextlib
import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from checkpoint.durable import sync_folder, write_durably
from checkpoint.events import Json
from checkpoint.sealed import PHOTO_PURPOSE, SealedPhoto, decrypt, unseal_key
from checkpoint.wire import MOST_PHOTO, PhotoPart, Purpose
from hq.keys import HqKeys
from hq.models import photos
from hq.refused import Refused
from hq.senders import check_sender, parse
from hq.store import Store


class PhotoShelf:
    """Complete photos and those on their way, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def complete(self, station: str, sha256: str) -> Path:
        """Return where a whole photo lies."""
        return self._folder / station / sha256[:2] / f"{sha256}.photo"

    def partial(self, station: str, sha256: str) -> Path:
        """Return where a photo on its way lies."""
        return self._folder / station / "arriving" / f"{sha256}.part"

    def read(self, station: str, sha256: str, keys: HqKeys) -> bytes:
        """Return the picture; KeyError where it is not here, ValueError where it does not open."""
        try:
            data = self.complete(station, sha256).read_bytes()
        except FileNotFoundError:
            raise KeyError(sha256) from None
        return open_photo(data, sha256, keys)


def open_photo(data: bytes, sha256: str, keys: HqKeys) -> bytes:
    """Return the picture in a sealed photo; raise ValueError unless it opens and is the one its name says."""
    sealed = SealedPhoto.from_bytes(data)
    picture = decrypt(sealed.ciphertext, unseal_key(sealed.hq_key, keys.sealing), PHOTO_PURPOSE)
    if hashlib.sha256(picture).hexdigest() != sha256:
        raise ValueError("the picture is not the one its name says")
    return picture


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
        if self._shelf.complete(part.device, part.sha256).exists():
            self._note_complete(part)
            return {"have": part.total}
        have = self._add(part, piece)
        if have == part.total:
            self._finish(part)
        return {"have": have}

    def _add(self, part: PhotoPart, piece: bytes) -> int:
        path = self._shelf.partial(part.device, part.sha256)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        have = path.stat().st_size if path.exists() else 0
        if have != part.offset:
            if have >= part.total or part.offset == 0 == have:
                path.unlink(missing_ok=True)  # another sealing of the same photo: start over
                have = 0
            raise Refused(409, "another piece is needed", have=have)
        with path.open("ab") as file:
            file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        return have + len(piece)

    def _finish(self, part: PhotoPart) -> None:
        """Prove the whole photo by its name before it counts as here."""
        path = self._shelf.partial(part.device, part.sha256)
        try:
            open_photo(path.read_bytes(), part.sha256, self._keys)
        except ValueError as error:
            path.unlink()
            raise Refused(422, f"photo {part.sha256[:12]}: {error}") from error
        target = self._shelf.complete(part.device, part.sha256)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(target)
        sync_folder(target.parent)
        with contextlib.suppress(OSError):  # other photos may be arriving beside it
            path.parent.rmdir()
        self._note_complete(part)

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
            target = shelf.complete(row.station_id, sha256)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_durably(target, data)
            db.execute(
                sa.update(photos)
                .where(photos.c.station_id == row.station_id, photos.c.sha256 == sha256)
                .values(complete_at=now)
            )
    return [row.station_id for row in rows]
