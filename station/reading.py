"""From the bench's camera to the journal: photograph, read, keep the evidence, let the reading stand."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from checkpoint.assay import NO_LINE, Outcome, Readiness, Reading
from checkpoint.bench import Bench, SlotRead
from checkpoint.errors import BenchError
from checkpoint.events import PhotoRef
from checkpoint.ports import CassetteReader, CassetteShot, Frame, Image
from checkpoint.reasons import Reason
from station.live import jpeg
from vision.cassette.burst import Burst, register_and_average

log = logging.getLogger(__name__)

EVIDENCE_QUALITY = 92  # lines of a few per cent contrast must survive the compression
FRAME_QUALITY = 85


@dataclass(frozen=True, slots=True)
class SlotReader:
    """Reads the cassette of one slot (with a mat in view the one on that number, else the only one), or a whole mat."""

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
        burst = self._burst()
        if burst.moved:
            shot = CassetteShot(_nothing(Reason.MOVED), burst.image)
        else:
            shot = shot_of_slot(self.reader.read(burst.image), slot)
        return self._record(slot, shot, self._keep_frame(burst.image), officer)

    def read_ready(self, officer: str) -> dict[int, SlotRead]:
        """Photograph the mat once and read every slot whose time has come; return what each look gave.

        Slots that wait, and cassettes on slots without a test, are left alone. Raises `BenchError` where no mat is in
        view, `CameraError` without a picture.
        """
        ready = [view.number for view in self.bench.board() if view.readiness is Readiness.READY]
        burst = self._burst()
        shots = [] if burst.moved else self.reader.read(burst.image)
        if not burst.moved and not any(shot.reading.slot is not None for shot in shots):
            raise BenchError("no-mat", "no slot of a mat is in the picture")
        frame = self._keep_frame(burst.image)
        looks: dict[int, SlotRead] = {}
        for slot in ready:
            moved = CassetteShot(_nothing(Reason.MOVED), burst.image)
            try:
                shot = moved if burst.moved else shot_of_slot(shots, slot)
                looks[slot] = self._record(slot, shot, frame, officer)
            except BenchError as error:
                log.info("slot %d changed while the mat was read: %s", slot, error)
        return looks

    def _burst(self) -> Burst:
        return register_and_average([self.photograph().image for _ in range(self.burst_frames)])

    def _keep_frame(self, image: Image) -> PhotoRef:
        return self.keep_photo(jpeg(image, quality=FRAME_QUALITY))

    def _record(self, slot: int, shot: CassetteShot, frame: PhotoRef, officer: str) -> SlotRead:
        photos = (self.keep_photo(jpeg(shot.picture, quality=EVIDENCE_QUALITY)), frame)
        return self.bench.read(slot, shot.reading, photos, officer=officer)


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
