"""A folder of pictures, or a video file, played as a camera: simulated, and said so."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from checkpoint.errors import CameraError
from checkpoint.ports import Frame, Image

PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
VIDEOS = {".mp4", ".avi", ".mkv", ".mov", ".webm", ".mjpeg"}


def _utc_now() -> datetime:
    return datetime.now(UTC)


class FolderCamera:
    """A folder of pictures, or one video file, played in a loop as if a camera saw it."""

    simulated = True

    def __init__(
        self, path: Path, *, name: str = "folder", fps: float = 10.0, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self.name = name
        self._path = path
        self._interval = 1.0 / fps
        self._clock = clock
        self._due = 0.0
        self._number = 0
        self._open = True
        self._pictures = self._play()

    def read(self, timeout_s: float = 2.0) -> Frame:
        """Return the next picture, at most one every 1/fps seconds; raise where the folder or file has none."""
        if not self._open:
            raise CameraError(f"{self.name}: closed")
        wait = self._due - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, timeout_s))
        self._due = time.monotonic() + self._interval
        try:
            image = next(self._pictures)
        except CameraError:
            self._pictures = self._play()  # a generator that raised is spent; the folder may fill meanwhile
            raise
        self._number += 1
        return Frame(image=image, captured_at=self._clock(), camera=self.name, number=self._number)

    def close(self) -> None:
        """Let go; further reads raise."""
        self._open = False

    def _play(self) -> Iterator[Image]:
        while True:
            shown = 0
            for image in self._once():
                shown += 1
                yield image
            if not shown:
                raise CameraError(f"{self.name}: no picture in {self._path}")

    def _once(self) -> Iterator[Image]:
        if self._path.is_dir():
            for file in sorted(f for f in self._path.iterdir() if f.suffix.lower() in PICTURES):
                image = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
                if image is not None:
                    yield np.asarray(image, np.uint8)
        elif self._path.suffix.lower() in VIDEOS:
            yield from frames_of(cv2.VideoCapture(str(self._path)))
        else:
            raise CameraError(f"{self.name}: {self._path} is neither a folder of pictures nor a video")


def frames_of(capture: cv2.VideoCapture) -> Iterator[Image]:
    """Yield what an OpenCV capture delivers until it ends; always lets go of it."""
    try:
        while True:
            ok, image = capture.read()
            if not ok:
                return
            yield np.asarray(image, np.uint8)
    finally:
        capture.release()
