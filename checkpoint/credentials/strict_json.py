"""JSON from strangers: one value, nothing twice, nothing that is not a number or a text for every reader."""

import json
from typing import Any, Never

from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason


def loads(data: bytes, what: str, limit: int) -> Any:
    """Return the one value in `data`; raise `CredentialError`: too-large past `limit` bytes, else malformed.

    Repeated keys, NaN and infinities, lone surrogates and nesting past what the parser follows are errors: each reader
    makes something else of them, and a signature would cover all of it. `what` names the part in the error.
    """
    if len(data) > limit:
        raise CredentialError(Reason.TOO_LARGE, f"{what}: more than {limit} bytes")
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_refuse)
        if b"\\u" in data:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise CredentialError(Reason.MALFORMED, f"{what}: not JSON as a certificate may use it") from None
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is not a JSON number")
