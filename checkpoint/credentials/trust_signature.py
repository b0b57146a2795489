"""Whether a published list was signed by whom the operator says: a JWS, or a signature on the first line (Germany).

The key is the operator's: a list that brings the key to check it by proves nothing. Lists signed in other ways (the
WHO's JSON-LD proof, CMS) are not checked here, and so are refused where a signature is asked for.
"""

import json
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from checkpoint.credentials import certificate, jwk, keys
from checkpoint.credentials.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature found on a list: by which algorithm (JOSE name), over what."""

    algorithm: str
    signature: bytes
    signed: bytes


def signer_keys(data: bytes) -> tuple[PublicKey, ...]:
    """Return the keys in a file of signers: PEM or DER certificates, PEM public keys, a JWK or a set of them.

    Raise ValueError where there is none.
    """
    text = data.decode("utf-8", "replace")
    if "-----BEGIN " in text:
        found = [
            b64decode("".join(part.partition("-----END")[0].partition("-----")[2].split()))
            for part in text.split("-----BEGIN ")[1:]
        ]
        return tuple(_key(der) for der in found)
    if data[:1] == b"\x30":
        return (_key(data),)
    document = _json(text)
    listed = document.get("keys", [document]) if isinstance(document, dict) else []
    if not isinstance(listed, list) or not listed:
        raise ValueError("no key in it: PEM, DER or JWK")
    return tuple(jwk.public_key(key) for key in listed)


def check_signed(data: bytes, signers: Sequence[PublicKey]) -> None:
    """Raise ValueError unless one of `signers` signed the list in `data` as it stands."""
    found = list(_signatures(data))
    if not found:
        raise ValueError("it carries no signature that can be checked (JWS, or a signature on the first line)")
    if not any(keys.verify(key, one.algorithm, one.signature, one.signed) for one in found for key in signers):
        raise ValueError("it is not signed by the key given")


def _signatures(data: bytes) -> Iterator[Signature]:
    text = data.decode("utf-8-sig", "replace").strip()
    parts = text.split(".")
    if len(parts) == 3 and not text.startswith("{"):
        yield from _jws(parts[0], parts[1], parts[2])
        return
    first, _, rest = text.partition("\n")
    if rest.lstrip().startswith("{"):
        try:
            signature = b64decode(first.strip(), validate=True)
        except ValueError:
            return
        yield Signature("ES256", signature, rest.strip().encode())
        return
    match _json(text):
        case {"payload": str() as payload, "signatures": [*signatures]}:
            for one in signatures:
                match one:
                    case {"protected": str() as protected, "signature": str() as signature_}:
                        yield from _jws(protected, payload, signature_)
        case _:
            return


def _jws(protected: str, payload: str, signature: str) -> Iterator[Signature]:
    try:
        header = json.loads(jwk.decode(protected))
        yield Signature(str(header["alg"]), jwk.decode(signature), f"{protected}.{payload}".encode())
    except (ValueError, KeyError, TypeError, RecursionError):
        return


def _key(der: bytes) -> PublicKey:
    try:
        return keys.load(certificate.parse(der).spki)
    except ValueError:
        return keys.load(der)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
