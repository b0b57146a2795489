"""The demonstration as a user starts it: real programs on loopback, in a folder of their own."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page

READY = re.compile(r"ready in ([0-9.]+) s")
READY_WITHIN_S = 90.0
READ_FROM_MIN = 0.05


def unused_ports(count: int) -> list[int]:
    """Return ports on loopback that nobody uses and that differ from one another."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass
class Running:
    """A demonstration that answers."""

    process: "subprocess.Popen[str]"
    folder: Path
    station: str
    headquarters: str
    said: list[str] = field(default_factory=list)

    def stop(self) -> int:
        """Do what Ctrl-C does, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@contextmanager
def demonstration(folder: Path, ports: list[int]) -> Iterator[Running]:
    """Start `checkpoint demo` on `folder`; whatever happens, nothing of it is left running."""
    station, headquarters, issuer = ports
    command = [
        sys.executable,
        "-m",
        "station.cli",
        "demo",
        "--data",
        str(folder),
        "--read-from-min",
        str(READ_FROM_MIN),
    ]
    command += ["--port", str(station), "--hq-port", str(headquarters), "--issuer-port", str(issuer)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    running = Running(process, folder, f"http://127.0.0.1:{station}", f"http://127.0.0.1:{headquarters}")
    listener = threading.Thread(target=_listen, args=(running,), daemon=True)
    listener.start()
    try:
        _wait_ready(running)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        listener.join(5)
        if process.stdout is not None:
            process.stdout.close()


def _listen(running: Running) -> None:
    if running.process.stdout is not None:
        for line in running.process.stdout:
            running.said.append(line)


def _wait_ready(running: Running) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if any(READY.search(line) for line in list(running.said)):
            return
        if running.process.poll() is not None:
            break
        time.sleep(0.1)
    logs = [f"{log.name}: {log.read_text('utf-8', 'replace')[-2000:]}" for log in running.folder.glob("*.log")]
    raise AssertionError("the demonstration did not start:\n" + "".join(running.said) + "\n".join(logs))


@contextmanager
def headquarters_desk(running: Running, browser: Browser) -> Iterator[Page]:
    """A duty officer's page at headquarters, logged in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{running.headquarters}/login")
    page.locator("[name=name]").fill("duty")
    page.locator("[name=password]").fill("demo-duty-1")
    page.locator("button.first").click()
    page.wait_for_url(f"{running.headquarters}/")
    english = page.locator("[name=language][value=en]")
    if english.count():
        english.click()
    yield page
    context.close()
