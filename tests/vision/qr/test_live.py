"""Successive frames of one camera."""

import time
from collections.abc import Callable
from itertools import count

import cv2
import numpy as np
import pytest

from bench.codes import clutter_frame
from checkpoint.ports import Image
from checkpoint.sighting import CodeHint
from tests.vision.qr.pictures import held, in_ink, noisy, qr, tilted
from vision.qr import LiveScanner, stages
from vision.qr.zxing import Look

PALE_YELLOW = (170, 245, 255)
UNREADABLE = held(np.random.default_rng(5).integers(0, 2, (80, 80), np.uint8).repeat(5, 0).repeat(5, 1) * 255)


def no_time() -> Callable[[], float]:
    """A clock on which every frame has used up its time after the first further stage."""
    ticks = count()
    return lambda: float(next(ticks))


def test_code_in_view_is_read_on_its_first_frame() -> None:
    assert [code.text for code in LiveScanner().look(held(qr("health code")), 0.0).codes] == ["health code"]


def test_stages_that_did_not_fit_one_frame_go_on_with_the_next() -> None:
    frame = in_ink(held(qr("health code")), PALE_YELLOW)  # only a late stage reads it
    live = LiveScanner(budget_ms=1500, monotonic_s=no_time())
    read = [bool(live.look(frame, number / 10).codes) for number in range(10)]
    assert not read[0]
    assert any(read)


def test_the_stage_that_read_a_code_is_the_first_on_the_next_frame() -> None:
    frame = in_ink(held(qr("health code")), PALE_YELLOW)
    live = LiveScanner(budget_ms=1500, monotonic_s=no_time())
    read = [bool(live.look(frame, number / 10).codes) for number in range(12)]
    assert all(read[read.index(True) :])


def test_an_empty_lane_costs_the_first_search_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def dear(part: stages.Part) -> Look:
        pytest.fail("a costly stage looked at an empty lane")

    monkeypatch.setattr(stages, "HARDER", tuple(stages.Stage(stage.name, dear) for stage in stages.HARDER))
    monkeypatch.setattr(stages, "OTHER_MATRIX", stages.Stage("other", dear))
    monkeypatch.setattr(stages, "LINEAR", stages.Stage("linear", dear))
    lane = cv2.resize(np.random.default_rng(2).uniform(60, 180, (9, 16)), (1280, 720), interpolation=cv2.INTER_CUBIC)
    assert LiveScanner().look(lane.astype(np.uint8), 0.0).codes == ()


def test_a_new_traveller_begins_with_the_cheapest_stage() -> None:
    frame = in_ink(held(qr("health code")), PALE_YELLOW)
    live = LiveScanner(budget_ms=1500, monotonic_s=no_time())
    first = [bool(live.look(frame, number / 10).codes) for number in range(10)]
    later = [bool(live.look(frame, 60 + number / 10).codes) for number in range(10)]
    assert first == later


def test_hint_waits_for_a_second_frame() -> None:
    live = LiveScanner()
    assert live.look(UNREADABLE, 0.0).hint is None
    second = live.look(UNREADABLE, 0.1)
    assert second.hint is CodeHint.STEADIER
    assert len(second.unread_corners) == 4


def test_hint_is_gone_with_the_code() -> None:
    live = LiveScanner()
    for number in range(2):
        live.look(UNREADABLE, number / 10)
    assert live.look(np.full((720, 1280, 3), 90, np.uint8), 0.3).hint is None


def small(frame: Image) -> Image:
    return held(np.asarray(cv2.resize(qr("7" * 900, scale=4), None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)))


def smeared(frame: Image) -> Image:
    return np.asarray(cv2.blur(frame, (15, 1)), np.uint8)


def dark(frame: Image) -> Image:
    return noisy(np.asarray(frame * 0.2, np.uint8), 30)


def glaring(frame: Image) -> Image:
    return np.asarray(cv2.circle(frame.copy(), (240, 260), 90, (255, 255, 255), -1), np.uint8)


def askew(frame: Image) -> Image:
    return tilted(qr("health code " * 30, scale=4, error="l", boost_error=False), degrees=65)


@pytest.mark.parametrize(
    ("spoil", "hint"),
    [
        (small, CodeHint.CLOSER),
        (smeared, CodeHint.STEADIER),
        (dark, CodeHint.MORE_LIGHT),
        (glaring, CodeHint.LESS_GLARE),
        (askew, CodeHint.LESS_TILT),
    ],
)
def test_hint_says_what_keeps_a_code_from_being_read(spoil: Callable[[Image], Image], hint: CodeHint) -> None:
    frame = spoil(held(qr("health code " * 12, scale=6, error="l", boost_error=False)))
    live = LiveScanner(budget_ms=500, monotonic_s=time.thread_time)
    sightings = [live.look(frame, number / 10) for number in range(3)]
    assert sightings[-1].codes == ()
    assert sightings[-1].hint is hint


def test_a_lane_with_clutter_is_not_read() -> None:
    live = LiveScanner()
    for number in range(10):
        assert live.look(clutter_frame("bars", 700 + number), number / 10).codes == ()
