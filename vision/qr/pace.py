"""Time for looking: which stages still fit, by what they took before on this machine."""

from collections.abc import Callable, Sequence

from vision.qr.stages import Part, Stage
from vision.qr.zxing import Look

_NEW_SHARE = 0.3
"""Share of the newest measurement in what a stage is expected to take."""
_FORGIVING = 0.9
"""By which the expectation shrinks each time a stage was not let begin: one slow call must not shut it out for good."""


class Pace:
    """The time of one frame, on a clock that also says how long each stage took.

    A busy machine, or one four times slower, lets fewer stages begin; what a stage takes is learned as seconds a pixel.
    A stage that was never tried is let begin while there is any time.
    """

    def __init__(self, budget_s: float, monotonic_s: Callable[[], float]) -> None:
        self._budget_s = budget_s
        self._monotonic_s = monotonic_s
        self._last_s = 0.0
        self._per_pixel_s: dict[str, float] = {}

    def begin(self) -> None:
        """Begin the time of a frame."""
        self._last_s = self._monotonic_s() + self._budget_s

    def allows(self, stage: Stage, parts: Sequence[Part]) -> bool:
        """Return whether `stage` would be done with `parts` within the frame's time."""
        expected_s = self._per_pixel_s.get(stage.name, 0.0) * sum(part.grey.size for part in parts)
        if self._monotonic_s() + expected_s <= self._last_s:
            return True
        if stage.name in self._per_pixel_s:
            self._per_pixel_s[stage.name] *= _FORGIVING
        return False

    def look(self, stage: Stage, part: Part) -> Look:
        """Let `stage` look at `part`, and learn how long it takes."""
        begun_s = self._monotonic_s()
        seen = stage.look(part)
        took_s = (self._monotonic_s() - begun_s) / max(part.grey.size, 1)
        before_s = self._per_pixel_s.get(stage.name, took_s)
        self._per_pixel_s[stage.name] = before_s + _NEW_SHARE * (took_s - before_s)
        return seen
