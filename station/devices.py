"""Config -> cameras and lamps: which adapter stands behind which role."""

import contextlib
from dataclasses import asdict
from pathlib import Path

from checkpoint.errors import CameraError
from checkpoint.ports import Camera, Lamps
from hardware.camera import FolderCamera, RpicamCamera, SceneCamera, Tuning, V4L2Camera, WatchedCamera, shared
from hardware.camera.tuning import AUTOMATIC, load_calibration
from hardware.lamps.client import HeldLamps
from hardware.lamps.lines import open_lines
from hardware.lamps.settings import LampsConfig
from hardware.lamps.signal import TurningLamps
from hardware.lamps.simulated import SimulatedLamps
from hardware.lamps.wiring import LampWiring
from station.config import CameraConfig, Config

REAL = ("rpicam", "v4l2")


def open_cameras(config: Config, folder: Path) -> dict[str, Camera]:
    """Return the cameras by role; `folder` holds their calibrations. One device may serve both roles."""
    gate = _camera("gate", config.gate_camera, folder)
    if config.bench_camera.source == "gate":
        return shared(gate, ("gate", "bench"))
    return {"gate": gate, "bench": _camera("bench", config.bench_camera, folder)}


def calibration_file(folder: Path, role: str) -> Path:
    """Return where the calibration of `role`'s camera is kept."""
    return folder / f"{role}.json"


def device_name(config: CameraConfig) -> str:
    """Return what a calibration belongs to: it does not hold for another camera.

    >>> device_name(CameraConfig(source="rpicam", camera=1))
    'rpicam 1'
    """
    match config.source:
        case "rpicam":
            return f"rpicam {config.camera}"
        case "v4l2":
            return f"v4l2 {config.device}"
        case _:
            return config.source


def tuning_of(role: str, config: CameraConfig, folder: Path) -> Tuning:
    """Return the stored settings of `role`'s camera; automatic where there are none, or another device's."""
    calibration = load_calibration(calibration_file(folder, role))
    if calibration is None or calibration.device != device_name(config):
        return AUTOMATIC
    return calibration.tuning


def settings_in_use(config: Config, folder: Path) -> dict[str, dict[str, str | float]]:
    """Return each real camera's device and the settings it is fixed to; what is left to its automatic is not there.

    Fixed settings are those of every frame until the next start: written down once, they need no line a frame.
    """
    cameras = {"gate": config.gate_camera, "bench": config.bench_camera}
    found: dict[str, dict[str, str | float]] = {}
    for role, camera in cameras.items():
        if camera.source not in REAL:
            continue
        found[role] = {"device": device_name(camera)}
        with contextlib.suppress(
            CameraError
        ):  # a calibration that cannot be read is the camera's own fault, told there
            fixed = asdict(tuning_of(role, camera, folder))
            found[role] |= {name: value for name, value in fixed.items() if value is not None}
    return found


def open_device(role: str, config: CameraConfig, tuning: Tuning) -> Camera:
    """Return a real camera, opened now; raise `CameraError` where it cannot be had."""
    size = (config.width_px, config.height_px)
    if config.source == "rpicam":
        return RpicamCamera(
            name=role, camera=config.camera, size=size, fps=config.fps, codec=config.codec, tuning=tuning
        )
    if config.source == "v4l2":
        return V4L2Camera(config.device, name=role, size=size, fps=config.fps, tuning=tuning)
    raise CameraError(f"{role}: `{config.source}` is no real camera")


def _camera(role: str, config: CameraConfig, folder: Path) -> Camera:
    match config.source:
        case "scenes":
            return SceneCamera(role, fps=config.fps, size=(config.width_px, config.height_px))
        case "folder":
            return FolderCamera(config.path or Path(), name=role, fps=config.fps)
        case _:
            return WatchedCamera(role, lambda: open_device(role, config, tuning_of(role, config, folder)))


def open_lamps(config: LampsConfig) -> Lamps:
    """Return the lamps; raise `LampError` where lines of this process's own cannot be had."""
    match config.driver:
        case "simulated":
            return SimulatedLamps()
        case "holder":
            return HeldLamps(config.socket)
        case "gpiod" | "rpi-gpio":
            driver = config.driver
            return TurningLamps(
                lambda levels: open_lines(config, driver, levels), LampWiring.of(config), green_s=config.green_s
            )
