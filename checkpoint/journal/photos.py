"""Photos by their content: one encrypted file each, named by the SHA-256 of the picture inside.

A file is self-contained and never changes, so that an upload can stop anywhere and resume: four bytes of magic, the
picture's key wrapped for the station and sealed to headquarters (each behind one length byte, zero where absent), then
nonce and AES-256-GCM ciphertext.
"""

import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from checkpoint.durable import sync_folder, write_durably
from checkpoint.errors import JournalError
from checkpoint.events import PhotoRef
from checkpoint.journal.database import in_our_words
from checkpoint.journal.seal import Seal
from checkpoint.sealed import KEY_BYTES, PHOTO_PURPOSE, SealedPhoto, decrypt, encrypt


class PhotoStore:
    """The photos of one station."""

    def __init__(self, folder: Path, seal: Seal) -> None:
        self._folder = folder
        self._seal = seal
        with in_our_words("making the photo folder"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, sha256: str) -> Path:
        """Return where a photo lies, whether or not it is there."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise KeyError(sha256)
        return self._folder / sha256[:2] / f"{sha256}.photo"

    def keep(self, data: bytes, media_type: str) -> PhotoRef:
        """Encrypt and write a photo; it survives a power cut once this returns."""
        ref = PhotoRef(hashlib.sha256(data).hexdigest(), len(data), media_type)
        path = self.path(ref.sha256)
        if path.exists():
            return ref
        key = secrets.token_bytes(KEY_BYTES)
        sealed = SealedPhoto(
            station_key=self._seal.wrap(key),
            hq_key=self._seal.seal_to_headquarters(key) or b"",
            ciphertext=encrypt(data, key, PHOTO_PURPOSE),
        )
        with in_our_words("keeping a photo"):
            if not path.parent.exists():
                path.parent.mkdir(exist_ok=True, mode=0o700)
                sync_folder(self._folder)
            write_durably(path, sealed.to_bytes())
        return ref

    def read(self, sha256: str) -> bytes:
        """Return the picture; KeyError where it is not here (any more), `JournalError` where it was changed."""
        sealed = self.sealed(sha256)
        try:
            data = decrypt(sealed.ciphertext, self._seal.unwrap(sealed.station_key), PHOTO_PURPOSE)
        except ValueError as error:
            raise JournalError(f"photo {sha256} does not open: {error}") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise JournalError(f"photo {sha256} is not the picture its name says")
        return data

    def sealed(self, sha256: str) -> SealedPhoto:
        """Return the encrypted photo with its wrapped keys."""
        try:
            return SealedPhoto.from_bytes(self.path(sha256).read_bytes())
        except FileNotFoundError:
            raise KeyError(sha256) from None
        except ValueError as error:
            raise JournalError(f"photo {sha256}: {error}") from error

    def file_for_headquarters(self, sha256: str) -> Path:
        """Return the file to upload, sealed to headquarters even if it was kept before the station was enrolled."""
        sealed = self.sealed(sha256)
        if not sealed.hq_key:
            for_hq = self._seal.seal_to_headquarters(self._seal.unwrap(sealed.station_key))
            if for_hq is None:
                raise JournalError("headquarters' key is not known yet")
            with in_our_words("sealing a photo"):
                write_durably(self.path(sha256), SealedPhoto(sealed.station_key, for_hq, sealed.ciphertext).to_bytes())
        return self.path(sha256)

    def destroy(self, sha256: str) -> int | None:
        """Delete a photo and return the bytes of its file; None where it was gone already."""
        path = self.path(sha256)
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return None
        return size

    def __iter__(self) -> Iterator[str]:
        """Yield the SHA-256 of every photo that is here."""
        for path in self._folder.glob("??/*.photo"):
            yield path.stem
