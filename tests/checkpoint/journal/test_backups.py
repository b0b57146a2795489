"""Backups in generations, and a station put back from one: nothing lost, nothing kept that was given up."""

import os
import sqlite3
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from checkpoint.errors import JournalError, JournalFull, JournalInUse
from checkpoint.events import Kind, Lane
from checkpoint.journal import Journal, Seal, describe, finish_interrupted, generations, look_at, restore
from tests.checkpoint.journal.conftest import StandingClock

WHO = {"holder": {"name": "Zhang Wei"}}


def work(journal: Journal, count: int = 1) -> None:
    for _ in range(count):
        photo = journal.keep_photo(b"picture %d" % journal.head().seq, "image/jpeg")
        journal.append(Kind.CROSSING_DECIDED, {"crossing": "c"}, personal=WHO, photos=[photo])


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


# -- backing up ------------------------------------------------------------------------------------------------------


def test_each_backup_is_a_generation_of_its_own_and_the_oldest_make_way(
    journal: Journal, stick: Path, clock: StandingClock
) -> None:
    for _ in range(4):
        work(journal)
        journal.back_up(stick, keep=3)
        clock.move(days=1)
    found = generations(stick)
    assert [generation.seq for generation in found] == [7, 5, 3]
    assert found[0].made_at == clock.now().wall - timedelta(days=1)
    assert len(list(stick.glob("photos/??/*.photo"))) == 4, "photos lie there once, for all generations"


def test_a_backup_is_itself_an_event(journal: Journal, stick: Path) -> None:
    work(journal, 2)
    made = journal.back_up(stick)
    told = journal.event(3)
    assert told.kind is Kind.BACKUP_MADE
    assert told.body == {"file": made.generation.path.name, "reaches": 2, "photos": 2}


def test_a_full_stick_is_told_and_keeps_its_older_generations(
    journal: Journal, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(journal)
    journal.back_up(stick)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(total=1000, free=0))
    with pytest.raises(JournalFull, match="MB left"):
        journal.back_up(stick)
    assert [generation.seq for generation in generations(stick)] == [1]
    assert journal.head().seq == 2, "nothing says that a backup was made"


