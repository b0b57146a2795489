"""What can be said of cameras, lamps and services without a running station: for `checkpoint doctor`."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from checkpoint.crossing import Lamp, LampState
from checkpoint.errors import CameraError, LampError
from checkpoint.health import Advice, Check, Finding, State
from hardware.camera.tuning import load_calibration
from hardware.lamps.client import holder_state
from hardware.lamps.settings import LampsConfig
from station import checks
from station.config import CameraConfig, Config
from station.devices import calibration_file, device_name
from station.lamps import difference

SYSTEMD = Path("/run/systemd/system")
SERVICES = ("checkpoint-lamps.service", "checkpoint-station.service")


def cameras(config: Config, calibrations: Path) -> list[Check]:
    """Return how each role's camera is, as far as can be seen without opening it: the station may be using it."""
    found = [_camera("gate", config.gate_camera)]
    shares = config.bench_camera.source == "gate"
    device = config.gate_camera if shares else config.bench_camera
    bench = _camera("bench", device)
    if bench.state is State.OK and bench.finding is not Finding.SIMULATED:
        bench = _calibrated("bench", device, calibration_file(calibrations, "gate" if shares else "bench"))
    return [*found, bench]


def _camera(role: str, device: CameraConfig) -> Check:
    name = f"camera-{role}"
    if device.source == "rpicam" and shutil.which("rpicam-vid") is None:
        return Check(name, State.FAULT, Finding.MISSING, Advice.INSTALL_RPICAM, {"package": "rpicam-apps-lite"})
    if device.source == "v4l2":
        data = {"device": device.device}
        if not Path(device.device).exists():
            return Check(name, State.FAULT, Finding.NO_PICTURE, Advice.CHECK_CABLE, data)
        if not os.access(device.device, os.R_OK | os.W_OK):
            data["detail"] = "this user may not read it: run as the station's user, or join the group video"
            return Check(name, State.WARN, Finding.NO_PICTURE, None, data)
    if device.source == "folder" and not (device.path and device.path.exists()):
        return Check(name, State.FAULT, Finding.NO_PICTURE, Advice.CHECK_CABLE, {"detail": f"no {device.path}"})
    return checks.camera(role, fault="", simulated=device.source in ("scenes", "folder"))


def _calibrated(role: str, device: CameraConfig, file: Path) -> Check:
    name, data = f"camera-{role}", {"device": device_name(device)}
    try:
        calibration = load_calibration(file)
    except CameraError as error:
        return Check(name, State.WARN, Finding.NOT_CALIBRATED, Advice.CALIBRATE, {**data, "detail": str(error)})
    if calibration is None or calibration.device != data["device"]:
        return Check(name, State.WARN, Finding.NOT_CALIBRATED, Advice.CALIBRATE, data)
    return Check(name, State.OK, Finding.WORKS, None, data)


def lamps(config: LampsConfig, ask: Callable[[Path], LampState] = holder_state) -> Check:
    """Return how the lamps are: asked of the lamp-holder, which tells anybody in the station's group."""
    if config.driver != "holder":
        return checks.lamps(Lamp.RED, simulated=config.driver == "simulated", fault="", burning=None)
    try:
        state = ask(config.socket)
    except LampError as error:
        return Check("lamps", State.FAULT, Finding.NO_LAMPS, Advice.CHECK_LAMPS, {"detail": str(error)})
    return checks.lamps(
        state.told, simulated=False, fault=difference(state) if state.wrong else "", burning=state.burning
    )


def services(failures: Path, run: Callable[[str], str] | None = None) -> Check:
    """Return which units failed: those noted by the failure unit, and installed services that are not at work."""
    noted = checks.services(failures)
    if run is None:
        run = _unit_state if SYSTEMD.is_dir() else (lambda _unit: "")
    down = [unit for unit in SERVICES if run(unit) in ("failed", "inactive", "activating")]
    if not down:
        return noted
    units = ", ".join([*down, *filter(None, [noted.data.get("units", "")])])
    return Check("services", State.FAULT, Finding.SERVICE_FAILED, Advice.SEE_LOG, {"units": units})


def _unit_state(unit: str) -> str:
    """Return a unit's state in systemd's word; empty where it is not installed."""
    asked = subprocess.run(
        ["/usr/bin/systemctl", "show", "--property=LoadState,ActiveState", "--value", unit],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    loaded, _, state = asked.stdout.strip().partition("\n")
    return state if loaded == "loaded" else ""
