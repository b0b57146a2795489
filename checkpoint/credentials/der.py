"""DER, walked just far enough to find a key or a name in a certificate."""

from collections.abc import Iterator
from dataclasses import dataclass

SEQUENCE, SET, INTEGER, OID, BIT_STRING, OCTET_STRING, BOOLEAN = 0x30, 0x31, 0x02, 0x06, 0x03, 0x04, 0x01


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
        tag, length, body = data[at], data[at + 1], at + 2
        if length >= 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise ValueError("not DER: a length without end or without bounds")
            length, body = int.from_bytes(data[body : body + size]), body + size
        end = body + length
        if end > len(data):
            raise ValueError("not DER: cut short")
        yield Element(tag, data[body:end], data[at:end])
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
        raise ValueError(f"not a certificate: tag {element.tag:#04x} where {tag:#04x} belongs")
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
