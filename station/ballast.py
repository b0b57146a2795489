"""A file that keeps a little room on the disk for a start: without it a box with a full disk would not come up at all.

To open a journal takes room, for the log that SQLite keeps beside it, and so may a certificate for a new address. A
station that finds the disk full lends itself the ballast while it starts, and takes the room back: it then stands as
one whose disk ran full at work, which shows its pages, holds every vehicle with the reason, and makes what room it may.
"""

import logging
import os
import shutil
from pathlib import Path

log = logging.getLogger(__name__)

FILE = "ballast"
SIZE_BYTES = 4 << 20  # four times what SQLite's log grows to before it is written back
STEP_BYTES = 64 << 10  # by how much less is tried where not all can be had


class Ballast:
    """The file at `path`: at most `size` bytes of reserved room, and nothing in it that a power cut could spoil."""

    def __init__(self, path: Path, size: int = SIZE_BYTES) -> None:
        self._path = path
        self._size = size

    @property
    def held(self) -> int:
        """The bytes that are reserved now."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def keep(self) -> None:
        """Reserve what is wanted, or what can be had: on a disk without room that is less, and no error."""
        had = self.held
        if had >= self._size:
            return
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            for wanted in range(self._size, had, -STEP_BYTES):
                try:
                    os.posix_fallocate(descriptor, 0, wanted)  # reserved, and not written: no wear
                except OSError:
                    os.ftruncate(descriptor, had)  # what was reserved on the way
                else:
                    return
        except OSError as error:
            log.warning("no room can be kept for the next start: %s", error)
        finally:
            os.close(descriptor)

    def lend(self) -> None:
        """Give the room back for a start, where the disk has little else; `keep` takes it again."""
        try:
            free = shutil.disk_usage(self._path.parent).free
        except OSError:
            return  # a first start: no folder yet
        if free < self._size and self.held:
            log.error("the disk is full: starting with the %d KB that were kept for it", self.held >> 10)
            self._path.unlink(missing_ok=True)
