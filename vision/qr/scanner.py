"""The scanner of one picture: every way to look at it, until all that is code-like is read or the time is up."""

import time
from collections.abc import Callable, Iterable, Iterator

from checkpoint.ports import Image
from checkpoint.sighting import Code, Sighting
from vision.qr import stages
from vision.qr.guidance import hint_for
from vision.qr.pace import Pace
from vision.qr.presence import Presence, Region, presence
from vision.qr.stages import Part, Stage, grey_of
from vision.qr.zxing import Grey, Look

_SMALL = 640
"""Pixels of the longer side up to which a whole picture is one region: there is nothing to save."""


class Scanner:
    """Reads the codes of one picture with full effort; a `checkpoint.ports.CodeReader`."""

    def __init__(self, budget_ms: float = 2000.0, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        """Begin no stage that would end later than `budget_ms` after the first; `monotonic_s` measures it."""
        self._pace = Pace(budget_ms / 1000, monotonic_s)

    def scan(self, image: Image) -> Sighting:
        """Return what is in view; an image without a code gives an empty sighting.

        `image`: ndarray, shape (H, W, 3) BGR or (H, W) grey, uint8.
        """
        self._pace.begin()
        frame = Part(grey_of(image), image)
        seen = Seen()
        view = presence(frame.grey, frame.image)
        for stage, part in self._steps(frame, view, seen):
            if self._pace.allows(stage, [part]):  # else a quicker one may still fit
                seen.add(self._pace.look(stage, part))
        return seen.sighting(frame.grey, view)

    def _steps(self, frame: Part, view: Presence, seen: "Seen") -> Iterator[tuple[Stage, Part]]:
        yield stages.FRAME, frame
        whole = Region(0, 0, frame.grey.shape[1], frame.grey.shape[0])
        small = max(whole.width, whole.height) <= _SMALL
        matrix, linear = ((whole,), (whole,)) if small else (view.matrix, view.linear)
        for stage in stages.HARDER:
            if seen.codes and stage not in stages.QUICK:
                continue
            for region in seen.unexplained(matrix):
                yield stage, part_of(frame, region)
        for region in seen.unexplained(matrix):
            yield stages.OTHER_MATRIX, part_of(frame, region)
        for region in seen.unexplained(linear):
            yield stages.LINEAR, part_of(frame, region)
        if not small:
            # Modules so large that their texture is none, or a code in several regions.
            for stage in (*stages.HARDER, stages.OTHER_MATRIX, stages.LINEAR):
                if not seen.codes:
                    yield stage, frame


class Seen:
    """What the passes over one frame have given so far."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, bytes], Code] = {}

    @property
    def codes(self) -> tuple[Code, ...]:
        """Each payload once, in the order read."""
        return tuple(self._codes.values())

    def add(self, look: Look) -> None:
        """Take in what one pass saw."""
        for code in look.codes:
            self._codes.setdefault((code.format, code.data), code)

    def unexplained(self, regions: Iterable[Region]) -> Iterator[Region]:
        """Yield the regions without a code that is already read, asking anew before each."""
        for region in regions:
            if not any(code.corners and region.holds_centre_of(code.corners) for code in self._codes.values()):
                yield region

    def sighting(self, grey: Grey, view: Presence) -> Sighting:
        """Return the codes; where there are none, guidance on what is seen but not read."""
        if self._codes:
            return Sighting(codes=self.codes)
        return hint_for(grey, view)


def part_of(frame: Part, region: Region) -> Part:
    """Return a region of a frame as the stages take it."""
    return Part(region.crop(frame.grey), region.crop(frame.image), (region.x, region.y))
