"""What is written down stays written down, and any change shows."""

import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from checkpoint.crossing import Verdict
from checkpoint.errors import ChainBroken, JournalError, JournalFull
from checkpoint.events import GENESIS, Kind, Lane
from checkpoint.journal import Journal, LogQuery, Seal
from tests.checkpoint.journal.conftest import StandingClock

HOLDER = {"holder": {"name": "Zhang Wei", "born": "1984", "id_number": "330482198403071234"}, "plate": "浙F12345"}


def decide(journal: Journal, verdict: str = "admit", *, personal: bool = True, **more: object) -> int:
    body = {"crossing": "c-1", "seat": 1, "verdict": verdict, "reason": "rules-met", "officer": "li", **more}
    return journal.append(Kind.CROSSING_DECIDED, body, personal=HOLDER if personal else None).seq


def tamper(journal_folder: Path, sql: str) -> None:
    """Do what somebody with the SD card in hand could do."""
    with sqlite3.connect(journal_folder / "journal.db") as db:
        db.execute("DROP TRIGGER IF EXISTS events_are_facts")
        db.execute(sql)
    db.close()


def test_an_event_reads_back_as_it_was_written(journal: Journal, clock: StandingClock) -> None:
    photo = journal.keep_photo(b"\xff\xd8 a picture", "image/jpeg")
    written = journal.append(
        Kind.TEST_READ, {"slot": 7, "verdict": Verdict.REFUSE}, photos=[photo], lane=Lane.NOW, rules="pinghu@3"
    )
    read = journal.event(written.seq)
    assert read == written
    assert read.moment == clock.now()
    assert read.body == {"slot": 7, "verdict": "refuse"}
    assert (read.lane, read.rules, read.photos) == (Lane.NOW, "pinghu@3", (photo,))


def test_each_event_follows_from_the_one_before_it(journal: Journal) -> None:
    decide(journal)
    decide(journal)
    first, second = journal.events()
    assert (first.seq, second.seq) == (1, 2)
    assert first.prev_hash == GENESIS
    assert second.prev_hash == first.hash
    assert journal.head().hash == second.hash
    assert journal.verify() == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET canonical = replace(canonical, 'refuse', 'admit') WHERE seq = 3",
        "UPDATE events SET canonical = replace(canonical, '\"seat\":1', '\"seat\":2') WHERE seq = 3",
        "UPDATE events SET hash = zeroblob(32) WHERE seq = 3",
        "UPDATE events SET epoch = 9 WHERE seq = 3",
        "DELETE FROM events WHERE seq = 3",
    ],
)
def test_an_edited_or_missing_row_is_found_and_named(journal: Journal, tmp_path: Path, change: str) -> None:
    for _ in range(5):
        decide(journal, "refuse")
    tamper(tmp_path / "journal", change)
    with pytest.raises(ChainBroken) as broken:
        journal.verify()
    assert broken.value.seq == 3


def test_an_edited_event_is_not_shown_as_if_nothing_had_happened(journal: Journal, tmp_path: Path) -> None:
    seq = decide(journal, "refuse")
    tamper(tmp_path / "journal", "UPDATE events SET canonical = replace(canonical, 'refuse', 'admit')")
    with pytest.raises(ChainBroken):
        journal.event(seq)


def test_nobody_edits_an_event_by_mistake(journal: Journal, tmp_path: Path) -> None:
    decide(journal)
    db = sqlite3.connect(tmp_path / "journal" / "journal.db")
    with pytest.raises(sqlite3.IntegrityError, match="facts"):
        db.execute("UPDATE events SET canonical = '{}'")
    db.close()


def test_a_tail_cut_off_behind_a_receipt_is_found(journal: Journal, tmp_path: Path) -> None:
    for _ in range(4):
        decide(journal, personal=False)
    head = journal.head()
    journal.outbox.acknowledge(4, head.hash, epoch=head.epoch, text="{}", sig=b"sig")
    tamper(tmp_path / "journal", "DELETE FROM events WHERE seq = 4")
    with pytest.raises(ChainBroken) as broken:
        journal.verify()
    assert broken.value.seq == 4


def test_the_personal_part_is_not_in_the_file_in_clear(journal: Journal, tmp_path: Path) -> None:
    seq = decide(journal)
    assert journal.personal(seq) == HOLDER
    journal.close()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "journal").rglob("*") if path.is_file())
    for value in ("Zhang Wei", "330482198403071234", "浙F12345"):
        assert value.encode() not in stored


def test_another_stations_key_does_not_open_the_personal_part(
    journal: Journal, tmp_path: Path, clock: StandingClock
) -> None:
    seq = decide(journal)
    with Journal.open(tmp_path / "journal", clock=clock, seal=Seal(bytes(32))) as stolen, pytest.raises(JournalError):
        stolen.personal(seq)


