"""The lamps at work: what fails is told once and tried again, and never stops the gate from deciding."""

import logging
import threading
import time
from collections.abc import Callable

from checkpoint.crossing import Lamp, LampState
from checkpoint.errors import LampError
from checkpoint.ports import Lamps

log = logging.getLogger(__name__)

CHECKED_EVERY_S = 1.0


class WatchedLamps:
    """The lamps port around real or simulated lamps; a thread asks once a second how they are.

    Lamps that cannot be set are a fault and no exception: the decision stands in the journal, the page shows it, and
    a lamp-holder that has lost its station shows red by itself. `shown` is then `FAULT`.
    """

    def __init__(self, lamps: Lamps) -> None:
        self._lamps = lamps
        self._lock = threading.Lock()
        self._fault = ""
        self._began: Callable[[str], None] = log.error
        self._ended: Callable[[], None] = lambda: None
        self._stopping = threading.Event()
        self._checked_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="lamps-watch", daemon=True)

    def tell(self, began: Callable[[str], None], ended: Callable[[], None]) -> None:
        """Say who is to hear when a fault begins, with what is wrong, and when it ends."""
        self._began, self._ended = began, ended

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    @property
    def simulated(self) -> bool:
        """Whether no real lamp stands behind it."""
        return self._lamps.simulated

    @property
    def fault(self) -> str:
        """What is wrong with the lamps; empty where nothing is."""
        return self._fault

    @property
    def burning(self) -> frozenset[Lamp] | None:
        """The colours that burn, as the sense inputs tell; None where none is wired, or nobody can be asked."""
        try:
            return self._lamps.state().burning
        except LampError:
            return None

    @property
    def checked_s_ago(self) -> float:
        """Seconds since the lamps were asked last, whatever they answered."""
        return time.monotonic() - self._checked_at

    @property
    def shown(self) -> Lamp:
        """What the lamps show as far as is known."""
        return Lamp.FAULT if self._fault else self._lamps.shown

    def show(self, lamp: Lamp, *, sound: bool = False) -> None:
        """Show `lamp`; where that is not possible a fault begins, once."""
        try:
            self._lamps.show(lamp, sound=sound)
        except LampError as error:
            self._failed(str(error))

    def state(self) -> LampState:
        """Return what was told and what is sensed; raise `LampError` where the lamps cannot be asked."""
        return self._lamps.state()

    def check(self) -> None:
        """Ask the lamps how they are; note a fault that begins or ends."""
        try:
            state = self._lamps.state()
        except LampError as error:
            self._failed(str(error))
        else:
            if state.wrong:
                self._failed(difference(state))
            else:
                self._works()
        self._checked_at = time.monotonic()

    def close(self) -> None:
        """Stop watching, show red, and let go."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)
        self._lamps.close()

    def _run(self) -> None:
        while not self._stopping.wait(CHECKED_EVERY_S):
            self.check()

    def _failed(self, why: str) -> None:
        with self._lock:
            begins = not self._fault
            self._fault = why
        if begins:
            self._began(why)

    def _works(self) -> None:
        with self._lock:
            ends = bool(self._fault)
            self._fault = ""
        if ends:
            self._ended()


def difference(state: LampState) -> str:
    """Say what the sense inputs tell against what was told.

    >>> from checkpoint.crossing import Lamp, LampState
    >>> difference(LampState(Lamp.RED, frozenset({Lamp.GREEN}), (Lamp.RED, Lamp.GREEN)))
    'told red, but red is dark, green burns'
    """
    burning = state.burning or frozenset()
    found = ", ".join(f"{colour} {'burns' if colour in burning else 'is dark'}" for colour in state.wrong)
    return f"told {state.told}, but {found}"
