"""The scanner of one picture: stage after stage until a code is read or the time is up."""

import time
from collections.abc import Callable

from checkpoint.ports import Image
from checkpoint.sighting import Code, CodeHint, Sighting
from vision.qr.stages import STAGES, grey_of
from vision.qr.zxing import Corners


class Scanner:
    """Reads the codes of one picture with full effort; a `checkpoint.ports.CodeReader`."""

    def __init__(self, budget_ms: float = 2000.0, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        """Stop starting new stages `budget_ms` after the first."""
        self._budget_s = budget_ms / 1000
        self._monotonic_s = monotonic_s

    def scan(self, image: Image) -> Sighting:
        """Return what is in view; an image without a code gives an empty sighting.

        `image`: ndarray, shape (H, W, 3) BGR or (H, W) grey, uint8.
        """
        grey = grey_of(image)
        begun = self._monotonic_s()
        unread: tuple[Corners, ...] = ()
        for stage in STAGES:
            look = stage.look(grey)
            if look.codes:
                return Sighting(codes=without_repeats(look.codes))
            unread = unread or look.unread
            if self._monotonic_s() - begun > self._budget_s:
                break
        if unread:
            return Sighting(hint=CodeHint.STEADIER, unread_corners=unread[0])
        return Sighting()


def without_repeats(codes: tuple[Code, ...]) -> tuple[Code, ...]:
    """Return the codes with each payload and format once, in the order seen."""
    seen: dict[tuple[str, bytes], Code] = {}
    for code in codes:
        seen.setdefault((code.format, code.data), code)
    return tuple(seen.values())
