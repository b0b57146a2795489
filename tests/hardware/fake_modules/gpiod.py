"""gpiod 2 as far as the lamps use it, on a folder instead of a kernel: in a test by hand, in a program by PYTHONPATH.

The folder that FAKE_GPIO names holds `label`, one file a line (`17`: "0" or "1") and `log`, which tells every change.
As on a Pi, a line stays as it was driven when its process is killed, and belongs to one process at a time.
"""

import errno
import fcntl
import os
import weakref
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import SimpleNamespace, TracebackType


class Direction(Enum):
    """Which way a line goes."""

    INPUT = 2
    OUTPUT = 3


class Value(Enum):
    """The level of a line that is active high."""

    INACTIVE = 0
    ACTIVE = 1


line = SimpleNamespace(Direction=Direction, Value=Value)


class RequestReleasedError(Exception):
    """A request that was let go of is used."""


@dataclass
class LineSettings:
    """How a line is wanted."""

    direction: Direction = Direction.INPUT
    output_value: Value = Value.INACTIVE


def folder() -> Path:
    """The folder that plays the board."""
    return Path(os.environ["FAKE_GPIO"])


def level(pin: int) -> Value:
    """What a line shows now."""
    path = folder() / str(pin)
    return Value(int(path.read_text())) if path.exists() else Value.INACTIVE


def drive(levels: dict[int, Value]) -> None:
    """Put lines to levels, and tell it in the log, in one line a call."""
    for pin, value in levels.items():
        fresh = folder() / f".{pin}"
        fresh.write_text(str(value.value))
        fresh.replace(folder() / str(pin))
    with (folder() / "log").open("a") as log:
        log.write(" ".join(f"{pin}={value.value}" for pin, value in levels.items()) + "\n")


def is_gpiochip_device(path: str) -> bool:
    """Whether there is a chip."""
    return Path(path).exists()


class Chip:
    """A chip that is asked its label."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def __enter__(self) -> "Chip":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    def get_info(self) -> SimpleNamespace:
        return SimpleNamespace(label=self._path.read_text())


def let_go(held: list[int]) -> None:
    """Give lines back."""
    for lock in held:
        os.close(lock)


class LineRequest:
    """Lines that belong to this process."""

    def __init__(self, config: dict[int, LineSettings]) -> None:
        self._open = True
        held: list[int] = []
        self._let_go = weakref.finalize(self, let_go, held)  # the kernel, too, takes back what nobody holds any more
        for pin in config:
            held.append(os.open(folder() / f"{pin}.lock", os.O_RDWR | os.O_CREAT, 0o600))
            try:
                fcntl.flock(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._let_go()
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY)) from None
        outputs = {pin: one.output_value for pin, one in config.items() if one.direction is Direction.OUTPUT}
        drive(outputs)

    def set_values(self, levels: dict[int, Value]) -> None:
        self._check()
        drive(levels)

    def get_values(self, pins: list[int]) -> list[Value]:
        self._check()
        return [level(pin) for pin in pins]

    def release(self) -> None:
        self._let_go()
        self._open = False

    def _check(self) -> None:
        if not self._open:
            raise RequestReleasedError
        if (folder() / "broken").exists():
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def request_lines(path: str, consumer: str, config: dict[int, LineSettings]) -> LineRequest:
    """Ask for lines, with their first levels."""
    return LineRequest(config)
