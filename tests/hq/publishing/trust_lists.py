"""A trust list with real keys."""

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from checkpoint.credentials.jwk import encode, thumbprint
from checkpoint.credentials.trust_entries import from_jwk
from station.demo.wallet import Keys
from tests.hq.running import Headquarters


def demo_list(hq: Headquarters, folder: Path) -> dict[str, Any]:
    """Return the demonstration's trust list as its file holds it, and the key of a SMART Health Card issuer in it."""
    point = generate_private_key(SECP256R1()).public_key().public_numbers()
    x, y = (encode(number.to_bytes(32, "big")) for number in (point.x, point.y))
    key: dict[str, Any] = {"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256"}
    cards = from_jwk({**key, "kid": thumbprint(key)}, issuer="https://cards.example", source="cards")
    return Keys.open(folder / "demo").trust_list(hq.clock.wall()).with_keys([cards]).as_json()
