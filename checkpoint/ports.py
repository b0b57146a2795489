"""What the checkpoint asks of the world: each port has a simulated and a real adapter and one contract suite."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from checkpoint.assay import Reading
from checkpoint.clock import Moment
from checkpoint.crossing import Lamp, LampState
from checkpoint.sighting import Sighting

Image = npt.NDArray[np.uint8]
"""A picture: ndarray, shape (H, W, 3), uint8, BGR; grey pictures have shape (H, W)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a camera: BGR, with the UTC time it was captured and the camera's running number."""

    image: Image
    captured_at: datetime
    camera: str
    number: int


class Camera(Protocol):
    """A source of frames."""

    @property
    def name(self) -> str:
        """The camera's name in logs and on pages."""

    @property
    def simulated(self) -> bool:
        """Whether no real device stands behind it; said plainly on every page."""

    def read(self, timeout_s: float = 2.0) -> Frame:
        """Return the newest frame; raise `CameraError` where none came within `timeout_s`."""

    def close(self) -> None:
        """Let go of the device; further reads raise `CameraError`."""


class Thermometer(Protocol):
    """What tells how warm the processor is."""

    def read_c(self) -> float | None:
        """Return degrees Celsius, None where nobody can tell."""


class Lamps(Protocol):
    """The signal lamps, and the buzzer beside them.

    Green is a pulse: it ends by itself after the time the lamps were made with, whatever becomes of the caller.
    """

    @property
    def simulated(self) -> bool:
        """Whether no real lamp stands behind it."""

    @property
    def shown(self) -> Lamp:
        """What the lamps show as far as is known: a green that has run out is red."""

    def show(self, lamp: Lamp, *, sound: bool = False) -> None:
        """Show `lamp` and nothing else, with `sound` audibly; raise `LampError` where that is not possible."""

    def state(self) -> LampState:
        """Return what was told and what is sensed; raise `LampError` where the lamps cannot be asked."""

    def close(self) -> None:
        """Show red and let go of the lines."""


class Clock(Protocol):
    """The station's clock."""

    def now(self) -> Moment:
        """Return this instant on both clocks."""


class CodeReader(Protocol):
    """Finds and decodes codes in a picture."""

    def scan(self, image: Image) -> Sighting:
        """Return what is in view; an image without a code gives an empty sighting."""


@dataclass(frozen=True, slots=True)
class CassetteShot:
    """A reading together with its evidence picture: rectified, membrane outlined, C and T marked, profile beside it."""

    reading: Reading
    picture: Image


class CassetteReader(Protocol):
    """Reads every cassette in a picture."""

    def read(self, image: Image) -> list[CassetteShot]:
        """Return one shot for each cassette in view, and one with reason `no-cassette` where there is none."""


class Scenes(Protocol):
    """The demo camera: scenes that can be held in front of a simulated camera."""

    def names(self) -> list[tuple[str, str]]:
        """Return (group, scene) pairs in the order to show them; groups are "codes" and "cassettes"."""

    def show(self, role: str, scene: str) -> None:
        """Hold `scene` in front of the camera of `role` ("gate" or "bench")."""

    def show_picture(self, role: str, picture: bytes) -> None:
        """Hold an uploaded photo in front of the camera; raise ValueError where it is not a picture."""

    def shown(self, role: str) -> str:
        """Return the name of the scene now in front of the camera of `role`."""


@dataclass(frozen=True, slots=True)
class LivePicture:
    """The newest picture of one camera as a page shows it, or why there is none.

    ``jpeg`` is empty while the camera fails; ``fault`` then says why. ``outlines`` are the corners of the codes in
    view and ``hints`` what to do so that the next look succeeds (reason codes or code hints).
    """

    jpeg: bytes
    number: int
    captured_at: datetime | None
    size: tuple[int, int] = (0, 0)  # width, height of the frame the outlines refer to
    outlines: tuple[tuple[tuple[int, int], ...], ...] = ()
    hints: tuple[str, ...] = ()
    fault: str = ""


class LiveView(Protocol):
    """The live pictures of a station's cameras; roles are "gate" and "bench"."""

    def latest(self, role: str) -> LivePicture:
        """Return the newest picture of `role`'s camera without waiting for one."""


Json = dict[str, Any]
