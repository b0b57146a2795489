"""Cameras: a simulated one that is shown scenes, a folder or video played as a camera, and a V4L2 device."""

import threading
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


class SceneCamera:
    """A simulated camera: whatever scene is held in front of it comes back as frames at `fps`.

    Each frame carries a little sensor noise, as a real one would, so nothing downstream can rely on frames that
    are equal to the last bit.
    """

    simulated = True

    def __init__(self, name: str, *, fps: float = 10.0, size: tuple[int, int] = (1280, 720), seed: int = 0) -> None:
        self.name = name
        self._interval = 1.0 / fps
        self._scene: Image = np.full((size[1], size[0], 3), 96, np.uint8)
        self._noise = [
            np.random.default_rng(seed + i).integers(-3, 4, (size[1], size[0], 1), np.int8) for i in range(4)
        ]
        self._number = 0
        self._due = 0.0
        self._open = True
        self._fault = ""
        self._lock = threading.Lock()

    def show(self, scene: Image) -> None:
        """Hold `scene` (shape (H, W, 3), uint8, BGR) in front of the camera."""
        with self._lock:
            self._scene = scene
            if self._noise[0].shape[:2] != scene.shape[:2]:
                rng = np.random.default_rng(self._number)
                self._noise = [rng.integers(-3, 4, (*scene.shape[:2], 1), np.int8) for _ in range(4)]

    def unplug(self, fault: str = "unplugged") -> None:
        """Make every read fail until `plug_in`: what a pulled cable does."""
        self._fault = fault

    def plug_in(self) -> None:
        """End what `unplug` began."""
        self._fault = ""

    def read(self, timeout_s: float = 2.0) -> Frame:
        """Return the next frame, at most one every 1/fps seconds."""
        wait = self._due - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, timeout_s))
        if not self._open:
            raise CameraError(f"{self.name}: closed")
        if self._fault:
            time.sleep(min(0.1, timeout_s))
            raise CameraError(f"{self.name}: {self._fault}")
        self._due = time.monotonic() + self._interval
        with self._lock:
            self._number += 1
            noise = self._noise[self._number % len(self._noise)]
            image = cv2.add(self._scene, np.repeat(noise, 3, axis=2), dtype=cv2.CV_8U)
            return Frame(
                image=np.asarray(image, np.uint8), captured_at=_utc_now(), camera=self.name, number=self._number
            )

    def close(self) -> None:
        """Let go; further reads raise."""
        self._open = False


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


class V4L2Camera:
    """A USB camera through Video4Linux; a reader thread keeps only the newest frame, so a slow page never lags."""

    simulated = False

    def __init__(self, device: str, *, name: str, size: tuple[int, int] = (1280, 720), fps: int = 10) -> None:
        self.name = name
        self._capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise CameraError(
                f"{name}: cannot open {device}: is it plugged in, and may this user read it (group video)?"
            )
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        self._capture.set(cv2.CAP_PROP_FPS, fps)
        self._fresh = threading.Condition()
        self._newest: Frame | None = None
        self._taken = 0
        self._open = True
        self._reader = threading.Thread(target=self._read_on, name=f"camera-{name}", daemon=True)
        self._reader.start()

    def read(self, timeout_s: float = 2.0) -> Frame:
        """Return the newest frame not returned before; raise where none came within `timeout_s`."""
        with self._fresh:
            came = self._fresh.wait_for(
                lambda: not self._open or (self._newest is not None and self._newest.number > self._taken), timeout_s
            )
            if not self._open:
                raise CameraError(f"{self.name}: closed or unplugged")
            if not came or self._newest is None:
                raise CameraError(f"{self.name}: no frame for {timeout_s:.1f} s")
            self._taken = self._newest.number
            return self._newest

    def close(self) -> None:
        """Let go of the device; further reads raise."""
        with self._fresh:
            self._open = False
            self._fresh.notify_all()
        self._reader.join(timeout=2.0)

    def _read_on(self) -> None:
        for number, image in enumerate(frames_of(self._capture), start=1):
            with self._fresh:
                if not self._open:
                    return
                self._newest = Frame(image=image, captured_at=_utc_now(), camera=self.name, number=number)
                self._fresh.notify_all()
        with self._fresh:
            self._open = False
            self._fresh.notify_all()
