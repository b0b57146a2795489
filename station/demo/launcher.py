"""Starts headquarters, the demo issuer and a station together, as separate programs, and stops them together."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import httpx

from checkpoint.errors import CheckpointError
from checkpoint.sync import Enrolment
from station.demo.issuer import secret_in
from station.wiring import DEMO_OFFICERS

READY_WITHIN_S = 60.0
STOPS_WITHIN_S = 10.0


class DemoError(CheckpointError, OSError):
    """The demonstration cannot start; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the three programs listen on loopback."""

    station: int = 8080
    headquarters: int = 8090
    issuer: int = 8091


@dataclass(slots=True)
class Program:
    """One started program: its process, its log file and the address that answers once it is ready."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    health_url: str

    def wait_ready(self, deadline: float, stopping: Callable[[], bool]) -> None:
        """Return once the program answers; raise `DemoError` with its own last words where it ends or is too slow."""
        while time.monotonic() < deadline and not stopping():
            if self.process.poll() is not None:
                raise DemoError(f"{self.name} ended while starting: {self.last_words()}")
            try:
                if httpx.get(self.health_url, timeout=2.0, trust_env=False).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        if not stopping():
            raise DemoError(f"{self.name} was not ready within {READY_WITHIN_S:.0f} s; its log: {self.log}")

    def last_words(self) -> str:
        """Return the last line of the program's log."""
        lines = self.log.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"no word in {self.log}"

    def stop(self) -> None:
        """Ask the program to end, and end it where it does not."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass(slots=True)
class Demo:
    """The programs of the demonstration, in the order they were started; `stop` ends them in reverse."""

    folder: Path
    programs: list[Program] = field(default_factory=list)
    stopping: bool = False

    def start(self, name: str, command: Sequence[str], health_url: str) -> Program:
        """Start one program with its output in a log file of its own, in a group that a Ctrl-C does not reach."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # this program passes the signal on, in order
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        program = Program(name, process, log, health_url)
        self.programs.append(program)
        return program

    def stop(self) -> None:
        """End every program, the last started first."""
        self.stopping = True
        while self.programs:
            self.programs.pop().stop()

    def watch(self) -> None:
        """Return when asked to stop; raise `DemoError` where a program ends by itself."""
        while not self.stopping:
            for program in self.programs:
                if program.process.poll() is not None:
                    raise DemoError(f"{program.name} ended: {program.last_words()}")
            time.sleep(0.2)


def check_folder(folder: Path) -> None:
    """Raise `DemoError` where `folder` cannot be made or written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DemoError(f"{folder}: cannot be written to ({error.strerror}); choose another with --data") from error


def check_port(port: int, who: str, option: str) -> None:
    """Raise `DemoError` where something listens on loopback's `port` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise DemoError(
                f"port {port} for {who} is busy: is another demonstration running? Choose another with {option}"
            ) from None


