"""The newest frame of a device: a thread brings them, a reader takes each at most once and never lags."""

import threading
from datetime import UTC, datetime

from checkpoint.errors import CameraError
from checkpoint.ports import Frame, Image


class NewestFrame:
    """Where a device's thread puts frames and a camera's `read` takes them. Thread-safe.

    Once `end` was called every reader gets a `CameraError` with its reason.
    """

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._fresh = threading.Condition()
        self._newest: Frame | None = None
        self._taken = 0
        self._ended = ""

    @property
    def ended(self) -> bool:
        """Whether no frame will come any more."""
        return bool(self._ended)

    def put(self, image: Image) -> None:
        """Bring one picture, just captured: shape (H, W, 3), uint8, BGR."""
        with self._fresh:
            number = 1 if self._newest is None else self._newest.number + 1
            self._newest = Frame(image=image, captured_at=datetime.now(UTC), camera=self._camera, number=number)
            self._fresh.notify_all()

    def end(self, why: str) -> None:
        """Say that no frame will come any more; the first reason stands."""
        with self._fresh:
            self._ended = self._ended or why
            self._fresh.notify_all()

    def take(self, timeout_s: float) -> Frame:
        """Return the newest frame not taken before; raise `CameraError` at the end, or where none came in time."""
        with self._fresh:
            came = self._fresh.wait_for(
                lambda: bool(self._ended) or (self._newest is not None and self._newest.number > self._taken), timeout_s
            )
            if self._ended:
                raise CameraError(f"{self._camera}: {self._ended}")
            if not came or self._newest is None:
                raise CameraError(f"{self._camera}: no frame for {timeout_s:.1f} s")
            self._taken = self._newest.number
            return self._newest
