"""The cameras at work: from a frame to the gate, and what happens when something on the way breaks."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from checkpoint.credential import Credential
from checkpoint.crossing import Lamp
from checkpoint.errors import CameraError
from checkpoint.events import Kind, PhotoRef
from checkpoint.journal import LogQuery
from checkpoint.ports import Image
from checkpoint.sighting import Code, CodeHint, Sighting
from hardware.camera import SceneCamera
from station.faults import Faults
from station.live import Feed, GateLoop
from station.wiring import watched_feed
from tests.checkpoint.station_parts import OFFICER, Parts


@dataclass
class Eyes:
    """A scanner that sees what a test says."""

    sees: Sighting = field(default_factory=Sighting)
    breaks: bool = False

    def look(self, image: Image, now_s: float) -> Sighting:
        if self.breaks:
            raise RuntimeError("the scanner broke")
        return self.sees


@dataclass
class Lane:
    """A gate with its camera at work, one turn at a time."""

    parts: Parts
    camera: SceneCamera
    eyes: Eyes
    loop: GateLoop
    feed: Feed
    on_duty: str = OFFICER

    def show(self, *codes: Code) -> None:
        """Hold codes before the camera, for one frame."""
        self.eyes.sees = Sighting(codes=codes)
        self.loop.turn()


@pytest.fixture
def lane(tmp_path: Path) -> Lane:
    parts = Parts(tmp_path)
    camera = SceneCamera("gate", fps=200, size=(64, 48))
    camera.show(np.full((48, 64, 3), 90, np.uint8))
    eyes = Eyes()
    feed = watched_feed("gate", camera, Faults(parts.journal, parts.gate))
    made: list[Lane] = []

    def keep(data: bytes) -> PhotoRef:
        return parts.journal.keep_photo(data, "image/jpeg")

    loop = GateLoop(feed, scanner=eyes, gate=parts.gate, on_duty=lambda: made[0].on_duty, keep_photo=keep, again_s=3.0)
    made.append(Lane(parts, camera, eyes, loop, feed))
    return made[0]


def test_a_code_in_view_is_judged_once_however_many_frames_show_it(lane: Lane) -> None:
    code = lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(5))
    for _ in range(5):
        lane.show(code)
    decided = lane.parts.journal.search(LogQuery(kind=Kind.CROSSING_DECIDED)).entries
    assert len(decided) == 1
    assert lane.parts.lamps.shown is Lamp.GREEN


def test_while_an_issuer_is_asked_the_picture_goes_on_and_says_so(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("station.live.PATIENCE_S", 0.0)
    code = lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(5))
    answered, identify = threading.Event(), lane.parts.codes.identify

    def slowly(text: str, now: datetime) -> Credential:
        answered.wait(10)
        return identify(text, now)

    monkeypatch.setattr(lane.parts.gate, "credentials", SimpleNamespace(identify=slowly))
    for _ in range(3):
        lane.show(code)
    assert lane.feed.latest().hints == ("asking",)
    assert lane.parts.lamps.shown is Lamp.RED
    answered.set()
    lane.loop.stop()
    lane.show(code)
    assert lane.parts.lamps.shown is Lamp.GREEN
    assert lane.parts.gate.view().notice == ""
    assert lane.feed.latest().hints == ()


def test_another_code_waits_until_the_issuer_of_the_first_has_answered(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("station.live.PATIENCE_S", 0.0)
    first = lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(50))
    other = lane.parts.codes.naat("Li Na", lane.parts.hours_ago(5))
    answered, identify = threading.Event(), lane.parts.codes.identify

    def slowly(text: str, now: datetime) -> Credential:
        answered.wait(10)
        return identify(text, now)

    monkeypatch.setattr(lane.parts.gate, "credentials", SimpleNamespace(identify=slowly))
    lane.show(first)
    lane.show(other)
    answered.set()
    lane.loop.stop()
    lane.show(other)
    lane.loop.stop()
    crossing = lane.parts.gate.view().crossing
    assert crossing is not None
    assert [seat.evidence.holder.name for seat in crossing.seats] == ["Zhang Wei", "Li Na"]


def test_what_breaks_while_an_issuer_is_asked_is_a_fault(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("station.live.PATIENCE_S", 0.0)

    asked = threading.Event()

    def broken(text: str, now: datetime) -> Credential:
        asked.wait(10)
        raise ZeroDivisionError

    monkeypatch.setattr(lane.parts.gate, "credentials", SimpleNamespace(identify=broken))
    lane.show(lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(5)))
    asked.set()
    lane.loop.stop()
    lane.loop.turn()
    assert lane.parts.lamps.shown is Lamp.FAULT


def test_with_nobody_on_duty_nothing_is_decided_and_the_picture_says_why(lane: Lane) -> None:
    lane.on_duty = ""
    lane.show(lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(5)))
    assert lane.parts.lamps.shown is Lamp.RED
    assert lane.feed.latest().hints == ("nobody-on-duty",)


def test_a_code_that_is_still_in_view_counts_once_somebody_comes_on_duty(lane: Lane) -> None:
    code = lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(5))
    lane.on_duty = ""
    lane.show(code)
    lane.on_duty = OFFICER
    lane.show(code)
    assert lane.parts.lamps.shown is Lamp.GREEN


def test_what_is_not_admitted_keeps_the_picture_it_was_decided_on(lane: Lane) -> None:
    lane.show(lane.parts.codes.naat("Li Na", lane.parts.hours_ago(30)))
    event = lane.parts.journal.event(lane.parts.journal.head().seq)
    assert len(event.photos) == 1
    assert lane.parts.journal.photo(event.photos[0].sha256).startswith(b"\xff\xd8")


def test_a_scanner_that_breaks_shows_a_fault_and_recovers(lane: Lane) -> None:
    lane.show(lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(5)))
    lane.eyes.breaks = True
    lane.loop.turn()
    assert lane.parts.lamps.shown is Lamp.FAULT
    lane.eyes.breaks = False
    lane.loop.turn()
    assert lane.parts.lamps.shown is Lamp.RED


def test_an_unplugged_camera_takes_the_green_away_and_is_written_down_once(lane: Lane) -> None:
    lane.show(lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(5)))
    lane.camera.unplug()
    lane.loop.turn()
    lane.loop.turn()
    assert lane.parts.lamps.shown is Lamp.FAULT
    assert len(lane.parts.journal.search(LogQuery(kind=Kind.DEVICE_FAULT)).entries) == 1
    assert lane.feed.latest().fault
    with pytest.raises(CameraError):
        lane.feed.photograph()


def test_a_camera_that_comes_back_is_written_down_and_the_lamp_rests(lane: Lane) -> None:
    lane.camera.unplug()
    lane.loop.turn()
    lane.camera.plug_in()
    lane.loop.turn()
    assert lane.parts.lamps.shown is Lamp.RED
    assert lane.parts.journal.search(LogQuery(kind=Kind.DEVICE_RECOVERED)).entries


def test_a_hint_of_the_scanner_stands_under_the_picture(lane: Lane) -> None:
    lane.eyes.sees = Sighting(hint=CodeHint.CLOSER)
    lane.loop.turn()
    assert lane.feed.latest().hints == (CodeHint.CLOSER.value,)


def test_a_frame_is_encoded_once_however_many_tablets_look(lane: Lane) -> None:
    lane.loop.turn()
    assert lane.feed.latest().jpeg is lane.feed.latest().jpeg


def test_a_photograph_shows_what_lies_there_now_and_not_a_moment_ago(lane: Lane) -> None:
    lane.loop.turn()
    lane.camera.show(np.full((48, 64, 3), 220, np.uint8))
    turning = threading.Timer(0.05, lane.loop.turn)
    turning.start()
    assert lane.feed.photograph().image.mean() > 200
    turning.join()


def test_a_camera_that_gives_no_new_picture_cannot_photograph(lane: Lane) -> None:
    lane.loop.turn()
    with pytest.raises(CameraError, match="no picture"):
        lane.feed.photograph(timeout_s=0.05)
