"""A station put together from its configuration."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from checkpoint.credentials import TrustList
from checkpoint.events import Kind
from checkpoint.health import Advice, Finding, State
from checkpoint.journal import LogQuery
from checkpoint.seating import presented
from hardware.camera.tuning import Calibration, Tuning, save_calibration
from station import RELEASED
from station.config import Config, ConfigError
from station.demo.wallet import LORRY_SCENE, Keys, Wallet
from station.folders import Folders
from station.formats import offline_formats
from station.wiring import build


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


def test_a_start_writes_down_the_trust_list_that_lay_there_before_the_journal(tmp_path: Path) -> None:
    TrustList(as_of=RELEASED, sources={"DE dsc.pem": RELEASED}).save(Folders(tmp_path).trust)
    for _ in range(2):
        station = build(config(tmp_path, demo=False))
        told = station.journal.search(LogQuery(kind=Kind.TRUST_CHANGED)).entries
        station.close()
    assert [event.body["lists"] for event in told] == [["DE dsc.pem"]]


def test_a_start_writes_down_what_each_real_camera_is_fixed_to(tmp_path: Path) -> None:
    fixed = Tuning(focus=4.5, exposure_us=8000, gain=1.25)
    save_calibration(Folders(tmp_path).calibrations / "bench.json", Calibration("v4l2 /dev/nowhere", "", fixed))
    bench = {"source": "v4l2", "device": "/dev/nowhere"}
    station = build(config(tmp_path, bench_camera=bench, demo=False))
    station.start()
    started = station.journal.search(LogQuery(kind=Kind.STATION_STARTED)).entries[0]
    station.close()
    in_use = {"device": "v4l2 /dev/nowhere", "focus": 4.5, "exposure_us": 8000, "gain": 1.25}
    assert started.body["cameras"] == {"bench": in_use}


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


def test_a_check_that_breaks_off_is_a_fault_of_its_own_and_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    station = build(config(tmp_path))

    def breaks(*_: object) -> NoReturn:
        raise ValueError("not a number")

    monkeypatch.setattr("station.checks.temperature", breaks)
    found = {check.name: check for check in station.services.health()}
    station.close()
    told = found["temperature"]
    assert (told.state, told.finding, told.advice) == (State.FAULT, Finding.NOT_CHECKED, Advice.SEE_LOG)
    assert {"lamps", "clock", "disk", "sync", "services"} <= set(found)
    assert "the check of temperature broke off" in caplog.text


def test_a_mat_with_more_slots_than_fit_its_paper_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="slots"):
        build(config(tmp_path, bench={"slots": 60, "mat": "a5"}))


def test_every_simulated_device_is_named(tmp_path: Path) -> None:
    station = build(config(tmp_path))
    named = station.services.station.simulated
    station.close()
    assert named == ("camera-gate", "camera-bench", "lamps")


def test_a_station_without_its_lamp_holder_starts_shows_a_fault_and_writes_it_down(tmp_path: Path) -> None:
    nobody = {"driver": "holder", "socket": str(tmp_path / "nobody.sock")}
    station = build(config(tmp_path, lamps=nobody))
    station.start()
    station.lamps.check()
    told = {check.name: check for check in station.services.health()}["lamps"]
    fault = station.services.gate.view().fault
    written = [event.body["device"] for event in station.journal.search(LogQuery(kind=Kind.DEVICE_FAULT)).entries]
    station.close()
    assert (told.state, told.finding, told.advice) == (State.FAULT, Finding.NO_LAMPS, Advice.CHECK_LAMPS)
    assert fault
    assert written == ["lamps"]


def test_a_station_whose_camera_is_unplugged_comes_up_and_says_so(tmp_path: Path) -> None:
    unplugged = {"source": "v4l2", "device": "/dev/video-that-is-not-there"}
    station = build(config(tmp_path, demo=False, gate_camera=unplugged, bench_camera={"source": "gate"}))
    assert station.services.station.simulated == ("lamps",), "a missing camera is not replaced by a simulated one"
    station.loops[0].turn()
    told = {check.name: check for check in station.services.health()}["camera-gate"]
    station.close()
    assert (told.state, told.finding) == (State.FAULT, Finding.NO_PICTURE)
    assert "plugged in" in told.data["detail"]


def test_the_watchdog_of_a_station_at_work_finds_nothing_and_of_a_stopped_one_something(tmp_path: Path) -> None:
    station = build(config(tmp_path))
    station.start()
    at_work = [look() for look in station.looks()]
    station.loops[0].stop()
    stopped = [look() for look in station.looks()]
    station.close()
    assert at_work == ["", "", "", ""]
    assert stopped[0] == "live-gate has ended"


def test_no_two_codes_of_the_demonstration_say_the_same(tmp_path: Path) -> None:
    moment = datetime(2022, 3, 20, 4, tzinfo=UTC)
    wallet = Wallet(Keys.open(tmp_path), now=lambda: moment)
    reader = offline_formats(lambda: wallet.keys.trust_list(moment))
    for scene in ("naat-negative-5h", LORRY_SCENE):
        shown = [wallet.text(scene) for _ in range(5)]
        assert len({presented(text, reader.identify(text, moment)).codes[0] for text in shown}) == 5
