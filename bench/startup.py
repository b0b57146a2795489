"""How long `make run` takes until both programs answer, on a fresh clone and again; and the memory of the station.

    python -m bench.startup

Clones the repository (what is committed) into an empty folder, so the first time includes making `.venv` from the
locked packages: it depends on the network and on the package cache.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
READY = re.compile(rb"ready in ([0-9.]+) s")
FIRST_LIMIT_S, AGAIN_LIMIT_S = 600.0, 90.0


def free_ports(count: int) -> list[int]:
    """Return loopback ports nobody uses, all different."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start(clone: Path, limit_s: float) -> tuple[float, float]:
    """Run `make run` until it is ready; return the seconds it took and the station's resident memory, MB."""
    station, headquarters, issuer = free_ports(3)
    arguments = f"--port {station} --hq-port {headquarters} --issuer-port {issuer}"
    environment = {name: value for name, value in os.environ.items() if name not in {"VENV", "VIRTUAL_ENV"}}
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "run", f"ARGS={arguments}"],  # noqa: S607  make is wherever PATH has it
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        took = _wait_ready(process, began, limit_s)
        time.sleep(5.0)  # let a few frames pass: the cameras are at work in what is measured
        return took, _resident_mb(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


def _wait_ready(process: "subprocess.Popen[bytes]", began: float, limit_s: float) -> float:
    if process.stdout is None:
        raise SystemExit("no output to read")
    said = []
    for line in process.stdout:
        said.append(line)
        if READY.search(line):
            return time.monotonic() - began
        if time.monotonic() - began > limit_s:
            break
    raise SystemExit(b"".join(said[-10:]).decode("utf-8", "replace") or "make run said nothing")


def _resident_mb(root: int) -> float:
    """Return the resident memory of the `checkpoint serve` process below `root`'s session."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
            status = (entry / "status").read_text()
        except OSError:
            continue
        if b"checkpoint serve" in command and _descends(int(entry.name), root):
            return int(next(x for x in status.splitlines() if x.startswith("VmRSS")).split()[1]) / 1024
    raise SystemExit("the station's process was not found")


def _descends(pid: int, root: int) -> bool:
    while pid > 1:
        if pid == root:
            return True
        try:
            pid = int((Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
    return False


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp())
    try:
        clone = folder / "checkpoint"
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)  # noqa: S607  likewise
        first, _ = start(clone, FIRST_LIMIT_S)
        again, resident = start(clone, AGAIN_LIMIT_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"make run to ready, first time  {first:6.1f} s", file=sys.stderr)
    print(f"make run to ready, again       {again:6.1f} s", file=sys.stderr)
    print(f"resident memory of the station {resident:6.0f} MB", file=sys.stderr)
    print(json.dumps({"first_s": round(first, 1), "again_s": round(again, 1), "station_rss_mb": round(resident)}))


if __name__ == "__main__":
    main()
