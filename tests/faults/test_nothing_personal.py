"""Whoever takes the card, or reads the log: no name and no ID number stands anywhere a station writes."""

import contextlib
import logging
from pathlib import Path

import pytest

from checkpoint.credential import Format
from checkpoint.events import Kind
from checkpoint.typed import TypedDocument
from checkpoint.vehicle import Vehicle
from station.config import Config
from station.folders import Folders
from station.upkeep import back_up
from station.wiring import build

ID_NUMBER = "330482198403070134"
PLATE = "浙F6Q2T8"


def traces(folder: Path, secrets: list[str]) -> list[str]:
    """Return every file below `folder` in which one of `secrets` stands in plain text, by its name or inside."""
    found = []
    for file in folder.rglob("*"):
        data = file.read_bytes() if file.is_file() else b""
        found += [
            f"{secret} in {file.relative_to(folder)}"
            for secret in secrets
            for spelled in (secret.encode(), secret.encode("utf-16-le"), secret.encode("gb18030"))
            if spelled in data or secret in file.name
        ]
    return found


def test_no_id_number_and_no_plate_stands_on_the_card_the_stick_or_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    config = Config.model_validate({"data": tmp_path / "data", "demo": True, "clock": {"source": "assume-trusted"}})
    station = build(config)
    with contextlib.closing(station):
        station.start()
        gate, journal = station.services.gate, station.journal
        gate.describe_vehicle(Vehicle(category=config.gate.category, plate=PLATE), officer="Chen")
        gate.present_typed(station.services.typed(TypedDocument(Format.TYPED_ID, ID_NUMBER)), officer="Chen")
        crossing = gate.view().crossing
        assert crossing is not None
        record = journal.personal(journal.head().seq)
        assert ID_NUMBER in str(record), "it is there, for who holds the key"
        gate.next(officer="Chen")
        journal.keep_photo(f"a picture that shows {ID_NUMBER}".encode(), "image/jpeg")
        back_up(journal, tmp_path / "stick", Folders(config.data).journal, keep=3, now=journal.event(1).moment.wall)
        running = traces(tmp_path, [ID_NUMBER, PLATE])  # with the write-ahead log still there
    assert running + traces(tmp_path, [ID_NUMBER, PLATE]) == []
    assert ID_NUMBER not in caplog.text
    assert PLATE not in caplog.text


def test_a_credential_of_the_services_leaves_no_key_on_the_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "station.key").write_bytes(bytes(range(32)))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    station = build(Config.model_validate({"data": tmp_path / "data", "demo": True}))
    with contextlib.closing(station):
        seq = station.journal.append(Kind.ID_COMPARED, {}, personal={"name": "Li Na"}).seq
        assert station.journal.personal(seq) == {"name": "Li Na"}
    assert not (tmp_path / "data" / "keys" / "station.key").exists()
    assert not any(bytes(range(32)) in f.read_bytes() for f in (tmp_path / "data").rglob("*") if f.is_file())
