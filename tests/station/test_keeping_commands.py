"""`checkpoint backup`, `restore` and `retention` as somebody types them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checkpoint.events import Kind
from checkpoint.journal import Journal, Seal
from hardware.clock import SystemClock
from tests.station.test_commands import checkpoint

LONG_AGO = datetime(2022, 3, 20, tzinfo=UTC)
WHO = {"holder": {"name": "Zhang Wei", "id_number": "330482198403071234"}}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text('data = "data"\n[clock]\nsource = "assume-trusted"\n', "utf-8")
    return path


def opened(tmp_path: Path, ago: timedelta = timedelta()) -> Journal:
    clock = SystemClock(
        floor=LONG_AGO, synchronised=lambda: True, wall=lambda: (datetime.now(UTC) - ago).timestamp(), boot_id="boot"
    )
    return Journal.open(tmp_path / "data" / "journal", clock=clock, seal=Seal.open(tmp_path / "data" / "keys"))


@pytest.fixture
def worked(tmp_path: Path, config: Path) -> Path:
    """A stopped station with one crossing of a month ago and one of today; its configuration."""
    for ago in (timedelta(days=30), timedelta()):
        with opened(tmp_path, ago) as journal:
            journal.append(Kind.CROSSING_DECIDED, {"crossing": "c"}, personal=WHO)
    return config


def test_a_backup_goes_onto_a_stick_and_comes_back_from_it(worked: Path, tmp_path: Path) -> None:
    made = checkpoint("backup", "--config", worked, "--to", tmp_path / "stick")
    assert made.exit_code == 0, made.output
    assert "2 events, read back whole" in made.output
    looked = checkpoint("restore", "--config", worked, "--look", tmp_path / "stick")
    assert "whole, 2 events" in looked.output
    (tmp_path / "data" / "journal" / "journal.db").write_bytes(b"")
    done = checkpoint("restore", "--config", worked, tmp_path / "stick", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["restored"], told["epoch"], told["readable"]) == (2, 2, True)
    with opened(tmp_path) as journal:
        assert journal.verify() == 4


def test_without_a_stick_the_backup_lies_beside_the_journal(worked: Path, tmp_path: Path) -> None:
    assert checkpoint("backup", "--config", worked).exit_code == 0
    assert len(list((tmp_path / "data" / "backups").glob("journal-e1-*.db"))) == 1


def test_a_backup_that_is_not_possible_ends_with_one(worked: Path, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "photos").write_text("in the way")
    with opened(tmp_path) as journal:
        journal.keep_photo(b"picture", "image/jpeg")
    assert checkpoint("backup", "--config", worked, "--to", tmp_path / "stick").exit_code == 1


def test_a_running_stations_journal_is_not_replaced(worked: Path, tmp_path: Path) -> None:
    checkpoint("backup", "--config", worked, "--to", tmp_path / "stick")
    with opened(tmp_path):
        refused = checkpoint("restore", "--config", worked, tmp_path / "stick")
    assert refused.exit_code == 1
    assert "stop the station first" in refused.output


def test_retention_destroys_what_is_past_its_days(worked: Path, tmp_path: Path) -> None:
    ran = checkpoint("retention", "run", "--config", worked, "--json")
    assert json.loads(ran.stdout) == {"destroyed": 1, "left_to_headquarters": 0}
    with opened(tmp_path) as journal:
        assert journal.personal(1) is None
        assert journal.personal(2) == WHO