def test_a_swapped_personal_record_is_refused(journal: Journal, tmp_path: Path) -> None:
    journal.append(Kind.TEST_STARTED, {"slot": 1}, personal={"holder": {"name": "A"}})
    journal.append(Kind.TEST_STARTED, {"slot": 2}, personal={"holder": {"name": "B"}})
    tamper(
        tmp_path / "journal",
        "UPDATE personal SET (ciphertext, station_key) = "
        "(SELECT ciphertext, station_key FROM personal WHERE seq = 2) WHERE seq = 1",
    )
    assert journal.personal(2) == {"holder": {"name": "B"}}
    with pytest.raises(JournalError):
        journal.personal(1)


def test_personal_data_can_be_destroyed_and_the_chain_still_verifies(journal: Journal, clock: StandingClock) -> None:
    photo = journal.keep_photo(b"old picture", "image/jpeg")
    shared = journal.keep_photo(b"picture used twice", "image/jpeg")
    old = journal.append(Kind.TEST_READ, {}, personal=HOLDER, photos=[photo, shared]).seq
    clock.move(days=20)
    recent = journal.append(Kind.TEST_READ, {}, personal=HOLDER, photos=[shared]).seq
    assert journal.destroy_personal(clock.now().wall - timedelta(days=14)) == 1
    assert journal.personal(old) is None
    assert journal.personal(recent) == HOLDER
    with pytest.raises(KeyError):
        journal.photo(photo.sha256)
    assert journal.photo(shared.sha256) == b"picture used twice"
    assert journal.verify() == 3
    assert journal.event(3).body == {"before": "2022-03-26T02:14:07.000000Z", "records": 1, "photos": 1}


def test_with_a_headquarters_nothing_unsent_is_destroyed(journal: Journal, clock: StandingClock, seal: Seal) -> None:
    seal.trust_headquarters(bytes(range(32)))
    seq = decide(journal)
    clock.move(days=20)
    assert journal.destroy_personal(clock.now().wall) == 0
    assert journal.personal(seq) == HOLDER


def test_a_photo_reads_back_and_is_encrypted_on_disk(journal: Journal) -> None:
    data = b"\xff\xd8" + b"face" * 100
    ref = journal.keep_photo(data, "image/jpeg")
    assert journal.keep_photo(data, "image/jpeg") == ref
    assert journal.photo(ref.sha256) == data
    assert ref.size == len(data)
    assert b"face" not in journal.photos.path(ref.sha256).read_bytes()


