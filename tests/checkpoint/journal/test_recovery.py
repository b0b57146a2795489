"""A damaged card: as much as can be proven is kept, the rest is told, and the station goes on."""

from pathlib import Path

import pytest

from checkpoint.errors import JournalFull
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
