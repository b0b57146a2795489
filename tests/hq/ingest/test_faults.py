"""What goes wrong between a station and headquarters. After each: nothing lost, nothing twice, a true board."""

import heapq
import random
import sqlite3
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from checkpoint.errors import SyncError
from checkpoint.events import Json, Kind, Lane, wall_text
from checkpoint.journal import Journal, Seal
from checkpoint.sync import SyncClient, SyncSettings, enrol, messages, parse_invitation
from checkpoint.sync.line import Line
from checkpoint.sync.loop import backoff_s, nightly_slot
from checkpoint.wire import Purpose, sign
from hq.ingest.places import busy_retry_s
from hq.records.proof import prove
from hq.stations.board import Sign, read_board
from hq.stations.enrolment import set_state
from hq.store.models import events, quarantine, stations
from tests.hq.postgres import Server
from tests.hq.running import Headquarters, Station, TestClock, headquarters, station
from tests.hq.sending import cross, kinds_of_alerts, pending_batch, positive, post, resigned


@pytest.fixture(params=["sqlite", "postgresql"])
def hq(request: pytest.FixtureRequest, tmp_path: Path, clock: TestClock) -> Iterator[Headquarters]:
    database = {"database": request.getfixturevalue("server").fresh()} if request.param == "postgresql" else {}
    with headquarters(tmp_path / "hq", clock, **database) as running:
        yield running


def held_texts(hq: Headquarters, device: str) -> list[tuple[int, str]]:
    query = sa.select(events.c.seq, events.c.text).where(events.c.station_id == device).order_by(events.c.seq)
    return [tuple(row) for row in hq.rows(query)]


def signs(hq: Headquarters, device: str) -> set[Sign]:
    with hq.office.store.reading() as db:
        (row,) = [row for row in read_board(db, hq.office.config, hq.clock.wall()) if row.id == device]
    return set(row.signs)


def assert_sound(hq: Headquarters, gate: Station, *, but: AbstractSet[Sign] = frozenset()) -> None:
    """Headquarters holds exactly the station's events, each once, unbroken, and the board says no more than `but`."""
    journal, device = gate.journal, gate.enrolment.device
    every = range(1, journal.head().seq + 1)
    assert held_texts(hq, device) == [
        (seq, journal.outbox.after(seq - 1, most=1, most_bytes=1)[0].text) for seq in every
    ]
    assert journal.pending().all_sent
    beat(hq, gate)
    assert signs(hq, device) == but
    with hq.office.store.reading() as db:
        assert prove(db, device).bad is None


def beat(hq: Headquarters, gate: Station) -> None:
    """Send a sign of life, a second after whatever was sent before."""
    hq.clock.move(seconds=1)
    gate.client.heartbeat()


# -- on the way --------------------------------------------------------------------------------------------------------


Meddle = Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]


class Trouble:
    """Stands between the station and headquarters: each request goes through `meddle` and whatever it makes of it."""

    def __init__(self, hq: Headquarters, meddle: Meddle) -> None:
        self._meddle = meddle
        self._real = httpx.Client(base_url=hq.url)

    def client(self) -> httpx.Client:
        """Return the station's side of the line."""

        def handle(request: httpx.Request) -> httpx.Response:
            def through() -> httpx.Response:
                kept = ("content-", "checkpoint-")
                headers = {name: value for name, value in request.headers.items() if name.startswith(kept)}
                answer = self._real.post(request.url.path, content=request.content, headers=headers)
                return httpx.Response(answer.status_code, content=answer.content)

            return self._meddle(request, through)

        return httpx.Client(transport=httpx.MockTransport(handle))

    def close(self) -> None:
        self._real.close()


@pytest.fixture
def between(hq: Headquarters, gate: Station) -> Iterator[Callable[..., None]]:
    placed: list[Trouble] = []

    def place(meddle: Any) -> None:
        trouble = Trouble(hq, meddle)
        placed.append(trouble)
        gate.client._line.http = trouble.client()

    yield place
    for trouble in placed:
        trouble.close()


def test_a_reply_lost_after_the_commit(hq: Headquarters, gate: Station, between: Any) -> None:
    lost = iter([True, True])

    def meddle(request: httpx.Request, through: Any) -> httpx.Response:
        answer = through()
        if "batch" in request.url.path and next(lost, False):
            raise httpx.ReadError("the line broke", request=request)
        return answer

    between(meddle)
    for _ in range(3):
        cross(gate.journal)
    assert not gate.client.run_once().all_sent
    assert not gate.client.run_once().all_sent
    assert gate.client.run_once().all_sent
    assert_sound(hq, gate)


