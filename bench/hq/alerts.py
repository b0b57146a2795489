"""How soon a positive stands on the desk while a thousand simulated stations upload: over HTTP, as it really goes."""

import json
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bench.hq.fleet import SimStation, enrol_all
from bench.hq.say import Say
from bench.hq.uploads import JSON, live_fleet, uploading
from checkpoint.wire import pack
from hq.config import Config
from hq.office import open_office
from hq.people.accounts import Accounts, Role

STATIONS = 1000
READING = 8  # stations that read positives meanwhile
CONNECTIONS = 32
WORKERS = 2
AIM_S = 2.0
PATIENCE_S = 20


@dataclass(slots=True)
class Positive:
    """One positive on its way: when it was read, acknowledged by headquarters, and seen on an open page (seconds)."""

    read_at: float
    acked_at: float = 0.0
    seen_at: float = 0.0


def alerts_while_uploading(data: Path, database: str, say: Say, lasts_s: float = 40) -> bool:
    """Print how long positives took from the read to the desk; return whether the aim was met."""
    office = open_office(Config(data=data, database=database))
    Accounts(office.store, office.now).set("watch", "watch-watch-1", Role.DUTY)
    stations = live_fleet(STATIONS + READING)
    enrol_all(office.store, stations, datetime.now(UTC))
    office.store.close()
    with (
        served(data, database, "--workers", str(WORKERS)) as url,
        uploading([url] * 2, STATIONS + READING, READING, CONNECTIONS) as counts,
    ):
        positives = _measure(url, stations[:READING], lasts_s)
    _tell(say, positives, counts, lasts_s)
    return _p95([one.seen_at - one.read_at for one in positives]) <= AIM_S


def _tell(say: Say, positives: list[Positive], counts: list[tuple[int, int]], lasts_s: float) -> None:
    whole = [one.seen_at - one.read_at for one in positives]
    acked = [one.acked_at - one.read_at for one in positives]
    say(what="positive on the desk", stations=STATIONS, workers=WORKERS, positives=len(positives),
        median_s=round(statistics.median(whole), 2), p95_s=round(_p95(whole), 2), most_s=round(max(whole), 2),
        acknowledged_median_s=round(statistics.median(acked), 2), acknowledged_p95_s=round(_p95(acked), 2),
        uploaded_events_per_s=round(sum(events for events, _ in counts) / lasts_s),
        batches_asked_to_wait=sum(waited for _, waited in counts),
        aim_s=AIM_S, met=_p95(whole) <= AIM_S)  # fmt: skip


@contextmanager
def served(data: Path, database: str, *more: str) -> Iterator[str]:
    """Run `checkpoint-hq serve` and give its URL."""
    port = str(free_port())
    command = [sys.executable, "-m", "hq", "serve", "--data", str(data), "--database", database, "--port", port, *more]
    with (data / "serve.log").open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()  # a busy machine; nothing in it is to be kept
            server.wait(30)


def _measure(url: str, reading: Sequence[SimStation], lasts_s: float) -> list[Positive]:
    """Read positives at some stations, and watch the desk."""
    stop = threading.Event()
    positives: dict[str, Positive] = {}
    watch = threading.Thread(target=_watch, args=(url, positives, stop))
    watch.start()
    try:
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as line:
            until, number = time.monotonic() + lasts_s, 0
            while time.monotonic() < until:
                station = reading[number % len(reading)]
                case, body = _positive(station)
                one = positives[case] = Positive(time.monotonic())
                line.post("/sync/v1/early", content=body, headers=JSON).raise_for_status()
                one.acked_at = time.monotonic()
                number += 1
                stop.wait(0.2 + 0.6 * station.random.random())
            last = time.monotonic() + PATIENCE_S
            while not all(one.seen_at for one in positives.values()) and time.monotonic() < last:
                stop.wait(0.05)
    finally:
        stop.set()
        watch.join(30)
    for one in positives.values():
        one.seen_at = one.seen_at or one.read_at + PATIENCE_S  # never shown: as if it took all the patience there was
    return list(positives.values())


def _watch(url: str, positives: dict[str, Positive], stop: threading.Event) -> None:
    """Be a page that is open at the desk: told by the stream that a case changed, it asks for the list."""
    with httpx.Client(base_url=url, follow_redirects=True, trust_env=False, timeout=60) as desk:
        _log_in(desk)
        told = ""
        while not stop.is_set():
            with desk.stream("GET", "/events") as stream:
                for line in stream.iter_lines():
                    if stop.is_set():
                        return
                    if not line.startswith("data: ") or (cases := json.loads(line[6:])["cases"]) == told:
                        continue
                    told = cases
                    text = desk.get("/live/alerts").raise_for_status().text
                    now = time.monotonic()
                    for case, one in list(positives.items()):
                        if not one.seen_at and case in text:
                            one.seen_at = now


def _positive(station: SimStation) -> tuple[str, bytes]:
    """Read a positive; return the case as a page names it, and the message that carries its copy ahead."""
    before, now = station.head, datetime.now(UTC)
    body = {"outcome": "positive", "reason": "clear-lines", "slot": 1, "test": f"t-{station.seq}"}
    item = station.write("test-read", body, now, lane=0)
    return f"/alerts/{station.device}/positive-1-{station.seq}", pack(station.early(item, before, now))


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _log_in(desk: httpx.Client) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', desk.get("/login").text)
    assert token
    fields = {"csrf_token": token[1], "name": "watch", "password": "watch-watch-1"}
    desk.post("/login", data=fields, headers={"Referer": str(desk.base_url)}).raise_for_status()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/healthz", trust_env=False, timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError(f"headquarters did not start at {url}")