def test_no_stick_is_told(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder should be")
    with pytest.raises(JournalFull):
        journal.back_up(tmp_path / "file")


def test_a_backup_that_was_cut_short_leaves_nothing_behind(journal: Journal, stick: Path) -> None:
    stick.mkdir()
    (stick / ".journal-e1-000000001-20220320T000000Z.db.abcd").write_bytes(b"half")
    work(journal)
    journal.back_up(stick)
    assert list(stick.glob(".*")) == []


def test_what_retention_destroyed_is_destroyed_in_older_backups_too(
    journal: Journal, stick: Path, clock: StandingClock
) -> None:
    work(journal, 3)
    journal.back_up(stick)
    clock.move(days=20)
    work(journal)
    journal.destroy_personal(clock.now().wall - timedelta(days=14))
    journal.back_up(stick)
    older = generations(stick)[1]
    with sqlite3.connect(older.path) as db:
        assert db.execute("SELECT count(*) FROM personal").fetchone() == (0,)
    db.close()
    assert look_at(older.path).seq == 3, "its chain is still whole"
    assert len(list(stick.glob("photos/??/*.photo"))) == 1


def test_the_stations_key_is_in_no_backup(journal: Journal, stick: Path, tmp_path: Path) -> None:
    work(journal)
    journal.back_up(stick)
    key = (tmp_path / "keys" / "station.key").read_bytes()
    assert not any(key in path.read_bytes() for path in stick.rglob("*") if path.is_file())


# -- restoring -------------------------------------------------------------------------------------------------------


def test_a_new_card_goes_on_from_the_stick_in_a_new_epoch(
    journal: Journal, stick: Path, tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    work(journal, 3)
    journal.back_up(stick)
    done = restore(tmp_path / "new card", stick, clock=clock, seal=seal)
    assert (done.restored, done.salvaged, done.epoch, done.kept_aside, done.readable) == (3, 0, 2, None, True)
    with Journal.open(tmp_path / "new card", clock=clock, seal=seal) as again:
        assert again.verify() == 5
        assert again.personal(2) == WHO
        assert again.photo(again.event(2).photos[0].sha256)
        opened, told = again.events(after=3)
        assert (opened.kind, opened.body["because"]) == (Kind.EPOCH_OPENED, "restored from a backup")
        assert (told.kind, told.lane) == (Kind.JOURNAL_RESTORED, Lane.NOW), "headquarters is told at once"


def test_restoring_over_a_whole_journal_loses_none_of_it(
    journal: Journal, folder: Path, stick: Path, clock: StandingClock, seal: Seal
) -> None:
    work(journal, 2)
    journal.back_up(stick)
    work(journal, 5)
    journal.close()
    done = restore(folder, stick, clock=clock, seal=seal)
    assert (done.restored, done.salvaged) == (2, 6)
    assert done.kept_aside is not None
    assert (done.kept_aside / "journal.db").exists()
    with Journal.open(folder, clock=clock, seal=seal) as again:
        assert again.verify() == 10


def test_a_journal_in_use_is_not_replaced(
    journal: Journal, folder: Path, stick: Path, clock: StandingClock, seal: Seal
) -> None:
    work(journal)
    journal.back_up(stick)
    with pytest.raises(JournalInUse, match="stop the station"):
        restore(folder, stick, clock=clock, seal=seal)
    assert journal.verify() == 2


def test_another_stations_work_is_replaced_only_where_that_is_said(
    journal: Journal, stick: Path, tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    work(journal)
    journal.back_up(stick)
    with Journal.open(tmp_path / "other", clock=clock, seal=seal) as other:
        clock.move(minutes=1)
        work(other)
    with pytest.raises(JournalError, match="holds work"):
        restore(tmp_path / "other", stick, clock=clock, seal=seal)
    done = restore(tmp_path / "other", stick, clock=clock, seal=seal, replace=True)
    assert (done.restored, done.salvaged) == (1, 0)


def test_a_new_box_that_only_started_may_be_restored(
    journal: Journal, stick: Path, tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    work(journal)
    journal.back_up(stick)
    clock.move(minutes=1)
    with Journal.open(tmp_path / "new", clock=clock, seal=seal) as new:
        new.append(Kind.STATION_STARTED, {})
    assert restore(tmp_path / "new", stick, clock=clock, seal=seal).restored == 1


def test_a_box_with_another_key_says_that_it_cannot_read_the_people(
    journal: Journal, stick: Path, tmp_path: Path, clock: StandingClock
) -> None:
    work(journal)
    journal.back_up(stick)
    other_key = Seal.open(tmp_path / "other keys")
    assert not restore(tmp_path / "new", stick, clock=clock, seal=other_key).readable


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_damaged_generation_is_passed_over_for_an_older_one(journal: Journal, stick: Path, at: float) -> None:
    work(journal, 10)
    journal.back_up(stick)
    work(journal, 10)
    newest = journal.back_up(stick).generation.path
    data = bytearray(newest.read_bytes())
    start = int(len(data) // 4096 * at) * 4096
    data[start : start + 4096] = b"\xff" * 4096
    newest.write_bytes(data)
    with pytest.raises(JournalError):
        look_at(newest)
    assert look_at(stick).seq == 10


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\x00" + bytes(5000)])
def test_a_file_that_is_no_backup_is_told_apart(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "backup.db").write_bytes(content)
    with pytest.raises(JournalError):
        look_at(tmp_path / "backup.db")


def test_an_empty_folder_holds_no_backup(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no whole backup"):
        look_at(tmp_path)


# -- cut short -------------------------------------------------------------------------------------------------------


class PowerCut(BaseException):
    """The plug is pulled."""


def cut_power_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the `step`-th file that is forced to disk, or renamed, be the last thing that happens."""
    left = [step]

    def counted(real):  # type: ignore[no-untyped-def]
        def call(*args: object, **named: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise PowerCut
            return real(*args, **named)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))


def test_a_power_cut_at_any_step_of_a_restore_loses_neither_backup_nor_journal(
    tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    finished_later = 0
    for step in range(1, 100):
        place, folder = tmp_path / str(step), tmp_path / str(step) / "journal"
        with Journal.open(folder, clock=clock, seal=seal) as journal:
            work(journal, 2)
            journal.back_up(place / "stick")
            work(journal, 3)
            before = [event.hash for event in journal.events()]
        with pytest.MonkeyPatch.context() as patched:
            cut_power_at(step, patched)
            try:
                done = restore(folder, place / "stick", clock=clock, seal=seal)
            except PowerCut:
                done = None
        if done is not None:
            break
        done = finish_interrupted(folder, clock=clock, seal=seal)
        finished_later += done is not None
        if done is None:  # it had not begun to move anything, or was already done
            with Journal.open(folder, clock=clock, seal=seal) as journal:
                assert [event.hash for event in journal.events()][:6] == before
        assert look_at(place / "stick").seq == 2
        with Journal.open(folder, clock=clock, seal=seal) as journal:
            kept = [event.hash for event in journal.events()]
            assert kept[:6] == before, f"cut at step {step}"
            told = [event for event in journal.events() if event.kind is Kind.JOURNAL_RESTORED]
            assert len(told) <= 1
            journal.verify()
        assert finish_interrupted(folder, clock=clock, seal=seal) is None, "done is done"
    else:
        pytest.fail("more steps than there can be")
    assert finished_later >= 3


def test_a_journal_opened_between_cut_and_finish_is_kept_too(
    journal: Journal, folder: Path, stick: Path, clock: StandingClock, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(journal, 2)
    journal.back_up(stick)
    journal.close()

    def pulled(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules[restore.__module__], "put_in_place", pulled)
        with pytest.raises(PowerCut):
            restore(folder, stick, clock=clock, seal=seal)
    with Journal.open(folder, clock=clock, seal=seal) as meanwhile:
        assert meanwhile.head().seq == 0, "the old one was moved, the new one not yet"
        work(meanwhile)
    done = finish_interrupted(folder, clock=clock, seal=seal)
    assert done is not None
    assert (done.restored, done.salvaged) == (2, 1)
    assert len(list(folder.glob("replaced-*/journal.db"))) == 2


def test_a_card_without_room_is_told_before_anything_is_moved(
    journal: Journal, folder: Path, stick: Path, clock: StandingClock, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(journal, 2)
    journal.back_up(stick)
    work(journal)
    journal.close()
    full = SimpleNamespace(total=10_000_000, used=9_990_000, free=10_000)
    with monkeypatch.context() as patched:
        patched.setattr("shutil.disk_usage", lambda _folder: full)
        with pytest.raises(JournalFull, match="MB left"):
            restore(folder, stick, clock=clock, seal=seal)
    with Journal.open(folder, clock=clock, seal=seal) as again:
        assert again.head().seq == 4
    assert [path.name for path in folder.glob(".journal*")] == []


# -- what a backup says of itself ------------------------------------------------------------------------------------


def test_a_backup_says_whose_it_is_and_who_can_open_it(
    journal: Journal, stick: Path, tmp_path: Path, clock: StandingClock, seal: Seal
) -> None:
    journal.append(Kind.STATION_STARTED, {"version": "1", "name": "lane 1", "town": "Pinghu"})
    journal.append(Kind.SETTINGS_CHANGED, {"what": "identity", "name": "lane 2", "town": "Pinghu"})
    work(journal)
    path = journal.back_up(stick).generation.path
    said = describe(path, seal)
    assert (said.name, said.town, said.events, said.own_key) == ("lane 2", "Pinghu", 3, True)
    assert said.last_at == said.made_at == clock.now().wall
    assert describe(path, Seal.open(tmp_path / "other keys")).own_key is False


def test_a_backup_without_people_opens_for_everybody(journal: Journal, stick: Path, tmp_path: Path) -> None:
    journal.append(Kind.STATION_STARTED, {"version": "1"})
    said = describe(journal.back_up(stick).generation.path, Seal.open(tmp_path / "other keys"))
    assert (said.name, said.own_key) == ("", None)


def test_what_is_no_backup_says_nothing(tmp_path: Path, seal: Seal) -> None:
    (tmp_path / "journal-e1-000000001-20220320T000000Z.db").write_bytes(b"no database")
    with pytest.raises(JournalError):
        describe(tmp_path / "journal-e1-000000001-20220320T000000Z.db", seal)
