"""A real camera, watched: stalled, black, frozen and unplugged are told apart and told at once, and it is opened again.

Nothing stands in for a camera that fails: reading it raises until a true picture comes.
"""

import time
import zlib
from collections.abc import Callable

from checkpoint.errors import CameraError
from checkpoint.ports import Camera, Frame, Image

STALLED_S = 1.2  # with the next two, below the two seconds within which an officer is told
FROZEN_S = 1.0
BLACK_S = 1.0
STARTING_S = 6.0  # a camera that was opened just now may take this long to its first frame
RETRY_S = 1.0
BLACK_BELOW = 12  # of 255: nothing brighter anywhere. A lens cap gives 0 to 5, an unlit lane at night 20 and more
SAMPLE = (slice(None, None, 8), slice(None, None, 8))


def fingerprint(image: Image) -> int:
    """Return a number that differs between any two pictures of a real sensor: its noise is never the same twice."""
    return zlib.crc32(image[SAMPLE].tobytes())


def is_black(image: Image) -> bool:
    """Return whether there is no light in a picture at all, as under a lens cap."""
    return int(image[SAMPLE].max()) < BLACK_BELOW


class WatchedCamera:
    """The camera port around a real device: `open_camera` is called again whenever the device has failed.

    Raises nothing at the start: a station whose camera is unplugged comes up, and says so. `now`: seconds, monotonic.
    """

    def __init__(
        self,
        name: str,
        open_camera: Callable[[], Camera],
        *,
        simulated: bool = False,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self.simulated = simulated
        self._open_camera = open_camera
        self._now = now
        self._sleep = sleep
        self._device: Camera | None = None
        self._opened_at = now()
        self._retry_at = now()
        self._had_frame = False
        self._closed = False
        self._number = 0
        self._last: tuple[int, float] = (0, 0.0)  # fingerprint, since when
        self._lit_at = 0.0

    def read(self, timeout_s: float = 2.0) -> Frame:
        """Return the newest frame; raise `CameraError` with what is wrong, at the latest after `STALLED_S`."""
        if self._closed:
            raise CameraError(f"{self.name}: closed")
        device = self._opened(timeout_s)
        try:
            frame = device.read(min(timeout_s, STALLED_S))
        except CameraError as error:
            if not self._had_frame and self._now() - self._opened_at < STARTING_S and "no frame for" in str(error):
                raise CameraError(f"{self.name}: starting") from error
            self._give_up()
            raise
        now = self._now()
        if not self._had_frame:
            self._had_frame, self._lit_at, self._last = True, now, (0, now)
        self._look(frame.image, now)
        self._number += 1
        return Frame(image=frame.image, captured_at=frame.captured_at, camera=self.name, number=self._number)

    def close(self) -> None:
        """Let go of the device; further reads raise."""
        self._closed = True
        if self._device is not None:
            self._device.close()
            self._device = None

    def _opened(self, timeout_s: float) -> Camera:
        if self._device is not None:
            return self._device
        wait = self._retry_at - self._now()
        if wait > 0:
            self._sleep(min(wait, timeout_s))
            if self._now() < self._retry_at:
                raise CameraError(f"{self.name}: to be opened again in {self._retry_at - self._now():.1f} s")
        try:
            self._device = self._open_camera()
        except CameraError:
            self._retry_at = self._now() + RETRY_S
            raise
        self._opened_at, self._had_frame = self._now(), False
        return self._device

    def _give_up(self) -> None:
        if self._device is not None:
            self._device.close()
        self._device = None
        self._retry_at = self._now() + RETRY_S

    def _look(self, image: Image, now: float) -> None:
        """Raise where the picture is no true one: black, or the same to the last bit for too long."""
        if not is_black(image):
            self._lit_at = now
        elif now - self._lit_at >= BLACK_S:
            raise CameraError(f"{self.name}: black: is the lens covered?")
        print_ = fingerprint(image)
        if print_ != self._last[0]:
            self._last = (print_, now)
        elif now - self._last[1] >= FROZEN_S and not is_black(image):
            self._give_up()
            raise CameraError(f"{self.name}: frozen: the same picture for {now - self._last[1]:.1f} s")
