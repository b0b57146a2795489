"""The live scanner: what did not fit into one frame goes on with the next."""

import time
from collections.abc import Callable

from checkpoint.ports import Image
from checkpoint.sighting import Sighting
from vision.qr import stages
from vision.qr.pace import Pace
from vision.qr.presence import presence
from vision.qr.scanner import Seen, part_of
from vision.qr.stages import Part, Stage, grey_of

FRAME_BUDGET_MS = 22.0
"""With what comes after the last stage, 19 of 20 hard frames take 28 ms of an x86 core (`bench/qr.py --only dense`)."""
_FORGET_S = 1.5
"""Seconds after which another phone may be in view, and the stages begin again with the cheapest."""
_AFAR_EVERY = 3
"""Frames without anything code-like of which one is looked at for a dark or blurred code: a millisecond each."""


class LiveScanner:
    """Reads codes over successive frames of one camera.

    Every frame is searched for QR codes as it is. Where something code-like stays unread, the time left of the budget
    goes to the further stages in turn, as many as fit by what they took before, and one at least; the next frame goes
    on where this one stopped, and begins with the stage that read a code last. A frame of an empty lane costs the first
    search alone, and one in three a look from afar for a code too dark or too blurred to be code-like.
    """

    def __init__(self, budget_ms: float = FRAME_BUDGET_MS, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        """Begin no second further stage that would end later than `budget_ms` into a frame, by `monotonic_s`."""
        self._pace = Pace(budget_ms / 1000, monotonic_s)
        self._turn: list[Stage] = []
        self._seen_s = float("-inf")
        self._hinted = False
        self._frames = 0
        self._start_over()

    def look(self, image: Image, now_s: float) -> Sighting:
        """Return what is in view of one frame.

        `image`: ndarray, shape (H, W, 3) BGR or (H, W) grey, uint8; `now_s`: seconds on any clock that never goes back.
        """
        if now_s - self._seen_s > _FORGET_S:
            self._start_over()
        self._pace.begin()
        frame = Part(grey_of(image), image)
        seen = Seen()
        seen.add(self._pace.look(stages.FRAME, frame))
        view = presence(frame.grey, frame.image)
        if view.matrix or view.linear:
            self._seen_s = now_s
        went_further = False
        for _ in range(len(self._turn)):
            stage = self._turn[0]
            if seen.codes and stage in stages.HARDER and stage not in stages.QUICK:
                self._turn.append(self._turn.pop(0))
                continue
            regions = view.linear if stage is stages.LINEAR else view.matrix
            left = [part_of(frame, region) for region in seen.unexplained(regions)]
            if went_further and not self._pace.allows(stage, left):
                break
            went_further = went_further or bool(left)
            before = len(seen.codes)
            for part in left:
                seen.add(self._pace.look(stage, part))
            if len(seen.codes) > before:
                break  # this stage stays first: the next frame shows the same phone
            self._turn.append(self._turn.pop(0))
        self._frames += 1
        if not (seen.codes or view.matrix or self._hinted or self._frames % _AFAR_EVERY == 1):
            return Sighting()
        return self._steady(seen.sighting(frame.grey, view))

    def _steady(self, sighting: Sighting) -> Sighting:
        """Hold a hint back until two frames in a row give one, so that a lorry driving by is told nothing."""
        hinted, self._hinted = self._hinted, sighting.hint is not None
        return sighting if hinted or sighting.codes else Sighting()

    def _start_over(self) -> None:
        self._turn = [*stages.HARDER, stages.OTHER_MATRIX, stages.LINEAR]
