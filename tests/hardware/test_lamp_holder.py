"""The lamp-holder as the program it is: a real process and socket, killed and silenced; the lines are a folder's."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from checkpoint.crossing import Lamp
from checkpoint.errors import LampError
from hardware.lamps.client import HeldLamps, HolderLink, holder_state
from hardware.lamps.messages import Request, decode_answer, decode_request
from hardware.lamps.red import NOTE
from hardware.lamps.settings import LampsConfig
from tests.data import REPOSITORY
from tests.hardware.board import MODULES, Board

PROGRAM = [sys.executable, "-m", "hardware.lamps.program"]

# A station in a process of its own: shows what it is told and then only lives.
STATION = """
import sys, time
from pathlib import Path
from checkpoint.crossing import Lamp
from hardware.lamps.client import HeldLamps
lamps = HeldLamps(Path(sys.argv[1]))
lamps.show(Lamp(sys.argv[2]))
print("shown", flush=True)
time.sleep(60)
"""


def until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Wait for something that another process is about to do."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


@dataclass
class Box:
    """A board, the configuration of its lamps, and the processes at work on it."""

    board: Board
    config: Path
    processes: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.board.config.socket

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": f"{MODULES}:{REPOSITORY}", "FAKE_GPIO": str(self.board.folder)}

    def start(self, *command: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            list(command),
            env=self.environment,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        return process

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run the program once, to its end."""
        return subprocess.run(
            [*PROGRAM, "--config", str(self.config), *words],
            env=self.environment,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def stop_post(self) -> str:
        """Run what the service runs after the lamp-holder has ended; return what it says."""
        words = [sys.executable, "-P", "-m", "hardware.lamps.red", str(self.socket.with_name(NOTE))]
        environment = {**self.environment, "CHECKPOINT_CONFIG": str(self.config)}
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60).stdout

    def holder(self) -> "subprocess.Popen[str]":
        """Start the lamp-holder, and wait until it listens."""
        process = self.start(*PROGRAM, "--config", str(self.config), "hold")
        until(self.answers, "the lamp-holder answers")
        return process

    def answers(self) -> bool:
        try:
            holder_state(self.socket)
        except LampError:
            return False
        return True

    def station(self, lamp: Lamp) -> "subprocess.Popen[str]":
        """Start a station that shows `lamp`, and wait until it does."""
        process = self.start(sys.executable, "-c", STATION, str(self.socket), lamp.value)
        assert process.stdout is not None
        assert process.stdout.readline() == "shown\n"
        assert self.board.burning == {lamp}
        return process

    def shows(self, lamp: Lamp) -> bool:
        return self.board.burning == {lamp}


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A board whose lamps a lamp-holder can be started for."""
    folder = tmp_path / "board"
    chip = folder / "gpiochip0"
    config = LampsConfig(
        driver="holder", socket=tmp_path / "holder.sock", chips=(str(chip),), buzzer_pin=23, heartbeat_s=1.0
    )
    path = tmp_path / "station.toml"
    path.write_text(
        f'[lamps]\nsocket = "{config.socket}"\nchips = ["{chip}"]\nbuzzer_pin = 23\nheartbeat_s = 1.0\n',
        "utf-8",
    )
    made = Box(Board(folder, config), path)
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()


def test_red_burns_from_the_first_moment_and_before_any_station(box: Box) -> None:
    for pin in (17, 22):
        box.board.drive(pin, high=True)  # what a killed process has left: green
    assert box.board.burning == {Lamp.GREEN}
    box.holder()
    assert box.board.burning == {Lamp.RED}
    assert (box.board.folder / "log").read_text().splitlines()[0] == "17=0 27=0 22=0 23=0"


def test_a_killed_station_leaves_red(box: Box) -> None:
    box.holder()
    station = box.station(Lamp.GREEN)
    station.kill()
    until(lambda: box.shows(Lamp.RED), "red after kill -9 of the station")


def test_a_station_that_hangs_leaves_red_although_its_connection_stands(box: Box) -> None:
    box.holder()
    station = box.station(Lamp.GREEN)
    station.send_signal(signal.SIGSTOP)
    until(lambda: box.shows(Lamp.RED), "red after the heartbeat stopped")


def test_a_new_station_takes_over_after_a_hanging_one_and_its_green_does_not_come_back(box: Box) -> None:
    box.holder()
    station = box.station(Lamp.GREEN)
    station.send_signal(signal.SIGSTOP)
    until(lambda: box.shows(Lamp.RED), "red after the heartbeat stopped")
    box.station(Lamp.YELLOW)
    station.send_signal(signal.SIGCONT)
    time.sleep(0.7)  # past the old station's next beat
    assert box.board.burning == {Lamp.YELLOW}


def test_a_lamp_holder_that_is_told_to_stop_leaves_red(box: Box) -> None:
    holder = box.holder()
    box.station(Lamp.GREEN)
    holder.terminate()
    assert holder.wait(timeout=20) == 0
    assert box.board.burning == {Lamp.RED}
    assert not box.socket.exists()


def guard_of(holder: "subprocess.Popen[str]") -> int:
    """The process id of a holder's guard: its one child."""
    return int(Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text("ascii"))


def test_a_killed_lamp_holder_leaves_red_before_any_program_is_started(box: Box) -> None:
    holder = box.holder()
    box.station(Lamp.GREEN)
    holder.kill()
    until(lambda: box.shows(Lamp.RED), "red by the guard")


