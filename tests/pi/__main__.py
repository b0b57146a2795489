"""`make pi`: the installed station on an emulated Raspberry Pi 3, step by step, with the time each took.

    python -m tests.pi [--cuts 10] [--patience 3]

Needs root, Debian, QEMU and debootstrap; without one of them it says so and ends with 0, as a skipped test does. What
is built lies in ${XDG_CACHE_HOME:-~/.cache}/checkpoint-pi and is used again.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.data import REPOSITORY
from tests.pi.machine import QEMU, Pi, Trouble

HERE = REPOSITORY / "tests" / "pi"
PYTHON = "/opt/checkpoint/current/bin/python"
AS_STATION = f"cd /var/lib/checkpoint && runuser -u checkpoint -- {PYTHON}"
NEEDED = {
    QEMU: "qemu-system-arm",
    "qemu-aarch64-static": "qemu-user-static",
    "debootstrap": "debootstrap",
    "fdtput": "device-tree-compiler",
    "mke2fs": "e2fsprogs",
    "depmod": "kmod",
    "cpio": "cpio",
    "xz": "xz-utils",
}


def why_not() -> str:
    """Return why this cannot be run here; empty where it can."""
    if os.geteuid() != 0:
        return "needs root"
    missing = [package for tool, package in NEEDED.items() if shutil.which(tool) is None]
    return f"needs: apt install {' '.join(missing)}" if missing else ""


class Steps:
    """Prints what is done and how long it took."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    @contextmanager
    def step(self, what: str) -> Iterator[list[str]]:
        """Do one step; what is put into the list is printed beside its time."""
        began = time.monotonic()
        print(f"      {what} ...", flush=True)
        said: list[str] = []
        try:
            yield said
        except Trouble as error:
            print(f"FAIL  {what}: {error}", flush=True)
            raise
        print(f"ok    {time.monotonic() - began:7.1f} s  {what}{': ' if said else ''}{'; '.join(said)}", flush=True)


