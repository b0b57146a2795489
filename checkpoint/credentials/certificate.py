"""X.509 certificates of issuers, read by a minimal walk through their DER.

Real signer certificates of several countries carry extensions that strict parsers refuse, and their certificates in
travellers' hands are valid all the same. Nothing here needs the whole of X.509: a public key, who holds it, from when
until when, for what, and by whom it was signed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from checkpoint.credentials.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Element,
    expect,
    oid,
    one,
)

COUNTRY, ORGANISATION, COMMON_NAME = "2.5.4.6", "2.5.4.10", "2.5.4.3"
SEAL_SIGNER = "2.23.136.1.1.14.2"
"""The extended key usage of signers of ICAO's seals."""

_EXT_KEY_USAGE, _BASIC_CONSTRAINTS, _KEY_USAGE = "2.5.29.37", "2.5.29.19", "2.5.29.15"
_SUBJECT_KEY_ID, _AUTHORITY_KEY_ID = "2.5.29.14", "2.5.29.35"

_UTC_TIME, _GENERALIZED_TIME, _BMP_STRING = 0x17, 0x18, 0x1E
_VERSION, _EXTENSIONS, _KEY_IDENTIFIER = 0xA0, 0xA3, 0x80


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says, unverified. Times are UTC; ``usages`` are OIDs; names are {OID: text}.

    ``signs_data`` and ``is_authority``: whether its key may sign certificates of health, and certificates of keys;
    ``states_authority``: whether its key usage says the latter in so many words, as that of every ICAO authority does.
    """

    spki: bytes
    subject: dict[str, str]
    issuer: dict[str, str]
    serial: int
    not_before: datetime
    not_after: datetime
    usages: frozenset[str]
    is_authority: bool
    states_authority: bool
    signs_data: bool
    subject_key_id: bytes
    authority_key_id: bytes
    signed: bytes
    signature_algorithm: str
    signature: bytes

    @property
    def country(self) -> str:
        """The subject's country as an upper-case code, empty where it names none."""
        return self.subject.get(COUNTRY, "").strip().upper()

    @property
    def name(self) -> str:
        """The subject's name for people."""
        return self.subject.get(COMMON_NAME) or self.subject.get(ORGANISATION) or ""


def parse(der: bytes) -> Certificate:
    """Return what the certificate says; raise ValueError where it is not one."""
    try:
        return _parse(der)
    except (ValueError, IndexError, OverflowError) as error:
        raise ValueError(f"not a certificate: {error}") from None


def _parse(der: bytes) -> Certificate:
    outer = one(der)
    tbs, algorithm, signature = expect(outer, SEQUENCE).children()[:3]
    fields = expect(tbs, SEQUENCE).children()
    if fields and fields[0].tag == _VERSION:
        fields = fields[1:]
    serial, _, issuer, validity, subject, spki, *rest = fields
    start, end = expect(validity, SEQUENCE).children()
    extensions = dict(_extensions(rest))
    return Certificate(
        spki=expect(spki, SEQUENCE).whole,
        subject=_name(subject),
        issuer=_name(issuer),
        serial=int.from_bytes(expect(serial, INTEGER).body, signed=True),
        not_before=_time(start),
        not_after=_time(end),
        usages=_usages(extensions.get(_EXT_KEY_USAGE)),
        is_authority=_is_authority(extensions),
        states_authority=_states_authority(extensions),
        signs_data=_signs_data(extensions),
        subject_key_id=_octets(extensions.get(_SUBJECT_KEY_ID)),
        authority_key_id=_authority_key_id(extensions.get(_AUTHORITY_KEY_ID)),
        signed=tbs.whole,
        signature_algorithm=oid(expect(algorithm, SEQUENCE).children()[0]),
        signature=expect(signature, BIT_STRING).body[1:],
    )


def _name(element: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for relative in expect(element, SEQUENCE).children():
        for pair in expect(relative, SET).children():
            kind, text = expect(pair, SEQUENCE).children()[:2]
            encoding = "utf-16-be" if text.tag == _BMP_STRING else "utf-8"
            found.setdefault(oid(kind), text.body.decode(encoding, errors="replace"))
    return found


def _time(element: Element) -> datetime:
    text = element.body.decode("ascii", errors="replace")
    if element.tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif element.tag != _GENERALIZED_TIME:
        raise ValueError("no time where one belongs")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _extensions(rest: list[Element]) -> Iterator[tuple[str, Element]]:
    for wrapped in rest:
        if wrapped.tag != _EXTENSIONS:
            continue
        for extension in expect(one(wrapped.body), SEQUENCE).children():
            kind, *_, value = expect(extension, SEQUENCE).children()
            yield oid(kind), value


def _inner(value: Element | None, tag: int) -> Element | None:
    """Return the element inside an extension, None where the extension is not built as it should be."""
    if value is None or value.tag != OCTET_STRING:
        return None
    try:
        inner = one(value.body)
    except (ValueError, IndexError):
        return None
    return inner if inner.tag == tag else None


def _usages(value: Element | None) -> frozenset[str]:
    inner = _inner(value, SEQUENCE)
    return frozenset(oid(usage) for usage in inner.children()) if inner else frozenset()


def _signs_data(extensions: dict[str, Element]) -> bool:
    """Return whether the key may sign data: where its usage is stated, that has bit 0, digitalSignature."""
    usage = _inner(extensions.get(_KEY_USAGE), BIT_STRING)
    return usage is None or (len(usage.body) > 1 and bool(usage.body[1] & 0x80))


def _is_authority(extensions: dict[str, Element]) -> bool:
    constraints = _inner(extensions.get(_BASIC_CONSTRAINTS), SEQUENCE)
    if constraints and any(part.tag == BOOLEAN and part.body != b"\x00" for part in constraints.children()):
        return True
    return _states_authority(extensions)


def _states_authority(extensions: dict[str, Element]) -> bool:
    usage = _inner(extensions.get(_KEY_USAGE), BIT_STRING)
    return usage is not None and len(usage.body) > 1 and bool(usage.body[1] & 0x04)  # bit 5: keyCertSign


def _octets(value: Element | None) -> bytes:
    inner = _inner(value, OCTET_STRING)
    return inner.body if inner else b""


def _authority_key_id(value: Element | None) -> bytes:
    inner = _inner(value, SEQUENCE)
    return next((part.body for part in inner.children() if part.tag == _KEY_IDENTIFIER), b"") if inner else b""
