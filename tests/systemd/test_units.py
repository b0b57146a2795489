"""The services as systemd sees them: without a word of complaint, and with little that they may do."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import repository
from tests.data import REPOSITORY
from tests.systemd.throwaway import in_throwaway

UNITS = REPOSITORY / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
MOST_EXPOSED = 2.0  # of 10, by systemd's own count

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze: apt install systemd"
)


def text(name: str) -> str:
    return (UNITS / name).read_text("utf-8")


@needs_systemd
def test_systemd_has_nothing_to_complain_of(tmp_path: Path) -> None:
    installed = in_throwaway(
        tmp_path,
        "systemd/install.sh --no-packages >/dev/null && cd /etc/systemd/system && "
        "systemd-analyze verify --man=no checkpoint-*.timer checkpoint-station.service checkpoint-lamps.service "
        "checkpoint-sync.service checkpoint-backup.service checkpoint-failure@checkpoint-sync.service",
    )
    assert (installed.stderr, installed.stdout, installed.returncode) == ("", "", 0)


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_a_service_may_do_little(unit: Path) -> None:
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told.stdout)
    assert found is not None, told.stderr
    assert float(found[1]) <= MOST_EXPOSED


def test_a_crashed_service_starts_again_however_often_it_crashes() -> None:
    for name in ("checkpoint-station.service", "checkpoint-lamps.service"):
        assert "Restart=always" in text(name)
        assert "StartLimitIntervalSec=0" in text(name)
        assert re.search(r"^WatchdogSec=\d+$", text(name), re.M)


def test_red_follows_whatever_ends_the_lamp_holder_or_the_station() -> None:
    assert (
        "ExecStopPost=/opt/checkpoint/current/bin/python -P -m hardware.lamps.red /run/checkpoint-lamps/red.json"
        in text("checkpoint-lamps.service")
    )
    assert "ExecStopPost=-/opt/checkpoint/current/bin/checkpoint-lamps rest" in text("checkpoint-station.service")


def test_the_box_restarts_when_its_system_hangs_within_what_the_chip_can_count() -> None:
    found = re.search(r"^RuntimeWatchdogSec=(\d+)$", text("checkpoint-watchdog.conf"), re.M)
    assert found is not None
    assert int(found[1]) <= 15


def test_every_station_sends_in_a_slot_of_its_own_that_stays_the_same() -> None:
    timer = text("checkpoint-sync.timer")
    assert "FixedRandomDelay=yes" in timer
    assert "RandomizedDelaySec=3h" in timer


def test_every_unit_that_fails_is_noted_and_its_next_success_clears_it() -> None:
    for name in ("checkpoint-station.service", "checkpoint-sync.service", "checkpoint-backup.service"):
        assert "OnFailure=checkpoint-failure@%N.service" in text(name)
        assert "ExecStartPost=-/bin/rm -f /var/lib/checkpoint/failures/%N" in text(name)


def test_the_shipped_configuration_is_one(tmp_path: Path) -> None:
    from station.config import load_config

    config = load_config(UNITS / "station.toml")
    assert config.lamps.driver == "holder"
    assert not config.demo
    assert config.clock.source == "system"


SHELL = [*repository.files(".sh"), REPOSITORY / ".ci" / "run"]


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="no shellcheck: apt install shellcheck")
@pytest.mark.parametrize("script", SHELL, ids=repository.relative)
def test_shellcheck_finds_nothing_wrong(script: Path) -> None:
    told = subprocess.run(
        ["shellcheck", "--severity=warning", str(script)], capture_output=True, text=True, check=False, timeout=60
    )
    assert told.stdout == ""
