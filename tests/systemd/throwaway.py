"""A throw-away copy of this system: everything written in it is gone afterwards, and nothing in it is started.

An overlay over `/` in a mount namespace of its own; needs root. The repository stands in /srv/checkpoint, and
`python3.13` is a script that plays venv and pip, so that an installation takes a second.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.data import REPOSITORY

PARTS = ("checkpoint", "vision", "hardware", "web", "hq", "station", "requirements", "systemd", "docs")
FILES = ("pyproject.toml", "README.md", "LICENSE")

PYTHON = r"""#!/bin/sh
case "$1 $2" in
    "-m venv")
        for place; do :; done
        mkdir -p "$place/bin"
        cp "$0" "$place/bin/python"
        for program in checkpoint checkpoint-lamps; do
            printf '#!/bin/sh\necho "%s" "$@"\n' "$place" >"$place/bin/$program"
            chmod 755 "$place/bin/$program"
        done ;;
    "-m pip")
        echo "$@" >>/srv/pip
        if [ -e /srv/no-network ]; then echo "ERROR: no network"; exit 1; fi ;;
esac
"""

# Mounts are the namespace's own, and end with it.
ENTER = r"""
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --bind /dev "$1/root/dev"
mount -t tmpfs tmpfs "$1/root/run"
mount -t tmpfs tmpfs "$1/root/tmp"
rm -rf "$1/root/srv" "$1/root/opt/checkpoint" "$1/root/etc/checkpoint" "$1/root/var/lib/checkpoint"
mkdir -p "$1/root/srv"
cp -r "$2" "$1/root/srv/checkpoint"
cp "$3" "$1/root/usr/local/bin/python3.13"
chmod 755 "$1/root/usr/local/bin/python3.13"
exec chroot "$1/root" /bin/sh -c "cd /srv/checkpoint; $4"
"""


def why_not() -> str:
    """Return why there can be no throw-away system here; empty where there can."""
    if os.geteuid() != 0:
        return "a throw-away system needs root"
    missing = [
        tool for tool in ("unshare", "systemctl", "systemd-analyze", "systemd-sysusers") if not shutil.which(tool)
    ]
    return f"needs {', '.join(missing)} (apt install systemd)" if missing else ""


def source(folder: Path) -> Path:
    """Copy what an installation is made from."""
    made = folder / "source"
    made.mkdir()
    for part in PARTS:
        shutil.copytree(REPOSITORY / part, made / part, ignore=shutil.ignore_patterns("__pycache__", "screenshots"))
    for file in FILES:
        shutil.copy(REPOSITORY / file, made / file)
    return made


def in_throwaway(folder: Path, script: str) -> "subprocess.CompletedProcess[str]":
    """Run shell commands in a throw-away system, from the repository's folder; skip where there can be none."""
    if reason := why_not():
        pytest.skip(reason)
    python = folder / "python"
    python.write_text(PYTHON)
    made = folder / "source"
    if not made.exists():
        source(folder)
    top = folder / "top"
    top.mkdir(exist_ok=True)
    command = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        ENTER,
        "sh",
        str(top),
        str(made),
        str(python),
    ]
    done = subprocess.run([*command, script], capture_output=True, text=True, check=False, timeout=120)
    if "overlay" in done.stderr and "mount" in done.stderr:
        pytest.skip(f"this machine mounts no overlay: {done.stderr.strip()}")
    return done
