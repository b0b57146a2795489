"""Values in what strangers signed, taken for what they should be, or for nothing."""

import hashlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

MAX_TEXT = 200

_UNSEEN: dict[int, str | None] = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))),
    **dict.fromkeys(map(ord, "\t\n\r"), " "),
}


def text_in(value: Any, limit: int = MAX_TEXT) -> str:
    """Return a text trimmed and cut to `limit` characters, whole numbers in digits, anything else as ''.

    What cannot be seen and changes what can is taken out: control characters, and those that turn the direction of
    writing around, by which one name could be shown as another.

    >>> text_in(" a "), text_in(7), text_in(None), text_in(["a"]), text_in("A\\u202enna")
    ('a', '7', '', '', 'Anna')
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**18 else ""
    return value.translate(_UNSEEN).strip()[:limit] if isinstance(value, str) else ""


def entries(value: Any) -> list[Any]:
    """Return a list as it is, anything else as an empty one."""
    return list(value) if isinstance(value, list | tuple) else []


def mapping(value: Any, what: str) -> Mapping[Any, Any]:
    """Return a map as it is; raise `CredentialError` (malformed) for anything else, naming `what` is missing."""
    if not isinstance(value, Mapping):
        raise CredentialError(Reason.MALFORMED, f"{what}: missing or not a map")
    return value


def instant(value: Any, what: str) -> datetime | None:
    """Return a time in UTC, None for None; raise `CredentialError` (malformed) for what is none.

    It stands as seconds since 1970, whole or with a fraction, or as a date with its zone.
    """
    if value is None:
        return None
    try:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise CredentialError(Reason.MALFORMED, f"{what}: not a time")


def digest_of(presented: str) -> str:
    """Return the SHA-256 (hex) of a presented text, by which the same code is known again without keeping it."""
    return hashlib.sha256(presented.encode()).hexdigest()
