"""RPi.GPIO as far as the lamps use it, on the same folder as the fake gpiod."""

import errno
import os
from pathlib import Path

BCM, BOARD, OUT, IN = 11, 10, 0, 1


def _folder() -> Path:
    return Path(os.environ["FAKE_GPIO"])


def setwarnings(wanted: bool) -> None:
    """Nothing to warn of."""


def setmode(mode: int) -> None:
    """Numbers of the header's GPIO, not of its pins."""
    assert mode == BCM


def setup(pin: int, direction: int, initial: bool = False) -> None:
    """Take a line, an output at its first level."""
    if direction == OUT:
        output(pin, initial)


def output(pin: int, level: bool) -> None:
    """Put a line to a level."""
    if (_folder() / "broken").exists():
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    (_folder() / str(pin)).write_text(str(int(level)))
    with (_folder() / "log").open("a") as log:
        log.write(f"{pin}={int(level)}\n")


def input(pin: int) -> int:  # noqa: A001  the module's own name
    """Return the level of a line."""
    path = _folder() / str(pin)
    return int(path.read_text()) if path.exists() else 0
