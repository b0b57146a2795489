"""What `checkpoint doctor` says of cameras, lamps and services, beside a running station and without one."""

from pathlib import Path

import pytest

from checkpoint.crossing import Lamp, LampState
from checkpoint.errors import LampError
from checkpoint.health import Advice, Check, Finding, State
from hardware.camera.tuning import Calibration, Tuning, save_calibration
from hardware.lamps.settings import LampsConfig
from station import checks, device_checks
from station.config import CameraConfig, Config

HOLDER = LampsConfig(driver="holder")


def cameras(folder: Path, **tables: CameraConfig) -> dict[str, Check]:
    return {check.name: check for check in device_checks.cameras(Config(**tables), folder)}


def test_simulated_devices_are_said_to_be(tmp_path: Path) -> None:
    found = cameras(tmp_path)
    assert {check.finding for check in found.values()} == {Finding.SIMULATED}
    assert device_checks.lamps(LampsConfig()).finding is Finding.SIMULATED


def test_a_pi_camera_without_its_program_is_a_fault_with_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = cameras(tmp_path, gate_camera=CameraConfig(source="rpicam"))["camera-gate"]
    assert (found.state, found.advice) == (State.FAULT, Advice.INSTALL_RPICAM)
    assert found.data == {"package": "rpicam-apps-lite"}


def test_a_usb_camera_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    found = cameras(tmp_path, gate_camera=CameraConfig(source="v4l2", device=str(tmp_path / "video9")))["camera-gate"]
    assert (found.state, found.advice) == (State.FAULT, Advice.CHECK_CABLE)


def test_a_bench_camera_that_was_never_calibrated_is_warned_of(tmp_path: Path) -> None:
    device = CameraConfig(source="v4l2", device="/dev/null")
    found = cameras(tmp_path, bench_camera=device)["camera-bench"]
    assert (found.state, found.advice) == (State.WARN, Advice.CALIBRATE)
    save_calibration(tmp_path / "bench.json", Calibration("v4l2 /dev/null", "", Tuning()))
    assert cameras(tmp_path, bench_camera=device)["camera-bench"].state is State.OK


def test_a_calibration_of_another_camera_does_not_count(tmp_path: Path) -> None:
    save_calibration(tmp_path / "gate.json", Calibration("rpicam 0", "", Tuning()))
    shared = cameras(
        tmp_path,
        gate_camera=CameraConfig(source="v4l2", device="/dev/null"),
        bench_camera=CameraConfig(source="gate"),
    )
    assert shared["camera-bench"].finding is Finding.NOT_CALIBRATED


def test_the_lamp_holder_is_asked_how_the_lamps_are() -> None:
    found = device_checks.lamps(HOLDER, lambda _path: LampState(Lamp.GREEN, frozenset({Lamp.GREEN})))
    assert (found.state, found.data) == (State.OK, {"told": "green", "burning": "green"})


def test_lamps_that_burn_otherwise_than_told_are_a_fault() -> None:
    state = LampState(Lamp.RED, frozenset({Lamp.GREEN}), (Lamp.RED, Lamp.GREEN))
    found = device_checks.lamps(HOLDER, lambda _path: state)
    assert (found.state, found.advice) == (State.FAULT, Advice.CHECK_LAMPS)
    assert found.data["detail"] == "told red, but red is dark, green burns"


def test_a_lamp_holder_that_is_not_there_is_a_fault() -> None:
    def nobody(_path: Path) -> LampState:
        raise LampError("no lamp-holder at /run/x")

    assert device_checks.lamps(HOLDER, nobody).state is State.FAULT


def test_a_unit_that_failed_is_named_until_its_next_success(tmp_path: Path) -> None:
    failures = tmp_path / "failures"
    assert checks.services(failures).state is State.OK
    failures.mkdir()
    (failures / "checkpoint-backup").write_text("2026-11-28T04:30:00Z")
    found = checks.services(failures)
    assert (found.state, found.data) == (State.WARN, {"units": "checkpoint-backup"})
    (failures / "checkpoint-backup").unlink()
    assert checks.services(failures).state is State.OK


@pytest.mark.parametrize("state", ["failed", "inactive"])
def test_an_installed_service_that_is_not_at_work_is_a_fault(tmp_path: Path, state: str) -> None:
    found = device_checks.services(tmp_path, lambda unit: state if "station" in unit else "active")
    assert (found.state, found.data) == (State.FAULT, {"units": "checkpoint-station.service"})


def test_where_no_services_are_installed_nothing_is_missing(tmp_path: Path) -> None:
    assert device_checks.services(tmp_path, lambda _unit: "").state is State.OK
