"""Installing, updating, rolling back and removing a station, in a throw-away copy of this system."""

import subprocess
from pathlib import Path

import pytest

from tests.data import REPOSITORY
from tests.systemd.throwaway import in_throwaway

INSTALL = "systemd/install.sh install --no-packages"
NEWER = "echo '# newer' >>checkpoint/__init__.py"


@pytest.fixture
def after(tmp_path: Path):  # type: ignore[no-untyped-def]  # a function of a script
    """A function that returns the lines which shell commands print in a throw-away system; all must succeed."""

    def run(script: str) -> list[str]:
        done = in_throwaway(tmp_path, f"set -e; {script}")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()

    return run


def test_one_command_installs_programs_units_users_and_a_configuration(after) -> None:  # type: ignore[no-untyped-def]
    told = after(
        f"{INSTALL} >/dev/null; readlink /opt/checkpoint/current; checkpoint hello; ls /etc/checkpoint; "
        "stat -c '%U %a' /var/lib/checkpoint; id -nG checkpoint; id -nG checkpoint-lamps; "
        "systemctl is-enabled checkpoint-station checkpoint-lamps checkpoint-sync.timer checkpoint-backup.timer; "
        "ls /etc/udev/rules.d/60-checkpoint-gpio.rules /etc/systemd/system.conf.d/60-checkpoint.conf"
    )
    release = told[0].removeprefix("releases/")
    assert release.startswith("0.1.0-")
    assert told[1] == f"/opt/checkpoint/releases/{release} hello"
    assert told[2:4] == ["station.toml", "checkpoint 750"]
    assert set(told[4].split()) == {"checkpoint", "video"}
    assert set(told[5].split()) == {"checkpoint-lamps", "gpio", "checkpoint"}
    assert told[6:10] == ["enabled"] * 4


def test_only_locked_wheels_are_installed(after) -> None:  # type: ignore[no-untyped-def]
    asked = after(f"{INSTALL} >/dev/null; cat /srv/pip")
    assert "--require-hashes --no-deps --only-binary :all:" in asked[0]
    assert "requirements/base.txt" in asked[0]


def test_a_second_run_changes_nothing(after) -> None:  # type: ignore[no-untyped-def]
    told = after(
        f"{INSTALL} >/dev/null; touch /srv/mark; sleep 0.05; rm /srv/pip; {INSTALL}; "
        "find /opt /usr/lib/sysusers.d /usr/local /var/lib/checkpoint /etc/checkpoint /etc/udev /etc/systemd/system "
        "-type f -newer /srv/mark; ls /srv/pip 2>&1 || true"
    )
    assert any("is installed already; nothing changed" in line for line in told)
    assert [line for line in told if line.startswith("/")] == []
    assert "No such file" in told[-1], "pip was asked although nothing had changed"


def test_an_edited_configuration_is_kept(after) -> None:  # type: ignore[no-untyped-def]
    told = after(
        f"{INSTALL} >/dev/null; echo '# mine' >>/etc/checkpoint/station.toml; {NEWER}; {INSTALL} >/dev/null; "
        "tail -n 1 /etc/checkpoint/station.toml"
    )
    assert told == ["# mine"]


def test_an_update_can_be_rolled_back_and_forth(after) -> None:  # type: ignore[no-untyped-def]
    told = after(
        f"{INSTALL} >/dev/null; readlink /opt/checkpoint/current; {NEWER}; {INSTALL} >/dev/null; "
        "readlink /opt/checkpoint/current; systemd/install.sh rollback >/dev/null; readlink /opt/checkpoint/current; "
        "systemd/install.sh rollback >/dev/null; readlink /opt/checkpoint/current; systemd/install.sh status"
    )
    first, second = told[:2]
    assert first != second
    assert told[2:4] == [first, second]
    old, new = first.removeprefix("releases/"), second.removeprefix("releases/")
    assert told[4] == f"checkpoint: current {new}, previous {old}"


def test_a_rollback_brings_the_old_units_back(after) -> None:  # type: ignore[no-untyped-def]
    told = after(
        f"{INSTALL} >/dev/null; echo '# newer' >>systemd/checkpoint-sync.timer; {NEWER}; {INSTALL} >/dev/null; "
        "tail -n 1 /etc/systemd/system/checkpoint-sync.timer; systemd/install.sh rollback >/dev/null; "
        "grep -c newer /etc/systemd/system/checkpoint-sync.timer || true"
    )
    assert told == ["# newer", "0"]


