"""Reading the lists in which the world publishes its issuers' keys.

One function for whatever file an operator was given: the WHO's DID document, a national list in any of its spellings,
a bundle of PEM certificates, a SMART Health Card directory, an ICAO authority, a revocation list. What is in it
decides, not what it is called. Where a list is signed, its signature is not checked here but by `trust_signature`,
where the operator names the signer; who names none vouches for where the list came from.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Never

from checkpoint.credential import Format
from checkpoint.credentials import certificate, cms, jwk, master_list, revocation
from checkpoint.credentials.revocation import NOTHING_REVOKED, Revocations
from checkpoint.credentials.trust import FILE_FORMAT, TrustedKey, TrustList
from checkpoint.credentials.trust_entries import (
    authority,
    from_certificate,
    from_did_method,
    from_jwk,
    from_listed,
    from_public_key_entry,
    from_spki,
    health_uses,
)

MAX_BYTES = 64 * 1024 * 1024

_Entry = Callable[[], TrustedKey | None]
_Certified = Callable[[bytes], Iterator[_Entry]]
_DER_SEQUENCE = b"\x30"
_PEM = re.compile(r"-----BEGIN (CERTIFICATE|PUBLIC KEY)-----(.+?)-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file held: the list to merge, and why each entry that is of no use was left out.

    ``dated``: it states its own time. ``own``: it is a list of this project's own, of sources that it names.
    """

    trust: TrustList
    left_out: tuple[str, ...] = ()
    dated: bool = False
    own: bool = False


def read_trust(
    data: bytes,
    *,
    name: str,
    now: datetime,
    issuer: str = "",
    known: TrustList | None = None,
    authorities: bool = False,
) -> Imported:
    """Return what a published list says, as a list of its own, to be merged with what is known.

    `name` becomes its source, `now` its time where it states none. `issuer` names whose keys they are where the list
    does not: the country of a bare public key, the URL of a SMART Health Card issuer. `known` holds the authorities a
    certificate revocation list is checked against. `authorities`: every certificate is one of an ICAO authority, and no
    signer's. Raise ValueError where the file is none of the known kinds, or holds nothing of use.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes")
    is_der = data[:1] == _DER_SEQUENCE
    certified = partial(_certificate_entries, source=name, issuer=issuer, authorities=authorities)
    found = (
        _from_der(data, name, known or TrustList(), certified) if is_der else _from_text(data, name, issuer, certified)
    )
    if authorities and not found.certificates:
        raise ValueError("no certificates, which those of ICAO authorities are")
    if found.own is not None:
        return Imported(found.own, dated=True, own=True)
    usable, left_out = _usable(found.entries)
    if not usable and found.revocations is None:
        raise ValueError(f"nothing of use in it: {'; '.join(left_out[:3]) or 'no entry'}")
    as_of = found.as_of or now
    return Imported(
        TrustList(usable, as_of, found.revocations or NOTHING_REVOKED, {name: as_of} if usable else {}),
        left_out,
        dated=found.as_of is not None,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What kind of file it is: entries still to be read, revocations, or a list of this project's own.

    ``certificates``: its entries are certificates and nothing else, of which nothing but they themselves tells the use.
    """

    entries: Iterable[_Entry] = ()
    as_of: datetime | None = None
    revocations: Revocations | None = None
    own: TrustList | None = None
    certificates: bool = False


def _usable(entries: Iterable[_Entry]) -> tuple[tuple[TrustedKey, ...], tuple[str, ...]]:
    """Return the keys of the entries that can be read: one bad entry must not cost the other four hundred."""
    found: list[TrustedKey] = []
    left_out: list[str] = []
    for number, entry in enumerate(entries, start=1):
        try:
            key = entry()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            left_out.append(f"entry {number}: {error}")
        else:
            if key is not None:
                found.append(key)
    return tuple(found), tuple(left_out)


def _from_der(data: bytes, source: str, known: TrustList, certified: _Certified) -> _Found:
    if cms.is_signed_data(data):
        return _Found(_master_list_entries([data], source), certificates=True)
    try:
        certificate.parse(data)
    except ValueError:
        authorities = known.of_format(Format.VDS_NC)
        return _Found(revocations=revocation.from_crl(data, [(key.kid, key.public_key) for key in authorities]))
    return _Found(certified(data), certificates=True)


def _from_text(data: bytes, source: str, issuer: str, certified: _Certified) -> _Found:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("neither text nor DER") from None
    if "-----BEGIN " in text:
        return _Found(_pem_entries(text, source, issuer, certified), certificates="-----BEGIN PUBLIC" not in text)
    if master_list.LDIF_ATTRIBUTE.lower() in text.lower():
        return _Found(_master_list_entries(master_list.in_ldif(text), source), certificates=True)
    try:
        return _from_json(_json(text), source, issuer)
    except ValueError:
        pass
    jws = text.strip().split(".")
    if len(jws) == 3:  # a signed list (the Swedish list)
        return _from_json(_json(jwk.decode(jws[1]).decode()), source, issuer)
    first, _, rest = text.strip().partition("\n")
    if rest.lstrip().startswith("{"):  # a signature on the first line, then the list (the German list)
        return _from_json(_json(rest), source, issuer)
    if len(first) > 1 and not text.lstrip().startswith(("{", "[")):
        return _Found(certified(b64decode("".join(text.split()), validate=True)), certificates=True)
    return _from_json(_json(text), source, issuer)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _pem_entries(text: str, source: str, issuer: str, certified: _Certified) -> Iterator[_Entry]:
    for kind, body in _PEM.findall(text):
        der = b64decode(body)
        if kind == "CERTIFICATE":
            yield from certified(der)
        else:
            yield partial(from_spki, der, source=source, issuer=issuer)


