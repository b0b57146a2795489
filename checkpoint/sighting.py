"""What a camera saw: codes in view and the words to guide the hand that holds them."""

from dataclasses import dataclass
from enum import StrEnum


class CodeHint(StrEnum):
    """What to do so that a code in view can be read."""

    CLOSER = "closer"
    STEADIER = "steadier"
    LESS_GLARE = "less-glare"
    MORE_LIGHT = "more-light"
    LESS_TILT = "less-tilt"


@dataclass(frozen=True, slots=True)
class Code:
    """One code in view.

    ``text`` is the payload decoded as UTF-8, then GB18030, and None for a binary payload; ``data`` is the payload as it
    stands in the symbol. ``corners``: four (x, y) in pixels of the frame, clockwise from the symbol's own top left.
    """

    text: str | None
    data: bytes
    format: str  # "qr-code", "data-matrix", "aztec", "pdf417", "code-128", ...
    decoder: str  # "zxing", "zbar"
    corners: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Sighting:
    """All codes of one look, and a hint where a code is seen but not read."""

    codes: tuple[Code, ...] = ()
    hint: CodeHint | None = None
    unread_corners: tuple[tuple[int, int], ...] = ()
