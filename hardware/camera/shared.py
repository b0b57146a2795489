"""One device in two roles: gate and bench look through the same camera."""

import threading

from checkpoint.errors import CameraError
from checkpoint.ports import Camera, Frame

READ_S = 1.5


class _Pump:
    """Reads the device for all its views, in a thread; a view that is slow misses frames and holds up nobody."""

    def __init__(self, device: Camera, views: int) -> None:
        self._device = device
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._fault = ""
        self._turns = 0  # frames and faults seen so far
        self._open_views = views
        self._thread = threading.Thread(target=self._run, name=f"camera-{device.name}-shared", daemon=True)
        self._thread.start()

    def next(self, after: int, timeout_s: float) -> tuple[int, Frame | None, str]:
        """Wait for what comes after turn `after`: its turn, and its frame or its fault."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._turns > after, timeout_s):
                return after, None, f"no frame for {timeout_s:.1f} s"
            return self._turns, self._frame, self._fault

    def leave(self) -> None:
        """One view fewer; with the last of them the device is let go of."""
        with self._changed:
            self._open_views -= 1
            last = self._open_views == 0
        if last:
            self._thread.join(timeout=READ_S + 1.0)
            self._device.close()

    def _run(self) -> None:
        while self._open_views:
            frame, fault = None, ""
            try:
                frame = self._device.read(READ_S)
            except CameraError as error:
                fault = str(error)
                threading.Event().wait(0.05)  # a device that fails at once must not keep a core busy
            with self._changed:
                self._frame, self._fault = frame, fault
                self._turns += 1
                self._changed.notify_all()


class _View:
    """The camera port on a shared device."""

    def __init__(self, name: str, pump: _Pump, *, simulated: bool) -> None:
        self.name = name
        self.simulated = simulated
        self._pump = pump
        self._seen = 0
        self._number = 0
        self._open = True

    def read(self, timeout_s: float = 2.0) -> Frame:
        """Return the newest frame not returned to this view before; raise what the device raised."""
        if not self._open:
            raise CameraError(f"{self.name}: closed")
        self._seen, frame, fault = self._pump.next(self._seen, timeout_s)
        if frame is None:
            raise CameraError(f"{self.name}: {fault}")
        self._number += 1
        return Frame(image=frame.image, captured_at=frame.captured_at, camera=self.name, number=self._number)

    def close(self) -> None:
        """Let go; the device is closed when all its views are."""
        if self._open:
            self._open = False
            self._pump.leave()


def shared(device: Camera, names: tuple[str, ...]) -> dict[str, Camera]:
    """Return a camera for each name, all of which look through `device`."""
    pump = _Pump(device, len(names))
    return {name: _View(name, pump, simulated=device.simulated) for name in names}