@contextmanager
def stopped_by_signals(demo: Demo) -> Iterator[None]:
    """Let Ctrl-C and a termination signal end the demonstration cleanly."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        demo.stopping = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def beside_python(program: str) -> str:
    """Return the path of a console script installed beside the running Python."""
    return str(Path(sys.executable).with_name(program))


def run(data: Path, ports: Ports, *, read_from_min: float, say: Callable[[str], None], began: float) -> None:
    """Start the three programs on `data`, say where they are, and return once stopped; raise `DemoError`.

    `began` is the monotonic time the command was typed, for the figure of how long the start took.
    """
    check_folder(data)
    check_port(ports.headquarters, "headquarters", "--hq-port")
    check_port(ports.issuer, "the demo issuer", "--issuer-port")
    check_port(ports.station, "the station", "--port")
    demo = Demo(data)
    with stopped_by_signals(demo):
        try:
            _start_all(demo, data, ports, read_from_min)
            if not demo.stopping:
                _greet(demo, ports, say, time.monotonic() - began)
            demo.watch()
        finally:
            demo.stop()
    say("stopped; the data is kept in " + str(data))


def _start_all(demo: Demo, data: Path, ports: Ports, read_from_min: float) -> None:
    deadline = time.monotonic() + READY_WITHIN_S

    def stopping() -> bool:
        return demo.stopping

    hq_url = f"http://127.0.0.1:{ports.headquarters}"
    hq_data = data / "headquarters"
    headquarters = demo.start(
        "headquarters",
        [beside_python("checkpoint-hq"), "serve", "--demo", "--port", str(ports.headquarters), "--data", str(hq_data)],
        f"{hq_url}/healthz",
    )
    issuer = demo.start(
        "issuer",
        [sys.executable, "-m", "station.demo.issuer", str(ports.issuer), str(data / "station" / ISSUER_KEY)],
        f"http://127.0.0.1:{ports.issuer}/healthz",
    )
    config = write_config(data, ports, read_from_min)
    headquarters.wait_ready(deadline, stopping)
    if not demo.stopping:
        _enrol_once(config, hq_data, hq_url)
    station = demo.start(
        "station",
        [beside_python("checkpoint"), "serve", "--config", str(config)],
        f"http://127.0.0.1:{ports.station}/healthz",
    )
    issuer.wait_ready(deadline, stopping)
    station.wait_ready(deadline, stopping)


def write_config(data: Path, ports: Ports, read_from_min: float) -> Path:
    """Write the demo station's configuration and return where."""
    folder = data / "station"
    folder.mkdir(parents=True, exist_ok=True)
    secret_in(folder / ISSUER_KEY)  # issuer and station start together: neither may look before it is there
    path = folder / "station.toml"
    path.write_text(
        CONFIG.format(
            name=DEMO_STATION,
            town=DEMO_TOWN,
            port=ports.station,
            issuer_port=ports.issuer,
            issuer_key=ISSUER_KEY,
            read_from_min=read_from_min,
            read_until_min=read_from_min + DEMO_WINDOW_MIN,
        ),
        "utf-8",
    )
    return path


ISSUER_KEY = "demo/issuer.secret"
DEMO_WINDOW_MIN = 30.0
DEMO_STATION = "Demo lane 1"
DEMO_TOWN = "平湖 Pinghu"
CONFIG = """\
# Written anew at each start of the demonstration.
name = "{name}"
town = "{town}"
data = "."
demo = true

[clock]
source = "assume-trusted"    # this machine's clock is believed unasked: for the demonstration only

[gate]
category = "resident"

[bench]
slots = 8
read_from_min = {read_from_min}         # a real cassette needs 15
read_until_min = {read_until_min}

[sync]
interval_s = 10

[web]
port = {port}

[[issuers]]
name = "Demo city"
pattern = 'DEMO-JKM:(?:GREEN|YELLOW|RED):[0-9a-f]{{16}}'
url = "http://127.0.0.1:{issuer_port}/v1/health-code"
colours = {{ "1" = "green", "2" = "yellow", "3" = "red" }}

[issuers.request_signing]
scheme = "hmac-sha256"
key_file = "{issuer_key}"

[issuers.answer]
colour = "level"
status = "status"
nonce = "nonce"
"""


def _enrol_once(config: Path, hq_data: Path, hq_url: str) -> None:
    """Enrol the demo station on its first start: invited and approved by its headquarters in one go."""
    folder = config.parent
    keys = folder / "keys"
    enrolment = Enrolment.load(keys)
    if enrolment is not None:
        if enrolment.url != hq_url:
            enrolment.moved_to(hq_url, keys)  # the same headquarters, on another port this time
        return
    invitation = folder / "invitation.json"
    invite = [beside_python("checkpoint-hq"), "invite", "--data", str(hq_data), "--url", hq_url, "--approve"]
    invite += ["--name", DEMO_STATION, "--town", DEMO_TOWN]
    invitation.write_text(_output_of(invite), "utf-8")
    try:
        _output_of([beside_python("checkpoint"), "enrol", str(invitation), "--config", str(config)])
    finally:
        invitation.unlink()  # it held a one-time token


def _output_of(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise DemoError(f"{Path(command[0]).name} {command[1]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _greet(demo: Demo, ports: Ports, say: Callable[[str], None], took_s: float) -> None:
    officers = ", ".join(f"{name}: {pin}" for name, pin, _ in DEMO_OFFICERS)
    say(f"station: http://127.0.0.1:{ports.station}  (demo PINs: {officers})")
    say(demo.programs[0].last_words())  # headquarters tells its own address and log-ins
    say("cameras and lamps are simulated; hold scenes before the camera on the pages themselves")
    say(f"ready in {took_s:.1f} s; Ctrl-C stops both")
