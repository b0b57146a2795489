"""`checkpoint camera`: look through a camera, and calibrate it on its mat."""

import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import cv2

from checkpoint.errors import CameraError, JournalError
from checkpoint.events import Kind
from checkpoint.journal import Journal, Seal
from checkpoint.ports import Camera, Image
from hardware.camera.calibrate import calibrate as calibrated
from hardware.camera.tuning import Calibration, Tuning, save_calibration
from hardware.clock import SystemClock
from station import RELEASED
from station.commands.options import config_option, loaded
from station.commands.output import InputError
from station.config import CameraConfig, Config
from station.devices import calibration_file, device_name, open_cameras, open_device
from station.folders import Folders
from vision.mat.layout import Paper, mat_layout
from vision.mat.read import find_mat

ROLES = click.Choice(["gate", "bench"])
FIRST_FRAME_S = 8.0
SETTLED_AFTER = 3  # frames: the first ones were exposed before the settings reached the sensor
FOCUS = {"rpicam": (0.0, 12.0), "v4l2": (0.0, 250.0)}  # dioptres; the UVC scale of most webcams
IN_USE = "is the station running? sudo systemctl stop checkpoint-station"


@click.group(epilog="Example: checkpoint camera calibrate bench")
def camera() -> None:
    """Look through a camera, and calibrate it on its mat. The station must be stopped: one program owns a camera."""


@camera.command(epilog="Example: checkpoint camera picture gate --to gate.png")
@click.argument("role", type=ROLES)
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The picture's file (PNG, JPEG)."
)
@config_option
def picture(role: str, to: Path, config_path: Path) -> None:
    """Take one picture with the settings the station uses."""
    config = loaded(config_path)
    cameras = open_cameras(config, Folders(config.data).calibrations)
    try:
        image = _settled(cameras[role])
    finally:
        for one in cameras.values():
            one.close()
    if not cv2.imwrite(str(to), image):
        raise InputError(f"{to}: cannot be written; is the folder there, and is it .png or .jpg?")
    click.echo(f"{to}: {image.shape[1]}x{image.shape[0]}, mean level {image.mean():.0f} of 255")


@camera.command(epilog="Example: checkpoint camera calibrate bench")
@click.argument("role", type=ROLES)
@click.option("--quiet", is_flag=True, help="Only the result.")
@config_option
def calibrate(role: str, quiet: bool, config_path: Path) -> None:
    """Find focus, exposure and white balance on the mat that lies under a camera, and keep them for this device.

    Takes half a minute. Lay the printed mat under the camera, in the light it will have.
    """
    config = loaded(config_path)
    folders = Folders(config.data)
    role, device = _device(role, config)
    shot: list[Image] = []

    def shoot(tuning: Tuning) -> Image:
        shot[:] = [_shot(role, device, tuning)]
        return shot[0]

    try:
        found = calibrated(
            shoot,
            focus=FOCUS[device.source],
            white_balance=device.source == "rpicam",
            tell=(lambda _line: None) if quiet else click.echo,
        )
    except CameraError as error:
        raise InputError(f"{error} ({IN_USE})" if "busy" in str(error) else str(error)) from error
    kept = Calibration(
        device=device_name(device),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        tuning=found.tuning,
        sharpness=round(found.seen.sharpness, 1),
        paper=round(found.seen.level, 1),
    )
    path = calibration_file(folders.calibrations, role)
    save_calibration(path, kept)
    _note(folders, role, kept)
    click.echo(f"{role}: {kept.device} calibrated, kept in {path}")
    if (
        config.bench.mat != "none"
        and find_mat(shot[0], mat_layout(config.bench.slots, Paper(config.bench.mat))) is None
    ):
        click.echo(
            f"but no {config.bench.mat} mat of {config.bench.slots} slots is seen whole: check [bench], and the view"
        )


def _device(role: str, config: Config) -> tuple[str, CameraConfig]:
    """Return the camera behind a role: the bench may look through the gate's."""
    device = config.gate_camera if role == "gate" else config.bench_camera
    if device.source == "gate":
        role, device = "gate", config.gate_camera
    if device.source not in FOCUS:
        raise InputError(f"[{role}_camera] source is `{device.source}`: only a real camera can be calibrated")
    return role, device


def _shot(role: str, device: CameraConfig, tuning: Tuning) -> Image:
    opened = open_device(role, device, tuning)
    try:
        return _settled(opened)
    finally:
        opened.close()


def _settled(camera: Camera) -> Image:
    """Return a frame after the first ones; raise `CameraError` where none comes."""
    until = time.monotonic() + FIRST_FRAME_S
    taken = 0
    while True:
        try:
            frame = camera.read(timeout_s=2.0)
        except CameraError:
            if time.monotonic() > until:
                raise
            continue
        taken += 1
        if taken == SETTLED_AFTER:
            return frame.image


def _note(folders: Folders, role: str, kept: Calibration) -> None:
    """Write the calibration down where there is a journal already."""
    if not folders.journal.is_dir():
        return
    body = {
        "what": f"camera-{role}-calibrated",
        "device": kept.device,
        "sharpness": kept.sharpness,
        "paper": kept.paper,
    }
    with (
        contextlib.suppress(JournalError),
        Journal.open(folders.journal, clock=SystemClock(floor=RELEASED), seal=Seal.open(folders.keys)) as journal,
    ):
        journal.append(Kind.SETTINGS_CHANGED, body)
