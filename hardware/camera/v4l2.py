"""A USB camera through Video4Linux (OpenCV)."""

import threading
from typing import Any

import cv2
import numpy as np

from checkpoint.errors import CameraError
from checkpoint.ports import Frame
from hardware.camera.newest import NewestFrame
from hardware.camera.tuning import AUTOMATIC, Tuning

MANUAL_EXPOSURE, AUTOMATIC_EXPOSURE = 1, 3  # V4L2_EXPOSURE_MANUAL, V4L2_EXPOSURE_APERTURE_PRIORITY
EXPOSURE_UNIT_US = 100.0  # V4L2_CID_EXPOSURE_ABSOLUTE counts in 100 microseconds


class V4L2Camera:
    """A USB camera; a thread keeps only its newest frame.

    Raises `CameraError` where the device cannot be opened. An unplugged one ends; `WatchedCamera` opens it anew.
    """

    simulated = False

    def __init__(
        self,
        device: str,
        *,
        name: str,
        size: tuple[int, int] = (1280, 720),
        fps: float = 10,
        tuning: Tuning = AUTOMATIC,
        opened: Any = None,
    ) -> None:
        self.name = name
        self._capture = cv2.VideoCapture(device, cv2.CAP_V4L2) if opened is None else opened
        if not self._capture.isOpened():
            raise CameraError(
                f"{name}: cannot open {device}: is it plugged in, and may this user read it (group video)?"
            )
        # MJPEG: uncompressed 1280x720 does not pass through USB 2 at ten frames a second with two cameras on it.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        self._capture.set(cv2.CAP_PROP_FPS, fps)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._tune(tuning)
        self._frames = NewestFrame(name)
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read_on, name=f"camera-{name}", daemon=True)
        self._reader.start()

    def read(self, timeout_s: float = 2.0) -> Frame:
        """Return the newest frame not returned before; raise where none came within `timeout_s`."""
        return self._frames.take(timeout_s)

    def close(self) -> None:
        """Let go of the device; further reads raise. A driver that hangs keeps its thread, not the caller."""
        self._closing.set()
        self._frames.end("closed")
        self._reader.join(timeout=1.0)

    def _tune(self, tuning: Tuning) -> None:
        if tuning.focus is not None:
            self._capture.set(cv2.CAP_PROP_AUTOFOCUS, 0)
            self._capture.set(cv2.CAP_PROP_FOCUS, tuning.focus)
        if tuning.exposure_us is not None:
            self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, MANUAL_EXPOSURE)
            self._capture.set(cv2.CAP_PROP_EXPOSURE, tuning.exposure_us / EXPOSURE_UNIT_US)
        if tuning.gain is not None:
            self._capture.set(cv2.CAP_PROP_GAIN, tuning.gain)

    def _read_on(self) -> None:
        try:
            while not self._closing.is_set():
                ok, image = self._capture.read()
                if not ok:
                    self._frames.end("no picture any more: unplugged?")
                    return
                self._frames.put(np.asarray(image, np.uint8))
        except cv2.error as error:
            self._frames.end(f"the driver failed: {error.err}")
        finally:
            self._capture.release()
