"""The processes that a test session has started, found by a mark in their environment (Linux only).

Children inherit the environment, so a daemon that has left its parent is found as well.
"""

import os
import signal
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

MARK = "CHECKPOINT_TEST_SESSION"


@dataclass(frozen=True, slots=True)
class Process:
    """One running process."""

    pid: int
    command: str

    def kill(self) -> None:
        """End it at once; one that has just ended by itself is fine too."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def new_mark() -> str:
    """Return a value for MARK that no other session has."""
    return uuid.uuid4().hex


def left_over(mark: str, proc: Path = Path("/proc")) -> list[Process]:
    """Return the running processes started under ``mark``, this one excepted; none where there is no /proc."""
    if not mark or not proc.is_dir():
        return []
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in proc.iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if wanted not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # it has ended meanwhile, or belongs to somebody else
            continue
        if command and "resource_tracker" not in command:  # multiprocessing's own, which ends with this process
            found.append(Process(int(folder.name), command))
    return found


def wait_until_none_left(mark: str, seconds: float) -> list[Process]:
    """Give processes that are ending up to ``seconds`` to do so, and return those which have not."""
    deadline = time.monotonic() + seconds
    while (left := left_over(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left