class Run:
    """One whole run on a copy of the card."""

    def __init__(self, cache: Path, folder: Path, patience: float) -> None:
        self.cache, self.folder, self.patience = cache, folder, patience
        self.card = folder / "card.img"
        self.log = folder / "serial.log"
        self.steps = Steps()
        self.acknowledged = 0
        shutil.copyfile(cache / "card.img", self.card)

    def pi(self, target: str = "multi-user.target") -> Pi:
        return Pi(self.cache, self.card, self.log, target)

    def s(self, seconds: float) -> float:
        """Return a time limit, longer on a busy machine."""
        return seconds * self.patience

    def services(self) -> None:
        """Boot with everything, and see lamps, station and watchdog at work."""
        step, pi = self.steps.step, self.pi()
        try:
            with step("boot systemd on a Pi 3 B") as said:
                said.append(f"shell after {pi.boot(self.s(240)):.0f} s")
                said.append(pi.run("uname -sm; cat /proc/device-tree/model | tr -d '\\0'").replace("\n", ", "))
            with step("red from boot, by the installed lamp-holder") as said:
                said.append(f"at work after {self.until_active(pi, 'checkpoint-lamps'):.0f} s")
                pi.wait_until_burns("red", self.s(60))
                said.append(pi.run("checkpoint-lamps state", self.s(120)))
                said.append(f"memory {_megabytes(pi, 'checkpoint-lamps')} MB")
            with step("an officer, a trust list and pictures") as said:
                # The box has no clock: it is set as an officer would, before anything is signed.
                pi.run(f"date -u -s @{int(time.time())} >/dev/null")
                said.append(pi.run(f"{AS_STATION} /srv/pi/prepare.py", self.s(300)))
                pi.run("cp /srv/pi/pictures/empty.png /srv/pi/lane/a.png && chown -R checkpoint: /srv/pi/lane")
                pi.run("systemctl restart --no-block checkpoint-station")
                said.append(f"station at work after {self.until_active(pi, 'checkpoint-station'):.0f} s")
                said.append(f"memory {_megabytes(pi, 'checkpoint-station')} MB")
            with step("the officer logs in and confirms the time"):
                pi.run(f"{PYTHON} /srv/pi/officer.py time", self.s(300))
                assert_burns(pi, "red")
            with step("a code before the camera drives the GPIO lines to green") as said:
                said.append(f"{self.show(pi, 'traveller-1', 'green'):.1f} s from picture to lamp")
            with step("a killed station turns them to red, and is started again") as said:
                pid = _main_pid(pi, "checkpoint-station")
                pi.run(f"kill -9 {pid}")
                said.append(f"red after {pi.wait_until_burns('red', self.s(20)):.1f} s")
                said.append(self.restarted(pi, pid))
            with step("a killed lamp-holder: its guard drives red, and its service starts it again") as said:
                self.next_vehicle(pi)
                self.show(pi, "traveller-2", "green")
                holder = _main_pid(pi, "checkpoint-lamps")
                pi.run(f"kill -9 {holder}")
                said.append(f"red after {pi.wait_until_burns('red', self.s(20)):.1f} s")
                said.append(self.restarted(pi, holder, "checkpoint-lamps"))
            with step("lamp-holder and guard killed at once: the service drives red") as said:
                self.next_vehicle(pi)
                self.show(pi, "traveller-3", "green")
                holder = _main_pid(pi, "checkpoint-lamps")
                # Stopped first, so that it cannot wake between the two.
                pi.run(f"guard=$(pgrep -P {holder}) && kill -STOP $guard && kill -9 {holder} $guard")
                said.append(f"red after {pi.wait_until_burns('red', self.s(60)):.1f} s")
                said.append(self.restarted(pi, holder, "checkpoint-lamps"))
            with step("a station that hangs: red by its heartbeat, started again by the watchdog") as said:
                self.next_vehicle(pi)
                self.show(pi, "traveller-4", "green")
                pid = _main_pid(pi, "checkpoint-station")
                pi.run(f"kill -STOP {pid}")
                said.append(f"red after {pi.wait_until_burns('red', self.s(30)):.1f} s")
                said.append(self.restarted(pi, pid, seconds=500))
                found = pi.run("journalctl -b -u checkpoint-station --no-pager | grep -c -i watchdog || true")
                said.append(f"{found} lines of the watchdog in the log")
            with step("doctor finds its way about") as said:
                told = pi.run("checkpoint doctor || [ $? = 1 ]", self.s(300))
                said.append(
                    ", ".join(f"{line.split()[1]} {line.split()[0]}" for line in told.splitlines() if line.strip())
                )
            pi.shut_down()
        except Trouble:
            self.last_words(pi)
            raise
        finally:
            pi.cut_power()

    def last_words(self, pi: Pi) -> None:
        """Print what the services' log says, where the guest still answers."""
        try:
            print(pi.run("journalctl -b -u 'checkpoint-*' -n 60 --no-pager -o cat", self.s(60)), flush=True)
        except Trouble as error:
            print(f"(and the guest does not answer any more: {error})", flush=True)

    def next_vehicle(self, pi: Pi) -> None:
        """The lane is empty again; the officer, after a restart, confirms the time and asks for the next."""
        pi.run("cp /srv/pi/pictures/empty.png /srv/pi/.b.png && mv /srv/pi/.b.png /srv/pi/lane/a.png")
        pi.run(f"{PYTHON} /srv/pi/officer.py time next", self.s(300))
        pi.wait_until_burns("red", self.s(60))

    def show(self, pi: Pi, picture: str, lamp: str) -> float:
        """Hold a picture before the folder camera; return the seconds until `lamp` burns."""
        pi.run(f"cp /srv/pi/pictures/{picture}.png /srv/pi/.b.png && mv /srv/pi/.b.png /srv/pi/lane/a.png")
        return pi.wait_until_burns(lamp, self.s(120))

    def until_active(self, pi: Pi, unit: str, seconds: float = 300) -> float:
        """Wait until a service says that it is ready; return the seconds it took."""
        began = time.monotonic()
        while (state := pi.run(f"systemctl show -p ActiveState --value {unit}")) != "active":
            if time.monotonic() - began > self.s(seconds):
                raise Trouble(f"{unit} is {state}: {pi.run(f'journalctl -b -n 20 --no-pager -u {unit}')}")
            time.sleep(2)
        return time.monotonic() - began

    def restarted(self, pi: Pi, pid: str, unit: str = "checkpoint-station", seconds: float = 300) -> str:
        """Wait until a service is at work as another process; say how long that took."""
        began = time.monotonic()
        while time.monotonic() - began < self.s(seconds):
            state = pi.run(f"systemctl show -p ActiveState -p MainPID --value {unit} | tr '\\n' ' '").split()
            if "active" in state and pid not in state:
                return f"started again after {time.monotonic() - began:.0f} s"
            time.sleep(2)
        raise Trouble(f"{unit} was not started again")

    def power_cuts(self, cuts: int, seed: int) -> None:
        """Cut the power in the middle of writing, again and again; nothing acknowledged may be missing."""
        chance = random.Random(seed)
        acks: list[str] = []
        for cut in range(1, cuts + 2):
            pi = self.pi("pi-quiet.target")
            try:
                with self.steps.step(
                    f"boot after cut {cut - 1}: everything acknowledged is there" if acks else "boot to write"
                ) as said:
                    said.append(f"shell after {pi.boot(self.s(240)):.0f} s")
                    if acks:
                        said.append(self.verified(pi, acks))
                if cut > cuts:
                    return
                with self.steps.step(f"cut {cut} in the middle of writing") as said:
                    wanted = chance.randint(3, 25)
                    pi.begin(f"{AS_STATION} /srv/pi/writer.py")
                    pi.listen(lambda text, wanted=wanted: text.count("ACK ") >= wanted, self.s(400), "writing")
                    time.sleep(chance.uniform(0.0, 0.5))
                    heard = pi.listen(lambda _text: True, 5, "the last words")
                    pi.cut_power()
                    new = re.findall(r"ACK \d+ [0-9a-f]{64}\n", heard)
                    acks += [line.strip() for line in new]
                    self.acknowledged = len(acks)
                    said.append(f"{len(new)} events acknowledged, {len(acks)} in all")
            finally:
                pi.cut_power()

    def verified(self, pi: Pi, acks: list[str]) -> str:
        """Have the guest compare what is there with what was acknowledged."""
        pi.run("cat >/tmp/acks <<'END'\n" + "\n".join(acks) + "\nEND", self.s(120))
        told = pi.run(f"{AS_STATION} /srv/pi/writer.py check /tmp/acks", self.s(300))
        found = re.search(r"KEPT (\d+) (\d+)", told)
        if found is None or found[2] != "0":
            raise Trouble(f"of {len(acks)} acknowledged events {found[2] if found else '?'} are lost: {told[-300:]}")
        return f"chain of {found[1]} events whole, {len(acks)} acknowledged, 0 lost"


