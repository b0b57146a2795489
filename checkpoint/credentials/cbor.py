"""CBOR from strangers: cbor2, held to what a certificate needs.

The decoder as it comes follows shared references into cycles, builds decimals with billions of digits, compiles
regular expressions, lets a repeated key win silently and ignores what stands behind the first item. None of
that belongs in a certificate, and each is a way to hang the station or to show one thing and sign another.
"""

from io import BytesIO
from typing import Any, Never

import cbor2

from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

MAX_BYTES = 16 * 1024
"""More than ten times the largest certificate seen, and small enough that colliding map keys cost milliseconds."""

MAX_DEPTH = 16
"""A certificate nests seven deep."""

_TAGS_TO_REFUSE = (2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)
"""Every tag cbor2 gives a meaning, but for dates (0, 1): big numbers, references, patterns, mail, addresses, sets."""


def _refuse(_value: Any, _immutable: bool) -> Never:
    raise ValueError("a tag that no certificate needs")


_REFUSED = dict.fromkeys(_TAGS_TO_REFUSE, _refuse)


def decode(data: bytes, what: str) -> Any:
    """Return the one CBOR item in `data`; raise `CredentialError` (malformed, too-large) otherwise.

    `what` names the part in the error. Repeated keys, trailing bytes, deep nesting and tags other than dates,
    COSE (18) and CWT (61) are errors.
    """
    if len(data) > MAX_BYTES:
        raise CredentialError(Reason.TOO_LARGE, f"{what}: more than {MAX_BYTES} bytes")
    stream = BytesIO(data)
    decoder = cbor2.CBORDecoder(stream, max_depth=MAX_DEPTH, allow_duplicate_keys=False, semantic_decoders=_REFUSED)
    try:
        item = decoder.decode()
    except cbor2.CBORError:
        raise CredentialError(Reason.MALFORMED, f"{what}: not CBOR as a certificate may use it") from None
    if stream.read(1):
        raise CredentialError(Reason.MALFORMED, f"{what}: bytes behind the end")
    return item


def encode(item: Any) -> bytes:
    """Return `item` as deterministic CBOR."""
    return cbor2.dumps(item, canonical=True)
