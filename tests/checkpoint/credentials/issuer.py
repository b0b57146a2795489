"""An issuer of one's own: a key, its trust list, and certificates signed with it."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from checkpoint.credential import Format
from checkpoint.credentials import TrustedKey, TrustList
from checkpoint.credentials.issue import sign_hc1
from checkpoint.credentials.keys import PrivateKey

NOW = datetime(2022, 3, 20, 8, 0, tzinfo=UTC)

NAAT_NEGATIVE = {
    "ver": "1.3.0",
    "nam": {"fn": "张", "gn": "伟", "fnt": "ZHANG", "gnt": "WEI"},
    "dob": "1988-08-08",
    "t": [
        {
            "tg": "840539006",
            "tt": "LP6464-4",
            "sc": "2022-03-20T03:00:00Z",
            "tr": "260415000",
            "tc": "Pinghu",
            "co": "CN",
            "is": "Demo",
            "ci": "URN:UVCI:01:CN:1234#5",
        }
    ],
}


def certificate(**changes: Any) -> dict[str, Any]:
    """Return a negative NAAT certificate with some of its parts replaced."""
    return {**NAAT_NEGATIVE, **changes}


def test_entry(**changes: Any) -> list[dict[str, Any]]:
    """Return the one test of a certificate with some of its fields replaced."""
    return [{**NAAT_NEGATIVE["t"][0], **changes}]  # type: ignore[dict-item]


test_entry.__test__ = False  # type: ignore[attr-defined]  # named for what it makes, not a test itself


@dataclass
class Issuer:
    """Signs what it is given, right or wrong."""

    key: PrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    kid: bytes = b"demo-kid"
    country: str = "CN"

    @property
    def kid_text(self) -> str:
        return b64encode(self.kid).decode()

    def trusted(self, **changes: Any) -> TrustedKey:
        """Return the issuer's key as a trust list holds it."""
        key = TrustedKey(self.kid_text, self.key.public_key(), self.country, frozenset({Format.HC1}))
        return replace(key, **changes)

    def trust(self, **changes: Any) -> TrustList:
        """Return a trust list of this one issuer."""
        return TrustList((self.trusted(**changes),), as_of=NOW)

    def hc1(
        self,
        content: Mapping[str, Any] = NAAT_NEGATIVE,
        *,
        issued_at: datetime = NOW - timedelta(hours=4),
        expires_at: datetime = NOW + timedelta(days=30),
    ) -> str:
        """Return `content` signed as an `HC1:` code."""
        return sign_hc1(content, self.key, self.kid, issuer=self.country, issued_at=issued_at, expires_at=expires_at)
