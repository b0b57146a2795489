"""What belongs to the repository: its files, and the text in them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.data import REPOSITORY

# Where the folder is no git work tree (an unpacked archive): what tools and the programs themselves leave behind.
_LEFTOVERS = {".git", ".venv", "var", "build", "dist", "__pycache__", ".hypothesis", "node_modules"}


def files(suffix: str = "") -> list[Path]:
    """Return the repository's own files, those not yet committed included, in order of their path."""
    return sorted(path for path in _all_files() if path.name.endswith(suffix) and path.is_file())


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every file of the repository that is UTF-8 text, with its text."""
    for path in files():
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def relative(path: Path) -> str:
    """Return a file's path as it reads in a message: from the repository's root."""
    return path.relative_to(REPOSITORY).as_posix()


def _all_files() -> Iterator[Path]:
    if (REPOSITORY / ".git").exists() and (git := shutil.which("git")):
        command = [git, "-C", str(REPOSITORY), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
        yield from (REPOSITORY / name for name in listed.decode().split("\0") if name)
        return
    for folder, folders, names in os.walk(REPOSITORY):
        folders[:] = [name for name in folders if name not in _LEFTOVERS and not name.endswith("_cache")]
        yield from (Path(folder, name) for name in names)
