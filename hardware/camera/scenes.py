"""A simulated camera that is shown scenes: for the demo and for tests. Said plainly wherever it is used."""

import threading
import time
from datetime import UTC, datetime

import cv2
import numpy as np

from checkpoint.errors import CameraError
from checkpoint.ports import Frame, Image


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
                image=np.asarray(image, np.uint8), captured_at=datetime.now(UTC), camera=self.name, number=self._number
            )

    def close(self) -> None:
        """Let go; further reads raise."""
        self._open = False
