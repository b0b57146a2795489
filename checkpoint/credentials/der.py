"""DER, walked just far enough to find a key or a name in a certificate, or a signature in a message."""

from collections.abc import Iterator
from dataclasses import dataclass

SEQUENCE, SET, INTEGER, OID, BIT_STRING, OCTET_STRING, BOOLEAN = 0x30, 0x31, 0x02, 0x06, 0x03, 0x04, 0x01

_CONSTRUCTED, _OPEN, _END = 0x20, 0x80, b"\x00\x00"
_MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag, its content, and both with the length between them as they stand in the file."""

    tag: int
    body: bytes
    whole: bytes

    def children(self) -> list["Element"]:
        """Return the elements inside this one; raise ValueError or IndexError where it holds something else."""
        return list(elements(self.body))


def elements(data: bytes) -> Iterator[Element]:
    """Yield the elements that stand side by side in `data`; raise ValueError or IndexError where it is not DER."""
    at = 0
    while at < len(data):
        body, end = _span(data, at)
        yield Element(data[at], data[body:end], data[at:end])
        at = end


def one(data: bytes) -> Element:
    """Return the first element in `data`."""
    found = next(elements(data), None)
    if found is None:
        raise ValueError("not DER: empty")
    return found


def expect(element: Element, tag: int) -> Element:
    """Return the element where it has the tag; raise ValueError otherwise."""
    if element.tag != tag:
        raise ValueError(f"tag {element.tag:#04x} where {tag:#04x} belongs")
    return element


def oid(element: Element) -> str:
    """Return an object identifier in dotted decimal."""
    body = expect(element, OID).body
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


def definite(ber: bytes) -> bytes:
    """Return a message with its lengths written out where BER left them open, as Bouncy Castle leaves them in CMS.

    What states its length is kept byte for byte, so that signatures over it hold. Raise ValueError or IndexError where
    it is not BER.
    """
    whole, end = _closed(ber, 0, 0)
    return whole + ber[end:]


def _closed(ber: bytes, at: int, depth: int) -> tuple[bytes, int]:
    """Return the element at `at` with a length of its own, and where it ends in `ber`."""
    if ber[at + 1] != _OPEN:
        _, end = _span(ber, at)
        return ber[at:end], end
    if depth == _MAX_DEPTH or not ber[at] & _CONSTRUCTED:
        raise ValueError("not BER: an open length where none can be")
    parts, inside = [], at + 2
    while ber[inside : inside + 2] != _END:
        part, inside = _closed(ber, inside, depth + 1)
        parts.append(part)
    body = b"".join(parts)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    length = size or b"\x00" if len(body) < _OPEN else bytes([_OPEN | len(size)]) + size
    return ber[at : at + 1] + length + body, inside + 2


def _span(data: bytes, at: int) -> tuple[int, int]:
    """Return where the content of the element at `at` begins and where it ends."""
    length, body = data[at + 1], at + 2
    if length >= _OPEN:
        size = length & 0x7F
        if not 1 <= size <= 4:
            raise ValueError("not DER: a length without end or without bounds")
        length, body = int.from_bytes(data[body : body + size]), body + size
    end = body + length
    if end > len(data):
        raise ValueError("cut short")
    return body, end
