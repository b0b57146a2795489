"""What every test may use: a real Chromium, free loopback ports, and a check that nothing is left running."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from tests import processes

# A deadline would measure the machine, which may be busy; in continuous integration a run is repeatable.
hypothesis.settings.register_profile(
    "checkpoint", deadline=None, derandomize=os.environ.get("CI", "").lower() in ("1", "true"), print_blob=True
)
hypothesis.settings.load_profile("checkpoint")

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Mark this session, so that every process started in it can be told from others."""
    if not hasattr(session.config, "workerinput"):  # with xdist the controller alone keeps the mark
        os.environ[processes.MARK] = processes.new_mark()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session where a test has left a process behind, and end that process."""
    if hasattr(session.config, "workerinput"):
        return
    left = processes.wait_until_none_left(os.environ.pop(processes.MARK, ""), seconds=5.0)
    if not left:
        return
    for process in left:
        process.kill()
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line("")
        reporter.write_line("left running by a test, and ended now:", red=True)
        for process in left:
            reporter.write_line(f"  {process.pid}: {process.command}", red=True)
    session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The Chromium that drives the pages: CHECKPOINT_CHROMIUM, else the one on PATH.

    Where there is none the test is skipped with the reason; in continuous integration (CI=true) it fails, as
    nobody reads the reasons there.
    """
    named = os.environ.get("CHECKPOINT_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is not None and Path(found).exists():
        return Path(found)
    reason = f"no Chromium: {named} does not exist" if named else "no Chromium: apt install chromium"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def free_ports() -> Callable[[int], list[int]]:
    """A function that returns ``count`` ports on 127.0.0.1 which nobody uses and which differ from one another.

    All are held until the last is chosen, so that no two are the same.
    """

    def choose(count: int) -> list[int]:
        held = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
        try:
            for one in held:
                one.bind(("127.0.0.1", 0))
            return [int(one.getsockname()[1]) for one in held]
        finally:
            for one in held:
                one.close()

    return choose


@pytest.fixture
def free_port(free_ports: Callable[[int], list[int]]) -> int:
    """One free port on 127.0.0.1."""
    return free_ports(1)[0]
