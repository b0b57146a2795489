"""A thousand stations that upload, in processes of their own: whoever measures does not wait for them."""

import heapq
import http.client
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from bench.hq.fleet import SimStation, fleet
from checkpoint.wire import pack

EVENTS_A_BATCH = 20
ROUNDS = 4  # batches made beforehand for each station: what stations do before sending is not measured
JSON = {"Content-Encoding": "gzip", "Content-Type": "application/json"}


@dataclass(slots=True)
class _Sender:
    station: SimStation
    ready: list[bytes]

    def body(self) -> bytes:
        """Return the next batch; made now where none is left of those made beforehand."""
        return self.ready.pop(0) if self.ready else _batch(self.station)


@dataclass(slots=True)
class _Due:
    """Stations by when each sends next: all at once at first, then again as soon as it was answered."""

    queue: list[tuple[float, int]]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> tuple[float, int]:
        with self.lock:
            return heapq.heappop(self.queue) if self.queue else (time.monotonic() + 0.1, -1)

    def put(self, due: float, number: int) -> None:
        with self.lock:
            heapq.heappush(self.queue, (due, number))


def live_fleet(count: int) -> list[SimStation]:
    """Return the stations that upload while positives are measured."""
    stations = fleet(count, seed=7)
    for number, station in enumerate(stations):
        station.device = f"live-{number:04d}"
    return stations


@contextmanager
def uploading(urls: list[str], stations: int, skip: int, connections: int) -> Iterator[list[tuple[int, int]]]:
    """Let stations `skip` and later upload to `urls`, `connections` at a time, while the block runs.

    The list is filled when the block ends: for each process (events acknowledged, batches that were asked to wait).
    """
    context = multiprocessing.get_context("spawn")
    ready = [context.Event() for _ in urls]
    go, stop, told = context.Event(), context.Event(), context.SimpleQueue()
    processes = [
        context.Process(
            target=_upload,
            args=(url, stations, skip + part, len(urls), connections // len(urls), ready[part], go, stop, told),
        )
        for part, url in enumerate(urls)
    ]
    for process in processes:
        process.start()
    results: list[tuple[int, int]] = []
    try:
        for event in ready:
            assert event.wait(120), "the simulated stations did not get ready"
        go.set()
        yield results
        stop.set()
        results.extend(told.get() for _ in processes)
    finally:
        stop.set()
        go.set()
        for process in processes:
            process.join(30)
            if process.is_alive():
                process.kill()
                process.join()
        told.close()


def _upload(
    url: str, stations: int, first: int, step: int, connections: int, ready: Any, go: Any, stop: Any, told: Any
) -> None:
    senders = [_Sender(one, [_batch(one) for _ in range(ROUNDS)]) for one in live_fleet(stations)[first::step]]
    due = _Due([(0.0, number) for number in range(len(senders))])
    counts = [[0, 0] for _ in range(connections)]
    ready.set()
    go.wait()
    threads = [threading.Thread(target=_send, args=(url, senders, due, stop, counts[n])) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put((sum(count[0] for count in counts), sum(count[1] for count in counts)))


def _send(url: str, senders: list[_Sender], due: _Due, stop: Any, count: list[int]) -> None:
    line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    while not stop.is_set():
        when, number = due.take()
        if (wait := when - time.monotonic()) > 0:
            if number >= 0:
                due.put(when, number)
            stop.wait(min(wait, 0.1))
            continue
        body = senders[number].body()
        while True:
            line.request("POST", "/sync/v1/batch", body, JSON)
            answer = line.getresponse()
            text = answer.read()
            if answer.status == http.client.OK:
                count[0] += EVENTS_A_BATCH
                due.put(time.monotonic(), number)
                break
            assert answer.status in (429, 503), (answer.status, text)
            senders[number].ready.insert(0, body)
            count[1] += 1
            due.put(time.monotonic() + float(answer.headers["Retry-After"]), number)
            break
    line.close()


def _batch(station: SimStation) -> bytes:
    now = datetime.now(UTC)
    for _ in range(EVENTS_A_BATCH):
        station.cross(now, "admit")
    return pack(station.batch(now) or {})
