"""Lamps on GPIO lines: green as a pulse, a fault as red and yellow in turn, the buzzer, and the sense inputs.

Nothing here waits. `turn` does what is due and says when to come back, so that the lamp-holder's loop, a thread and
a test drive it alike.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import assert_never

from checkpoint.crossing import Lamp, LampState
from checkpoint.errors import LampError
from hardware.lamps.lines import Lines
from hardware.lamps.wiring import LampWiring

BLINK_S = 0.5  # red and yellow in turn: about one a second is seen as a fault and not as flicker
RELAY_S = 0.3  # a relay and its sense input settle within this; a difference that lasts longer is a fault
SENSED_EVERY_S = 0.2
SHORT_S, LONG_S, PAUSE_S = 0.12, 0.8, 0.12


def beeps(lamp: Lamp) -> tuple[float, ...]:
    """Return the seconds of sound and silence, in turn, by which `lamp` is heard: to tell apart without looking."""
    match lamp:
        case Lamp.GREEN:
            return (SHORT_S,)
        case Lamp.YELLOW:
            return (SHORT_S, PAUSE_S, SHORT_S)
        case Lamp.RED:
            return (LONG_S,)
        case Lamp.FAULT:
            return (SHORT_S, PAUSE_S, SHORT_S, PAUSE_S, LONG_S)
        case Lamp.OFF:
            return ()
        case _:
            assert_never(lamp)


class SignalLamps:
    """The lamps port on GPIO lines. Starts at red; a green runs out after `green_s`. Thread-safe.

    `open_lines` is called once, with the levels of red.
    """

    simulated = False

    def __init__(
        self,
        open_lines: Callable[[Mapping[int, bool]], Lines],
        wiring: LampWiring,
        *,
        green_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wiring = wiring
        self._green_s = green_s
        self._now = now
        self._lock = threading.RLock()
        self._lamp = Lamp.RED
        self._since = now()
        self._sound: tuple[float, tuple[float, ...]] = (0.0, ())
        self._written = wiring.levels({Lamp.RED})
        self._lines: Lines | None = open_lines(self._written)
        self._burning: frozenset[Lamp] | None = None
        self._sensed_at = -math.inf
        self._differs_since: dict[Lamp, float] = {}

    @property
    def shown(self) -> Lamp:
        """What the lamps show; a green that has run out is red, whether or not anybody has turned since."""
        with self._lock:
            return self._due_lamp(self._now())

    def show(self, lamp: Lamp, *, sound: bool = False) -> None:
        """Show `lamp` from now on; each green begins its own pulse."""
        with self._lock:
            self._opened()
            now = self._now()
            if lamp is not self._lamp or lamp is Lamp.GREEN:
                self._lamp, self._since = lamp, now
            if sound:
                self._sound = (now, beeps(lamp))
            self.turn()

    def state(self) -> LampState:
        """Return what is told and what is sensed."""
        with self._lock:
            self._opened()
            now = self._now()
            self._sense(now)
            wrong = [colour for colour, since in self._differs_since.items() if now - since >= RELAY_S]
            return LampState(self._due_lamp(now), self._burning, tuple(wrong))

    def turn(self) -> float:
        """Do what is due; return the seconds until the next thing is, infinity where nothing is foreseen."""
        with self._lock:
            lines = self._opened()
            now = self._now()
            self._lamp = self._due_lamp(now)
            burning, next_blink = self._burn(now)
            buzzing, next_beep = self._buzz(now)
            levels = self._wiring.levels(burning, buzzing=buzzing)
            if levels != self._written:
                lines.write(levels)
                self._written = levels
                self._differs_since.clear()
            next_sense = self._sense(now)
            next_red = self._since + self._green_s - now if self._lamp is Lamp.GREEN else math.inf
            return max(0.0, min(next_blink, next_beep, next_sense, next_red))

    def rest(self) -> None:
        """Drive red, and silence, whatever was written last: for lines that may be other than this object believes."""
        with self._lock:
            self._lamp, self._since, self._sound = Lamp.RED, self._now(), (0.0, ())
            self._written = self._wiring.levels({Lamp.RED})
            self._opened().write(self._written)

    def close(self) -> None:
        """Show red, silence the buzzer, and let go of the lines."""
        with self._lock:
            lines, self._lines = self._lines, None
            self._lamp = Lamp.RED
            if lines is None:
                return
            try:
                lines.write(self._wiring.levels({Lamp.RED}))
            finally:
                lines.close()

    # -- inside --------------------------------------------------------------------------------------------------

    def _opened(self) -> Lines:
        if self._lines is None:
            raise LampError("the lamps are closed")
        return self._lines

    def _due_lamp(self, now: float) -> Lamp:
        if self._lamp is Lamp.GREEN and now - self._since >= self._green_s:
            return Lamp.RED
        return self._lamp

    def _burn(self, now: float) -> tuple[frozenset[Lamp], float]:
        """Return what burns now, and seconds until that changes."""
        if self._lamp is Lamp.OFF:
            return frozenset(), math.inf
        if self._lamp is not Lamp.FAULT:
            return frozenset({self._lamp}), math.inf
        beat, into = divmod(now - self._since, BLINK_S)
        return frozenset({Lamp.RED if int(beat) % 2 == 0 else Lamp.YELLOW}), BLINK_S - into

    def _buzz(self, now: float) -> tuple[bool, float]:
        """Return whether the buzzer sounds now, and seconds until that changes."""
        began, pattern = self._sound
        left = began - now
        for index, length in enumerate(pattern):
            left += length
            if left > 0:
                return index % 2 == 0, left
        return False, math.inf

    def _sense(self, now: float) -> float:
        """Read the sense inputs where it is time; return seconds until the next reading."""
        if not self._wiring.senses:
            return math.inf
        if now - self._sensed_at < SENSED_EVERY_S:
            return self._sensed_at + SENSED_EVERY_S - now
        self._sensed_at = now
        self._burning = self._wiring.burning(self._opened().read())
        told, _ = self._burn(now)
        for colour in self._wiring.senses:
            if (colour in self._burning) == (colour in told):
                self._differs_since.pop(colour, None)
            else:
                self._differs_since.setdefault(colour, now)
        return SENSED_EVERY_S


class TurningLamps(SignalLamps):
    """Signal lamps that turn by themselves, in a thread: for a station that drives its lines without a lamp-holder.

    When this process is killed nothing turns them to red any more, which is what the lamp-holder is for.
    """

    def __init__(
        self, open_lines: Callable[[Mapping[int, bool]], Lines], wiring: LampWiring, *, green_s: float
    ) -> None:
        super().__init__(open_lines, wiring, green_s=green_s)
        self._changed = threading.Event()
        self._closing = False
        self._failed: LampError | None = None
        self._thread = threading.Thread(target=self._run, name="lamps", daemon=True)
        self._thread.start()

    def show(self, lamp: Lamp, *, sound: bool = False) -> None:
        """Show `lamp`; the thread does what comes later."""
        super().show(lamp, sound=sound)
        self._changed.set()

    def state(self) -> LampState:
        """Return what is told and what is sensed; raise what the thread has met with."""
        if self._failed is not None:
            raise self._failed
        return super().state()

    def close(self) -> None:
        """End the thread, then show red and let go."""
        self._closing = True
        self._changed.set()
        self._thread.join(timeout=2.0)
        super().close()

    def _run(self) -> None:
        while not self._closing:
            try:
                due = self.turn()
                self._failed = None
            except LampError as error:
                self._failed, due = error, 1.0
            self._changed.wait(None if math.isinf(due) else due)
            self._changed.clear()
