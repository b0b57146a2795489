"""What the code on a kit's box or pouch says: GS1 (DataMatrix, Code 128) with lot and expiry, or a plain lot."""

from dataclasses import dataclass
from datetime import date

from biip import ParseError
from biip.gs1_messages import GS1Message

from checkpoint.errors import KitsError

LONGEST_LOT = 40  # characters; GS1 allows 20
FNC1 = "\x1d"
SYMBOLOGIES = ("]d2", "]C1", "]Q3", "]J1", "]e0")
"""What a hand scanner may send before a GS1 code: DataMatrix, Code 128, QR, DotCode, DataBar."""


@dataclass(frozen=True, slots=True)
class KitCode:
    """A kit as its code names it; ``gtin`` (14 digits) and ``expires`` are missing from a plain lot."""

    lot: str
    expires: date | None = None
    gtin: str = ""


def parse_kit_code(text: str) -> KitCode:
    """Return what a scanned or typed text says about a kit; raise `KitsError` where it names no lot.

    A GS1 text may stand in brackets, as printed, or run together, as scanners send it.

    >>> parse_kit_code("(01)06901234567892(17)260331(10)20220315")
    KitCode(lot='20220315', expires=datetime.date(2026, 3, 31), gtin='06901234567892')
    >>> parse_kit_code(" A2203 ").lot
    'A2203'
    """
    text = text.strip(" \t\r\n")
    if not text:
        raise KitsError("lot-needed")
    if not _is_gs1(text):
        return KitCode(_checked_lot(text))
    try:
        message = GS1Message.parse_hri(text) if text.startswith("(") else GS1Message.parse(_element_string(text))
    except ParseError as error:
        raise KitsError("kit-code-unreadable", str(error)) from error
    lot = message.element_strings.get(ai="10")
    if lot is None:
        raise KitsError("kit-code-without-lot")
    expires = message.element_strings.get(ai="17")
    item = message.element_strings.get(ai="01")
    if item is not None and item.gtin is None:
        raise KitsError("kit-code-unreadable", "the article number's check digit is wrong")
    return KitCode(_checked_lot(lot.value), expires.date if expires else None, item.value if item else "")


def _is_gs1(text: str) -> bool:
    """Whether `text` is a GS1 code; a lot alone never starts with an article number of 14 digits after "01"."""
    plain = text.startswith("01") and len(text) > 16 and text[2:16].isdecimal()
    return plain or text.startswith((FNC1, "(01)", "(10)", "(17)", *SYMBOLOGIES))


def _element_string(text: str) -> str:
    for symbology in SYMBOLOGIES:
        text = text.removeprefix(symbology)
    return text.lstrip(FNC1)


def _checked_lot(text: str) -> str:
    if len(text) > LONGEST_LOT or not text.isprintable():
        raise KitsError("lot-unreadable")
    return text