def assert_burns(pi: Pi, lamp: str) -> None:
    """Raise where not exactly `lamp` burns now."""
    if pi.burning != {lamp}:
        raise Trouble(f"{sorted(pi.burning)} burn, not {lamp}")


def _main_pid(pi: Pi, unit: str) -> str:
    return pi.run(f"systemctl show -p MainPID --value {unit}").split()[-1]


def _megabytes(pi: Pi, unit: str) -> str:
    told = pi.run(f"grep VmRSS /proc/{_main_pid(pi, unit)}/status")
    return f"{int(told.split()[-2]) / 1024:.0f}"


def main() -> int:
    """Build what is missing, then run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=10, help="power cuts (default 10)")
    parser.add_argument("--patience", type=float, default=3.0, help="factor on all time limits, for a busy machine")
    parser.add_argument("--seed", type=int, default=20220320, help="of the moments of the cuts")
    parser.add_argument("--only", choices=["services", "cuts"], help="one half of the run")
    options = parser.parse_args()
    if reason := why_not():
        print(f"skipped: the emulated Pi {reason}")
        return 0
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "checkpoint-pi"
    began = time.monotonic()
    for script in ("base.sh", "image.sh"):
        made = subprocess.run([str(HERE / script), str(cache)], cwd=REPOSITORY, check=False)
        if made.returncode:
            print(f"FAIL  {script}", file=sys.stderr)
            return 1
    print(f"ok    {time.monotonic() - began:7.1f} s  card made, or made before", flush=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="run.") as folder:
        run = Run(cache, Path(folder), options.patience)
        try:
            if options.only != "cuts":
                run.services()
            if options.only != "services":
                run.power_cuts(options.cuts, options.seed)
        except Trouble:
            kept = cache / "last-serial.log"
            shutil.copyfile(run.log, kept)
            print(f"the serial line's log: {kept}", file=sys.stderr)
            return 1
    kept = "" if options.only == "services" else f"; {run.acknowledged} acknowledged events, none lost"
    print(f"passed in {time.monotonic() - began:.0f} s{kept}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
