"""The live scanner: what did not fit into one frame goes on with the next."""

import time
from collections.abc import Callable

from checkpoint.ports import Image
from checkpoint.sighting import CodeHint, Sighting
from vision.qr.scanner import without_repeats
from vision.qr.stages import STAGES, grey_of


class LiveScanner:
    """Reads codes over successive frames of one camera.

    The first stage looks at every frame; the time left of `budget_ms` goes to the further stages in turn, which go on
    with the next frame where they stopped.
    """

    def __init__(self, budget_ms: float = 60.0, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        """Spend about `budget_ms` a frame; `monotonic_s` is the clock that measures it."""
        self._budget_s = budget_ms / 1000
        self._monotonic_s = monotonic_s
        self._next = 1

    def look(self, image: Image, now_s: float) -> Sighting:
        """Return what is in view of the frame taken at `now_s` (seconds, any steady clock)."""
        grey = grey_of(image)
        begun = self._monotonic_s()
        first = STAGES[0].look(grey)
        if first.codes:
            self._next = 1
            return Sighting(codes=without_repeats(first.codes))
        unread = first.unread
        for _ in range(len(STAGES) - 1):
            if self._monotonic_s() - begun > self._budget_s:
                break
            look = STAGES[self._next].look(grey)
            self._next = self._next % (len(STAGES) - 1) + 1
            if look.codes:
                return Sighting(codes=without_repeats(look.codes))
            unread = unread or look.unread
        if unread:
            return Sighting(hint=CodeHint.STEADIER, unread_corners=unread[0])
        return Sighting()
