"""How one camera is set: focus, exposure, gain and white balance, calibrated on its mat and stored per device."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from checkpoint.durable import write_durably
from checkpoint.errors import CameraError


@dataclass(frozen=True, slots=True)
class Tuning:
    """A camera's fixed settings; None leaves a setting to the device's automatic.

    ``focus``: dioptres for a Pi camera, the driver's own scale for a USB one. ``exposure_us``: microseconds.
    ``gain``: times. ``red_gain``, ``blue_gain``: white-balance gains against green, Pi cameras only.
    """

    focus: float | None = None
    exposure_us: float | None = None
    gain: float | None = None
    red_gain: float | None = None
    blue_gain: float | None = None


AUTOMATIC = Tuning()


@dataclass(frozen=True, slots=True)
class Calibration:
    """What `checkpoint camera calibrate` found for one device, and when (UTC, ISO 8601)."""

    device: str
    made_at: str
    tuning: Tuning
    sharpness: float = 0.0
    paper: float = 0.0  # brightness of the white paper, 0 to 255


def save_calibration(path: Path, calibration: Calibration) -> None:
    """Write a calibration durably; the one before it is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, json.dumps(asdict(calibration), indent=1).encode())


def load_calibration(path: Path) -> Calibration | None:
    """Return the stored calibration, None where there is none; raise `CameraError` where the file is no calibration."""
    try:
        raw = json.loads(path.read_text("utf-8"))
        tuning = raw.pop("tuning")
        unknown = set(tuning) - {field.name for field in fields(Tuning)}
        if unknown:
            raise KeyError(", ".join(sorted(unknown)))
        numbers = {name: None if value is None else float(value) for name, value in tuning.items()}
        return Calibration(tuning=Tuning(**numbers), **raw)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CameraError(f"{path}: not a calibration ({error}); run `checkpoint camera calibrate` again") from error
