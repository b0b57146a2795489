"""The service manager's watchdog is fed only while nothing hangs."""

import socket
import threading
from pathlib import Path

import pytest

from checkpoint.notify import notify, watchdog_s
from station.watchdog import Watchdog, long_work


def fed(*looks: str) -> list[str]:
    """Return what the service manager is told when the looks say this."""
    told: list[str] = []

    def tell(*lines: str) -> bool:
        told.extend(lines)
        return True

    Watchdog([lambda said=said: said for said in looks], every_s=60, tell=tell).look()
    return told


def test_it_is_fed_while_everything_is_at_work() -> None:
    assert fed("", "", "") == ["WATCHDOG=1"]


@pytest.mark.parametrize("looks", [("live-gate hangs for 21 s", "", ""), ("", "", "lamps not asked")])
def test_it_is_not_fed_while_anything_hangs(looks: tuple[str, ...]) -> None:
    assert fed(*looks) == []


def test_a_look_that_breaks_is_a_reason_not_to_feed() -> None:
    told: list[str] = []

    def broken() -> str:
        raise OSError("the disk is gone")

    watchdog = Watchdog([broken], every_s=60, tell=lambda *lines: bool(told.extend(lines)))
    assert "the disk is gone" in watchdog.look()
    assert told == []


def test_the_service_manager_hears_by_its_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        assert notify("READY=1", "STATUS=red")
        assert manager.recv(100) == b"READY=1\nSTATUS=red"


def test_without_a_service_manager_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")


def test_a_service_manager_that_is_gone_harms_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not notify("WATCHDOG=1")


def test_the_watchdogs_time_is_the_service_managers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    assert watchdog_s() == 60.0
    monkeypatch.setenv("WATCHDOG_PID", "1")  # meant for another process
    assert watchdog_s() is None


def test_long_work_before_there_is_anything_to_look_at_is_told_meanwhile() -> None:
    told: list[str] = []
    heard = threading.Event()

    def tell(*lines: str) -> bool:
        told.extend(lines)
        heard.set()
        return True

    with long_work("restoring a backup", every_s=20, tell=tell):
        assert heard.wait(10)
    assert told == ["WATCHDOG=1", "EXTEND_TIMEOUT_USEC=60000000", "STATUS=restoring a backup"]


def test_work_that_takes_longer_than_any_does_is_told_no_more() -> None:
    told: list[str] = []
    with long_work("restoring a backup", every_s=0.001, limit_s=0.003, tell=lambda *lines: bool(told.extend(lines))):
        for thread in threading.enumerate():
            if thread.name == "long-work":
                thread.join(10)
    assert told.count("WATCHDOG=1") == 3
