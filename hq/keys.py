"""Headquarters' own keys: it signs receipts with one and opens sealed personal data with the other."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from checkpoint.durable import write_durably
from checkpoint.wire import to_base64

KEY_BYTES = 32
_SIGNING, _SEALING = "signing.key", "sealing.key"


@dataclass(frozen=True, slots=True)
class HqKeys:
    """The signing key, the unsealing key, and the secret that signs session cookies."""

    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey
    session: bytes

    @classmethod
    def open(cls, folder: Path) -> "HqKeys":
        """Read the keys in `folder`, made on first use (mode 0600). Raises OSError, or ValueError for a damaged one."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(
            signing=Ed25519PrivateKey.from_private_bytes(_kept(folder / _SIGNING)),
            sealing=X25519PrivateKey.from_private_bytes(_kept(folder / _SEALING)),
            session=_kept(folder / "session.key"),
        )

    @staticmethod
    def lost(folder: Path) -> list[Path]:
        """Return the keys that are not in `folder` and that no new one can stand in for, once stations know them."""
        return [folder / name for name in (_SIGNING, _SEALING) if not (folder / name).exists()]

    @property
    def signing_public(self) -> str:
        """The key stations check receipts with, base64."""
        return to_base64(self.signing.public_key().public_bytes_raw())

    @property
    def sealing_public(self) -> str:
        """The key stations seal personal data to, base64."""
        return to_base64(self.sealing.public_key().public_bytes_raw())


def _kept(file: Path) -> bytes:
    if not file.exists():
        write_durably(file, secrets.token_bytes(KEY_BYTES), mode=0o600)
    key = file.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(f"{file} has {len(key)} bytes instead of {KEY_BYTES}: put your copy of it there")
    return key
