"""Where headquarters keeps photos: a folder here, an object store elsewhere (`hq.s3_shelf`). Encrypted as they came."""

import contextlib
import os
from pathlib import Path
from typing import Protocol

from checkpoint.durable import sync_folder, write_durably


class PhotoShelf(Protocol):
    """Complete photos and those on their way, by station and SHA-256 (hex). Every method may raise OSError."""

    def has(self, station: str, sha256: str) -> bool:
        """Return whether a whole photo is here."""

    def read(self, station: str, sha256: str) -> bytes:
        """Return a sealed photo; KeyError where it is not here."""

    def keep(self, station: str, sha256: str, data: bytes) -> None:
        """Keep a whole photo, durably and all at once."""

    def destroy(self, station: str, sha256: str) -> None:
        """Destroy a photo, and what has arrived of it; nothing where there is none."""

    def arrived(self, station: str, sha256: str) -> int:
        """Return how many bytes of a photo on its way are here."""

    def add(self, station: str, sha256: str, offset: int, piece: bytes) -> None:
        """Keep the next piece of a photo on its way, durably; `offset` is what `arrived` said."""

    def joined(self, station: str, sha256: str) -> bytes:
        """Return what has arrived of a photo."""

    def drop(self, station: str, sha256: str) -> None:
        """Forget what has arrived of a photo; nothing where there is none."""


class FolderShelf:
    """Photos in one folder; several ingest processes of one machine may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def complete(self, station: str, sha256: str) -> Path:
        """Return where a whole photo lies."""
        return self._folder / station / sha256[:2] / f"{sha256}.photo"

    def partial(self, station: str, sha256: str) -> Path:
        """Return where a photo on its way lies."""
        return self._folder / station / "arriving" / f"{sha256}.part"

    def has(self, station: str, sha256: str) -> bool:
        return self.complete(station, sha256).exists()

    def read(self, station: str, sha256: str) -> bytes:
        try:
            return self.complete(station, sha256).read_bytes()
        except FileNotFoundError:
            raise KeyError(sha256) from None

    def keep(self, station: str, sha256: str, data: bytes) -> None:
        target = self.complete(station, sha256)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(target, data)

    def destroy(self, station: str, sha256: str) -> None:
        target = self.complete(station, sha256)
        if target.exists():
            target.unlink()
            sync_folder(target.parent)
        self.drop(station, sha256)

    def arrived(self, station: str, sha256: str) -> int:
        try:
            return self.partial(station, sha256).stat().st_size
        except FileNotFoundError:
            return 0

    def add(self, station: str, sha256: str, offset: int, piece: bytes) -> None:
        path = self.partial(station, sha256)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("r+b" if path.exists() else "wb") as file:
            file.seek(offset)
            file.write(piece)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def joined(self, station: str, sha256: str) -> bytes:
        return self.partial(station, sha256).read_bytes()

    def drop(self, station: str, sha256: str) -> None:
        path = self.partial(station, sha256)
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # other photos may be arriving beside it
            path.parent.rmdir()
