"""Whether a key signed a message in CMS (RFC 5652, 5.4 and 5.6): nothing on SHA-1 counts."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from checkpoint.credentials import chain, keys
from checkpoint.credentials.certificate import Certificate
from checkpoint.credentials.cms import SignedData, Signer
from checkpoint.credentials.der import SET
from checkpoint.credentials.keys import PublicKey

DATA = "1.2.840.113549.1.7.1"
"""The content type of plain bytes."""

_DIGESTS: dict[str, Callable[[bytes], Any]] = {
    "2.16.840.1.101.3.4.2.1": hashlib.sha256,
    "2.16.840.1.101.3.4.2.2": hashlib.sha384,
    "2.16.840.1.101.3.4.2.3": hashlib.sha512,
}
_PLAIN_RSA = "1.2.840.113549.1.1.1"
_RSA_WITH = dict(zip(_DIGESTS, (f"1.2.840.113549.1.1.{number}" for number in (11, 12, 13)), strict=True))
"""Signers name plain RSA where they mean RSA with the digest that they name beside it (RFC 3370, 3.2)."""


def is_signed_by(message: SignedData, key: PublicKey, content: bytes) -> bool:
    """Return whether `key` signed `content` in this message: its own, or what it was detached from."""
    return any(_holds(message, signer, key, content) for signer in message.signers)


def verified_signers(message: SignedData, content: bytes) -> Iterator[Certificate]:
    """Yield the certificates in the message whose keys signed `content`: anybody's, for the message brings them."""
    for signer in message.signers:
        for found in message.certificates:
            if signer.is_named(found) and _holds(message, signer, keys.load(found.spki), content):
                yield found


def _holds(message: SignedData, signer: Signer, key: PublicKey, content: bytes) -> bool:
    digest = _DIGESTS.get(signer.digest)
    if digest is None or message.content not in (None, content):
        return False
    if signer.attributes is None:
        # Only plain bytes may go without attributes (5.3), and never bytes that could be another message's attributes.
        if message.content_type != DATA or content[:1] == bytes([SET]):
            return False
    elif signer.stated != (message.content_type, digest(content).digest()):
        return False
    algorithm = _RSA_WITH[signer.digest] if signer.algorithm == _PLAIN_RSA else signer.algorithm
    return chain.verifies(key, algorithm, signer.signature, content if signer.attributes is None else signer.attributes)
