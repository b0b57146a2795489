"""COSE_Sign1 (RFC 9052): one signer, as the EU certificates and this project's own receipts and passes use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cbor2 import CBORTag

from checkpoint.credentials import cbor, keys
from checkpoint.credentials.keys import PrivateKey, PublicKey
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

ALG, KID = 1, 4
SIGN1_TAG, CWT_TAG = 18, 61
_ALGORITHMS = {-7: "ES256", -35: "ES384", -36: "ES512", -37: "PS256", -8: "EdDSA"}
_NUMBERS = {name: number for number, name in _ALGORITHMS.items()}


@dataclass(frozen=True, slots=True)
class Sign1:
    """A signed message, parsed and not yet verified: nothing in it may be believed before `verified_by` said so."""

    protected: bytes
    header: Mapping[Any, Any] = field(repr=False)
    algorithm: str
    kid: bytes
    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def verified_by(self, key: PublicKey) -> bool:
        """Return whether `key` signed this message, by an algorithm for that kind of key."""
        return keys.verify(key, self.algorithm, self.signature, _to_be_signed(self.protected, self.payload))


def parse(data: bytes) -> Sign1:
    """Return the message in `data`; raise `CredentialError` (malformed) where it is none.

    Untagged, tagged (18) and CWT-tagged (61, 18) messages all occur. Where both headers name a key or an
    algorithm, the protected one counts: the other can be changed by anybody.
    """
    item = cbor.decode(data, "cose")
    if isinstance(item, CBORTag) and item.tag == CWT_TAG:
        item = item.value
    if isinstance(item, CBORTag) and item.tag == SIGN1_TAG:
        item = item.value
    match item:
        case [bytes() as protected, Mapping() as unprotected, bytes() as payload, bytes() as signature]:
            pass
        case _:
            raise CredentialError(Reason.MALFORMED, "cose: not one signed message")
    header = cbor.decode(protected, "cose header") if protected else {}
    if not isinstance(header, Mapping):
        raise CredentialError(Reason.MALFORMED, "cose header: not a map")
    algorithm = _first(header, unprotected, ALG)
    kid = _first(header, unprotected, KID)
    if not isinstance(algorithm, int) or algorithm not in _ALGORITHMS:
        raise CredentialError(Reason.MALFORMED, "cose header: no signature algorithm in use")
    if not isinstance(kid, bytes) or not 1 <= len(kid) <= 64:
        raise CredentialError(Reason.MALFORMED, "cose header: no key id")
    return Sign1(protected, header, _ALGORITHMS[algorithm], kid, payload, signature)


def sign(payload: bytes, key: PrivateKey, kid: bytes, header: Mapping[int, Any] | None = None) -> bytes:
    """Return `payload` signed by `key`, tagged; `header` adds to what is protected."""
    protected = cbor.encode({ALG: _NUMBERS[keys.algorithm_of(key)], KID: kid, **(header or {})})
    signature = keys.sign(key, _to_be_signed(protected, payload))
    return cbor.encode(CBORTag(SIGN1_TAG, [protected, {}, payload, signature]))


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor.encode(["Signature1", protected, b"", payload])


def _first(protected: Mapping[Any, Any], unprotected: Mapping[Any, Any], label: int) -> Any:
    value = protected.get(label)
    return unprotected.get(label) if value is None else value
