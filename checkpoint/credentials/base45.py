"""Base45 (RFC 9285): the alphabet of a QR code's alphanumeric mode, three characters for two bytes."""

from array import array
from sys import byteorder

from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_OUTSIDE = 255
_VALUE_OF = bytes(ALPHABET.find(chr(code)) if chr(code) in ALPHABET else _OUTSIDE for code in range(256))


def decode(text: str) -> bytes:
    """Return the bytes that `text` encodes; raise `CredentialError` (malformed) where it is not Base45.

    >>> decode("QED8WEX0")
    b'ietf!'
    """
    try:
        values = text.encode("ascii").translate(_VALUE_OF)
    except UnicodeEncodeError:
        raise CredentialError(Reason.MALFORMED, "base45: a character outside the alphabet") from None
    whole, rest = divmod(len(values), 3)
    if rest == 1 or _OUTSIDE in values:
        raise CredentialError(Reason.MALFORMED, "base45: wrong length or a character outside the alphabet")
    end = whole * 3
    try:
        pairs = array(
            "H",
            [
                low + 45 * middle + 2025 * high
                for low, middle, high in zip(values[:end:3], values[1:end:3], values[2:end:3], strict=True)
            ],
        )
        if byteorder == "little":
            pairs.byteswap()
        tail = bytes([values[end] + 45 * values[end + 1]]) if rest else b""
    except (OverflowError, ValueError):
        raise CredentialError(Reason.MALFORMED, "base45: a group stands for more than its bytes can hold") from None
    return pairs.tobytes() + tail


def encode(data: bytes) -> str:
    """Return `data` in Base45.

    >>> encode(b"ietf!")
    'QED8WEX0'
    """
    letters: list[str] = []
    for at in range(0, len(data) - 1, 2):
        high, rest = divmod(data[at] << 8 | data[at + 1], 2025)
        middle, low = divmod(rest, 45)
        letters += ALPHABET[low], ALPHABET[middle], ALPHABET[high]
    if len(data) % 2:
        high, low = divmod(data[-1], 45)
        letters += ALPHABET[low], ALPHABET[high]
    return "".join(letters)
