"""What every camera does, simulated or real: one contract, run against each adapter that can be had here.

The Pi camera is the real adapter around a real subprocess, which a script plays; the USB camera is the real adapter
around a capture that a test plays.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from checkpoint.errors import CameraError
from checkpoint.ports import Camera
from hardware.camera import FolderCamera, RpicamCamera, SceneCamera, Tuning, V4L2Camera, WatchedCamera, shared
from tests.hardware.pi_camera import PiCamera, fault_of

SIZE = (320, 240)
PATIENCE_S = 30.0  # for a program to start on a busy machine; a frame comes at once


def picture(grey: int) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), grey, np.uint8)


@dataclass
class Capture:
    """What OpenCV makes of a USB camera, played: noise until it is unplugged."""

    unplugged: bool = False
    set_to: dict[int, float] = field(default_factory=dict)
    _rng: Any = field(default_factory=lambda: np.random.default_rng(0))

    def isOpened(self) -> bool:  # noqa: N802  OpenCV's name
        return not self.unplugged

    def set(self, name: int, value: float) -> bool:
        self.set_to[name] = value
        return True

    def read(self) -> tuple[bool, np.ndarray | None]:
        time.sleep(0.01)
        if self.unplugged:
            return False, None
        return True, self._rng.integers(90, 110, (SIZE[1], SIZE[0], 3), np.uint8)

    def release(self) -> None:
        self.unplugged = True


def scene_camera(_folder: Path) -> Camera:
    camera = SceneCamera("scenes", fps=50, size=SIZE)
    camera.show(picture(120))
    return camera


def folder_camera(folder: Path) -> Camera:
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), picture(60 * number))
    return FolderCamera(folder, fps=50)


def video_camera(folder: Path) -> Camera:
    path = folder / "lane.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE)
    for number in range(4):
        writer.write(picture(50 * number))
    writer.release()
    return FolderCamera(path, fps=50)


def pi_camera_raw(folder: Path) -> Camera:
    return RpicamCamera(name="pi", size=SIZE, fps=50, program=PiCamera(folder / "pi").program)


def pi_camera_mjpeg(folder: Path) -> Camera:
    return RpicamCamera(name="pi", size=SIZE, fps=50, codec="mjpeg", program=PiCamera(folder / "pi").program)


def usb_camera(_folder: Path) -> Camera:
    return V4L2Camera("/dev/video0", name="usb", size=SIZE, opened=Capture())


def watched_camera(_folder: Path) -> Camera:
    return WatchedCamera("watched", lambda: usb_camera(_folder))


def shared_camera(folder: Path) -> Camera:
    return shared(usb_camera(folder), ("gate",))["gate"]


SIMULATED = [scene_camera, folder_camera, video_camera]
REAL = [pi_camera_raw, pi_camera_mjpeg, usb_camera, watched_camera, shared_camera]


@pytest.fixture(params=[*SIMULATED, *REAL], ids=lambda make: make.__name__)
def camera(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Camera]:
    make: Callable[[Path], Camera] = request.param
    made = make(tmp_path)
    yield made
    made.close()


def test_a_frame_is_colour_in_bytes_with_its_time_camera_and_number(camera: Camera) -> None:
    frame = camera.read(PATIENCE_S)
    assert (frame.image.dtype, frame.image.shape) == (np.uint8, (SIZE[1], SIZE[0], 3))
    assert frame.captured_at.tzinfo is not None
    assert frame.camera == camera.name


def test_frames_are_numbered_upwards(camera: Camera) -> None:
    numbers = [camera.read(PATIENCE_S).number for _ in range(5)]
    assert numbers == sorted(set(numbers))


def test_a_closed_camera_gives_no_frame(camera: Camera) -> None:
    camera.close()
    with pytest.raises(CameraError):
        camera.read(timeout_s=0.2)


@pytest.mark.parametrize("make", SIMULATED, ids=lambda make: make.__name__)
def test_what_is_not_a_real_device_says_so(make: Callable[[Path], Camera], tmp_path: Path) -> None:
    assert make(tmp_path).simulated


def test_a_real_device_is_not_called_simulated(tmp_path: Path) -> None:
    camera = usb_camera(tmp_path)
    assert not camera.simulated
    camera.close()


# -- simulated -------------------------------------------------------------------------------------------------------


def test_a_camera_keeps_to_its_rate(tmp_path: Path) -> None:
    camera = SceneCamera("slow", fps=20, size=SIZE)
    camera.read()
    began = time.monotonic()
    for _ in range(4):
        camera.read()
    assert time.monotonic() - began >= 3 / 20


def test_a_scene_is_what_the_next_frame_shows() -> None:
    camera = SceneCamera("scenes", fps=50, size=SIZE)
    camera.show(picture(200))
    assert abs(float(camera.read().image.mean()) - 200) < 2


def test_an_unplugged_camera_fails_until_it_is_plugged_in() -> None:
    camera = SceneCamera("scenes", fps=50, size=SIZE)
    camera.unplug()
    with pytest.raises(CameraError, match="unplugged"):
        camera.read(timeout_s=0.2)
    camera.plug_in()
    assert camera.read().number > 0


def test_an_empty_folder_fails_until_a_picture_comes(tmp_path: Path) -> None:
    camera = FolderCamera(tmp_path, fps=50)
    with pytest.raises(CameraError, match="no picture"):
        camera.read()
    cv2.imwrite(str(tmp_path / "first.png"), picture(90))
    assert camera.read().image.mean() == 90


# -- a USB camera ----------------------------------------------------------------------------------------------------


def test_a_device_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(CameraError, match="plugged in"):
        V4L2Camera("/dev/video-that-is-not-there", name="gate")


def test_a_usb_camera_that_is_unplugged_ends_and_says_so() -> None:
    capture = Capture()
    camera = V4L2Camera("/dev/video0", name="gate", size=SIZE, opened=capture)
    camera.read(PATIENCE_S)
    capture.unplugged = True
    assert "unplugged" in fault_of(camera)
    camera.close()


def test_a_calibration_is_set_on_a_usb_camera() -> None:
    capture = Capture()
    camera = V4L2Camera("/dev/video0", name="b", opened=capture, tuning=Tuning(focus=40, exposure_us=8000, gain=3))
    assert capture.set_to[cv2.CAP_PROP_AUTOFOCUS] == 0
    assert capture.set_to[cv2.CAP_PROP_FOCUS] == 40
    assert capture.set_to[cv2.CAP_PROP_EXPOSURE] == 80  # the driver counts in 100 microseconds
    camera.close()


# -- a Pi camera -----------------------------------------------------------------------------------------------------


@pytest.fixture
def pi(tmp_path: Path) -> PiCamera:
    """A Pi camera."""
    return PiCamera(tmp_path / "pi")


def opened(pi: PiCamera, **more: Any) -> RpicamCamera:
    return RpicamCamera(name="bench", size=SIZE, fps=50, program=pi.program, **more)


@pytest.mark.parametrize("codec", ["yuv420", "mjpeg"])
def test_a_pi_cameras_frames_show_what_it_sees(pi: PiCamera, codec: Any) -> None:
    scene = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    scene[:, :160] = (200, 80, 40)  # blue, in BGR
    scene[:, 160:] = (40, 80, 200)
    pi.sees(scene)
    camera = opened(pi, codec=codec)
    image = camera.read(PATIENCE_S).image
    camera.close()
    assert np.abs(image[120, 60].astype(int) - (200, 80, 40)).max() < 14
    assert np.abs(image[120, 260].astype(int) - (40, 80, 200)).max() < 14


def test_a_calibration_is_given_to_the_program(pi: PiCamera) -> None:
    tuning = Tuning(focus=4.5, exposure_us=8000, gain=2, red_gain=2.2, blue_gain=1.6)
    camera = opened(pi, tuning=tuning, camera=1)
    camera.read(PATIENCE_S)
    camera.close()
    asked = " ".join(pi.asked)
    assert "--camera 1" in asked
    assert "--shutter 8000 --gain 2 --awbgains 2.200,1.600 --autofocus-mode manual --lens-position 4.5" in asked


def test_a_pi_camera_that_ends_tells_what_it_said_last(pi: PiCamera) -> None:
    camera = opened(pi)
    camera.read(PATIENCE_S)
    pi.does("die")
    assert "no cameras available" in fault_of(camera)
    camera.close()


def test_raw_frames_of_an_odd_width_are_refused_before_they_are_garbled() -> None:
    with pytest.raises(CameraError, match="multiple of 64"):
        RpicamCamera(name="gate", size=(1000, 720))


def test_without_rpicam_vid_it_is_said_what_to_install() -> None:
    with pytest.raises(CameraError, match="apt install rpicam-apps-lite"):
        RpicamCamera(name="gate", program="rpicam-vid-that-is-not-there")


# -- two roles on one device -----------------------------------------------------------------------------------------


def test_gate_and_bench_may_look_through_one_device() -> None:
    capture = Capture()
    both = shared(V4L2Camera("/dev/video0", name="only", size=SIZE, opened=capture), ("gate", "bench"))
    frames = {role: both[role].read(PATIENCE_S) for role in both}
    assert {role: frame.camera for role, frame in frames.items()} == {"gate": "gate", "bench": "bench"}
    both["gate"].close()
    assert both["bench"].read(PATIENCE_S).number == 2, "one role's end is not the other's"
    capture.unplugged = True
    assert "unplugged" in fault_of(both["bench"])
    both["bench"].close()
