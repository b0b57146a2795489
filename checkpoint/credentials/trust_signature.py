"""Whether a published list was signed by whom the operator says, and what exactly was signed.

A JWS, a signature on the first line (Germany), CMS around an ICAO master list, CMS beside each certificate of the EU
gateway. The key is the operator's: a list that brings the key to check it by proves nothing. What stands in a file
beside what is signed could be anybody's, so the signed part alone is handed on. Lists signed in other ways (the WHO's
JSON-LD proof) are not checked here, and so are refused where a signature is asked for.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkpoint.credentials import certificate, cms, jwk, keys, master_list
from checkpoint.credentials.cms_signature import DATA, is_signed_by
from checkpoint.credentials.keys import PublicKey
from checkpoint.credentials.trust_entries import is_signer

_NOT_SIGNED_BY_IT = "it is not signed by the key given"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature found on a list: by which algorithm (JOSE name), over which bytes, and the list that is in these."""

    algorithm: str
    signature: bytes
    signed: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """What was signed, as a list to be read in place of the file it came in, and what was left out of that, and why."""

    data: bytes
    left_out: tuple[str, ...] = ()


def signer_keys(data: bytes, now: datetime) -> tuple[PublicKey, ...]:
    """Return the keys in a file of signers: PEM or DER certificates, PEM public keys, a JWK or a set of them.

    A certificate counts while it is valid, a bare key always. Raise ValueError where none is left.
    """
    text = data.decode("utf-8", "replace")
    if "-----BEGIN " in text:
        found = [
            b64decode("".join(part.partition("-----END")[0].partition("-----")[2].split()))
            for part in text.split("-----BEGIN ")[1:]
        ]
        return _keys_now(found, now)
    if data[:1] == b"\x30":
        return _keys_now([data], now)
    document = _json(text)
    listed = document.get("keys", [document]) if isinstance(document, dict) else []
    if not isinstance(listed, list) or not listed:
        raise ValueError("no key in it: PEM, DER or JWK")
    return tuple(jwk.public_key(key) for key in listed)


def check_signed(data: bytes, signers: Sequence[PublicKey], now: datetime) -> Checked:
    """Return the list that one of `signers` signed; raise ValueError where none of them did.

    A master list may be signed by a signer of lists whom one of them vouches for. Of an export of many states' lists
    those that were not are left out; of the gateway's list every entry must be signed by one of them.
    """
    if cms.is_signed_data(data):
        master_list.check_signed(data, signers, now)
        return Checked(data)
    text = data.decode("utf-8-sig", "replace")
    if exported := _exported(text):
        return _checked_export(exported, signers, now)
    if entries := _signed_entries(text):
        return Checked(_checked_entries(entries, signers))
    found = list(_signatures(text.strip()))
    if not found:
        raise ValueError("it carries no signature that can be checked (JWS, on the first line, CMS)")
    for one in found:
        if any(keys.verify(key, one.algorithm, one.signature, one.signed) for key in signers):
            return Checked(one.content)
    raise ValueError(_NOT_SIGNED_BY_IT)


# ICAO's export of master lists


def _exported(text: str) -> list[bytes]:
    return list(master_list.in_ldif(text)) if master_list.LDIF_ATTRIBUTE.lower() in text.lower() else []


def _checked_export(lists: list[bytes], signers: Sequence[PublicKey], now: datetime) -> Checked:
    """Return an export of the lists that count: few stations know every state's authority, and some lists are old."""
    taken, left_out = [], []
    for number, listed in enumerate(lists, start=1):
        try:
            master_list.check_signed(listed, signers, now)
        except ValueError as error:
            left_out.append(f"master list {number} of {len(lists)}: {error}")
        else:
            taken.append(listed)
    if not taken:
        raise ValueError("; ".join(left_out[:_SHOWN]) + ("; ..." if len(left_out) > _SHOWN else ""))
    return Checked(master_list.as_ldif(taken), tuple(left_out))


# The EU gateway's list


def _signed_entries(text: str) -> list[Any]:
    """Return the entries of a list of the gateway where any of them carries a signature of its own."""
    match _json(text):
        case {"certificates": [*entries]} | [*entries] if any(
            isinstance(entry, dict) and isinstance(entry.get("signature"), str) for entry in entries
        ):
            return entries
    return []


def _checked_entries(entries: list[Any], signers: Sequence[PublicKey]) -> bytes:
    """Return the certificates of signers in a list, without what the entries say of them: that nobody signed."""
    kept = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise ValueError(f"entry {number} is none")
        if not is_signer(entry):
            continue
        try:
            kept.append({"rawData": b64encode(_checked_certificate(entry, signers)).decode()})
        except ValueError as error:
            raise ValueError(f"entry {number}, kid {entry.get('kid', 'not stated')}: {error}") from None
    return json.dumps(kept).encode()


def _checked_certificate(entry: dict[str, Any], signers: Sequence[PublicKey]) -> bytes:
    body, signature = entry.get("rawData"), entry.get("signature")
    if not isinstance(body, str) or not isinstance(signature, str):
        raise ValueError("no certificate, or no signature on it")
    der, message = b64decode(body), cms.parse(b64decode(signature))
    if message.content_type != DATA or message.content not in (None, der):
        raise ValueError("its signature is on something else")
    brought = {found.spki for found in message.certificates}
    likely_first = sorted(signers, key=lambda key: keys.spki(key) not in brought)
    if not any(is_signed_by(message, key, der) for key in likely_first):
        raise ValueError(_NOT_SIGNED_BY_IT)
    return der


# A signature on the list as a whole


def _signatures(text: str) -> Iterator[Signature]:
    parts = text.split(".", 3)
    if len(parts) == 3 and not text.startswith("{"):
        yield from _jws(parts[0], parts[1], parts[2])
        return
    first, _, rest = text.partition("\n")
    if rest.lstrip().startswith("{"):
        try:
            signature = b64decode(first.strip(), validate=True)
        except ValueError:
            return
        signed = rest.strip().encode()
        yield Signature("ES256", signature, signed, signed)
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
        signed = f"{protected}.{payload}".encode()
        yield Signature(str(header["alg"]), jwk.decode(signature), signed, jwk.decode(payload))
    except (ValueError, KeyError, TypeError, RecursionError):
        return


def _keys_now(found: list[bytes], now: datetime) -> tuple[PublicKey, ...]:
    """Return the keys in certificates that are valid now, and in what is a bare key."""
    current, ended = [], []
    for der in found:
        try:
            parsed = certificate.parse(der)
        except ValueError:
            current.append(keys.load(der))
            continue
        if parsed.not_before <= now <= parsed.not_after:
            current.append(keys.load(parsed.spki))
        else:
            ended.append(f"{parsed.country} {parsed.name}, {parsed.not_before:%Y-%m-%d} to {parsed.not_after:%Y-%m-%d}")
    if not current:
        raise ValueError(f"no certificate in it is valid now: {'; '.join(ended) or 'none is there'}")
    return tuple(current)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
