"""ICAO master lists (Doc 9303-12): the authorities of many states, in one signed file or in the PKD's LDIF export.

Reading a list checks no signature: whoever imports it vouches for where it came from, or asks `check_signed` first.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from checkpoint.credentials import cms, keys
from checkpoint.credentials.certificate import Certificate
from checkpoint.credentials.chain import is_signed_by
from checkpoint.credentials.cms_signature import verified_signers
from checkpoint.credentials.der import SEQUENCE, SET, elements, expect
from checkpoint.credentials.keys import PublicKey

LDIF_ATTRIBUTE = "pkdMasterListContent::"
LIST_SIGNER = "2.23.136.1.1.3"
"""The extended key usage of those whom an authority lets sign master lists, and not passports."""

_MASTER_LIST = "2.23.136.1.1.2"
_LDIF_LIST = re.compile(rf"^{LDIF_ATTRIBUTE}[ ]*((?:\S+\n[ ])*\S+)", re.MULTILINE | re.IGNORECASE)


def certificates(data: bytes) -> Iterator[bytes]:
    """Yield the certificates in a master list, as DER; raise ValueError where it is none."""
    try:
        [listed] = elements(_signed_list(cms.parse(data)))
        _, found = expect(listed, SEQUENCE).children()[:2]
        for entry in expect(found, SET).children():
            yield entry.whole
    except IndexError as error:
        raise ValueError(f"not a master list: {error}") from None


def in_ldif(text: str) -> Iterator[bytes]:
    """Yield the master lists in an LDIF export, as DER."""
    for found in _LDIF_LIST.finditer(text.replace("\r\n", "\n")):
        yield b64decode(found[1].replace("\n ", ""))


def as_ldif(lists: Iterable[bytes]) -> bytes:
    """Return an export of these master lists and of nothing else."""
    return b"".join(b"dn:\n%s %s\n\n" % (LDIF_ATTRIBUTE.encode(), b64encode(listed)) for listed in lists)


def check_signed(data: bytes, authorities: Sequence[PublicKey], now: datetime) -> None:
    """Raise ValueError unless one of `authorities` signed the master list, or a signer whom it lets sign such lists."""
    message = cms.parse(data)
    signers = list(verified_signers(message, _signed_list(message)))
    if not signers:
        raise ValueError("its signature does not hold")
    known = [signer for signer in signers if any(_stands_for(key, signer) for key in authorities)]
    if not known:
        raise ValueError(f"it is not signed by the key given, but by {signers[0].country} {signers[0].name}".rstrip())
    if not any(signer.not_before <= now <= signer.not_after for signer in known):
        raise ValueError(f"the certificate of its signer is not valid now, but until {known[0].not_after:%Y-%m-%d}")


def _signed_list(message: cms.SignedData) -> bytes:
    if message.content_type != _MASTER_LIST or message.content is None:
        raise ValueError("signed, but no master list")
    return message.content


def _stands_for(authority: PublicKey, signer: Certificate) -> bool:
    """Return whether the signer is the authority itself, or its signer of lists: it has others, for passports."""
    if keys.spki(keys.load(signer.spki)) == keys.spki(authority):
        return True
    return LIST_SIGNER in signer.usages and signer.signs_data and is_signed_by(signer, authority)
