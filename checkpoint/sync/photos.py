"""Photos on their way to headquarters: piece by piece, each from where headquarters says it stopped."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from checkpoint.errors import SyncError
from checkpoint.events import Json
from checkpoint.journal import Journal
from checkpoint.sync.enrolment import Enrolment
from checkpoint.sync.line import Line, Refused
from checkpoint.sync.pace import Pace
from checkpoint.wire import PHOTO_CHUNK, VERSION, Purpose, sign

log = logging.getLogger(__name__)

_PHOTOS_A_ROUND = 50


@dataclass(frozen=True, slots=True)
class PhotoSender:
    """Sends what a journal's outbox has of photos."""

    journal: Journal
    enrolment: Enrolment
    line: Line
    pace: Pace

    def send(self, *, urgent_first: Callable[[], None]) -> Iterator[str]:
        """Send the photos that are due and yield each that is there; `urgent_first` runs before every piece.

        Raises `SyncError`, `Refused` among it; a photo that broke off goes on from there the next time.
        """
        for sha256 in self.journal.outbox.photos_due(_PHOTOS_A_ROUND):
            try:
                data = self.journal.photos.file_for_headquarters(sha256).read_bytes()
            except (KeyError, FileNotFoundError):
                log.warning("photo %s was destroyed before it was sent", sha256)
                self.journal.outbox.confirm_photo(sha256)
                continue
            self._send_one(sha256, data, urgent_first)
            self.journal.outbox.confirm_photo(sha256)
            yield sha256

    def _send_one(self, sha256: str, data: bytes, urgent_first: Callable[[], None]) -> None:
        offset, corrected = 0, False
        while offset < len(data):
            urgent_first()
            piece = data[offset : offset + self.pace.part_of(PHOTO_CHUNK)]
            try:
                have = self.line.post_photo(self._signed(sha256, offset, len(data), piece), piece).get("have")
            except Refused as refused:
                have = refused.fields.get("have")
                if refused.status != httpx.codes.CONFLICT or corrected:
                    raise
                corrected = True
            else:
                corrected = False
                self.pace.faster()
            if not isinstance(have, int) or not 0 <= have <= len(data) or (have == offset and not corrected):
                raise SyncError(f"headquarters has {have} bytes of a photo of {len(data)}")
            offset = have

    def _signed(self, sha256: str, offset: int, total: int, piece: bytes) -> Json:
        fields: Json = {
            "v": VERSION,
            "device": self.enrolment.device,
            "sha256": sha256,
            "offset": offset,
            "total": total,
            "digest": hashlib.sha256(piece).hexdigest(),
        }
        return sign(Purpose.PHOTO, fields, self.enrolment.key)
