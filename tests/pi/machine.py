"""An emulated Raspberry Pi 3: booted from a card, spoken to over its serial line, its GPIO lines read from outside.

The lines are read where the chip has them, by QEMU's monitor: nothing in the guest can tell a lie about them.
"""

import re
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

GPLEV0 = 0x3F200034  # BCM2835 ARM peripherals, 6.1: the level of GPIO 0 to 31, on a Pi 3's address
QEMU = "qemu-system-aarch64"
# QEMU's Pi resets the moment its watchdog is armed, so the installed RuntimeWatchdogSec is overridden here.
COMMAND_LINE = (
    "console=ttyS1,115200 root=/dev/mmcblk0 rw quiet loglevel=3 panic=-1 "
    "systemd.show_status=false systemd.watchdog_sec=0"
)
LAMPS = {"red": 17, "yellow": 27, "green": 22}


class Trouble(Exception):  # noqa: N818  the word says what happened
    """The emulated Pi did not do what it must."""


@dataclass
class Pi:
    """One boot of the machine in `cache` from `card`; `log` keeps all that the serial line said."""

    cache: Path
    card: Path
    log: Path
    target: str = "multi-user.target"
    _process: "subprocess.Popen[bytes] | None" = None
    _serial: socket.socket | None = None
    _monitor: socket.socket | None = None
    _heard: bytearray = field(default_factory=bytearray)
    _orders: int = 0

    def boot(self, timeout_s: float) -> float:
        """Start it, and wait until its shell answers; return the seconds it took."""
        began = time.monotonic()
        folder = self.log.parent
        serial, monitor = folder / "serial.sock", folder / "monitor.sock"
        for path in (serial, monitor):
            path.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                *("nice", "-n", "5", QEMU, "-M", "raspi3b", "-m", "1G", "-smp", "4"),
                *("-kernel", str(self.cache / "vmlinuz"), "-initrd", str(self.cache / "initrd.gz")),
                *("-dtb", str(self.cache / "pi3.dtb"), "-drive", f"file={self.card},if=sd,format=raw"),
                *("-append", f"{COMMAND_LINE} systemd.unit={self.target}"),
                *("-serial", "null", "-serial", f"unix:{serial},server=on,wait=off"),
                *("-monitor", f"unix:{monitor},server=on,wait=off", "-display", "none", "-no-reboot"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._serial, self._monitor = _connected(serial), _connected(monitor)
        self._serial.settimeout(0.2)
        self._monitor.settimeout(10)
        self._read_monitor()
        end = began + timeout_s
        while time.monotonic() < end:
            try:
                self.run("stty -echo", 30)
            except Trouble:
                if self._process.poll() is not None:
                    raise
                continue
            return time.monotonic() - began
        raise Trouble(f"no shell after {timeout_s:.0f} s; see {self.log}")

    def run(self, command: str, timeout_s: float = 300.0) -> str:
        """Run a shell command in the guest; return what it printed, raise `Trouble` where it failed."""
        self._orders += 1
        mark = f"o{self._orders}"
        del self._heard[:]
        self._send(f'{command}\necho "@@$? {mark}@@"\n')
        found = self._wait_for(lambda text: re.search(rf"@@(\d+) {mark}@@", text), timeout_s, command)
        text = self._heard.decode(errors="replace").replace("\r", "")
        said = text[: text.index(f"@@{found[1]} {mark}@@")].strip()
        if found[1] != "0":
            raise Trouble(f"`{command}` ended with {found[1]}: {said[-500:]}")
        return said

    def begin(self, command: str) -> None:
        """Start a command in the guest and do not wait for it."""
        del self._heard[:]
        self._send(f"{command}\n")

    def listen(self, until: Callable[[str], object], timeout_s: float, what: str) -> str:
        """Wait until what the guest said since the last order satisfies `until`; return all of it."""
        self._wait_for(until, timeout_s, what)
        return self._heard.decode(errors="replace").replace("\r", "")

    @property
    def levels(self) -> int:
        """The levels of GPIO 0 to 31, one bit each, read from the chip's register."""
        assert self._monitor is not None
        self._monitor.sendall(f"xp /1wx 0x{GPLEV0:x}\n".encode())
        found = re.search(r": 0x([0-9a-f]{8})", self._read_monitor())
        if found is None:
            raise Trouble("QEMU's monitor does not tell the GPIO levels")
        return int(found[1], 16)

    @property
    def burning(self) -> set[str]:
        """The lamps that burn: red on a normally closed contact, the others on open ones."""
        levels = self.levels
        on = {lamp for lamp, pin in LAMPS.items() if levels >> pin & 1}
        return on ^ {"red"}

    def wait_until_burns(self, lamp: str, timeout_s: float) -> float:
        """Wait until `lamp` and no other burns; return the seconds it took."""
        began = time.monotonic()
        while self.burning != {lamp}:
            if time.monotonic() - began > timeout_s:
                raise Trouble(f"{lamp} does not burn after {timeout_s:.0f} s but {sorted(self.burning) or 'nothing'}")
            time.sleep(0.05)
        return time.monotonic() - began

    def cut_power(self) -> None:
        """End the machine as a pulled plug does: nothing in the guest is told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        for link in (self._serial, self._monitor):
            if link is not None:
                link.close()

    def shut_down(self) -> None:
        """End the machine after the guest has written everything."""
        self.run("sync")
        self.cut_power()

    def _send(self, text: str) -> None:
        assert self._serial is not None
        self._serial.sendall(text.encode())

    def _wait_for(self, found: Callable[[str], object], timeout_s: float, what: str) -> "re.Match[str]":
        assert self._serial is not None
        assert self._process is not None
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise Trouble(f"QEMU has ended during: {what}")
            try:
                heard = self._serial.recv(65536)
            except TimeoutError:
                heard = b""
            if heard:
                self._heard += heard
                with self.log.open("ab") as log:
                    log.write(heard)
            match = found(self._heard.decode(errors="replace"))
            if match:
                return match  # type: ignore[return-value]  # whatever the caller's condition returns
        raise Trouble(f"no answer after {timeout_s:.0f} s to: {what}; see {self.log}")

    def _read_monitor(self) -> str:
        assert self._monitor is not None
        heard = b""
        while not heard.endswith(b"(qemu) "):
            heard += self._monitor.recv(4096)
        return heard.decode(errors="replace")


def _connected(path: Path, timeout_s: float = 30.0) -> socket.socket:
    end = time.monotonic() + timeout_s
    while True:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.connect(str(path))
        except OSError as error:
            link.close()
            if time.monotonic() > end:
                raise Trouble(f"QEMU does not open {path}: {error}") from error
            time.sleep(0.1)
        else:
            return link
