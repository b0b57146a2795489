"""From the bench's camera to the journal: photograph, read, keep the evidence, let the reading stand."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from checkpoint.assay import NO_LINE, Outcome, Reading
from checkpoint.bench import Bench, SlotRead
from checkpoint.events import PhotoRef
from checkpoint.ports import CassetteReader, CassetteShot, Frame
from checkpoint.reasons import Reason
from station.live import jpeg
from vision.cassette.burst import register_and_average

EVIDENCE_QUALITY = 92  # lines of a few per cent contrast must survive the compression
FRAME_QUALITY = 85


@dataclass(frozen=True, slots=True)
class SlotReader:
    """Reads the cassette of one slot: with a mat in view the one on that number, without a mat the only one."""

    bench: Bench
    reader: CassetteReader
    photograph: Callable[[], Frame]
    keep_photo: Callable[[bytes], PhotoRef]
    burst_frames: int = 1

    def __call__(self, slot: int, officer: str) -> SlotRead:
        """Photograph and read slot `slot`; raise `BenchError` where it may not be read now, `CameraError` without a
        picture.
        """
        self.bench.may_read(slot, officer=officer)
        burst = register_and_average([self.photograph().image for _ in range(self.burst_frames)])
        if burst.moved:
            shot = CassetteShot(_nothing(Reason.MOVED), burst.image)
        else:
            shot = shot_of_slot(self.reader.read(burst.image), slot)
        photos = (
            self.keep_photo(jpeg(shot.picture, quality=EVIDENCE_QUALITY)),
            self.keep_photo(jpeg(burst.image, quality=FRAME_QUALITY)),
        )
        finished = self.bench.read(slot, shot.reading, photos, officer=officer)
        return SlotRead(reading=shot.reading, finished=finished, photos=photos)


def shot_of_slot(shots: list[CassetteShot], slot: int) -> CassetteShot:
    """Return the shot that belongs to `slot`, or one that says why none can be told to belong to it."""
    numbered = [shot for shot in shots if shot.reading.slot is not None]
    if numbered:
        mine = [shot for shot in numbered if shot.reading.slot == slot]
        return mine[0] if mine else _retake(numbered[0], Reason.NO_CASSETTE)
    if len(shots) > 1:
        return _retake(shots[0], Reason.SEVERAL_CASSETTES)
    if not shots:
        return CassetteShot(_nothing(Reason.NO_CASSETTE), np.full((120, 320, 3), 200, np.uint8))
    return shots[0]


def _retake(shot: CassetteShot, reason: Reason) -> CassetteShot:
    return replace(shot, reading=_nothing(reason))


def _nothing(reason: Reason) -> Reading:
    return Reading(outcome=Outcome.RETAKE, reason=reason, control=NO_LINE, test=NO_LINE, score=0.0)
