"""A camera that fails is noticed within two seconds, named for what it is, and opened again; nothing replaces it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from checkpoint.errors import CameraError
from checkpoint.ports import Frame, Image
from hardware.camera import RpicamCamera, WatchedCamera
from tests.hardware.pi_camera import SIZE, PiCamera, fault_of

NOTICED_S = 2.0


@dataclass
class Watch:
    """A monotonic clock that moves with the frames."""

    s: float = 100.0

    def __call__(self) -> float:
        return self.s

    def sleep(self, seconds: float) -> None:
        self.s += seconds


@dataclass
class Device:
    """A camera that does what a test says, at ten frames a second on the test's clock."""

    watch: Watch
    does: Callable[[int], Image | None]
    name: str = "device"
    simulated: bool = False
    closed: bool = False
    number: int = 0

    def read(self, timeout_s: float = 2.0) -> Frame:
        image = self.does(self.number)
        if image is None:
            self.watch.s += timeout_s
            raise CameraError(f"{self.name}: no frame for {timeout_s:.1f} s")
        self.watch.s += 0.1
        self.number += 1
        return Frame(image=image, captured_at=datetime.now(UTC), camera=self.name, number=self.number)

    def close(self) -> None:
        self.closed = True


def noise(number: int) -> Image:
    return np.random.default_rng(number).integers(80, 120, (48, 64, 3), np.uint8)


def same(_number: int) -> Image:
    return noise(1)


def dark(number: int) -> Image:
    return np.random.default_rng(number).integers(0, 5, (48, 64, 3), np.uint8)


def nothing(_number: int) -> None:
    return None


@dataclass
class Plug:
    """Devices, one after another, as the watched camera opens them; the last one stays."""

    kinds: list[Callable[[int], Image | None]]
    watch: Watch = field(default_factory=Watch)
    opened: list[Device] = field(default_factory=list)
    missing: bool = False

    def open(self) -> Device:
        if self.missing:
            raise CameraError("device: cannot open: is it plugged in?")
        self.opened.append(Device(self.watch, self.kinds[min(len(self.opened), len(self.kinds) - 1)]))
        return self.opened[-1]

    def camera(self) -> WatchedCamera:
        return WatchedCamera("gate", self.open, now=self.watch, sleep=self.watch.sleep)


def first_fault(camera: WatchedCamera, watch: Watch) -> tuple[str, float]:
    """Read until the camera fails; return why, and seconds since `now`."""
    began = watch.s
    for _ in range(100):
        try:
            camera.read()
        except CameraError as error:
            return str(error), watch.s - began
    raise AssertionError("no fault")


@pytest.mark.parametrize(("kind", "word"), [(same, "frozen"), (dark, "black"), (nothing, "no frame")])
def test_a_camera_that_fails_is_named_for_what_it_is_within_two_seconds(
    kind: Callable[[int], Image | None], word: str
) -> None:
    plug = Plug([lambda number: noise(number) if number < 20 else kind(number)])
    camera = plug.camera()
    for _ in range(20):
        camera.read()
    why, after_s = first_fault(camera, plug.watch)
    assert word in why
    assert after_s <= NOTICED_S


@pytest.mark.parametrize("kind", [same, nothing], ids=["frozen", "stalled"])
def test_a_device_that_hangs_is_let_go_of_and_opened_again(kind: Callable[[int], Image | None]) -> None:
    plug = Plug([lambda number: noise(number) if number < 3 else kind(number), noise])
    camera = plug.camera()
    first_fault(camera, plug.watch)
    assert plug.opened[0].closed
    frame = camera.read()
    assert frame.camera == "gate"
    assert len(plug.opened) == 2


def test_frames_are_numbered_on_over_a_break() -> None:
    plug = Plug([lambda number: noise(number) if number < 5 else None, noise])
    camera = plug.camera()
    first_fault(camera, plug.watch)
    assert camera.read().number == 6


def test_a_black_picture_is_a_fault_until_there_is_light_and_the_device_stays_open() -> None:
    plug = Plug([lambda number: dark(number) if 3 <= number < 30 else noise(number)])
    camera = plug.camera()
    assert "black" in first_fault(camera, plug.watch)[0]
    assert len(plug.opened) == 1
    faults = 0
    while True:
        try:
            camera.read()
            break
        except CameraError:
            faults += 1
    assert faults > 5


def test_a_short_darkness_is_no_fault() -> None:
    plug = Plug([lambda number: dark(number) if 3 <= number < 8 else noise(number)])
    camera = plug.camera()
    assert [camera.read().number for _ in range(20)] == list(range(1, 21))


def test_a_station_starts_without_its_camera_and_finds_it_later() -> None:
    plug = Plug([noise], missing=True)
    camera = plug.camera()
    assert "plugged in" in first_fault(camera, plug.watch)[0]
    plug.missing = False
    assert camera.read().number == 1


def test_a_missing_device_is_not_asked_for_in_a_busy_loop() -> None:
    plug = Plug([noise], missing=True)
    camera = plug.camera()
    began = plug.watch.s
    for _ in range(10):
        with pytest.raises(CameraError):
            camera.read()
    assert plug.watch.s - began >= 9.0


def test_a_camera_that_is_only_starting_is_given_time() -> None:
    plug = Plug([nothing])
    camera = plug.camera()
    for _ in range(3):
        with pytest.raises(CameraError, match="starting"):
            camera.read()
    assert len(plug.opened) == 1


def test_a_closed_camera_opens_nothing() -> None:
    plug = Plug([noise])
    camera = plug.camera()
    camera.read()
    camera.close()
    assert plug.opened[0].closed
    with pytest.raises(CameraError, match="closed"):
        camera.read()


# -- around a real process -------------------------------------------------------------------------------------------


@pytest.fixture
def pi(tmp_path: Path) -> PiCamera:
    """A Pi camera played by a script."""
    return PiCamera(tmp_path / "pi")


@pytest.fixture
def camera(pi: PiCamera) -> Iterator[WatchedCamera]:
    """The Pi camera, watched."""
    made = WatchedCamera("gate", lambda: RpicamCamera(name="gate", size=SIZE, fps=20, program=pi.program))
    yield made
    made.close()


def until_frame(camera: WatchedCamera, seconds: float = 40.0) -> Frame:
    """Read over faults until a frame comes."""
    end = time.monotonic() + seconds
    while True:
        try:
            return camera.read()
        except CameraError:
            assert time.monotonic() < end, "no frame came again"


@pytest.mark.parametrize("does", ["stall", "freeze", "black", "die"])
def test_a_real_process_that_fails_is_noticed_and_comes_back(pi: PiCamera, camera: WatchedCamera, does: str) -> None:
    until_frame(camera)
    pi.does(does)
    words = {"stall": "no frame", "freeze": "frozen", "black": "black", "die": "no cameras available"}
    assert words[does] in fault_of(camera, timeout_s=2.0)
    pi.does("play")
    assert until_frame(camera).image.mean() > 50
    assert pi.starts == (1 if does == "black" else 2)