def test_a_lamp_holder_that_hangs_leaves_red_and_knows_it_when_it_goes_on(box: Box) -> None:
    holder = box.holder()
    box.station(Lamp.GREEN)
    holder.send_signal(signal.SIGSTOP)
    until(lambda: box.shows(Lamp.RED), "red by the guard")
    holder.send_signal(signal.SIGCONT)
    until(lambda: box.answers() and holder_state(box.socket).told is Lamp.RED, "red is what it says, too")
    assert box.board.burning == {Lamp.RED}


def test_a_lamp_holder_whose_guard_has_gone_ends_and_leaves_red(box: Box) -> None:
    holder = box.holder()
    box.station(Lamp.GREEN)
    os.kill(guard_of(holder), signal.SIGKILL)
    assert holder.wait(timeout=20) == 2
    assert box.board.burning == {Lamp.RED}
    assert holder.stdout is not None
    assert "the lamps' guard is gone" in holder.stdout.read()


@pytest.mark.parametrize("note", ["left by the holder", "lost", "spoiled"])
def test_with_the_guard_killed_too_the_service_drives_red(box: Box, note: str) -> None:
    holder = box.holder()
    box.station(Lamp.GREEN)
    guard = guard_of(holder)
    os.kill(guard, signal.SIGSTOP)
    holder.kill()
    holder.wait()
    os.kill(guard, signal.SIGKILL)
    assert box.board.burning == {Lamp.GREEN}, "the board must play a Pi, whose lines stay as they were"
    file = box.socket.with_name(NOTE)
    if note == "lost":
        file.unlink()
    elif note == "spoiled":
        file.write_text("{", "utf-8")
    until(lambda: box.stop_post() == "red\n", "the lines are free")
    assert box.board.burning == {Lamp.RED}


def test_the_shortest_way_to_red_imports_nothing_large(box: Box) -> None:
    told = box.start(sys.executable, "-P", "-c", "import hardware.lamps.red, sys; print(*sys.modules)")
    loaded = told.communicate(timeout=60)[0].split()
    assert "hardware.lamps.red" in loaded
    assert {"pydantic", "click", "numpy", "checkpoint", "asyncio"}.isdisjoint(loaded)


def test_a_station_finds_the_lamp_holder_again_and_shows_no_old_green(box: Box) -> None:
    holder = box.holder()
    lamps = HeldLamps(box.socket, beat_s=0.05)
    lamps.show(Lamp.GREEN)
    holder.kill()
    holder.wait()
    until(lambda: lamps.shown is Lamp.RED, "the station notices")
    with pytest.raises(LampError):
        lamps.state()
    with pytest.raises(LampError, match="no lamp-holder"):
        lamps.show(Lamp.GREEN)
    box.holder()
    until(lambda: _works(lamps), "the station is connected again")
    assert (lamps.shown, box.board.burning) == (Lamp.RED, {Lamp.RED})
    lamps.show(Lamp.YELLOW)
    assert box.board.burning == {Lamp.YELLOW}
    lamps.close()
    assert box.board.burning == {Lamp.RED}


def _works(lamps: HeldLamps) -> bool:
    try:
        lamps.state()
    except LampError:
        return False
    return True


def test_only_one_station_drives(box: Box) -> None:
    box.holder()
    station = box.station(Lamp.YELLOW)
    other = HolderLink(box.socket)
    with pytest.raises(LampError, match=f"driven by pid {station.pid}"):
        other.ask(Request("show", Lamp.GREEN))
    other.close()
    assert box.board.burning == {Lamp.YELLOW}


def test_who_only_asks_does_not_drive_and_may_go(box: Box) -> None:
    box.holder()
    box.station(Lamp.GREEN)
    assert holder_state(box.socket).told is Lamp.GREEN
    assert box.run("state").stdout == "told: green; burning: not sensed\n"
    assert box.board.burning == {Lamp.GREEN}


def test_rubbish_on_the_socket_is_answered_and_harms_nobody(box: Box) -> None:
    box.holder()
    box.station(Lamp.GREEN)
    for rubbish in (b"{", b"[]", b'{"do": "burn"}', b'{"do": "show", "lamp": "blue"}', b"\xff" * 1000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
            link.connect(str(box.socket))
            link.send(rubbish)
            assert b"not a request" in link.recv(1024)
    assert box.board.burning == {Lamp.GREEN}


def test_a_second_lamp_holder_does_not_start(box: Box) -> None:
    box.holder()
    second = box.run("hold")
    assert second.returncode == 2
    assert "busy" in second.stderr


def test_a_lamp_can_be_tried_by_hand(box: Box) -> None:
    box.holder()
    tried = box.run("try", "yellow", "--seconds", "0.1")
    assert (tried.returncode, tried.stdout) == (0, "yellow for 0.1 s, now red\n")
    log = (box.board.folder / "log").read_text()
    assert "27=1" in log
    until(lambda: box.shows(Lamp.RED), "red after the trial")


def test_after_a_station_has_ended_its_service_rests_the_lamps(box: Box) -> None:
    box.holder()
    box.station(Lamp.GREEN).kill()
    until(lambda: box.run("rest").returncode == 0, "the lamps are free for `rest`")
    assert box.board.burning == {Lamp.RED}


def test_without_a_lamp_holder_one_line_says_so(box: Box) -> None:
    asked = box.run("state")
    assert asked.returncode == 2
    assert asked.stderr.startswith(f"Error: no lamp-holder at {box.socket}")


@pytest.mark.parametrize("packet", [b"", b"null", b'{"told": "green"}', b"[" * 1000])
def test_an_answer_that_is_none_is_an_error(packet: bytes) -> None:
    with pytest.raises(LampError):
        decode_answer(packet)


def test_a_request_says_what_it_is() -> None:
    request = Request("show", Lamp.FAULT, sound=True)
    assert decode_request(request.encode()) == request
