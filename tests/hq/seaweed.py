"""A private SeaweedFS with its S3 door on free ports of 127.0.0.1, for as long as a test module needs it."""

import json
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from hq.photos.s3_shelf import S3Config

KEY, SECRET = "a-key", "a-secret"


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextmanager
def seaweed() -> Iterator[S3Config]:
    """Run a store with one bucket's worth of everything and yield where it is; skip where there is no binary for it."""
    weed = Path(sysconfig.get_path("scripts")) / "weed"
    if not weed.exists():
        pytest.skip("SeaweedFS has no package for this system")
    folder = Path(tempfile.mkdtemp(prefix="checkpoint-weed-"))
    names = ("master.port", "volume.port", "filer.port", "s3.port")
    every = [*names, *(f"{name}.grpc" for name in names)]
    ports = dict(zip(every, _free_ports(len(every)), strict=True))
    who = {
        "name": "headquarters",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [who]}))
    command = [str(weed), "-logtostderr=false", f"-logdir={folder}", "server", f"-dir={folder}", "-ip=127.0.0.1"]
    command += ["-ip.bind=127.0.0.1", "-s3", f"-s3.config={folder}/s3.json", "-master.volumeSizeLimitMB=64"]
    command += ["-master.telemetry=false", *(f"-{name}={port}" for name, port in ports.items())]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        endpoint = f"http://127.0.0.1:{ports['s3.port']}"
        _wait_for(endpoint, running, folder / "log")
        yield S3Config("photos", "pinghu/", endpoint, key=KEY, secret=SECRET)
    finally:
        running.kill()  # nothing in it is to be kept
        running.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(endpoint: str, running: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and running.poll() is None:
        try:
            if httpx.get(f"{endpoint}/healthz", trust_env=False, timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"SeaweedFS did not start: {log.read_text()[-2000:]}")
