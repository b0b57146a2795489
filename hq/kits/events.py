"""What a station's events say about its kits, lot by lot (docs/protocol.md, "Kits")."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from checkpoint.events import Kind

KIT_KINDS = (Kind.KITS_RECEIVED, Kind.KITS_DISCARDED, Kind.KITS_COUNTED)
"""Kinds whose body must be looked into; a draw moves kits from a station's store to its bench, and changes nothing."""

_COUNTS = frozenset({Kind.TEST_STARTED, Kind.TEST_READ, Kind.TEST_VOIDED, *KIT_KINDS})
_MOST = 10_000_000


@dataclass(slots=True)
class LotCount:
    """Kits of one lot at one station; ``invalid`` are among those used, ``corrected`` is what counting found."""

    received: int = 0
    used: int = 0
    invalid: int = 0
    discarded: int = 0
    corrected: int = 0
    expires_on: date | None = None
    cassette_type: str = ""


def count_kits(
    lots: dict[str, LotCount], kind: str, lot: str | None, outcome: str | None, body: Mapping[str, Any]
) -> None:
    """Add what one event says to `lots`, by lot."""
    if not lot or len(lot) > 64 or kind not in _COUNTS:
        return
    count = lots.setdefault(lot, LotCount())
    quantity = _whole(body.get("quantity"))
    match kind:
        case Kind.TEST_STARTED:
            count.used += 1
        case Kind.TEST_READ if outcome == "invalid":
            count.invalid += 1
        case Kind.TEST_VOIDED:
            count.invalid += 1
        case Kind.KITS_RECEIVED:
            count.received += quantity
            count.expires_on = _day(body.get("expires")) or count.expires_on
            count.cassette_type = str(body.get("cassette_type") or count.cassette_type)[:80]
        case Kind.KITS_DISCARDED:
            count.discarded += quantity
        case Kind.KITS_COUNTED:
            count.corrected += quantity - _whole(body.get("expected"))
        case _:
            pass


def correct_invalid(lots: dict[str, LotCount], lot: str | None, by: int) -> None:
    """Correct how many kits of a lot gave no result, where another word about a test came after its reading."""
    if lot and len(lot) <= 64:
        lots.setdefault(lot, LotCount()).invalid += by


def _whole(value: object) -> int:
    """A number from a station, as far as it is one that kits can have."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST else 0


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
