"""ICAO master lists (Doc 9303-12): the authorities of many states, in one signed file or in the PKD's LDIF export.

The signature on the list is not checked: whoever imports it vouches for where it came from.
"""

import re
from base64 import b64decode
from collections.abc import Iterator

from checkpoint.credentials.der import OCTET_STRING, OID, SEQUENCE, SET, expect, oid, one

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_MASTER_LIST = "2.23.136.1.1.2"
_EXPLICIT = 0xA0

_LDIF_LIST = re.compile(r"^pkdMasterListContent::[ ]*((?:\S+\n[ ])*\S+)", re.MULTILINE | re.IGNORECASE)


def is_signed_data(data: bytes) -> bool:
    """Return whether DER holds a signed message and not a certificate."""
    try:
        first = one(one(data).body)
        return first.tag == OID and oid(first) == _SIGNED_DATA
    except (ValueError, IndexError):
        return False


def certificates(data: bytes) -> Iterator[bytes]:
    """Yield the certificates in a master list, as DER; raise ValueError where it is none."""
    try:
        _, wrapped = expect(one(data), SEQUENCE).children()
        signed = expect(one(expect(wrapped, _EXPLICIT).body), SEQUENCE).children()
        content = expect(next(part for part in signed[2:] if part.tag == SEQUENCE), SEQUENCE).children()
        if oid(content[0]) != _MASTER_LIST:
            raise ValueError("signed, but no master list")
        listed = expect(one(expect(content[1], _EXPLICIT).body), OCTET_STRING).body
        found = expect(one(listed), SEQUENCE).children()[1]
        for entry in expect(found, SET).children():
            yield entry.whole
    except (IndexError, StopIteration) as error:
        raise ValueError(f"not a master list: {error}") from None


def in_ldif(text: str) -> Iterator[bytes]:
    """Yield the master lists in an LDIF export, as DER."""
    for found in _LDIF_LIST.finditer(text.replace("\r\n", "\n")):
        yield b64decode(found[1].replace("\n ", ""))