def test_batches_that_come_twice_late_or_in_another_order(
    hq: Headquarters, gate: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(9):
        cross(gate.journal)
    monkeypatch.setattr(messages, "MOST_EVENTS", 3)
    batches = []
    while (batch := pending_batch(gate, after=batches[-1]["to"] if batches else 0)) is not None:
        batches.append(batch)
        if batch["to"] == gate.journal.head().seq:
            break
    order = [2, 0, 0, 3, 1, 0, 2, 1, 3, 2, 3]
    statuses = [post(gate, "batch", batches[index])[0] for index in order]
    assert statuses.count(409) == 2
    assert gate.client.run_once().error == ""
    assert_sound(hq, gate)
    assert kinds_of_alerts(hq) == []


def test_a_replayed_message_makes_no_silent_station_speak(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    old = pending_batch(gate)
    gate.client.run_once()
    cross(gate.journal)
    gate.client.run_once()
    gate.client.heartbeat()
    hq.clock.move(hours=1)
    assert signs(hq, gate.enrolment.device) == {Sign.SILENT}
    assert post(gate, "batch", old)[0] == 200
    assert signs(hq, gate.enrolment.device) == {Sign.SILENT}, "nor does its old head pass for its newest"
    assert_sound(hq, gate)


@pytest.mark.parametrize("spoil", ["cut", "flipped", "empty", "not packed"])
def test_bytes_that_were_damaged_on_the_way(hq: Headquarters, gate: Station, between: Any, spoil: str) -> None:
    spoiling = iter([True])

    def meddle(request: httpx.Request, through: Any) -> httpx.Response:
        if "batch" not in request.url.path or not next(spoiling, False):
            return through()
        data = request.content
        middle = len(data) // 2
        bad = {
            "cut": data[:middle],
            "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "empty": b"",
            "not packed": b"{}",
        }[spoil]
        answer = httpx.post(str(request.url), content=bad)
        return httpx.Response(answer.status_code, content=answer.content)

    between(meddle)
    cross(gate.journal)
    assert gate.client.run_once().error
    assert gate.client.run_once().all_sent
    assert_sound(hq, gate)


def test_a_line_that_is_slow_but_not_dead_gets_smaller_pieces(hq: Headquarters, gate: Station, between: Any) -> None:
    sizes: list[int] = []

    def meddle(request: httpx.Request, through: Any) -> httpx.Response:
        sizes.append(len(request.content))
        if len(request.content) > 12_000:  # more than the line carries before the patience ends
            raise httpx.ReadTimeout("timed out", request=request)
        return through()

    between(meddle)
    for _ in range(150):
        cross(gate.journal)
    photo = gate.journal.keep_photo(bytes(range(256)) * 300, "image/jpeg")
    gate.journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[photo])
    rounds = 0
    while not gate.client.run_once().all_sent:
        rounds += 1
        assert rounds < 12
    assert max(sizes) > 12_000
    assert_sound(hq, gate)


def test_an_answer_that_only_trickles_is_given_up(gate: Station) -> None:
    seconds = iter(range(0, 10_000, 5))

    def endless(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Trickle())

    class Trickle(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b" "

    with httpx.Client(transport=httpx.MockTransport(endless)) as http:
        line = Line(gate.enrolment.url, http, gate.client._now, monotonic=lambda: float(next(seconds)))
        with pytest.raises(SyncError, match="too slow"):
            line.post("heartbeat", {})


# -- who it is ---------------------------------------------------------------------------------------------------------


def test_a_cloned_card_overwrites_nothing_and_stands_on_the_board(
    hq: Headquarters, gate: Station, tmp_path: Path
) -> None:
    cross(gate.journal)
    gate.client.run_once()
    gate.journal.backup(tmp_path / "clone")
    cross(gate.journal)
    gate.client.run_once()
    with Journal.open(tmp_path / "clone", clock=hq.clock, seal=Seal.open(gate.folder / "keys")) as clone:
        positive(clone)
        report = SyncClient(clone, gate.enrolment, gate.http, hq.clock.now).run_once()
    assert not report.all_sent
    assert_sound(hq, gate, but={Sign.FORK})
    assert "fork" in kinds_of_alerts(hq)


def test_a_revoked_station_keeps_what_it_has_until_it_is_let_in_again(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    gate.client.run_once()
    set_state(hq.office.store, gate.enrolment.device, "revoked")
    cross(gate.journal)
    positive(gate.journal)
    assert "403" in gate.client.run_once().error
    assert signs(hq, gate.enrolment.device) == {Sign.REVOKED}
    assert len(held_texts(hq, gate.enrolment.device)) == 2
    set_state(hq.office.store, gate.enrolment.device, "approved")
    assert gate.client.run_once().all_sent
    assert_sound(hq, gate)


def test_an_invitation_used_a_second_time_lets_nobody_in(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    text = hq.invitation("Gate 2")
    folder = tmp_path / "first"
    with Journal.open(folder, clock=hq.clock, seal=Seal.open(folder)) as journal:
        enrol(parse_invitation(text), folder, journal, gate.http)
        with pytest.raises(SyncError, match="used already"):
            enrol(parse_invitation(text), tmp_path / "second", journal, gate.http)
    assert [row.name for row in hq.rows(sa.select(stations.c.name))] == ["Gate 1", "Gate 2"]
    cross(gate.journal)
    assert gate.client.run_once().all_sent
    assert_sound(hq, gate)


# -- long away, older and newer ----------------------------------------------------------------------------------------


def test_thirty_days_without_a_line_and_then_everything(
    hq: Headquarters, gate: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST_EVENTS", 40)
    gate.client.run_once()
    gate.client.heartbeat()
    for day in range(30):
        for number in range(8):
            cross(gate.journal, "hold" if number == 5 else "admit")
        if day % 10 == 4:
            positive(gate.journal)
        hq.clock.move(days=1)
    assert signs(hq, gate.enrolment.device) == {Sign.SILENT}
    first_urgent = gate.client.run_once()
    assert (first_urgent.error, first_urgent.early, first_urgent.all_sent) == ("", 3, True)
    assert kinds_of_alerts(hq) == ["positive"] * 3
    days = hq.rows(sa.select(events.c.day, sa.func.count()).group_by(events.c.day))
    assert len(days) == 30, "each event stands in its own day, not in that of its arrival"
    assert_sound(hq, gate)


def test_headquarters_restored_from_an_older_backup(tmp_path: Path, clock: TestClock) -> None:
    with headquarters(tmp_path / "hq", clock) as hq, station(hq, tmp_path / "gate") as gate:
        cross(gate.journal)
        gate.client.run_once()
        with sqlite3.connect(tmp_path / "hq" / "hq.db") as source, sqlite3.connect(tmp_path / "backup.db") as backup:
            source.backup(backup)
            for _ in range(5):
                cross(gate.journal)
            positive(gate.journal)
            assert gate.client.run_once().all_sent
            backup.backup(source)
        source.close()
        backup.close()
        beat(hq, gate)
        assert signs(hq, gate.enrolment.device) == {Sign.PENDING}, "it knows from the station's head what it lacks"
        cross(gate.journal)
        assert gate.client.run_once().all_sent
        assert_sound(hq, gate)
        assert kinds_of_alerts(hq) == ["positive"]


def test_an_older_station_at_a_newer_headquarters(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    batch = {name: value for name, value in pending_batch(gate).items() if name != "sig"}
    status, reply = post(gate, "batch", resigned(gate, batch))
    assert status == 200
    hq.clock.move(seconds=5)
    older: Json = {
        "v": 1,
        "device": gate.enrolment.device,
        "head": batch["head"],
        "sent_at": wall_text(hq.clock.wall()),
        "clock": "trusted",
        "pending_events": 0,
        "pending_photos": 0,
    }
    assert post(gate, "heartbeat", sign(Purpose.HEARTBEAT, older, gate.enrolment.key))[0] == 200
    gate.client._take_reply({name: reply[name] for name in ("acked_to", "acked_hash", "receipt")})
    assert_sound(hq, gate)


def test_a_newer_station_at_an_older_headquarters(hq: Headquarters, gate: Station, between: Any) -> None:
    def meddle(request: httpx.Request, through: Any) -> httpx.Response:
        if request.url.path.endswith(("manifest", "document")):
            return httpx.Response(404, json={"error": "no such address"})
        answer = through()
        fields = {name: value for name, value in answer.json().items() if name != "published"}
        return httpx.Response(answer.status_code, json=fields)

    between(meddle)
    cross(gate.journal)
    hq.clock.move(days=2)
    cross(gate.journal)
    report = gate.client.run_once()
    assert (report.error, report.all_sent) == ("", True)
    assert_sound(hq, gate)


# -- headquarters' own trouble -----------------------------------------------------------------------------------------


def test_the_database_is_restarted_in_the_middle(server: Server, tmp_path: Path, clock: TestClock) -> None:
    with headquarters(tmp_path / "hq", clock, database=server.fresh()) as hq, station(hq, tmp_path / "gate") as gate:
        for _ in range(10):
            cross(gate.journal)
        server.stop()
        down = gate.client.run_once()
        assert "503" in down.error
        assert down.retry_after_s
        positive(gate.journal)
        server.start()
        up = gate.client.run_once()
        assert (up.error, up.all_sent) == ("", True)
        for _ in range(10):
            cross(gate.journal)
        assert gate.client.run_once().all_sent
        assert_sound(hq, gate)
        assert kinds_of_alerts(hq) == ["positive"]


@pytest.mark.parametrize("hq", ["sqlite"], indirect=True)  # PostgreSQL cannot be told how large it may grow
def test_the_disk_of_headquarters_is_full(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    gate.client.run_once()
    engine = hq.office.store.engine

    def no_room(connection: Any, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    sa.event.listen(engine, "connect", no_room)
    engine.dispose()
    for number in range(400):
        gate.journal.append(Kind.ID_COMPARED, {"crossing": f"c-{number}"})
    full = gate.client.run_once()
    assert "503" in full.error
    assert full.pending.events == 400
    assert len(held_texts(hq, gate.enrolment.device)) == 2, "all of a batch or nothing of it"
    sa.event.remove(engine, "connect", no_room)
    engine.dispose()
    assert gate.client.run_once().all_sent
    assert_sound(hq, gate)


def test_the_photo_store_is_down_and_events_still_land(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    photo = gate.journal.keep_photo(b"\xff\xd8 a picture", "image/jpeg")
    gate.journal.append(Kind.TEST_READ, {"outcome": "positive"}, photos=[photo], lane=Lane.NOW)
    (tmp_path / "hq" / "photos").write_text("in the way")
    assert "503" in gate.client.run_once().error
    assert (gate.journal.pending().events, gate.journal.pending().photos) == (0, 1)
    beat(hq, gate)
    assert signs(hq, gate.enrolment.device) == {Sign.PENDING}
    (tmp_path / "hq" / "photos").unlink()
    assert gate.client.run_once().all_sent
    assert_sound(hq, gate)


def test_one_poisonous_event_blocks_nothing(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    with gate.journal._db.maintaining() as db:
        db.execute("DROP TRIGGER events_are_facts")
        db.execute("UPDATE events SET canonical = '{\"seq\":2,' WHERE seq = 2")
    for _ in range(5):
        cross(gate.journal)
    assert gate.client.run_once().all_sent
    assert [row.seq for row in hq.rows(sa.select(quarantine.c.seq))] == [2]
    assert [seq for seq, _ in held_texts(hq, gate.enrolment.device)] == [1, 2, 3, 4, 5, 6, 7]
    beat(hq, gate)
    assert signs(hq, gate.enrolment.device) == {Sign.REWRITE, Sign.QUARANTINE}
    with hq.office.store.reading() as db:
        proof = prove(db, gate.enrolment.device)
    assert proof.bad is not None
    assert proof.bad[1] == 2


# -- the herd ----------------------------------------------------------------------------------------------------------


def served(arrivals: list[float], *, places: int, takes_s: float, seed: int) -> tuple[float, int, int]:
    """Let stations come at these seconds, each with one upload; return when the last was served, most tries, refusals.

    Time is simulated; how long to stay away is decided by the station's and headquarters' own functions.
    """
    dice, settings = random.Random(seed), SyncSettings()
    coming = [(at, number, 0) for number, at in enumerate(arrivals)]
    heapq.heapify(coming)
    busy: list[float] = []
    last, most, refused = 0.0, 0, 0
    while coming:
        now, number, failures = heapq.heappop(coming)
        while busy and busy[0] <= now:
            heapq.heappop(busy)
        if len(busy) < places:
            heapq.heappush(busy, now + takes_s)
            last, most = max(last, now + takes_s), max(most, failures + 1)
        else:
            refused += 1
            wait = backoff_s(failures + 1, settings, dice.random(), busy_retry_s(lambda most: dice.randrange(most)))
            heapq.heappush(coming, (now + wait, number, failures + 1))
    return last, most, refused


def test_ten_thousand_stations_come_in_their_own_time_of_the_night() -> None:
    slots = [nightly_slot(f"gate-{number}").total_seconds() for number in range(10_000)]
    last, most, refused = served(slots, places=8, takes_s=1.0, seed=1)
    assert last < timedelta(hours=5, minutes=1).total_seconds()
    assert refused < 10
    assert most <= 3


def test_ten_thousand_stations_at_once_are_all_served_within_minutes() -> None:
    last, most, refused = served([7200.0] * 10_000, places=8, takes_s=0.1, seed=2)
    assert last - 7200 < 20 * 60  # two minutes of work, for headquarters that is asked by all at the same instant
    assert most <= 12
    assert refused < 10 * 10_000
