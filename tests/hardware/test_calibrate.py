"""Calibrating: settings found by trying, on a camera whose right settings the test knows."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from checkpoint.errors import CameraError
from checkpoint.ports import Image
from hardware.camera.calibrate import PAPER_LEVEL, PAPER_OFF, calibrate, measure
from hardware.camera.tuning import Calibration, Tuning, load_calibration, save_calibration
from station.cli import main
from station.config import CameraConfig
from station.devices import tuning_of
from tests.hardware.pi_camera import PiCamera, detailed_scene


class Lens:
    """A camera in a lamp's light: dim or bright, sharp at one focus, tinted until its white is balanced."""

    def __init__(self, *, light: float = 1.0, focus: float = 4.0, tint: tuple[float, float] = (0.7, 0.8)) -> None:
        self.light, self.focus, self.tint = light, focus, tint
        self.pictures = 0

    def shoot(self, tuning: Tuning) -> Image:
        self.pictures += 1
        scene = detailed_scene().astype(np.float32) / 255
        off = abs((tuning.focus if tuning.focus is not None else 0.0) - self.focus)
        if off > 0.05:
            scene = cv2.GaussianBlur(scene, (0, 0), 0.3 + off * 2)
        scene *= self.light * (tuning.exposure_us or 1.0) * (tuning.gain or 1.0) / 10_000
        scene[:, :, 2] *= (tuning.red_gain or 1.0) * self.tint[0]
        scene[:, :, 0] *= (tuning.blue_gain or 1.0) * self.tint[1]
        return (np.clip(scene, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


@pytest.mark.parametrize("light", [0.1, 1.0, 12.0], ids=["dim", "indoors", "sun"])
def test_paper_is_bright_and_not_burnt_out_whatever_the_light(light: float) -> None:
    lens = Lens(light=light)
    found = calibrate(lens.shoot, focus=(0, 12), white_balance=True)
    assert abs(found.seen.level - PAPER_LEVEL) <= 2 * PAPER_OFF


def test_the_sharpest_focus_is_found() -> None:
    found = calibrate(Lens(focus=7.3).shoot, focus=(0, 12), white_balance=False)
    assert found.tuning.focus == pytest.approx(7.3, abs=0.6)


def test_white_paper_becomes_white() -> None:
    found = calibrate(Lens(tint=(0.5, 0.9)).shoot, focus=(0, 12), white_balance=True)
    blue, green, red = found.seen.paper
    assert abs(red - green) / green < 0.05
    assert abs(blue - green) / green < 0.05


def test_a_long_exposure_is_whole_periods_of_the_mains_so_that_lamps_do_not_flicker() -> None:
    found = calibrate(Lens(light=0.3).shoot, focus=(0, 12), white_balance=False)
    assert found.tuning.exposure_us in (10_000, 20_000)


def test_it_takes_no_more_pictures_than_somebody_waits_for() -> None:
    lens = Lens()
    calibrate(lens.shoot, focus=(0, 12), white_balance=True)
    assert lens.pictures < 45


def test_an_empty_table_is_told() -> None:
    def table(_tuning: Tuning) -> Image:
        return np.full((240, 320, 3), 200, np.uint8)

    with pytest.raises(CameraError, match="lay the printed mat"):
        calibrate(table, focus=(0, 12), white_balance=False)


def test_darkness_is_told() -> None:
    with pytest.raises(CameraError, match="too dark"):
        calibrate(Lens(light=0.0005).shoot, focus=(0, 12), white_balance=False)


def test_blur_lowers_sharpness() -> None:
    scene = detailed_scene()
    assert measure(scene).sharpness > 4 * measure(cv2.GaussianBlur(scene, (0, 0), 3)).sharpness


# -- kept, and used --------------------------------------------------------------------------------------------------


def test_a_calibration_is_kept_and_read_again(tmp_path: Path) -> None:
    kept = Calibration("rpicam 0", "2026-11-28T10:00:00+00:00", Tuning(focus=4.5, red_gain=2.0), 350.0, 201.0)
    save_calibration(tmp_path / "cameras" / "bench.json", kept)
    assert load_calibration(tmp_path / "cameras" / "bench.json") == kept


def test_a_device_that_was_never_calibrated_has_none(tmp_path: Path) -> None:
    assert load_calibration(tmp_path / "bench.json") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tuning": {"zoom": 3}, "device": "x", "made_at": ""}'])
def test_a_spoiled_calibration_says_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bench.json"
    path.write_text(text)
    with pytest.raises(CameraError, match="calibrate` again"):
        load_calibration(path)


def test_another_camera_in_its_place_is_not_given_the_old_settings(tmp_path: Path) -> None:
    save_calibration(tmp_path / "bench.json", Calibration("rpicam 0", "", Tuning(focus=4.5)))
    assert tuning_of("bench", CameraConfig(source="rpicam"), tmp_path).focus == 4.5
    assert tuning_of("bench", CameraConfig(source="rpicam", camera=1), tmp_path) == Tuning()


def test_the_command_calibrates_a_real_process_and_keeps_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A light in which the first exposure is nearly right, so that a real process is started only a few dozen times.
    truth = {"focus": 6.0, "exposure_us": 10_000.0, "gain": 1.0, "red_gain": 1.8, "blue_gain": 1.8}
    pi = PiCamera(tmp_path / "pi", truth)
    monkeypatch.setenv("PATH", f"{pi.folder}:/usr/bin:/bin")
    config = tmp_path / "station.toml"
    config.write_text(
        'data = "data"\n[gate_camera]\nsource = "rpicam"\nwidth_px = 320\nheight_px = 240\nfps = 50\n'
        '[bench_camera]\nsource = "gate"\n',
        "utf-8",
    )
    told = CliRunner().invoke(main, ["camera", "calibrate", "bench", "--quiet", "--config", str(config)])
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("gate: rpicam 0 calibrated")
    kept = load_calibration(tmp_path / "data" / "cameras" / "gate.json")
    assert kept is not None
    assert kept.tuning.focus == pytest.approx(6.0, abs=0.6)
    assert kept.tuning.red_gain == pytest.approx(1.8, rel=0.1)


def test_a_simulated_camera_cannot_be_calibrated(tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    config.write_text('data = "data"\n', "utf-8")
    told = CliRunner().invoke(main, ["camera", "calibrate", "gate", "--config", str(config)])
    assert told.exit_code == 2
    assert "only a real camera can be calibrated" in told.output


def test_a_picture_can_be_taken_through_the_stations_camera(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "lane.png"), detailed_scene())
    config = tmp_path / "station.toml"
    folder = f'source = "folder"\npath = "{tmp_path}"\nfps = 50\n'
    config.write_text(f'data = "data"\n[gate_camera]\n{folder}[bench_camera]\nsource = "gate"\n', "utf-8")
    told = CliRunner().invoke(
        main, ["camera", "picture", "bench", "--to", str(tmp_path / "out" / "x.png"), "--config", str(config)]
    )
    assert told.exit_code == 2, "a folder that is not there"
    told = CliRunner().invoke(
        main, ["camera", "picture", "bench", "--to", str(tmp_path / "seen.png"), "--config", str(config)]
    )
    assert (told.exit_code, "320x240" in told.stdout) == (0, True)
