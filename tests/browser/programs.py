"""Programs as a user starts them, on loopback and in a folder of their own: the demonstration, and a station alone."""

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
        _end(process, listener)


@dataclass
class StationProgram:
    """`checkpoint serve` on a folder of its own, as an installed box runs it. ``said``: what it printed."""

    process: "subprocess.Popen[str]"
    folder: Path
    address: str
    said: list[str] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """The station's data folder."""
        return self.folder / "box"

    @property
    def set_up_code(self) -> str:
        """What stands at the box for whoever sets it up."""
        return (self.data / "set-up-code").read_text().strip()


@contextmanager
def station_program(folder: Path, settings: str = "", *, https: bool = False) -> Iterator[StationProgram]:
    """Run a station on `folder` with `settings` (TOML, without ``[web]``); whatever happens, it is ended."""
    (port,) = unused_ports(1)
    config = folder / "station.toml"
    config.write_text(f'data = "box"\n{settings}\n[web]\nport = {port}\nhttps = {str(https).lower()}\n', "utf-8")
    command = [sys.executable, "-m", "station.cli", "serve", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    made = StationProgram(process, folder, f"{'https' if https else 'http'}://127.0.0.1:{port}")
    listener = threading.Thread(target=_listen, args=(made,), daemon=True)
    listener.start()
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not any(" ready on " in line for line in list(made.said)):
            assert process.poll() is None, "the station ended:\n" + "".join(made.said)
            assert time.monotonic() < deadline, "the station did not start:\n" + "".join(made.said)
            time.sleep(0.05)
        yield made
    finally:
        _end(process, listener)


def _end(process: "subprocess.Popen[str]", listener: threading.Thread) -> None:
    """End a program as Ctrl-C does, by force where it does not listen, and close what was opened for it."""
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


def _listen(running: "Running | StationProgram") -> None:
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
