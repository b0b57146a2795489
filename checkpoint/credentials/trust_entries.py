"""One entry of a published list of issuers, turned into a trusted key: a certificate, a JWK, a DID method."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from checkpoint.credential import Format
from checkpoint.credentials import certificate, jwk, keys
from checkpoint.credentials.trust import HEALTH_USES, TrustedKey, Use

HC1_KID_BYTES = 8

_USE_OIDS = {"1": Use.TEST, "2": Use.VACCINATION, "3": Use.RECOVERY}
_USE_ARCS = ("1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.")
"""Both spellings of the extended key usages occur in certificates of real issuers."""

_USE_LETTERS = {"t": Use.TEST, "v": Use.VACCINATION, "r": Use.RECOVERY}
_NOT_A_SIGNER = frozenset({"CSCA", "SCA", "UPLOAD", "UP", "AUTHENTICATION", "AUTH", "TLS", "TRUSTANCHOR"})
"""Certificates that lists carry beside those of signers."""


def from_certificate(der: bytes, *, source: str = "", kid: str = "", issuer: str = "") -> TrustedKey:
    """Return the key of a signer's certificate; raise ValueError where it is none.

    Without a `kid` it is what the EU specification derives: the first eight bytes of the certificate's SHA-256. A
    certificate that names none of the three uses may vouch for all. One made for ICAO's seals signs those alone.
    """
    parsed = certificate.parse(der)
    return TrustedKey(
        kid=kid or b64encode(hashlib.sha256(der).digest()[:HC1_KID_BYTES]).decode(),
        public_key=keys.load(parsed.spki),
        issuer=issuer or parsed.country,
        formats=frozenset({Format.VDS_NC if certificate.SEAL_SIGNER in parsed.usages else Format.HC1}),
        uses=health_uses(parsed) or HEALTH_USES,
        not_before=parsed.not_before,
        not_after=parsed.not_after,
        name=parsed.name,
        source=source,
    )


def health_uses(parsed: certificate.Certificate) -> frozenset[Use]:
    """Return which certificates of health a signer's certificate names as its use, none where it names no such use."""
    named = (
        _USE_OIDS.get(usage.removeprefix(arc)) for usage in parsed.usages for arc in _USE_ARCS if usage.startswith(arc)
    )
    return frozenset(filter(None, named))


def authority(der: bytes, *, source: str = "") -> TrustedKey:
    """Return an ICAO country signing authority; raise ValueError where the certificate is none."""
    parsed = certificate.parse(der)
    if not parsed.is_authority:
        raise ValueError("not the certificate of an authority")
    return TrustedKey(
        kid=(parsed.subject_key_id or hashlib.sha1(parsed.spki, usedforsecurity=False).digest()).hex(),
        public_key=keys.load(parsed.spki),
        issuer=parsed.country,
        formats=frozenset({Format.VDS_NC}),
        not_before=parsed.not_before,
        not_after=parsed.not_after,
        name=parsed.name,
        source=source,
    )


def from_spki(der: bytes, *, source: str = "", kid: str = "", issuer: str = "") -> TrustedKey:
    """Return a bare public key as a signer of certificates, its id derived from it where none is given."""
    return TrustedKey(
        kid=kid or b64encode(hashlib.sha256(der).digest()[:HC1_KID_BYTES]).decode(),
        public_key=keys.load(der),
        issuer=issuer,
        formats=frozenset({Format.HC1}),
        source=source,
    )


