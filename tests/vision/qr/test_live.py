"""Successive frames of one camera."""

import time
from collections.abc import Callable
from itertools import count

import cv2
import numpy as np
import pytest

from bench.codes import CLUTTER, clutter_frame
from checkpoint.ports import Image
from checkpoint.sighting import CodeHint
from tests.vision.qr.pictures import held, in_ink, noisy, qr, tilted
from vision.qr import LiveScanner, Scanner, stages
from vision.qr.zxing import Look

PALE_YELLOW = (170, 245, 255)
UNREADABLE = np.asarray(cv2.GaussianBlur(held(qr("health code " * 12, scale=6)), (0, 0), 9), np.uint8)


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


def tiny(frame: Image) -> Image:
    small_code = cv2.resize(qr("health code", scale=6), (32, 32), interpolation=cv2.INTER_AREA)
    return held(np.asarray(np.pad(small_code, 30, constant_values=255), np.uint8))


def blurred(frame: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), 9), np.uint8)


def very_dark(frame: Image) -> Image:
    return noisy(np.asarray(frame * 0.04 + 6, np.uint8), 7)


def half_blind(frame: Image) -> Image:
    return np.asarray(cv2.circle(frame.copy(), (240, 260), 115, (255, 255, 255), -1), np.uint8)


def from_the_side(frame: Image) -> Image:
    return tilted(qr("health code " * 30, scale=5, error="l", boost_error=False), degrees=76)


@pytest.mark.parametrize(
    ("spoil", "hint"),
    [
        (small, CodeHint.CLOSER),
        (tiny, CodeHint.CLOSER),
        (smeared, CodeHint.STEADIER),
        (blurred, CodeHint.STEADIER),
        (dark, CodeHint.MORE_LIGHT),
        (very_dark, CodeHint.MORE_LIGHT),
        (glaring, CodeHint.LESS_GLARE),
        (half_blind, CodeHint.LESS_GLARE),
        (askew, CodeHint.LESS_TILT),
        (from_the_side, CodeHint.LESS_TILT),
    ],
)
def test_hint_says_what_keeps_a_code_from_being_read(spoil: Callable[[Image], Image], hint: CodeHint) -> None:
    frame = spoil(held(qr("health code " * 12, scale=6, error="l", boost_error=False)))
    live = LiveScanner(budget_ms=500, monotonic_s=time.thread_time)
    sightings = [live.look(frame, number / 10) for number in range(3)]
    assert sightings[-1].codes == ()
    assert sightings[-1].hint is hint
    once = Scanner().scan(frame)
    assert once.codes or once.hint is hint, "one picture, where full effort does not read it, is told what the gate is"


def test_dark_code_that_comes_into_an_empty_lane_is_told_within_four_frames() -> None:
    lane = np.full((720, 1280, 3), 9, np.uint8)
    frame = very_dark(held(qr("health code " * 12, scale=6)))
    live = LiveScanner()
    for empty in range(4):
        for number in range(empty):
            live.look(lane, number / 10)
        assert CodeHint.MORE_LIGHT in [live.look(frame, 1 + number / 10).hint for number in range(4)]


@pytest.mark.parametrize("kind", CLUTTER)
def test_what_is_no_code_gets_no_hint(kind: str) -> None:
    scanner = Scanner(budget_ms=60, monotonic_s=time.thread_time)
    for seed in range(4):
        assert scanner.scan(clutter_frame(kind, seed)).hint is None


def test_plain_dark_sheet_on_white_paper_gets_no_hint() -> None:
    assert (
        Scanner().scan(blurred(held(np.pad(np.full((200, 200), 120, np.uint8), 40, constant_values=255)))).hint is None
    )


def test_a_lane_with_clutter_is_not_read() -> None:
    live = LiveScanner()
    for number in range(10):
        assert live.look(clutter_frame("bars", 700 + number), number / 10).codes == ()
