"""Signal lamps that exist only in memory: for the demo and for tests. Said plainly wherever they are used."""

import threading

from checkpoint.crossing import Lamp, LampState
from checkpoint.errors import LampError


class SimulatedLamps:
    """The lamps port without a lamp: remembers what it was told, in order.

    ``history`` lets a test assert on what a driver would have seen, ``heard`` on what they would have heard.
    """

    simulated = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown = Lamp.RED
        self._open = True
        self.history: list[Lamp] = [Lamp.RED]
        self.heard: list[Lamp] = []

    @property
    def shown(self) -> Lamp:
        """What the lamps show."""
        return self._shown

    def show(self, lamp: Lamp, *, sound: bool = False) -> None:
        """Show `lamp` and nothing else."""
        with self._lock:
            if not self._open:
                raise LampError("the lamps are closed")
            if sound:
                self.heard.append(lamp)
            if lamp is not self._shown:
                self._shown = lamp
                self.history.append(lamp)

    def state(self) -> LampState:
        """Return what was told; nothing is sensed."""
        with self._lock:
            if not self._open:
                raise LampError("the lamps are closed")
            return LampState(self._shown)

    def close(self) -> None:
        """Show red and let go."""
        with self._lock:
            self._open = False
            if self._shown is not Lamp.RED:
                self._shown = Lamp.RED
                self.history.append(Lamp.RED)