def from_jwk(key: Mapping[str, Any], *, source: str = "", issuer: str = "") -> TrustedKey:
    """Return the key in a JWK: of a SMART Health Card issuer where its id is its thumbprint, else of an `HC1:` signer.

    For the latter a certificate in the JWK states validity and uses; where it cannot be read, the bare key counts. The
    key of a health card's issuer counts for as long as the issuer publishes it, whatever certificate goes with it.
    """
    public_key, kid = jwk.public_key(key), str(key.get("kid", ""))
    if kid == jwk.thumbprint(key):
        issuer = issuer.strip().rstrip("/")  # a card names its issuer without the slash that is typed so easily
        if not issuer:
            raise ValueError("a key of SMART Health Cards of no stated issuer: import it with --issuer URL")
        return TrustedKey(kid, public_key, issuer, frozenset({Format.SHC}), source=source)
    kid = hc1_kid(kid)
    certified = _certified(key, public_key, source, kid)
    return TrustedKey(
        kid=kid or (certified.kid if certified else from_spki(keys.spki(public_key)).kid),
        public_key=public_key,
        issuer=issuer or (certified.issuer if certified else ""),
        formats=frozenset({Format.HC1}),
        uses=certified.uses if certified else HEALTH_USES,
        not_before=certified.not_before if certified else None,
        not_after=certified.not_after if certified else None,
        name=certified.name if certified else "",
        source=source,
    )


def from_did_method(method: Any, *, source: str = "") -> TrustedKey | None:
    """Return the key of one verification method of a DID document, None for a reference or a key of another use."""
    if not isinstance(method, Mapping):
        return None
    path, _, fragment = str(method["id"]).partition("#")
    parts = path.upper().split(":")
    if _NOT_A_SIGNER.intersection(parts):
        return None
    key = {**method["publicKeyJwk"], "kid": unquote(fragment)}
    owner = str(method.get("controller", "")).partition("#")[0].rpartition(":")[2].upper()
    certified = from_jwk(key, source=source)
    return certified if certified.issuer else from_jwk(key, source=source, issuer=owner)


def is_signer(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry of the gateway is a signer's, and not one of those that lists carry beside them."""
    return str(entry.get("certificateType", "DSC")).upper() not in _NOT_A_SIGNER


def from_listed(entry: Mapping[str, Any], *, source: str = "", issuer: str = "") -> TrustedKey | None:
    """Return the key of an entry of the EU gateway or of a national list made from it, None for one of another use.

    The certificate stands in `rawData` (or `certificate`, `cert`), and its id in `kid`.
    """
    if not is_signer(entry):
        return None
    body = entry.get("rawData") or entry.get("certificate") or entry.get("cert")
    if not isinstance(body, str):
        raise ValueError("an entry without a certificate")
    kid = entry.get("kid") or entry.get("keyId") or ""
    country = str(entry.get("country") or "")
    return from_certificate(b64decode(body), source=source, kid=hc1_kid(str(kid)), issuer=issuer or country)


def from_public_key_entry(kid: str, entry: Mapping[str, Any], *, source: str = "") -> TrustedKey:
    """Return the key of a list that states public keys with letters for what they may sign (the Dutch list)."""
    key = from_spki(b64decode(entry["subjectPk"]), source=source, kid=hc1_kid(kid))
    uses = frozenset(_USE_LETTERS[letter] for letter in entry.get("keyUsage") or () if letter in _USE_LETTERS)
    return TrustedKey(
        key.kid, key.public_key, str(entry.get("ian", "")), key.formats, uses or HEALTH_USES, source=source
    )


def hc1_kid(kid: str) -> str:
    """Return a key id in plain base64 with padding, which lists write in base64url or without padding, too.

    >>> hc1_kid("qzdNABzMSjM")
    'qzdNABzMSjM='
    """
    try:
        return b64encode(jwk.decode(kid.replace("+", "-").replace("/", "_"))).decode()
    except ValueError:
        return kid


def _certified(key: Mapping[str, Any], public_key: keys.PublicKey, source: str, kid: str) -> TrustedKey | None:
    """Return what the JWK's own certificate says of the same key, None where it has none that can be read."""
    chain = key.get("x5c")
    if not isinstance(chain, list) or not chain:
        return None
    try:
        certified = from_certificate(b64decode(chain[0]), source=source, kid=kid)
    except (ValueError, TypeError):
        return None
    return certified if keys.spki(certified.public_key) == keys.spki(public_key) else None
