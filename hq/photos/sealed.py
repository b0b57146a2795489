"""Opening a photo that was sealed to headquarters."""

import hashlib

from checkpoint.sealed import PHOTO_PURPOSE, SealedPhoto, decrypt, unseal_key
from hq.keys import HqKeys
from hq.photos.shelf import PhotoShelf


def read_photo(shelf: PhotoShelf, station: str, sha256: str, keys: HqKeys) -> bytes:
    """Return the picture; KeyError where it is not here, ValueError where it does not open, OSError: no answer."""
    return open_photo(shelf.read(station, sha256), sha256, keys)


def open_photo(data: bytes, sha256: str, keys: HqKeys) -> bytes:
    """Return the picture in a sealed photo; raise ValueError unless it opens and is the one its name says."""
    sealed = SealedPhoto.from_bytes(data)
    picture = decrypt(sealed.ciphertext, unseal_key(sealed.hq_key, keys.sealing), PHOTO_PURPOSE)
    if hashlib.sha256(picture).hexdigest() != sha256:
        raise ValueError("the picture is not the one its name says")
    return picture