def test_a_changed_photo_is_refused(journal: Journal) -> None:
    ref = journal.keep_photo(b"picture", "image/jpeg")
    path = journal.photos.path(ref.sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(JournalError):
        journal.photo(ref.sha256)


def test_a_photo_is_asked_for_by_its_hash_and_nothing_else(journal: Journal) -> None:
    with pytest.raises(KeyError):
        journal.photo("../../etc/passwd")


def test_nothing_is_half_written_when_an_append_fails(journal: Journal, tmp_path: Path) -> None:
    decide(journal)
    tamper(tmp_path / "journal", "DROP TABLE event_photos")
    photo = journal.keep_photo(b"picture", "image/jpeg")
    with pytest.raises(JournalError):
        journal.append(Kind.TEST_READ, {"slot": 1}, personal=HOLDER, photos=[photo])
    assert journal.head().seq == 1
    assert journal.verify() == 1


def test_a_full_disk_is_said_so(journal: Journal) -> None:
    decide(journal)
    with journal._db.maintaining() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count={pages}")
    big = "x" * 100_000
    with pytest.raises(JournalFull):
        decide(journal, note=big)
    count = journal.head().seq
    assert journal.verify() == count


def test_a_body_that_json_cannot_carry_is_refused_before_anything_is_written(journal: Journal) -> None:
    with pytest.raises(ValueError):
        journal.append(Kind.TEST_READ, {"score": float("nan")})
    assert journal.head().seq == 0


def test_a_damaged_file_is_noticed_at_start(journal: Journal, tmp_path: Path, clock: StandingClock, seal: Seal) -> None:
    for _ in range(50):
        decide(journal)
    journal.close()
    file = tmp_path / "journal" / "journal.db"
    data = bytearray(file.read_bytes())
    data[4096 * 3 : 4096 * 6] = bytes(4096 * 3)
    file.write_bytes(data)
    with pytest.raises(JournalError):
        Journal.open(tmp_path / "journal", clock=clock, seal=seal)


def test_the_journal_continues_where_it_stopped(
    journal: Journal, tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    decide(journal)
    journal.close()
    with Journal.open(tmp_path / "journal", clock=clock, seal=seal) as again:
        assert decide(again) == 2
        assert again.verify() == 2


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path, clock: StandingClock, seal: Seal) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(JournalFull, match="file"):
        Journal.open(tmp_path / "file", clock=clock, seal=seal)


def test_two_processes_may_append_to_one_journal(
    journal: Journal, tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    with Journal.open(tmp_path / "journal", clock=clock, seal=seal) as other:
        assert [decide(journal), decide(other), decide(journal)] == [1, 2, 3]
        assert other.verify() == 3


def test_many_threads_append_without_a_gap(journal: Journal) -> None:
    threads = [threading.Thread(target=lambda: [decide(journal) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.verify() == 40


def test_listeners_hear_of_an_event_once_it_is_durable(journal: Journal) -> None:
    heard: list[tuple[int, int]] = []
    journal.subscribe(lambda event: heard.append((event.seq, journal.head().seq)))
    decide(journal)
    assert heard == [(1, 1)]


def test_a_failing_listener_does_not_undo_an_event(journal: Journal) -> None:
    def fails(_: object) -> None:
        raise RuntimeError("a listener's trouble")

    journal.subscribe(fails)
    assert decide(journal) == 1


def test_a_new_epoch_names_the_head_it_continues_from(journal: Journal) -> None:
    decide(journal)
    head = journal.head()
    opened = journal.begin_epoch("restored from a backup")
    assert (opened.epoch, opened.seq, opened.kind) == (head.epoch + 1, 2, Kind.EPOCH_OPENED)
    assert opened.body["before"] == {"epoch": head.epoch, "seq": 1, "hash": head.hash.hex()}
    assert decide(journal) == 3
    assert journal.head().epoch == head.epoch + 1
    assert journal.verify() == 3


def test_the_log_is_newest_first_and_filtered(journal: Journal, clock: StandingClock) -> None:
    decide(journal, "admit", officer="li")
    clock.move(hours=1)
    decide(journal, "refuse", officer="wang", crossing="c-2")
    journal.append(Kind.TEST_STARTED, {"test": "t-1", "slot": 4, "lot": "L22"})
    start = clock.now().wall

    def found(query: LogQuery) -> list[int]:
        return [event.seq for event in journal.search(query).entries]

    assert found(LogQuery()) == [3, 2, 1]
    assert found(LogQuery(verdict=Verdict.REFUSE)) == [2]
    assert found(LogQuery(kind=Kind.TEST_STARTED)) == [3]
    assert found(LogQuery(officer="li")) == [1]
    assert found(LogQuery(crossing="c-2")) == [2]
    assert found(LogQuery(slot=4, lot="L22", test="t-1")) == [3]
    assert found(LogQuery(since=start)) == [3, 2]
    assert found(LogQuery(until=start)) == [1]
    assert found(LogQuery(reason="rules-met", verdict="admit")) == [1]


def test_a_long_log_is_read_page_by_page(journal: Journal) -> None:
    for _ in range(5):
        decide(journal)
    seen: list[int] = []
    before: int | None = None
    while True:
        page = journal.search(LogQuery(limit=2, before_seq=before))
        seen += [event.seq for event in page.entries]
        if (before := page.next_before) is None:
            break
    assert seen == [5, 4, 3, 2, 1]


def test_pending_counts_what_headquarters_does_not_have(journal: Journal) -> None:
    assert journal.pending().all_sent
    photo = journal.keep_photo(b"picture", "image/jpeg")
    decide(journal)
    journal.append(Kind.TEST_READ, {"outcome": "positive"}, lane=Lane.NOW, photos=[photo])
    pending = journal.pending()
    assert (pending.now, pending.soon, pending.photos, pending.all_sent) == (1, 1, 1, False)
    head = journal.head()
    journal.outbox.acknowledge(2, head.hash, epoch=1, text="{}", sig=b"sig")
    assert (journal.pending().events, journal.pending().all_sent) == (0, False)
    journal.outbox.confirm_photo(photo.sha256)
    assert journal.pending().all_sent
    journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[photo])  # headquarters has this picture already
    assert (journal.pending().soon, journal.pending().photos) == (1, 0)
    journal.outbox.photos_missing([photo.sha256])
    assert (journal.pending().photos, journal.outbox.photos_due()) == (1, [photo.sha256])
    journal.outbox.rewind(0)
    assert (journal.pending().now, journal.pending().soon) == (1, 2)


def test_a_receipt_for_another_chain_is_refused(journal: Journal) -> None:
    decide(journal)
    with pytest.raises(ValueError):
        journal.outbox.acknowledge(1, bytes(32), epoch=1, text="{}", sig=b"sig")
    assert journal.outbox.cursor() == 0


def test_a_backup_opens_and_verifies(journal: Journal, tmp_path: Path, clock: StandingClock, seal: Seal) -> None:
    photo = journal.keep_photo(b"picture", "image/jpeg")
    seq = journal.append(Kind.TEST_READ, {}, personal=HOLDER, photos=[photo]).seq
    journal.backup(tmp_path / "stick")
    decide(journal)
    with Journal.open(tmp_path / "stick", clock=clock, seal=seal) as restored:
        assert restored.verify() == 1
        assert restored.personal(seq) == HOLDER
        assert restored.photo(photo.sha256) == b"picture"


def test_a_damaged_station_key_says_where_it_lies_and_what_to_do(tmp_path: Path) -> None:
    Seal.open(tmp_path)
    (tmp_path / "station.key").write_bytes(b"cut short")
    with pytest.raises(JournalError, match=r"9 bytes instead of 32: .*station\.key\. Put its copy there"):
        Seal.open(tmp_path)
