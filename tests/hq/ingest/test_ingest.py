"""What headquarters takes in, and what it does not: over real HTTP, from a real journal."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from checkpoint.errors import SyncError
from checkpoint.events import Kind, Lane, chain_hash
from checkpoint.journal import Journal, Seal, open_or_recover
from checkpoint.sealed import SealedRecord, open_record, unseal_key
from checkpoint.sync import Enrolment, SyncClient, enrol, messages, parse_invitation
from checkpoint.sync.messages import early_copies, next_batch
from checkpoint.wire import Purpose, check_signature, pack
from hq.photos.sealed import read_photo
from hq.records.proof import prove
from hq.stations.enrolment import set_state
from hq.store.models import alerts, early, epochs, events, quarantine, stations
from tests.hq.running import Headquarters, Station, TestClock, headquarters, station
from tests.hq.sending import (
    HOLDER,
    cross,
    held,
    kinds_of_alerts,
    pending_batch,
    positive,
    post,
    resigned,
    sent_at_once,
    shelf_of,
)


def test_everything_arrives_once_and_in_order(hq: Headquarters, gate: Station) -> None:
    for _ in range(3):
        cross(gate.journal)
    report = gate.client.run_once()
    assert report.error == ""
    assert (report.sent, report.acked_to, report.all_sent) == (4, 4, True)
    assert held(hq) == [1, 2, 3, 4]
    again = gate.client.run_once()
    assert (again.sent, again.all_sent) == (0, True)
    assert held(hq) == [1, 2, 3, 4]


def test_many_events_go_in_several_batches(hq: Headquarters, gate: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MOST_EVENTS", 7)
    for number in range(40):
        gate.journal.append(Kind.ID_COMPARED, {"crossing": f"c-{number}"})
    report = gate.client.run_once()
    assert (report.sent, report.error) == (41, "")
    assert held(hq) == list(range(1, 42))


def test_headquarters_alone_can_open_the_personal_record(hq: Headquarters, gate: Station) -> None:
    seq = cross(gate.journal)
    gate.client.run_once()
    (row,) = hq.rows(sa.select(events).where(events.c.seq == seq))
    for value in ("Zhang", "330482198403071234", "12345"):
        assert value not in row.text
    commitment = json.loads(row.text)["commitment"]
    key = unseal_key(row.sealed_key, hq.office.keys.sealing)
    assert open_record(SealedRecord(commitment, row.ciphertext), key) == HOLDER


def test_a_station_can_leave_old_records_to_headquarters_alone(hq: Headquarters, gate: Station) -> None:
    old = cross(gate.journal)
    gate.client.run_once()
    hq.clock.move(hours=13)
    unsent = cross(gate.journal)
    hq.clock.move(hours=13)
    assert gate.journal.forget_own_keys(hq.clock.wall()) == 1
    assert gate.journal.personal(old) is None
    assert gate.journal.personal(unsent) == HOLDER
    (row,) = hq.rows(sa.select(events).where(events.c.seq == old))
    commitment = json.loads(row.text)["commitment"]
    assert open_record(SealedRecord(commitment, row.ciphertext), unseal_key(row.sealed_key, hq.office.keys.sealing))
    assert gate.journal.verify() == 3


def test_what_was_recorded_before_enrolment_is_sealed_on_its_way(hq: Headquarters, tmp_path: Path) -> None:
    folder = tmp_path / "early-bird"
    with Journal.open(folder, clock=hq.clock, seal=Seal.open(folder)) as journal:
        seq = cross(journal)
        with station(hq, tmp_path / "unused") as other:
            enrolment = enrol(parse_invitation(hq.invitation("Gate 2")), folder, journal, other.http)
            report = SyncClient(journal, enrolment, other.http, hq.clock.now).run_once()
    assert report.all_sent
    (row,) = hq.rows(sa.select(events).where(events.c.station_id == enrolment.device, events.c.seq == seq))
    commitment = json.loads(row.text)["commitment"]
    assert open_record(SealedRecord(commitment, row.ciphertext), unseal_key(row.sealed_key, hq.office.keys.sealing))


def test_a_batch_sent_twice_lands_once(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    batch = pending_batch(gate)
    assert post(gate, "batch", batch)[0] == 200
    status, reply = post(gate, "batch", batch)
    assert status == 200
    assert reply["acked_to"] == 2
    assert held(hq) == [1, 2]


def test_the_same_batch_at_the_same_moment_lands_once(hq: Headquarters, gate: Station) -> None:
    for _ in range(10):
        cross(gate.journal)
    assert sent_at_once(hq, pending_batch(gate), times=4) == [200] * 4
    assert held(hq) == list(range(1, 12))


def test_a_batch_that_overlaps_adds_only_what_is_new(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    assert post(gate, "batch", pending_batch(gate))[0] == 200
    cross(gate.journal)
    status, reply = post(gate, "batch", pending_batch(gate))
    assert (status, reply["acked_to"]) == (200, 3)
    assert held(hq) == [1, 2, 3]


def test_a_gap_is_answered_with_the_event_that_is_needed(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    cross(gate.journal)
    status, reply = post(gate, "batch", pending_batch(gate, after=2))
    assert (status, reply["need"]) == (409, 1)
    assert held(hq) == []
    assert hq.rows(sa.select(stations.c.needs))[0].needs == 1
    assert gate.client.run_once().all_sent
    assert hq.rows(sa.select(stations.c.needs))[0].needs is None


def test_a_headquarters_restored_from_an_older_backup_gets_its_events_again(tmp_path: Path, clock: TestClock) -> None:
    with headquarters(tmp_path / "hq", clock) as hq, station(hq, tmp_path / "gate") as gate:
        cross(gate.journal)
        gate.client.run_once()
        backup = sqlite3.connect(tmp_path / "backup.db")
        source = sqlite3.connect(tmp_path / "hq" / "hq.db")
        source.backup(backup)
        cross(gate.journal)
        assert gate.client.run_once().all_sent
        backup.backup(source)
        source.close()
        backup.close()
        assert held(hq) == [1, 2]
        cross(gate.journal)
        report = gate.client.run_once()
        assert (report.error, report.all_sent) == ("", True)
        assert held(hq) == [1, 2, 3, 4]
        assert kinds_of_alerts(hq) == []


def test_a_reply_lost_after_the_commit_costs_nothing(tmp_path: Path, clock: TestClock) -> None:
    losing = iter([True])

    def lossy(app: Any) -> Any:
        def call(environ: Any, start_response: Any) -> Any:
            answer = app(environ, start_response)
            if environ["PATH_INFO"] == "/sync/v1/batch" and next(losing, False):
                return [b"x" * sum(map(len, answer))]  # it was committed, and the answer never arrived
            return answer

        return call

    with headquarters(tmp_path / "hq", clock, wrap=lossy) as hq, station(hq, tmp_path / "gate") as gate:
        cross(gate.journal)
        first = gate.client.run_once()
        assert (first.acked_to, first.all_sent) == (0, False)
        assert "cannot be read" in first.error
        assert held(hq) == [1, 2]
        second = gate.client.run_once()
        assert (second.error, second.acked_to, second.all_sent) == ("", 2, True)
        assert held(hq) == [1, 2]


def test_a_cloned_card_raises_a_fork_alarm_and_overwrites_nothing(
    hq: Headquarters, gate: Station, tmp_path: Path
) -> None:
    cross(gate.journal)
    gate.client.run_once()
    gate.journal.backup(tmp_path / "clone")
    original = cross(gate.journal)
    gate.client.run_once()
    before = hq.rows(sa.select(events.c.text).where(events.c.seq == original))
    seal = Seal.open(gate.folder / "keys")
    with Journal.open(tmp_path / "clone", clock=hq.clock, seal=seal) as clone:
        cross(clone, "hold")
        report = SyncClient(clone, gate.enrolment, gate.http, hq.clock.now).run_once()
    assert "two stations" in report.error
    assert not report.all_sent
    assert kinds_of_alerts(hq) == ["fork"]
    assert hq.rows(sa.select(events.c.text).where(events.c.seq == original)) == before


def test_a_restored_station_goes_on_in_a_new_epoch(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    cross(gate.journal)
    gate.journal.backup(tmp_path / "restored")
    cross(gate.journal)
    gate.client.run_once()
    with Journal.open(tmp_path / "restored", clock=hq.clock, seal=Seal.open(gate.folder / "keys")) as restored:
        restored.begin_epoch("restored from a backup")
        cross(restored)
        report = SyncClient(restored, gate.enrolment, gate.http, hq.clock.now).run_once()
        closing = json.loads(restored.outbox.note("closing-1"))
    assert (report.error, report.all_sent) == ("", True)
    check_signature(Purpose.CLOSING, closing, gate.enrolment.hq_key)
    assert (closing["seq"], closing["hash"]) == (3, gate.journal.outbox.hash_at(3).hex())
    assert kinds_of_alerts(hq) == []
    rows = hq.rows(sa.select(events.c.epoch, events.c.seq).order_by(events.c.epoch, events.c.seq))
    assert [tuple(row) for row in rows] == [(1, 1), (1, 2), (1, 3), (2, 3), (2, 4)]


def test_a_station_whose_card_was_damaged_goes_on_and_headquarters_is_told(
    hq: Headquarters, gate: Station, tmp_path: Path
) -> None:
    cross(gate.journal)
    gate.journal.backup(tmp_path / "stick")
    cross(gate.journal)
    gate.client.run_once()
    gate.journal.close()
    folder, seal = gate.folder / "journal", Seal.open(gate.folder / "keys")
    (folder / "journal.db").write_bytes(b"a dying card")
    recovered, recovery = open_or_recover(folder, clock=hq.clock, seal=seal, backups=[tmp_path / "stick"])
    with recovered:
        assert recovery is not None
        cross(recovered)
        report = SyncClient(recovered, gate.enrolment, gate.http, hq.clock.now).run_once()
        assert (report.error, report.all_sent) == ("", True)
    assert kinds_of_alerts(hq) == ["restored"]
    (opened,) = hq.rows(sa.select(epochs.c.epoch, epochs.c.lost).where(epochs.c.epoch == 2))
    assert tuple(opened) == (2, 1), "headquarters holds one event the station lost"
    with hq.office.store.reading() as db:
        assert prove(db, gate.enrolment.device).bad is None


@pytest.mark.parametrize("what", ["text", "order", "missing", "head", "device"])
def test_a_tampered_batch_is_refused(hq: Headquarters, gate: Station, what: str) -> None:
    cross(gate.journal)
    cross(gate.journal, "hold")
    batch = pending_batch(gate)
    match what:
        case "text":
            batch["events"][1][0] = batch["events"][1][0].replace("admit", "hold")
        case "order":
            batch["events"].reverse()
        case "missing":
            del batch["events"][1]
        case "head":
            batch["head"]["seq"] += 1
        case "device":
            batch["device"] = "another"
    status, _ = post(gate, "batch", batch)
    assert status == 401
    assert held(hq) == []


def test_a_truncated_batch_is_refused(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    packed = pack(pending_batch(gate))
    response = gate.http.post(f"{gate.enrolment.url}/sync/v1/batch", content=packed[:-20])
    assert response.status_code == 400
    assert held(hq) == []


def test_one_bad_event_is_kept_raw_and_acknowledged(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    bad = '{"this":"is no event"}'
    with gate.journal._db.writing("putting in a poisonous event") as db:
        hash_ = chain_hash(gate.journal.outbox.hash_at(2), bad.encode())
        db.execute("INSERT INTO events VALUES (3, 1, ?, ?)", [bad, hash_])
        db.execute("INSERT INTO log (seq, at, kind, lane) VALUES (3, '2022', 'x', 2)")
    cross(gate.journal)
    report = gate.client.run_once()
    assert (report.error, report.all_sent) == ("", True)
    assert held(hq) == [1, 2, 3, 4]
    (kept,) = hq.rows(sa.select(quarantine))
    assert (kept.seq, kept.raw) == (3, bad)
    assert kinds_of_alerts(hq) == []


def test_an_event_edited_at_the_station_is_named_and_the_rest_still_arrives(hq: Headquarters, gate: Station) -> None:
    for _ in range(3):
        cross(gate.journal, "hold")
    with gate.journal._db.maintaining() as db:
        db.execute("DROP TRIGGER events_are_facts")
        db.execute("UPDATE events SET canonical = replace(canonical, 'hold', 'admit') WHERE seq = 3")
    report = gate.client.run_once()
    assert (report.error, report.all_sent) == ("", True)
    assert [row.seq for row in hq.rows(sa.select(quarantine.c.seq))] == [3]
    assert [(row.kind, row.seq) for row in hq.rows(sa.select(alerts))] == [("rewrite", 3)]


def test_a_rewritten_history_is_an_alarm_and_not_appended(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    cross(gate.journal)
    gate.client.run_once()
    seal = Seal.open(gate.folder / "keys")
    with Journal.open(tmp_path / "rewritten", clock=hq.clock, seal=seal) as rewritten:
        for _ in range(3):
            cross(rewritten)
        batch = next_batch(rewritten, gate.enrolment, 2, hq.clock.wall())
        assert batch is not None
        status, reply = post(gate, "batch", batch)
    assert (status, reply["fork"]) == (409, 3)
    assert kinds_of_alerts(hq) == ["fork"]
    assert held(hq) == [1, 2]


def test_a_positive_goes_ahead_and_is_reconciled_when_its_turn_comes(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    seq = positive(gate.journal)
    due = gate.journal.outbox.early_due()
    status, reply = post(gate, "early", early_copies(gate.journal, gate.enrolment, due, hq.clock.wall()))
    assert (status, reply["accepted"]) == (200, [seq])
    assert kinds_of_alerts(hq) == ["positive"]
    assert held(hq) == []
    assert hq.rows(sa.select(early))[0].reconciled_at is None
    assert gate.client.run_once().all_sent
    assert held(hq) == [1, 2, 3]
    assert hq.rows(sa.select(early))[0].reconciled_at is not None
    assert kinds_of_alerts(hq) == ["positive"]


def test_what_makes_an_alert_is_told_once_each(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    cross(gate.journal, "refuse")
    positive(gate.journal)
    gate.journal.append(Kind.OVERRIDDEN, {"crossing": "c-1", "why": "midwife on call"}, lane=Lane.NOW)
    report = gate.client.run_once()
    assert (report.early, report.error) == (3, "")
    assert kinds_of_alerts(hq) == ["override", "positive", "refused"]


def test_an_early_copy_that_differs_from_the_sequence_is_a_fork(
    hq: Headquarters, gate: Station, tmp_path: Path
) -> None:
    gate.journal.backup(tmp_path / "clone")
    with Journal.open(tmp_path / "clone", clock=hq.clock, seal=Seal.open(gate.folder / "keys")) as clone:
        positive(clone)
        message = early_copies(clone, gate.enrolment, clone.outbox.early_due(), hq.clock.wall())
        assert post(gate, "early", message)[0] == 200
    cross(gate.journal)
    gate.client.run_once()
    assert kinds_of_alerts(hq) == ["fork", "positive"]


def test_a_revoked_station_is_refused_and_says_so(hq: Headquarters, gate: Station) -> None:
    assert gate.client.run_once().all_sent
    assert set_state(hq.office.store, gate.enrolment.device, "revoked")
    cross(gate.journal)
    report = gate.client.run_once()
    assert "revoked" in report.error
    assert (report.all_sent, report.pending.events) == (False, 1)
    assert held(hq) == [1]
    with pytest.raises(SyncError):
        gate.client.heartbeat()


def test_a_station_waits_for_its_approval(hq: Headquarters, tmp_path: Path) -> None:
    with station(hq, tmp_path / "new", approve=False) as new:
        assert "pending" in new.client.run_once().error
        assert set_state(hq.office.store, new.enrolment.device, "approved")
        assert new.client.run_once().all_sent


def test_an_invitation_is_good_for_one_station(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    invitation = parse_invitation(hq.invitation("Gate 7"))
    enrol(invitation, tmp_path / "a", gate.journal, gate.http)
    with pytest.raises(SyncError, match="used already"):
        enrol(invitation, tmp_path / "b", gate.journal, gate.http)


def test_an_old_invitation_is_refused(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    invitation = parse_invitation(hq.invitation("Gate 8"))
    hq.clock.move(hours=25)
    with pytest.raises(SyncError, match="too old"):
        enrol(invitation, tmp_path / "a", gate.journal, gate.http)


def test_a_station_does_not_enrol_with_an_impostor(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    invitation = parse_invitation(hq.invitation("Gate 9"))
    other = invitation.model_copy(update={"hq_key": "A" * 43 + "="})
    with pytest.raises(SyncError, match="not the headquarters"):
        enrol(other, tmp_path / "a", gate.journal, gate.http)
    assert not (tmp_path / "a" / "enrolment.json").exists()


def test_a_receipt_that_headquarters_did_not_sign_moves_nothing(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    deceived = replace(gate.enrolment, hq_key=bytes(32))
    report = SyncClient(gate.journal, deceived, gate.http, hq.clock.now).run_once()
    assert "not signed" in report.error
    assert gate.journal.outbox.cursor() == 0


def test_headquarters_may_move_to_another_address(tmp_path: Path, clock: TestClock) -> None:
    with headquarters(tmp_path / "hq", clock) as hq, station(hq, tmp_path / "gate") as gate:
        cross(gate.journal)
        with headquarters(tmp_path / "hq", clock) as moved:  # the same keys and store on another port
            enrolment = gate.enrolment.moved_to(f"{moved.url}/", gate.folder / "keys")
            assert enrolment.url == moved.url != hq.url
            kept = Enrolment.load(gate.folder / "keys")
            assert kept is not None
            assert kept.url == moved.url
            assert SyncClient(gate.journal, kept, gate.http, clock.now).run_once().all_sent


def test_receipts_are_kept_and_can_be_checked_later(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    gate.client.run_once()
    db = sqlite3.connect(gate.folder / "journal" / "journal.db")
    (text,) = db.execute("SELECT text FROM receipts").fetchone()
    db.close()
    receipt = json.loads(text)
    check_signature(Purpose.RECEIPT, receipt, gate.enrolment.hq_key)
    assert (receipt["acked_to"], receipt["acked_hash"]) == (2, gate.journal.head().hash.hex())


def test_a_heartbeat_tells_what_is_pending(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    gate.client.heartbeat()
    (row,) = hq.rows(sa.select(stations))
    assert (row.head_seq, row.pending_events, row.seq, row.clock) == (2, 2, 0, "trusted")
    assert row.last_seen_at == hq.clock.wall()


def test_photos_arrive_whole_and_sealed(hq: Headquarters, gate: Station) -> None:
    data = b"\xff\xd8" + bytes(range(256)) * 3000
    ref = gate.journal.keep_photo(data, "image/jpeg")
    gate.journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[ref])
    report = gate.client.run_once()
    assert (report.photos_sent, report.error, report.all_sent) == (1, "", True)
    assert read_photo(hq.office.shelf, gate.enrolment.device, ref.sha256, hq.office.keys) == data
    assert data[:64] not in shelf_of(hq).complete(gate.enrolment.device, ref.sha256).read_bytes()


def test_a_photo_resumes_where_the_line_broke(hq: Headquarters, gate: Station) -> None:
    data = b"\xff\xd8" + bytes(range(256)) * 3000
    ref = gate.journal.keep_photo(data, "image/jpeg")
    gate.journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[ref])
    sealed = gate.journal.photos.file_for_headquarters(ref.sha256).read_bytes()
    partial = shelf_of(hq).partial(gate.enrolment.device, ref.sha256)
    partial.parent.mkdir(parents=True)
    partial.write_bytes(sealed[:300_000])
    assert gate.client.run_once().all_sent
    assert read_photo(hq.office.shelf, gate.enrolment.device, ref.sha256, hq.office.keys) == data


def test_a_damaged_beginning_of_a_photo_does_not_stay(hq: Headquarters, gate: Station) -> None:
    ref = gate.journal.keep_photo(b"\xff\xd8" + bytes(700_000), "image/jpeg")
    gate.journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[ref])
    partial = shelf_of(hq).partial(gate.enrolment.device, ref.sha256)
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"rubbish" * 1000)
    assert gate.client.run_once().error
    assert gate.client.run_once().all_sent


def test_with_the_photo_store_down_events_still_land(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    ref = gate.journal.keep_photo(b"\xff\xd8 a picture", "image/jpeg")
    gate.journal.append(Kind.TEST_READ, {"outcome": "positive"}, photos=[ref], lane=Lane.NOW)
    (tmp_path / "hq" / "photos").write_text("in the way")
    report = gate.client.run_once()
    assert "503" in report.error
    assert report.retry_after_s
    assert held(hq) == [1, 2]
    assert kinds_of_alerts(hq) == ["positive"]
    assert (report.pending.events, report.pending.photos) == (0, 1)
    (tmp_path / "hq" / "photos").unlink()
    assert gate.client.run_once().all_sent


def test_with_the_store_down_the_station_keeps_everything(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    with hq.office.store.writing() as db:
        db.execute(sa.text("ALTER TABLE events RENAME TO away"))
    report = gate.client.run_once()
    assert "503" in report.error
    assert report.pending.events == 2
    with hq.office.store.writing() as db:
        db.execute(sa.text("ALTER TABLE away RENAME TO events"))
    assert gate.client.run_once().all_sent


def test_a_busy_headquarters_asks_to_come_back(tmp_path: Path, clock: TestClock) -> None:
    with (
        headquarters(tmp_path / "hq", clock, uploads_at_work=0, uploads_waiting=0) as hq,
        station(hq, tmp_path / "gate") as gate,
    ):
        cross(gate.journal)
        positive(gate.journal)
        report = gate.client.run_once()
        assert "429" in report.error
        assert report.retry_after_s
        assert report.early == 1, "the urgent is never asked to wait"
        assert kinds_of_alerts(hq) == ["positive"]


def test_an_unknown_station_is_refused(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    batch = pending_batch(gate)
    status, _ = post(gate, "batch", resigned(gate, {**batch, "device": "nobody"}))
    assert status == 401


def test_a_newer_stations_unknown_fields_do_no_harm(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    batch = resigned(gate, {**pending_batch(gate), "weather": "rain"})
    assert post(gate, "batch", batch)[0] == 200
    assert post(gate, "batch", {**batch, "weather": "sun"})[0] == 401


def test_figures_are_there_for_the_monitoring(hq: Headquarters, gate: Station) -> None:
    positive(gate.journal)
    gate.client.run_once()
    assert gate.http.get(f"{hq.url}/healthz").json() == {"status": "ok"}
    text = gate.http.get(f"{hq.url}/metrics").text
    assert f'checkpoint_station_events{{station="{gate.enrolment.device}"}} 2' in text
    assert 'checkpoint_hq_open_alerts{kind="positive"} 1' in text
