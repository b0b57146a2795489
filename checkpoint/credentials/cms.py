"""Signed messages in CMS (RFC 5652): what they say is signed, and by whom; `cms_signature` tells whether that is so.

Walked here because the cryptography package makes such messages but checks none. The walk is stricter than the RFC:
nothing may stand twice, in another's place or behind the end.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from checkpoint.credentials import certificate
from checkpoint.credentials.certificate import Certificate
from checkpoint.credentials.der import INTEGER, OCTET_STRING, SEQUENCE, SET, Element, definite, elements, expect, oid

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_TAG_0, _TAG_1, _KEY_IDENTIFIER, _OCTETS_IN_PIECES = 0xA0, 0xA1, 0x80, 0x24
_MAX_SIGNERS = 16


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature: by whom (serial number, or key id), by which algorithms (OIDs), and over what.

    `stated` is the content type and the digest in the signed attributes, `attributes` these as they were signed (a SET
    in DER); both are None where the signature is over the content itself.
    """

    named: int | bytes
    digest: str
    algorithm: str
    signature: bytes
    stated: tuple[str, bytes] | None = None
    attributes: bytes | None = None

    def is_named(self, found: Certificate) -> bool:
        """Return whether it names this certificate as the signer's. Nothing is proven by that."""
        return self.named in (found.serial, found.subject_key_id)


@dataclass(frozen=True, slots=True)
class SignedData:
    """A signed message, unverified. `content` is None where detached, `certificates` are those that can be read."""

    content_type: str
    content: bytes | None
    certificates: tuple[Certificate, ...]
    signers: tuple[Signer, ...]


def is_signed_data(data: bytes) -> bool:
    """Return whether the bytes begin as a signed message does, and not as a certificate."""
    try:
        return oid(next(elements(definite(data))).children()[0]) == _SIGNED_DATA
    except (ValueError, IndexError, StopIteration):
        return False


def parse(data: bytes) -> SignedData:
    """Return what the message says; raise ValueError where it is not a signed one."""
    try:
        return _parse(definite(data))
    except (ValueError, IndexError) as error:
        raise ValueError(f"not a signed message (CMS): {error}") from None


def _parse(data: bytes) -> SignedData:
    [outer] = elements(data)
    kind, wrapped = expect(outer, SEQUENCE).children()
    if oid(kind) != _SIGNED_DATA:
        raise ValueError("of another kind")
    [signed] = expect(wrapped, _TAG_0).children()
    version, digests, content, *optional, signers = expect(signed, SEQUENCE).children()
    expect(version, INTEGER)
    expect(digests, SET)
    tags = [part.tag for part in optional]
    if tags not in ([], [_TAG_0], [_TAG_1], [_TAG_0, _TAG_1]):
        raise ValueError("something that does not belong there")
    listed = expect(signers, SET).children()
    if len(listed) > _MAX_SIGNERS:
        raise ValueError(f"more than {_MAX_SIGNERS} signers")
    content_type, *explicit = expect(content, SEQUENCE).children()
    return SignedData(
        oid(content_type),
        _content(explicit),
        tuple(_certificates(optional[0])) if tags[:1] == [_TAG_0] else (),
        tuple(_signer(info) for info in listed),
    )


def _content(explicit: list[Element]) -> bytes | None:
    if not explicit:
        return None
    [wrapped] = explicit
    [octets] = expect(wrapped, _TAG_0).children()
    if octets.tag == _OCTETS_IN_PIECES:
        return b"".join(expect(piece, OCTET_STRING).body for piece in octets.children())
    return expect(octets, OCTET_STRING).body


def _certificates(listed: Element) -> Iterator[Certificate]:
    for found in listed.children():
        with suppress(ValueError):  # one that nobody needs must not cost the message
            yield certificate.parse(found.whole)


def _signer(info: Element) -> Signer:
    version, named, digest, *rest = expect(info, SEQUENCE).children()
    expect(version, INTEGER)
    attributes = rest.pop(0) if rest and rest[0].tag == _TAG_0 else None
    algorithm, signature, *unsigned = rest
    if [part.tag for part in unsigned] not in ([], [_TAG_1]):
        raise ValueError("something behind a signature")
    stated = None if attributes is None else _stated(attributes)
    return Signer(
        named.body if named.tag == _KEY_IDENTIFIER else _serial(named),
        oid(expect(digest, SEQUENCE).children()[0]),
        oid(expect(algorithm, SEQUENCE).children()[0]),
        expect(signature, OCTET_STRING).body,
        stated,
        None if attributes is None else bytes([SET]) + attributes.whole[1:],  # signed under its own tag (5.4)
    )


def _serial(named: Element) -> int:
    _, serial = expect(named, SEQUENCE).children()
    return int.from_bytes(expect(serial, INTEGER).body, signed=True)


def _stated(attributes: Element) -> tuple[str, bytes]:
    """Return content type and digest, each of which must stand there once, with one value."""
    found: dict[str, Element] = {}
    for attribute in attributes.children():
        kind, values = expect(attribute, SEQUENCE).children()
        if oid(kind) in found:
            raise ValueError("a signed attribute stands twice")
        found[oid(kind)] = expect(values, SET)
    try:
        [content_type], [digest] = found[_CONTENT_TYPE].children(), found[_MESSAGE_DIGEST].children()
    except KeyError:
        raise ValueError("no content type or no digest among what is signed") from None
    return oid(content_type), expect(digest, OCTET_STRING).body
