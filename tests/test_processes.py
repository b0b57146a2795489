"""No test session leaves a process behind; the check for it sees what it must see."""

import os
import subprocess
import sys

from tests import processes

SLEEP = "import time; time.sleep(60)"


def test_a_running_child_is_found_and_an_ended_one_is_not() -> None:
    mark = processes.new_mark()
    environment = {**os.environ, processes.MARK: mark}
    child = subprocess.Popen([sys.executable, "-c", SLEEP], env=environment)
    try:
        assert [process.pid for process in processes.left_over(mark)] == [child.pid]
    finally:
        child.kill()
        child.wait()

    assert processes.wait_until_none_left(mark, seconds=5.0) == []


def test_a_process_that_has_left_its_parent_is_found() -> None:
    mark = processes.new_mark()
    environment = {**os.environ, processes.MARK: mark}
    starter = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)"
    subprocess.run([sys.executable, "-W", "ignore", "-c", starter], env=environment, check=True)

    left = processes.left_over(mark)
    for process in left:
        process.kill()

    assert [SLEEP in process.command for process in left] == [True]


def test_processes_of_another_session_are_left_alone() -> None:
    assert processes.left_over(processes.new_mark()) == []
    assert processes.left_over("") == []
