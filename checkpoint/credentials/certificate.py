"""X.509 certificates of issuers, read by a minimal walk through their DER.

Real signer certificates of several countries carry extensions that strict parsers refuse, and their certificates in
travellers' hands are valid all the same. Nothing here needs the whole of X.509: a public key, who holds it, from when
until when, for what, and by whom it was signed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

COUNTRY, ORGANISATION, COMMON_NAME = "2.5.4.6", "2.5.4.10", "2.5.4.3"
_EXT_KEY_USAGE, _BASIC_CONSTRAINTS, _KEY_USAGE = "2.5.29.37", "2.5.29.19", "2.5.29.15"
_SUBJECT_KEY_ID, _AUTHORITY_KEY_ID = "2.5.29.14", "2.5.29.35"

_SEQUENCE, _SET, _INTEGER, _OID, _BIT_STRING, _OCTET_STRING, _BOOLEAN = 0x30, 0x31, 0x02, 0x06, 0x03, 0x04, 0x01
_UTC_TIME, _GENERALIZED_TIME, _BMP_STRING = 0x17, 0x18, 0x1E
_VERSION, _EXTENSIONS, _KEY_IDENTIFIER = 0xA0, 0xA3, 0x80


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says, unverified. Times are UTC; ``usages`` are OIDs; names are {OID: text}."""

    spki: bytes
    subject: dict[str, str]
    issuer: dict[str, str]
    serial: int
    not_before: datetime
    not_after: datetime
    usages: frozenset[str]
    is_authority: bool
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


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    body: bytes
    whole: bytes

    def children(self) -> list["_Element"]:
        return list(_elements(self.body))


def parse(der: bytes) -> Certificate:
    """Return what the certificate says; raise ValueError where it is not one."""
    try:
        return _parse(der)
    except (IndexError, OverflowError) as error:
        raise ValueError(f"not a certificate: {error}") from None


def _parse(der: bytes) -> Certificate:
    outer = _one(der)
    tbs, algorithm, signature = _expect(outer, _SEQUENCE).children()[:3]
    fields = _expect(tbs, _SEQUENCE).children()
    if fields and fields[0].tag == _VERSION:
        fields = fields[1:]
    serial, _, issuer, validity, subject, spki, *rest = fields
    start, end = _expect(validity, _SEQUENCE).children()
    extensions = dict(_extensions(rest))
    return Certificate(
        spki=_expect(spki, _SEQUENCE).whole,
        subject=_name(subject),
        issuer=_name(issuer),
        serial=int.from_bytes(_expect(serial, _INTEGER).body, signed=True),
        not_before=_time(start),
        not_after=_time(end),
        usages=_usages(extensions.get(_EXT_KEY_USAGE)),
        is_authority=_is_authority(extensions),
        subject_key_id=_octets(extensions.get(_SUBJECT_KEY_ID)),
        authority_key_id=_authority_key_id(extensions.get(_AUTHORITY_KEY_ID)),
        signed=tbs.whole,
        signature_algorithm=_oid(_expect(algorithm, _SEQUENCE).children()[0]),
        signature=_expect(signature, _BIT_STRING).body[1:],
    )


def _elements(data: bytes) -> Iterator[_Element]:
    at = 0
    while at < len(data):
        tag, length, body = data[at], data[at + 1], at + 2
        if length >= 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise ValueError("not DER: a length without end or without bounds")
            length, body = int.from_bytes(data[body : body + size]), body + size
        end = body + length
        if end > len(data):
            raise ValueError("not DER: cut short")
        yield _Element(tag, data[body:end], data[at:end])
        at = end


def _one(data: bytes) -> _Element:
    found = next(_elements(data), None)
    if found is None:
        raise ValueError("not DER: empty")
    return found


def _expect(element: _Element, tag: int) -> _Element:
    if element.tag != tag:
        raise ValueError(f"not a certificate: tag {element.tag:#04x} where {tag:#04x} belongs")
    return element


def _oid(element: _Element) -> str:
    body = _expect(element, _OID).body
    arcs, value = [], 0
    for byte in body:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        raise ValueError("an empty object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def _name(element: _Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for relative in _expect(element, _SEQUENCE).children():
        for pair in _expect(relative, _SET).children():
            kind, text = _expect(pair, _SEQUENCE).children()[:2]
            encoding = "utf-16-be" if text.tag == _BMP_STRING else "utf-8"
            found.setdefault(_oid(kind), text.body.decode(encoding, errors="replace"))
    return found


def _time(element: _Element) -> datetime:
    text = element.body.decode("ascii", errors="replace")
    if element.tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif element.tag != _GENERALIZED_TIME:
        raise ValueError("not a certificate: no time where one belongs")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _extensions(rest: list[_Element]) -> Iterator[tuple[str, _Element]]:
    for wrapped in rest:
        if wrapped.tag != _EXTENSIONS:
            continue
        for extension in _expect(_one(wrapped.body), _SEQUENCE).children():
            kind, *_, value = _expect(extension, _SEQUENCE).children()
            yield _oid(kind), value


def _inner(value: _Element | None, tag: int) -> _Element | None:
    """Return the element inside an extension, None where the extension is not built as it should be."""
    if value is None or value.tag != _OCTET_STRING:
        return None
    try:
        inner = _one(value.body)
    except (ValueError, IndexError):
        return None
    return inner if inner.tag == tag else None


def _usages(value: _Element | None) -> frozenset[str]:
    inner = _inner(value, _SEQUENCE)
    return frozenset(_oid(usage) for usage in inner.children()) if inner else frozenset()


def _is_authority(extensions: dict[str, _Element]) -> bool:
    constraints = _inner(extensions.get(_BASIC_CONSTRAINTS), _SEQUENCE)
    if constraints and any(part.tag == _BOOLEAN and part.body != b"\x00" for part in constraints.children()):
        return True
    usage = _inner(extensions.get(_KEY_USAGE), _BIT_STRING)
    return usage is not None and len(usage.body) > 1 and bool(usage.body[1] & 0x04)  # bit 5: keyCertSign


def _octets(value: _Element | None) -> bytes:
    inner = _inner(value, _OCTET_STRING)
    return inner.body if inner else b""


def _authority_key_id(value: _Element | None) -> bytes:
    inner = _inner(value, _SEQUENCE)
    return next((part.body for part in inner.children() if part.tag == _KEY_IDENTIFIER), b"") if inner else b""
