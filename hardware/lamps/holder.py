"""The lamp-holder: the one process that owns the lamps' lines, so that a dead station cannot leave a green behind.

One thread, one loop. It shows red when its driver's connection ends or falls silent, when it is stopped and when it
starts. One station drives at a time; others may ask how the lamps are.
"""

import logging
import selectors
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from checkpoint.crossing import Lamp
from checkpoint.errors import LampError
from hardware.lamps.messages import LARGEST_BYTES, Request, decode_request, encode_answer
from hardware.lamps.signal import SignalLamps

log = logging.getLogger(__name__)

LONGEST_NAP_S = 1.0  # also how often the service manager's watchdog is fed
MOST_CONNECTIONS = 16


@dataclass(slots=True, eq=False)
class Connection:
    """Somebody who talks to the holder."""

    socket: socket.socket
    pid: int
    heard: float


def listen(path: Path) -> socket.socket:
    """Return a socket that listens at `path`, group-writable; a stale one is replaced, a live one is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
        else:
            raise LampError(f"{path}: another lamp-holder is at work")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(str(path))
    path.chmod(0o660)
    listening.listen(MOST_CONNECTIONS)
    listening.setblocking(False)
    return listening


class Holder:
    """Serves one socket and one set of lamps; `turn` does what is due and waits for at most a moment."""

    def __init__(
        self,
        lamps: SignalLamps,
        listening: socket.socket,
        *,
        heartbeat_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lamps = lamps
        self._listening = listening
        self._heartbeat_s = heartbeat_s
        self._now = now
        self._driver: Connection | None = None
        self._connections: set[Connection] = set()
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(listening, selectors.EVENT_READ, None)

    def turn(self, nap_s: float = LONGEST_NAP_S) -> None:
        """Do what the lamps are due, wait for a word for at most `nap_s`, and answer it.

        Raises `LampError` where the lines themselves fail: the service manager then starts the holder anew.
        """
        due = min(nap_s, self._lamps.turn(), self._until_silence())
        for key, _ in self._waiting.select(max(0.0, due)):
            if key.data is None:
                self._accept()
            else:
                self._hear(key.data)
        if self._driver is not None and self._until_silence() <= 0:
            log.error("station (pid %d) silent for %.1f s: red", self._driver.pid, self._heartbeat_s)
            self._end(self._driver)

    def close(self) -> None:
        """Red, then let go of everything."""
        try:
            self._lamps.close()
        finally:
            for connection in self._connections:
                connection.socket.close()
            self._waiting.close()
            self._listening.close()

    def _until_silence(self) -> float:
        if self._driver is None:
            return LONGEST_NAP_S
        return self._driver.heard + self._heartbeat_s - self._now()

    def _accept(self) -> None:
        try:
            accepted, _ = self._listening.accept()
        except OSError as error:
            log.warning("a connection failed: %s", error)
            return
        if len(self._connections) >= MOST_CONNECTIONS:
            log.warning("more than %d connections: refused", MOST_CONNECTIONS)
            accepted.close()
            return
        accepted.setblocking(False)
        pid = struct.unpack("3i", accepted.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        connection = Connection(accepted, pid, self._now())
        self._connections.add(connection)
        self._waiting.register(accepted, selectors.EVENT_READ, connection)

    def _hear(self, connection: Connection) -> None:
        try:
            packet = connection.socket.recv(LARGEST_BYTES)
        except OSError:
            packet = b""
        if not packet:
            self._end(connection)
            return
        connection.heard = self._now()
        error = ""
        try:
            request = decode_request(packet)
        except LampError as bad:
            log.warning("pid %d: %s", connection.pid, bad)
            error = str(bad)
        else:
            error = self._do(request, connection)
        try:
            connection.socket.send(encode_answer(self._lamps.state(), error))
        except OSError:
            self._end(connection)

    def _do(self, request: Request, connection: Connection) -> str:
        """Do what is asked; return why not, or an empty text."""
        if request.do == "state":
            return ""
        if self._driver is None:
            log.info("station (pid %d) drives the lamps", connection.pid)
            self._driver = connection
        if connection is not self._driver:
            return f"the lamps are driven by pid {self._driver.pid}"
        if request.lamp is not None:
            self._lamps.show(request.lamp, sound=request.sound)
        return ""

    def _end(self, connection: Connection) -> None:
        self._waiting.unregister(connection.socket)
        self._connections.discard(connection)
        connection.socket.close()
        if connection is self._driver:
            self._driver = None
            if self._lamps.shown is not Lamp.RED:
                log.warning("station (pid %d) is gone: red", connection.pid)
            self._lamps.show(Lamp.RED)
