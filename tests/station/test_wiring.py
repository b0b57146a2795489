"""A station put together from its configuration."""

from pathlib import Path

import pytest

from checkpoint.events import Kind
from checkpoint.health import Finding, State
from checkpoint.journal import LogQuery
from station.config import Config, ConfigError
from station.wiring import Folders, build


def config(folder: Path, **changes: object) -> Config:
    return Config.model_validate({"data": folder, "demo": True, "clock": {"source": "assume-trusted"}, **changes})


def test_a_station_starts_works_and_stops_with_its_lamps_at_red(tmp_path: Path) -> None:
    station = build(config(tmp_path))
    station.start()
    station.close()
    again = build(config(tmp_path))
    kinds = [event.kind for event in again.journal.search(LogQuery()).entries]
    again.close()
    assert kinds == [Kind.STATION_STOPPED, Kind.STATION_STARTED]
    assert station.lamps.shown == "red"


def test_a_damaged_journal_is_kept_aside_and_the_officer_is_told(tmp_path: Path) -> None:
    first = build(config(tmp_path))
    first.start()
    first.close()
    database = Folders(tmp_path).journal / "journal.db"
    database.write_bytes(b"ruined" * 1000)
    for beside in ("-wal", "-shm"):
        database.with_name(database.name + beside).unlink(missing_ok=True)
    station = build(config(tmp_path))
    told = {check.name: check for check in station.services.health()}["chain"]
    station.close()
    assert (told.state, told.finding) == (State.FAULT, Finding.RECOVERED)
    assert list(Folders(tmp_path).journal.glob("damaged-*"))


def test_a_mat_with_more_slots_than_fit_its_paper_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="slots"):
        build(config(tmp_path, bench={"slots": 60, "mat": "a5"}))


def test_every_simulated_device_is_named(tmp_path: Path) -> None:
    station = build(config(tmp_path))
    named = station.services.station.simulated
    station.close()
    assert named == ("camera-gate", "camera-bench", "lamps")
