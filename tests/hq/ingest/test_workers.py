"""Batches in processes of their own, and places for them: what is urgent waits for none of it."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bench.hq.fleet import SimStation, enrol_all, fleet
from checkpoint.sync.messages import early_copies
from checkpoint.wire import pack
from hq.config import Config
from hq.ingest.places import Places
from hq.office import open_office
from hq.records.proof import prove
from hq.refused import Refused
from tests.data import REPOSITORY
from tests.hq.running import Headquarters, Station
from tests.hq.sending import cross, kinds_of_alerts, pending_batch, positive, post

PACKED = {"Content-Encoding": "gzip"}


@contextmanager
def served(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "hq", "serve", "--data", str(folder), "--port", port, *more]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    try:
        yield process, process.stdout.readline().split()[1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def enrolled(folder: Path) -> SimStation:
    office = open_office(Config(data=folder))
    (station,) = fleet(1)
    enrol_all(office.store, [station], datetime.now(UTC))
    office.store.close()
    return station


def batch_of(station: SimStation) -> bytes:
    now = datetime.now(UTC)
    for _ in range(5):
        station.cross(now, "admit")
    return pack(station.batch(now) or {})


def workers_below(pid: int) -> list[int]:
    children = [file.read_text().split() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    every = [int(child) for some in children for child in some]
    return [child for child in every if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]


def wait_for_workers(pid: int, count: int) -> list[int]:
    until = time.monotonic() + 30
    while len(found := workers_below(pid)) < count:
        assert time.monotonic() < until, f"{found} instead of {count} workers"
        time.sleep(0.02)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_worker_that_dies_costs_one_try_and_no_event(tmp_path: Path) -> None:
    station = enrolled(tmp_path)
    with served(tmp_path, "--workers", "1") as (process, url), httpx.Client(timeout=60) as line:

        def send(body: bytes) -> httpx.Response:
            return line.post(f"{url}/sync/v1/batch", content=body, headers=PACKED)

        assert send(batch_of(station)).json()["acked_to"] == 5
        assert send(b"rubbish").status_code == 400
        for worker in wait_for_workers(process.pid, 2):
            os.kill(worker, signal.SIGKILL)
        body = batch_of(station)
        down = send(body)
        assert (down.status_code, "Retry-After" in down.headers) == (503, True)
        assert send(body).json()["acked_to"] == 10
        left = workers_below(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    office = open_office(Config(data=tmp_path))
    with office.store.reading() as db:
        proof = prove(db, station.device)
    office.store.close()
    assert (proof.events, proof.bad) == (10, None)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_workers_end_with_a_server_that_is_killed(tmp_path: Path) -> None:
    with served(tmp_path, "--workers", "1") as (process, _):
        # One takes batches in, one keeps watch.
        workers = [os.pidfd_open(pid) for pid in wait_for_workers(process.pid, 2)]
        process.kill()
        try:
            for worker in workers:
                readable, _, _ = select.select([worker], [], [], 30)
                assert readable, "a worker goes on without its server"
        finally:
            for worker in workers:
                os.close(worker)


# -- places ------------------------------------------------------------------------------------------------------------


def test_what_is_large_is_asked_to_come_back_once_all_places_are_taken() -> None:
    places = Places(at_work=1, waiting=0)
    with places.one(), pytest.raises(Refused) as refused, places.one():
        pass
    assert (refused.value.status, bool(refused.value.retry_after_s)) == (429, True)
    with places.one():
        pass


def test_a_place_is_given_on_to_one_that_waits_and_not_for_ever() -> None:
    places = Places(at_work=1, waiting=1, patience_s=30)
    got = threading.Event()

    def wait() -> None:
        with places.one():
            got.set()

    waiting = threading.Thread(target=wait)
    with places.one():
        waiting.start()
        assert not got.is_set()
    waiting.join(10)
    assert got.is_set()
    impatient = Places(at_work=1, waiting=1, patience_s=0)
    with impatient.one(), pytest.raises(Refused), impatient.one():
        pass


def test_a_positive_waits_for_no_batch(hq: Headquarters, gate: Station) -> None:
    release, at_work = threading.Event(), threading.Barrier(3, timeout=30)
    open_days = hq.office.store.open_days
    assert hq.office.config.uploads_at_work == 2

    def held_up(*days: object) -> None:
        at_work.wait()
        release.wait(30)
        open_days(*days)  # type: ignore[arg-type]  # passed on as they came

    cross(gate.journal)
    batch = pending_batch(gate)
    hq.office.store.open_days = held_up  # type: ignore[method-assign]  # every batch comes through here
    uploads = [threading.Thread(target=post, args=(gate, "batch", batch)) for _ in range(2)]
    try:
        for upload in uploads:
            upload.start()
        at_work.wait()
        positive(gate.journal)
        due = gate.journal.outbox.early_due()
        assert post(gate, "early", early_copies(gate.journal, gate.enrolment, due, hq.clock.wall()))[0] == 200
        assert kinds_of_alerts(hq) == ["positive"]
    finally:
        release.set()
        for upload in uploads:
            upload.join(30)
