"""The lamp-holder's guard: a second process on the same lines that drives red the moment the holder dies or hangs.

A killed process runs no clean-up, and a Raspberry Pi's kernel leaves its lines driven. To start a program then takes
Python's start, during which a green burns on. The guard is there already: forked once the lines are held, it shares
them, sleeps on a pipe, and wakes when the pipe's other end is gone or silent. One system call later red burns.
"""

import logging
import os
import select
import signal
import time
from collections.abc import Callable

from checkpoint.errors import LampError

log = logging.getLogger(__name__)

#: The holder counts itself late before its guard does, so that it never believes a light that the guard has put out.
EARLIER = 0.75


class Guard:
    """The holder's end: `beat` says "alive"; letting go, in whatever way, has the guard drive red."""

    def __init__(self, rest: Callable[[], None], *, silence_s: float) -> None:
        """Fork the guard; it calls `rest`, which must drive red, after the end and after `silence_s` without a beat.

        To be called while this process has one thread, and before it opens what the guard should not keep open.
        """
        self._silence_s = silence_s
        ear, self._voice = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                os.close(self._voice)
                _watch(ear, rest, silence_s)
                code = 0
            finally:
                os._exit(code)  # nothing of the holder's is tidied up twice
        os.close(ear)
        os.set_blocking(self._voice, False)
        self._beat_at = time.monotonic()

    def beat(self) -> bool:
        """Say "alive"; return whether this comes so late that the guard may have driven red meanwhile.

        Raises `LampError` where the guard is gone: the holder must not work without it.
        """
        late = time.monotonic() - self._beat_at >= self._silence_s * EARLIER
        try:
            os.write(self._voice, b".")
        except BlockingIOError:
            pass  # it has plenty to read
        except OSError as error:
            raise LampError(f"the lamps' guard is gone: {error.strerror or error}") from error
        self._beat_at = time.monotonic()
        return late

    def close(self) -> None:
        """Let go, and wait until the guard has driven red and ended."""
        os.close(self._voice)
        os.waitpid(self.pid, 0)


def _watch(ear: int, rest: Callable[[], None], silence_s: float) -> None:
    """Read beats until there are no more; drive red then, and once in each silence."""
    # The service manager stops all processes of a service at once; this one goes last, by the end of its pipe.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    resting = False
    while True:
        heard, _, _ = select.select([ear], [], [], None if resting else silence_s)
        if not heard:
            log.error("the lamp-holder is silent for %.1f s: red", silence_s)
            rest()
            resting = True
        elif os.read(ear, 4096):
            resting = False
        else:
            rest()
            return
