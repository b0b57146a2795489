"""The lamps port at the station's end of the lamp-holder's socket."""

import logging
import socket
import threading
from pathlib import Path

from checkpoint.crossing import Lamp, LampState
from checkpoint.errors import LampError
from hardware.lamps.messages import LARGEST_BYTES, Request, decode_answer

log = logging.getLogger(__name__)

BEAT_S = 0.5
ANSWER_S = 1.0  # the holder answers in a millisecond; past this it hangs


class HolderLink:
    """One connection to the lamp-holder; raises `LampError` for everything that goes wrong, and is then closed."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(ANSWER_S)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise LampError(f"no lamp-holder at {path}: {error.strerror or error}") from error

    def ask(self, request: Request) -> LampState:
        """Send a request, and return what the holder answers."""
        try:
            self._socket.send(request.encode())
            packet = self._socket.recv(LARGEST_BYTES)
        except OSError as error:
            self.close()
            raise LampError(f"the lamp-holder does not answer: {error.strerror or error}") from error
        if not packet:
            self.close()
            raise LampError("the lamp-holder has ended the connection")
        return decode_answer(packet)

    def close(self) -> None:
        """End the connection: the holder shows red if this was its driver."""
        self._socket.close()


def holder_state(path: Path) -> LampState:
    """Ask the holder how the lamps are, without driving them."""
    link = HolderLink(path)
    try:
        return link.ask(Request("state"))
    finally:
        link.close()


class HeldLamps:
    """Lamps behind the lamp-holder. A thread says "alive" twice a second and connects again after a break.

    What was shown before a break is not shown again after it: the holder has gone to red meanwhile, and the next
    decision lights the next lamp.
    """

    simulated = False

    def __init__(self, path: Path, *, beat_s: float = BEAT_S) -> None:
        self._path = path
        self._beat_s = beat_s
        self._lock = threading.Lock()
        self._link: HolderLink | None = None
        self._state = LampState(Lamp.RED)
        self._trouble: LampError | None = LampError("not connected to the lamp-holder yet")
        self._closed = threading.Event()
        self._ask(Request("beat"), quiet=True)
        self._thread = threading.Thread(target=self._beat_on, name="lamps-beat", daemon=True)
        self._thread.start()

    @property
    def shown(self) -> Lamp:
        """What the holder last said it shows; red while it cannot be asked, because that is what it falls back to."""
        return self._state.told if self._trouble is None else Lamp.RED

    def show(self, lamp: Lamp, *, sound: bool = False) -> None:
        """Show `lamp`, and return once the holder has done so."""
        if self._closed.is_set():
            raise LampError("the lamps are closed")
        self._ask(Request("show", lamp, sound))

    def state(self) -> LampState:
        """Return what the holder said at the last beat; raise what went wrong then."""
        if self._closed.is_set():
            raise LampError("the lamps are closed")
        if self._trouble is not None:
            raise self._trouble
        return self._state

    def close(self) -> None:
        """Show red and end the connection, which shows red once more."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._thread.join(timeout=ANSWER_S + self._beat_s)
        with self._lock:
            if self._link is not None:
                try:
                    self._state = self._link.ask(Request("show", Lamp.RED))
                except LampError as error:
                    log.warning("at the end: %s", error)
                    self._state = LampState(Lamp.RED)
                self._link.close()
                self._link = None

    def _beat_on(self) -> None:
        while not self._closed.wait(self._beat_s):
            self._ask(Request("beat"), quiet=True)

    def _ask(self, request: Request, *, quiet: bool = False) -> None:
        """Ask the holder, connecting first where that is needed; with `quiet` an error is kept and not raised."""
        with self._lock:
            try:
                if self._link is None:
                    self._link = HolderLink(self._path)
                self._state = self._link.ask(request)
                self._trouble = None
            except LampError as error:
                if self._link is not None:
                    self._link.close()
                self._link, self._trouble = None, error
                if not quiet:
                    raise