def test_no_more_than_two_versions_fill_the_card(after) -> None:  # type: ignore[no-untyped-def]
    told = after(f"for n in 1 2 3; do {INSTALL} >/dev/null; {NEWER}; done; ls /opt/checkpoint/releases | wc -l")
    assert told == ["2"]


def test_an_update_that_fails_leaves_the_version_in_use(after) -> None:  # type: ignore[no-untyped-def]
    told = after(
        f"{INSTALL} >/dev/null; readlink /opt/checkpoint/current; {NEWER}; touch /srv/no-network; "
        f"{INSTALL} 2>&1 >/dev/null || echo failed; readlink /opt/checkpoint/current; "
        f"rm /srv/no-network; {INSTALL} >/dev/null; readlink /opt/checkpoint/current"
    )
    assert "could not be installed (no network?): ERROR: no network" in told[1]
    assert told[2] == "failed"
    assert told[3] == told[0]
    assert told[4] != told[0]


def test_uninstalling_keeps_the_journal_unless_it_is_to_be_purged(after) -> None:  # type: ignore[no-untyped-def]
    told = after(
        f"{INSTALL} >/dev/null; touch /var/lib/checkpoint/journal; systemd/install.sh uninstall >/dev/null; "
        "ls /var/lib/checkpoint /etc/checkpoint; ls /opt/checkpoint /etc/systemd/system/checkpoint-* 2>/dev/null || "
        "echo gone; systemd/install.sh uninstall --purge >/dev/null; ls /var/lib/checkpoint 2>/dev/null || echo purged"
    )
    assert told == ["/etc/checkpoint:", "station.toml", "", "/var/lib/checkpoint:", "journal", "gone", "purged"]


def test_missing_packages_are_asked_of_apt_and_no_others(after) -> None:  # type: ignore[no-untyped-def]
    told = after(
        "cd /usr/local/bin; printf '#!/bin/sh\\n' >dpkg-query; "
        "printf '#!/bin/sh\\n[ \"$2\" != rpicam-apps-lite ]\\n' >apt-cache; "
        "printf '#!/bin/sh\\necho \"$@\" >>/srv/apt\\n' >apt-get; chmod 755 dpkg-query apt-cache apt-get; "
        "cd /srv/checkpoint; systemd/install.sh >/dev/null; cat /srv/apt"
    )
    assert told == [
        "install -y -qq --no-install-recommends python3 python3-venv ca-certificates libzbar0t64",
    ]


def test_another_system_is_refused_in_one_line(tmp_path: Path) -> None:
    told = in_throwaway(tmp_path, f"printf 'ID=fedora\\nVERSION_ID=40\\n' >/etc/os-release; {INSTALL}")
    assert told.returncode == 1
    assert told.stderr == "checkpoint: made for Raspberry Pi OS and Debian 12 or 13, not for: fedora \n"


def test_an_older_debian_is_refused_in_one_line(tmp_path: Path) -> None:
    told = in_throwaway(tmp_path, f"printf 'ID=debian\\nVERSION_ID=11\\n' >/etc/os-release; {INSTALL}")
    assert told.returncode == 1
    assert "12 (bookworm) or newer, not 11" in told.stderr


def test_there_is_nothing_to_roll_back_to_at_first(tmp_path: Path) -> None:
    told = in_throwaway(tmp_path, f"{INSTALL} >/dev/null; systemd/install.sh rollback")
    assert told.returncode == 1
    assert told.stderr == "checkpoint: there is no version before this one\n"


@pytest.mark.parametrize("words", [["--help"], ["-h"]])
def test_help_says_what_can_be_done_and_needs_no_root(words: list[str]) -> None:
    told = subprocess.run(
        [str(REPOSITORY / "systemd" / "install.sh"), *words], capture_output=True, text=True, check=True, timeout=10
    )
    for action in ("update", "rollback", "uninstall", "--purge", "--wheels"):
        assert action in told.stdout


def test_a_word_it_does_not_know_is_said() -> None:
    told = subprocess.run(
        [str(REPOSITORY / "systemd" / "install.sh"), "instal"], capture_output=True, text=True, check=False, timeout=10
    )
    assert (told.returncode, told.stderr.split(";")[0][:27]) == (1, "checkpoint: what is 'instal")
