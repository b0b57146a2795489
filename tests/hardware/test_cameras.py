"""What every camera does, simulated or real: one contract, run against each adapter that can be had here."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from checkpoint.errors import CameraError
from checkpoint.ports import Camera
from hardware.camera import FolderCamera, SceneCamera, V4L2Camera

SIZE = (320, 240)


def picture(grey: int) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), grey, np.uint8)


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


MAKERS = [scene_camera, folder_camera, video_camera]


@pytest.fixture(params=MAKERS, ids=lambda make: make.__name__)
def camera(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Camera]:
    make: Callable[[Path], Camera] = request.param
    made = make(tmp_path)
    yield made
    made.close()


def test_a_frame_is_colour_in_bytes_with_its_time_camera_and_number(camera: Camera) -> None:
    frame = camera.read()
    assert (frame.image.dtype, frame.image.shape) == (np.uint8, (SIZE[1], SIZE[0], 3))
    assert frame.captured_at.tzinfo is not None
    assert frame.camera == camera.name


def test_frames_are_numbered_upwards(camera: Camera) -> None:
    numbers = [camera.read().number for _ in range(5)]
    assert numbers == sorted(set(numbers))


def test_a_closed_camera_gives_no_frame(camera: Camera) -> None:
    camera.close()
    with pytest.raises(CameraError):
        camera.read(timeout_s=0.2)


def test_what_is_not_a_real_device_says_so(camera: Camera) -> None:
    assert camera.simulated


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


def test_a_device_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(CameraError, match="plugged in"):
        V4L2Camera("/dev/video-that-is-not-there", name="gate")
