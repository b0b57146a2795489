"""A private PostgreSQL on a free port of 127.0.0.1, for as long as a test module needs it."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        if not newest:
            pytest.skip(f"PostgreSQL is not installed: no {name}")
        found = str(newest[-1])
    return found


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server and yield its SQLAlchemy URL; skip where PostgreSQL or its driver is missing."""
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed: pip install '.[postgres]'")
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # PostgreSQL refuses to run as root, and its folder must be its own.
    own: dict[str, Any] = {}
    if os.geteuid() == 0:
        try:
            own = {"user": pwd.getpwnam("postgres").pw_name}
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="checkpoint-pg-"))
    if own:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    quiet: dict[str, Any] = {"check": True, "capture_output": True, "cwd": folder, **own}
    try:
        subprocess.run([initdb, "-D", data, "-A", "trust", "-U", "hq", "-E", "UTF8", "--no-sync"], **quiet)
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"  # a test's store need not survive a power cut
        log = str(folder / "log")
        subprocess.run(
            [pg_ctl, "-D", data, "-l", log, "-o", options, "-w", "start"], **quiet | {"capture_output": False}
        )
        yield f"postgresql+psycopg://hq@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([pg_ctl, "-D", data, "-m", "immediate", "stop"], **quiet | {"check": False})
        shutil.rmtree(folder, ignore_errors=True)
