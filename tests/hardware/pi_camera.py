"""A Pi camera played by a script in a real process: what it sees, what it does, and how its lens is."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from checkpoint.errors import CameraError
from checkpoint.ports import Camera, Image
from tests.hardware.board import MODULES

TRUTH = {"focus": 5.0, "exposure_us": 8000.0, "gain": 2.0, "red_gain": 2.2, "blue_gain": 1.6}
SIZE = (320, 240)


def detailed_scene() -> Image:
    """A picture with edges everywhere on white paper: something to focus on, and to balance white on."""
    scene = np.full((SIZE[1], SIZE[0], 3), 190, np.uint8)
    for x in range(20, SIZE[0] - 20, 24):
        cv2.rectangle(scene, (x, 60), (x + 8, 180), (30, 30, 30), -1)
    return scene


@dataclass(frozen=True)
class PiCamera:
    """The camera in `folder`; `program` stands for rpicam-vid."""

    folder: Path
    truth: dict[str, float] = field(default_factory=lambda: dict(TRUTH))

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "truth.json").write_text(json.dumps(self.truth))
        self.sees(detailed_scene())
        self.does("play")
        script = self.folder / "rpicam-vid"
        script.write_text(f'#!/bin/sh\nFAKE_RPICAM={self.folder} exec {sys.executable} {MODULES}/rpicam_vid.py "$@"\n')
        script.chmod(0o755)

    @property
    def program(self) -> str:
        return str(self.folder / "rpicam-vid")

    def sees(self, scene: Image) -> None:
        cv2.imwrite(str(self.folder / "scene.png"), scene)

    def does(self, what: str) -> None:
        """One of play, stall, die, freeze, black; from the next frame on."""
        fresh = self.folder / ".does"
        fresh.write_text(what)
        fresh.replace(self.folder / "does")

    @property
    def asked(self) -> list[str]:
        """The options it was last started with."""
        return (self.folder / "asked").read_text().split()

    @property
    def starts(self) -> int:
        """How often it was started."""
        path = self.folder / "starts"
        return path.stat().st_size if path.exists() else 0


def fault_of(camera: Camera, timeout_s: float = 30.0) -> str:
    """Read until the camera fails, and return why."""
    for _ in range(400):
        try:
            camera.read(timeout_s)
        except CameraError as error:
            return str(error)
    raise AssertionError("the camera never failed")
