"""The lamps at work: what fails is told once, shown, tried again, and never stops the gate from deciding."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from checkpoint.crossing import Lamp, LampState
from checkpoint.errors import LampError
from checkpoint.events import Kind
from checkpoint.gate import Gate
from checkpoint.journal import LogQuery
from hardware.lamps.simulated import SimulatedLamps
from station.faults import Faults
from station.lamps import WatchedLamps
from tests.checkpoint.station_parts import OFFICER, Parts


@dataclass
class Bulbs(SimulatedLamps):
    """Lamps that can be cut off, and whose sense inputs a test sets."""

    cut_off: bool = False
    sensed: LampState | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def show(self, lamp: Lamp, *, sound: bool = False) -> None:
        if self.cut_off:
            raise LampError("the lamp-holder does not answer")
        super().show(lamp, sound=sound)

    def state(self) -> LampState:
        if self.cut_off:
            raise LampError("the lamp-holder does not answer")
        return self.sensed or super().state()


@dataclass
class Lane:
    """A gate whose lamps can fail."""

    parts: Parts
    bulbs: Bulbs
    lamps: WatchedLamps
    gate: Gate
    faults: Faults

    def events(self, kind: Kind) -> list[str]:
        return [str(e.body.get("detail", "")) for e in self.parts.journal.search(LogQuery(kind=kind)).entries]


@pytest.fixture
def lane(tmp_path: Path) -> Lane:
    bulbs = Bulbs()
    lamps = WatchedLamps(bulbs)
    parts = Parts(tmp_path, lamps=lamps)  # type: ignore[arg-type]  # any lamps do
    faults = Faults(parts.journal, parts.gate)
    lamps.tell(lambda why: faults.began("lamps", why, at_gate=True), lambda: faults.ended("lamps"))
    return Lane(parts, bulbs, lamps, parts.gate, faults)


def test_lamps_that_cannot_be_set_do_not_stop_the_decision(lane: Lane) -> None:
    lane.bulbs.cut_off = True
    lane.gate.present([lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(5))], officer=OFFICER)
    assert len(lane.parts.journal.search(LogQuery(kind=Kind.CROSSING_DECIDED)).entries) == 1
    assert lane.lamps.shown is Lamp.FAULT
    assert lane.gate.view().fault


def test_a_fault_of_the_lamps_is_written_down_once_with_its_reason(lane: Lane) -> None:
    lane.bulbs.cut_off = True
    for _ in range(3):
        lane.lamps.check()
    assert lane.events(Kind.DEVICE_FAULT) == ["the lamp-holder does not answer"]


def test_lamps_that_come_back_rest_at_red_and_not_at_an_old_green(lane: Lane) -> None:
    lane.gate.present([lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(5))], officer=OFFICER)
    assert lane.lamps.shown is Lamp.GREEN
    lane.bulbs.cut_off = True
    lane.lamps.check()
    lane.bulbs.cut_off = False
    lane.lamps.check()
    assert (lane.lamps.shown, lane.bulbs.shown) == (Lamp.RED, Lamp.RED)
    assert len(lane.events(Kind.DEVICE_RECOVERED)) == 1
    assert not lane.gate.view().fault


def test_a_green_that_burns_although_red_is_told_is_a_fault(lane: Lane) -> None:
    lane.bulbs.sensed = LampState(Lamp.RED, frozenset({Lamp.RED, Lamp.GREEN}), (Lamp.GREEN,))
    lane.lamps.check()
    assert lane.events(Kind.DEVICE_FAULT) == ["told red, but green burns"]


def test_the_gate_rests_only_when_no_device_of_its_own_has_a_fault(lane: Lane) -> None:
    lane.faults.began("camera-gate", "unplugged", at_gate=True)
    lane.faults.began("lamps", "no answer", at_gate=True)
    lane.faults.ended("lamps")
    assert lane.bulbs.shown is Lamp.FAULT
    lane.faults.ended("camera-gate")
    assert lane.bulbs.shown is Lamp.RED


def test_the_benchs_camera_is_no_reason_to_stop_the_gate(lane: Lane) -> None:
    lane.faults.began("camera-bench", "unplugged", at_gate=False)
    assert lane.bulbs.shown is Lamp.RED
    assert lane.events(Kind.DEVICE_FAULT) == ["unplugged"]


def test_a_verdict_is_heard_and_returning_to_red_is_not(lane: Lane) -> None:
    lane.gate.present([lane.parts.codes.naat("Zhang Wei", lane.parts.hours_ago(5))], officer=OFFICER)
    lane.gate.next(officer=OFFICER)
    assert lane.bulbs.heard == [Lamp.GREEN]
    assert lane.bulbs.history == [Lamp.RED, Lamp.GREEN, Lamp.RED]
