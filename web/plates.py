"""Number plates: how they are typed, kept and shown."""

import unicodedata

from checkpoint.errors import GateError

PROVINCES = tuple("浙沪苏皖闽赣京津冀晋蒙辽吉黑鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新")
"""The character a mainland plate begins with, one for each province; the neighbours of Zhejiang come first."""

ENDINGS = tuple("挂学警港澳使领")
LETTERS = tuple("ABCDEFGHJKLMNPQRSTUVWXYZ")  # no I and no O: they would be taken for 1 and 0
DIGITS = tuple("1234567890")


def kept(typed: str) -> str:
    """Return a plate as it is kept: upper case, without blanks and dots; "" stays "".

    Raise `GateError` for what no plate can be. Foreign plates pass: only their characters and length are checked.

    >>> kept("浙f · 12345")
    '浙F12345'
    """
    plate = "".join(c for c in unicodedata.normalize("NFKC", typed).upper() if c.isalnum())
    if plate and not 4 <= len(plate) <= 10:
        raise GateError("plate-unreadable", f"{len(plate)} characters")
    return plate


def written(plate: str) -> str:
    """Return a plate as it is painted, with the dot after the first two characters.

    >>> written("浙F12345")
    '浙F·12345'
    """
    return f"{plate[:2]}·{plate[2:]}" if plate[:1] in PROVINCES and len(plate) > 2 else plate
