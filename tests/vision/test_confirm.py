"""The closer look: what all makes share is recognised on makes that it never saw, and a frame that is off is mended."""

import math

import numpy as np
import pytest

from bench.confirm_samples import cards_of_two, strange_scenes
from bench.locator_samples import Scene, apart, offset
from vision.cassette.confirm import AT_ONCE, Look, look
from vision.cassette.frames import Frame, Pyramid
from vision.cassette.locate import find_cassettes

UNSEEN = 47_110  # a seed that no training used


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    rng = np.random.default_rng(UNSEEN)
    return [scene for scene in strange_scenes(14, rng) if scene.frames]


def looks_at(scene: Scene, frame: Frame) -> Look:
    return look(Pyramid(scene.grey), [frame])[0]


def test_cassettes_of_makes_that_exist_nowhere_are_found_the_right_way_round(scenes: list[Scene]) -> None:
    windows = found = 0
    for scene in scenes:
        located = find_cassettes(scene.grey)
        for truth in scene.frames:
            windows += 1
            found += any(_near(one.frame, truth) for one in located)
    assert windows >= 14
    assert found / windows >= 0.85


def test_a_cassette_the_other_way_round_is_none(scenes: list[Scene]) -> None:
    for scene in scenes:
        for truth in scene.frames:
            forward, backward = look(Pyramid(scene.grey), [truth, truth.reversed()])
            assert forward.log_odds > backward.log_odds


def test_a_frame_that_is_off_is_brought_into_place(scenes: list[Scene]) -> None:
    before, after = [], []
    for scene in scenes:
        for truth in scene.frames:
            shifted = truth.shifted(3.0, 1.2)
            off = Frame(shifted.x, shifted.y, truth.angle + 0.08, truth.px_per_mm * 1.15)
            before.append(np.abs(offset(off, truth)[:3]).max())  # the scale is told less surely
            after.append(np.abs(offset(looks_at(scene, off).frame, truth)[:3]).max())
    assert np.median(after) < 0.4 * np.median(before)


def test_a_look_twice_is_the_same_at_a_mirrored_picture(scenes: list[Scene]) -> None:
    scene = scenes[0]
    truth = scene.frames[0]
    upside_down = np.ascontiguousarray(scene.grey[::-1])
    mirrored = Frame(truth.x, scene.grey.shape[0] - 1 - truth.y, -truth.angle, truth.px_per_mm)
    one = look(Pyramid(scene.grey), [truth], twice=True)[0]
    other = look(Pyramid(upside_down), [mirrored], twice=True)[0]
    assert one.log_odds == pytest.approx(other.log_odds, abs=0.35)  # the patches are cut half a pixel apart


def test_any_number_of_frames_gets_as_many_looks(scenes: list[Scene]) -> None:
    scene, truth = scenes[0], scenes[0].frames[0]
    pyramid = Pyramid(scene.grey)
    alone = look(pyramid, [truth])[0].log_odds
    assert look(pyramid, []) == []
    for count in (1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1):
        looks = look(pyramid, [truth] * count)
        assert [one.log_odds for one in looks] == pytest.approx([alone] * count, abs=1e-3)


def test_a_card_of_two_tests_is_told_from_a_single_cassette(scenes: list[Scene]) -> None:
    cards = [one for scene in cards_of_two(8, np.random.default_rng(UNSEEN)) for one in find_cassettes(scene.grey)]
    single = [one for scene in scenes for one in find_cassettes(scene.grey)]
    assert cards
    assert np.mean([one.several_strips for one in cards]) >= 0.8
    assert np.mean([one.several_strips for one in single]) <= 0.1


def _near(one: Frame, truth: Frame) -> bool:
    off, turn, ratio = apart(one, truth)
    return off < 4.0 and turn < math.radians(12) and 0.75 < ratio < 1.33
