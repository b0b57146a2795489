"""A damaged card: as much as can be proven is kept, the rest is told, and the station goes on."""

import contextlib
import random
from pathlib import Path

import pytest

from checkpoint.errors import ChainBroken, JournalError, JournalFull, JournalTooNew
from checkpoint.events import Kind
from checkpoint.journal import Journal, Seal, open_or_recover
from tests.checkpoint.journal.conftest import StandingClock

WHO = {"holder": {"name": "Zhang Wei"}}


def fill(journal: Journal, count: int) -> None:
    for number in range(count):
        photo = journal.keep_photo(b"picture %d" % number, "image/jpeg")
        journal.append(Kind.TEST_READ, {"test": f"t-{number}", "note": "x" * 1500}, personal=WHO, photos=[photo])


def damage(folder: Path, *, at: float, pages: int = 1) -> None:
    """Overwrite pages of the file, as a dying card does; `at` is where, as a part of the file."""
    file = folder / "journal.db"
    data = bytearray(file.read_bytes())
    start = int(len(data) // 4096 * at) * 4096
    data[start : start + pages * 4096] = b"\xff" * (pages * 4096)
    file.write_bytes(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_a_sound_journal_is_simply_opened(journal: Journal, folder: Path, clock: StandingClock, seal: Seal) -> None:
    fill(journal, 2)
    journal.close()
    again, recovery = open_or_recover(folder, clock=clock, seal=seal)
    with again:
        assert recovery is None
        assert again.head().seq == 2


def test_with_a_backup_everything_up_to_it_is_back_and_what_follows_is_salvaged(
    journal: Journal, folder: Path, tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    fill(journal, 30)
    journal.backup(tmp_path / "stick")
    fill(journal, 20)
    journal.close()
    damage(folder, at=0.9, pages=2)
    again, recovery = open_or_recover(
        folder, clock=clock, seal=seal, backups=[tmp_path / "nothing", tmp_path / "stick"]
    )
    with again:
        assert recovery is not None
        assert recovery.restored == 30
        assert 0 <= recovery.salvaged <= 20
        kept = recovery.restored + recovery.salvaged
        assert again.verify() == kept + 2
        opened, told = again.events(after=kept)
        assert (opened.kind, opened.epoch) == (Kind.EPOCH_OPENED, 2)
        assert (told.kind, told.body["restored"]) == (Kind.JOURNAL_RESTORED, 30)
        for event in again.events(limit=kept):
            assert again.personal(event.seq) == WHO
            assert again.photo(event.photos[0].sha256)
        assert (recovery.kept_aside / "journal.db").exists()


def test_without_a_backup_what_proves_itself_is_taken_over(
    journal: Journal, folder: Path, clock: StandingClock, seal: Seal
) -> None:
    fill(journal, 40)
    journal.close()
    damage(folder, at=0.95)
    again, recovery = open_or_recover(folder, clock=clock, seal=seal)
    with again:
        assert recovery is not None
        assert recovery.restored == 0
        assert recovery.salvaged > 0, "most of the file can still be read"
        assert again.verify() == recovery.salvaged + 2


def test_a_file_that_is_no_database_at_all_does_not_stop_the_gate(
    journal: Journal, folder: Path, clock: StandingClock, seal: Seal
) -> None:
    fill(journal, 3)
    journal.close()
    (folder / "journal.db").write_bytes(b"\x00" * 20000)
    again, recovery = open_or_recover(folder, clock=clock, seal=seal)
    with again:
        assert recovery is not None
        assert (recovery.restored, recovery.salvaged) == (0, 0)
        assert again.append(Kind.STATION_STARTED, {}).epoch == 2


def test_a_backup_whose_chain_is_broken_is_not_trusted(
    journal: Journal, folder: Path, tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    fill(journal, 5)
    journal.backup(tmp_path / "older")
    fill(journal, 5)
    journal.backup(tmp_path / "newer")
    journal.close()
    with Journal.open(tmp_path / "newer", clock=clock, seal=seal) as newer, newer.writing("tampering") as db:
        db.execute("DROP TRIGGER events_are_facts")
        db.execute("UPDATE events SET canonical = replace(canonical, 't-1', 't-9') WHERE seq = 2")
    (folder / "journal.db").write_bytes(b"no database")
    again, recovery = open_or_recover(folder, clock=clock, seal=seal, backups=[tmp_path / "newer", tmp_path / "older"])
    with again:
        assert recovery is not None
        assert recovery.restored == 5
        assert again.verify() == 7


def test_two_damages_in_one_second_keep_both_files(
    journal: Journal, folder: Path, clock: StandingClock, seal: Seal
) -> None:
    journal.close()
    for _ in range(2):
        (folder / "journal.db").write_bytes(b"no database")
        again, _recovery = open_or_recover(folder, clock=clock, seal=seal)
        again.close()
    assert len(list(folder.glob("damaged-*/journal.db"))) == 2


def test_a_disk_that_cannot_be_written_is_not_mistaken_for_damage(
    tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(JournalFull):
        open_or_recover(tmp_path / "file", clock=clock, seal=seal)


def test_a_lost_log_file_shows_against_the_newest_backup(
    journal: Journal, folder: Path, tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    fill(journal, 3)
    so_far = {file.name: file.read_bytes() for file in folder.glob("journal.db*")}
    fill(journal, 20)
    journal.back_up(tmp_path / "stick")
    journal.close()
    for file in folder.glob("journal.db*"):
        file.unlink()
    for name, data in so_far.items():
        if not name.endswith("-shm"):
            (folder / name).write_bytes(data)
    again, recovery = open_or_recover(folder, clock=clock, seal=seal, backups=[tmp_path / "stick"])
    with again:
        assert recovery is not None
        assert "reaches event 23" in recovery.damage
        assert recovery.restored == 23
        assert again.head().epoch == 2


def test_another_stations_backup_on_the_stick_says_nothing_of_this_journal(
    journal: Journal, folder: Path, tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    with Journal.open(tmp_path / "other", clock=clock, seal=seal) as other:
        clock.move(minutes=1)
        fill(other, 9)
        other.back_up(tmp_path / "stick")
    fill(journal, 2)
    journal.close()
    again, recovery = open_or_recover(folder, clock=clock, seal=seal, backups=[tmp_path / "stick"])
    again.close()
    assert recovery is None


@pytest.mark.parametrize("left", [b"", None], ids=["emptied", "deleted"])
def test_an_emptied_or_deleted_file_is_not_taken_for_a_new_station(
    journal: Journal, folder: Path, tmp_path: Path, clock: StandingClock, seal: Seal, left: bytes | None
) -> None:
    fill(journal, 3)
    journal.back_up(tmp_path / "stick")
    journal.close()
    (folder / "journal.db").unlink()
    if left is not None:
        (folder / "journal.db").write_bytes(left)
    again, recovery = open_or_recover(folder, clock=clock, seal=seal, backups=[tmp_path / "stick"])
    with again:
        assert recovery is not None
        assert (recovery.restored, again.head().epoch) == (3, 2)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_file_cut_short_is_recovered(
    journal: Journal, folder: Path, clock: StandingClock, seal: Seal, share: float
) -> None:
    fill(journal, 40)
    journal.close()
    data = (folder / "journal.db").read_bytes()
    (folder / "journal.db").write_bytes(data[: int(len(data) * share)])
    again, recovery = open_or_recover(folder, clock=clock, seal=seal)
    with again:
        assert recovery is not None
        assert again.verify() == recovery.salvaged + 2


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bits_are_found_at_the_start_or_by_the_chain_and_never_pass_for_the_truth(
    journal: Journal, folder: Path, clock: StandingClock, seal: Seal, seed: int
) -> None:
    fill(journal, 30)
    truth = {event.seq: event.hash for event in journal.events()}
    journal.close()
    chance = random.Random(seed)
    data = bytearray((folder / "journal.db").read_bytes())
    for _ in range(40):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    (folder / "journal.db").write_bytes(data)
    again, recovery = open_or_recover(folder, clock=clock, seal=seal)
    with again:
        if recovery is not None:
            again.verify()
        for seq in range(1, (recovery.salvaged if recovery else 30) + 1):
            with contextlib.suppress(ChainBroken, KeyError, JournalError):
                assert again.event(seq).hash == truth[seq]


def test_a_newer_programs_journal_is_left_alone(
    journal: Journal, folder: Path, clock: StandingClock, seal: Seal
) -> None:
    fill(journal, 1)
    with journal.writing("as a newer program would") as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('checkpoint-journal', 'what_is_yet_to_come', '')"
        )
    journal.close()
    with pytest.raises(JournalTooNew, match="newer version"):
        open_or_recover(folder, clock=clock, seal=seal)
    assert not list(folder.glob("damaged-*"))
