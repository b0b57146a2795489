"""`checkpoint-hq` from a shell: what it prints and how it exits."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import httpx
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from checkpoint.sync import write_batches
from hq.cli import main
from hq.config import Config
from hq.office import open_office
from hq.store.models import events
from tests.data import REPOSITORY
from tests.hq.running import Station
from tests.hq.sending import cross

PROGRAM = [sys.executable, "-c", "from hq.cli import main; main()"]


def run(*arguments: str, **options: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=options)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    command = [*PROGRAM, "serve", "--data", str(folder), "--port", str(port), *more]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert str(port) in line
        yield process, line
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_every_command_explains_itself_with_an_example() -> None:
    for command in (main, *main.commands.values()):
        assert isinstance(command, click.Command)
        assert command.help
        assert command.epilog
        assert re.search(r"Examples?:\s+checkpoint-hq", command.epilog)


def test_serve_says_when_it_is_ready_and_stops_in_good_order(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with served(tmp_path) as (process, line):
            url = line.split()[1]
            assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
            process.send_signal(number)
            assert process.wait(20) == 0


def test_known_passwords_are_for_the_demonstration_alone(tmp_path: Path) -> None:
    with served(tmp_path / "demo", "--demo") as (_, line):
        assert "demo-duty-1" in line
    with served(tmp_path / "real") as (_, line):
        assert "demo" not in line.replace(str(tmp_path), "")
    office = open_office(Config(data=tmp_path / "real"))
    with office.store.reading() as db:
        assert db.execute(sa.text("SELECT count(*) FROM users")).scalar() == 0
    office.store.close()
    refused = run("serve", "--demo", "--host", "0.0.0.0", "--data", str(tmp_path))  # noqa: S104  refused, that is the point
    assert refused.exit_code == 2


def test_a_busy_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        ran = subprocess.run(
            [*PROGRAM, "serve", "--data", str(tmp_path), "--port", port],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 2
    assert f"port {port}" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_folder_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = run("init", "--data", str(tmp_path / "file" / "hq"))
    assert answer.exit_code == 2
    assert answer.output.count("\n") == 1
    assert "file" in answer.output


def test_a_store_that_cannot_be_reached_is_one_clear_line(tmp_path: Path) -> None:
    answer = run("init", "--data", str(tmp_path), "--database", "sqlite:////proc/nowhere/hq.db")
    assert answer.exit_code == 2
    assert "the store cannot be used" in answer.output


def test_invite_prints_an_invitation_that_a_station_reads(tmp_path: Path) -> None:
    answer = run("invite", "--data", str(tmp_path), "--name", "Lane 1", "--url", "http://127.0.0.1:8090")
    assert answer.exit_code == 0
    assert set(json.loads(answer.output)) == {"v", "url", "token", "hq_key"}
    assert run("invite", "--data", str(tmp_path), "--name", " ").exit_code == 2


def test_a_user_needs_a_password_that_is_not_too_short(tmp_path: Path) -> None:
    common = ("user", "li", "--role", "duty", "--data", str(tmp_path))
    assert run(*common, CHECKPOINT_HQ_PASSWORD="short").exit_code == 2
    assert run(*common, CHECKPOINT_HQ_PASSWORD="long enough for anybody").exit_code == 0


def test_approve_and_revoke_say_no_to_an_unknown_station(tmp_path: Path) -> None:
    for command in ("approve", "revoke"):
        assert run(command, "nobody", "--data", str(tmp_path)).exit_code == 1


def test_verify_names_the_first_bad_event(gate: Station, tmp_path: Path) -> None:
    for _ in range(3):
        cross(gate.journal)
    gate.client.run_once()
    device, data = gate.enrolment.device, str(tmp_path / "hq")
    whole = run("verify", device, "--data", data)
    assert (whole.exit_code, whole.output) == (0, f"{device}: 4 events, unbroken\n")
    store = open_office(Config(data=tmp_path / "hq")).store
    with store.writing() as db:
        db.execute(sa.update(events).where(events.c.seq == 3).values(text=events.c.text + " "))
    store.close()
    broken = run("verify", "--data", data)
    assert broken.exit_code == 1
    assert f"{device}: event 3 of epoch 1" in broken.output
    assert run("verify", "nobody", "--data", data).exit_code == 2


@pytest.mark.parametrize(
    ("sql", "named"), [("DELETE FROM events WHERE seq = 2", 2), ("DELETE FROM events WHERE seq = 4", 4)]
)
def test_verify_finds_what_is_missing(gate: Station, tmp_path: Path, sql: str, named: int) -> None:
    for _ in range(3):
        cross(gate.journal)
    gate.client.run_once()
    store = open_office(Config(data=tmp_path / "hq")).store
    with store.writing() as db:
        db.execute(sa.text(sql))
    store.close()
    answer = run("verify", "--data", str(tmp_path / "hq"))
    assert answer.exit_code == 1
    assert f"event {named} of epoch 1 is missing" in answer.output


def test_import_takes_a_stick_in_and_says_no_to_what_is_broken(gate: Station, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    (file,) = write_batches(gate.journal, gate.enrolment, stick, gate.journal.event(1).moment.wall)
    answer = run("import", str(stick), "--data", str(tmp_path / "hq"))
    assert (answer.exit_code, f"{gate.enrolment.device}: 1 events" in answer.output) == (0, True)
    file.write_bytes(b"rubbish")
    answer = run("import", str(stick), "--data", str(tmp_path / "hq"))
    assert answer.exit_code == 1
    assert file.name in answer.output
    assert run("import", str(tmp_path / "no-such"), "--data", str(tmp_path / "hq")).exit_code == 2


def test_starting_writes_nothing_outside_its_folder(tmp_path: Path) -> None:
    empty = tmp_path / "cwd"
    empty.mkdir()
    subprocess.run(
        [*PROGRAM, "init", "--data", str(tmp_path / "data")],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=True,
        capture_output=True,
    )
    assert list(empty.iterdir()) == []
