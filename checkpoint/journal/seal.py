"""The keys that seal personal data at the station: its own, and headquarters' public one."""

import hmac
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from checkpoint.durable import write_durably
from checkpoint.errors import JournalError
from checkpoint.sealed import KEY_BYTES, decrypt, encrypt, seal_key

_WRAP = b"checkpoint station key 1"
_TOKEN = b"checkpoint plate token 1\0"
_STATION_KEY = "station.key"
_HQ_KEY = "headquarters-seal.pub"


class Seal:
    """Wraps the keys of single records, for the station itself and for headquarters."""

    def __init__(
        self, station_key: bytes, hq_key: X25519PublicKey | None = None, *, folder: Path | None = None
    ) -> None:
        if len(station_key) != KEY_BYTES:
            raise JournalError(f"the station's key has {len(station_key)} bytes instead of {KEY_BYTES}")
        self._station_key = station_key
        self._hq_key = hq_key
        self._folder = folder

    @classmethod
    def open(cls, folder: Path, *, credentials: Path | None = None) -> "Seal":
        """Read the keys in `folder`; make the station's own on first use (mode 0600).

        ``credentials``: a folder of systemd's (`$CREDENTIALS_DIRECTORY`). A `station.key` in it is the station's, and
        then none is written to the card. Raises `JournalError` where a key cannot be used, or the card holds another.
        """
        key_file, hq_file = folder / _STATION_KEY, folder / _HQ_KEY
        given = credentials / _STATION_KEY if credentials is not None else None
        source = given if given is not None and given.exists() else key_file
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if source is key_file and not key_file.exists():
                write_durably(key_file, secrets.token_bytes(KEY_BYTES), mode=0o600)
            key = source.read_bytes()
            if source is given and key_file.exists() and key_file.read_bytes() != key:
                raise JournalError(
                    f"{key_file} is not the credential's key: records here were sealed by it; remove neither"
                )
            if len(key) != KEY_BYTES:
                raise JournalError(
                    f"the station's key has {len(key)} bytes instead of {KEY_BYTES}: {source}. Put its copy "
                    "there; without one move it away, and headquarters alone opens the personal records until now"
                )
            hq_key = X25519PublicKey.from_public_bytes(hq_file.read_bytes()) if hq_file.exists() else None
        except OSError as error:
            raise JournalError(f"the station's key cannot be used: {error}") from error
        except ValueError as error:
            raise JournalError(f"{hq_file} is not a key of headquarters") from error
        return cls(key, hq_key, folder=folder)

    @property
    def knows_headquarters(self) -> bool:
        """Whether records can be sealed to headquarters already."""
        return self._hq_key is not None

    def trust_headquarters(self, public_key: bytes) -> None:
        """Seal to this X25519 public key (32 bytes) from now on, and remember it."""
        self._hq_key = X25519PublicKey.from_public_bytes(public_key)
        if self._folder is not None:
            write_durably(self._folder / _HQ_KEY, public_key, mode=0o644)

    def wrap(self, key: bytes) -> bytes:
        """Return a record's key as only this station can use it."""
        return encrypt(key, self._station_key, _WRAP)

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return a record's key; raise ValueError where it was wrapped by another station."""
        return decrypt(wrapped, self._station_key, _WRAP)

    def token(self, text: str) -> bytes:
        """Return 16 bytes by which the station finds `text` again without keeping it; another station's differ."""
        return hmac.digest(self._station_key, _TOKEN + text.encode(), "sha256")[:16]

    def seal_to_headquarters(self, key: bytes) -> bytes | None:
        """Return a record's key as only headquarters can use it, None where its public key is not known yet."""
        return None if self._hq_key is None else seal_key(key, self._hq_key)