def _master_list_entries(lists: Iterable[bytes], source: str) -> Iterator[_Entry]:
    seen: set[bytes] = set()
    for listed in lists:
        for der in master_list.certificates(listed):
            if der not in seen:  # every state lists every other's
                seen.add(der)
                yield partial(authority, der, source=source)


def _certificate_entries(der: bytes, *, source: str, issuer: str, authorities: bool) -> Iterator[_Entry]:
    """Yield a certificate as the signer it may be, and as the authority it may be.

    Tools write "CA" into many a certificate that signs itself. An authority it is taken for where it says that it signs
    certificates and names no certificate of health as its use, or where whoever imports it says so (`authorities`).
    """
    try:
        parsed = certificate.parse(der)
    except ValueError as error:
        yield partial(_refuse, error)
        return
    is_authority = authorities or (parsed.states_authority and not health_uses(parsed))
    if not authorities and (parsed.signs_data or not parsed.is_authority):
        yield partial(from_certificate, der, source=source, issuer=issuer)
    if is_authority:
        yield partial(authority, der, source=source)
    elif parsed.is_authority:
        yield partial(
            _refuse, ValueError("not taken for an ICAO authority: where it is one, import it with --authority")
        )


def _refuse(error: ValueError) -> Never:
    raise error


def _from_json(document: Any, source: str, issuer: str) -> _Found:
    by_key: dict[str, Any]
    match document:
        case {"format": str() as stated} if stated.startswith(FILE_FORMAT.partition("/")[0]):
            return _Found(own=TrustList.from_json(document))
        case {"verificationMethod": [*methods]}:
            made = (partial(from_did_method, method, source=source) for method in methods)
            return _Found(made, _stated_time(document.get("proof"), "created"))
        case {"issuerInfo": [*issuers]}:
            return _Found(
                _directory_entries(issuers, source), _stated_time(document, "time"), _directory_revocations(issuers)
            )
        case {"kid": str() as kid, "rids": [*listed]}:
            return _Found(revocations=Revocations(card_ids={kid: revocation.card_ids(listed)}))
        case {"hashType": str(), "entries": [*listed]}:
            return _Found(revocations=Revocations(hashes=revocation.hash_list([entry["hash"] for entry in listed])))
        case {"payload": str() as signed, "signatures": [*_]}:
            return _from_json(_json(jwk.decode(signed).decode()), source, issuer)
        case {"kty": str()}:
            return _Found([partial(from_jwk, document, source=source, issuer=issuer)])
        case {"keys": [*listed]}:
            return _Found(partial(from_jwk, key, source=source, issuer=issuer) for key in listed)
        case {"eu_keys": dict() as by_key}:
            return _Found(
                partial(from_public_key_entry, kid, entry, source=source)
                for kid, listed in by_key.items()
                for entry in listed
            )
        case {"dsc_trust_list": dict() as by_key}:
            return _Found(
                partial(from_jwk, key, source=source, issuer=country)
                for country, listed in by_key.items()
                for key in listed["keys"]
            )
        case {"certificates": [*listed]} | [*listed]:
            return _Found(partial(from_listed, entry, source=source, issuer=issuer) for entry in listed)
        case dict() as by_key if by_key and all(isinstance(body, str) for body in by_key.values()):
            return _Found(
                partial(from_listed, {"kid": kid, "rawData": body}, source=source, issuer=issuer)
                for kid, body in by_key.items()
            )
        case _:
            raise ValueError("not a list of a known kind")


def _directory_entries(issuers: list[Any], source: str) -> Iterator[_Entry]:
    for entry in issuers:
        for key in entry.get("keys") or ():
            yield partial(from_jwk, key, source=source, issuer=str(entry["issuer"]["iss"]))


def _directory_revocations(issuers: list[Any]) -> Revocations:
    found = NOTHING_REVOKED
    for entry in issuers:
        for listed in entry.get("crls") or ():
            ids = revocation.card_ids(listed["rids"])
            found = found.merged_with(Revocations(card_ids={str(listed["kid"]): ids}))
    return found


def _stated_time(document: Any, name: str) -> datetime | None:
    """Return the time a list states for itself, None where it states none that can be read."""
    if not isinstance(document, Mapping) or not isinstance(document.get(name), str):
        return None
    try:
        moment = datetime.fromisoformat(document[name])
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC)
