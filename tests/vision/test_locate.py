"""Cassettes are found at any angle, on any surface, and laid level with the control end at the left."""

import math

import numpy as np
import pytest

from vision.cassette.geometry import ControlEnd
from vision.cassette.locate import find_cassettes
from vision.cassette.rectify import rectify
from vision.render import (
    GEOMETRIES,
    Background,
    CassetteSpec,
    Placement,
    Shot,
    render_cassette,
    render_empty_bench,
    render_scene,
)

STILL = Shot(noise=1.5)


def found_in(drawn):
    return find_cassettes(drawn.image)


def assert_finds(located, truth):
    middle = truth.membrane.mean(axis=0)
    along = (truth.membrane[1] - truth.membrane[0]) / truth.spec.geometry.window_length_mm
    px_per_mm = float(np.linalg.norm(along))
    off_mm = math.hypot(located.frame.x - middle[0], located.frame.y - middle[1]) / px_per_mm
    turned = math.remainder(located.frame.angle - math.atan2(along[1], along[0]), 2 * math.pi)
    assert off_mm < 3.0
    assert abs(turned) < math.radians(6)
    assert located.frame.px_per_mm == pytest.approx(px_per_mm, rel=0.25)


@pytest.mark.parametrize("turn", [0, 45, 90, 160, 180, 235, 270, 330])
def test_a_cassette_is_found_at_any_angle_with_its_control_end_known(turn):
    drawn = render_scene(
        [CassetteSpec(test_contrast=0.3)], np.random.default_rng(turn), px_per_mm=7, background=Background.WOOD,
        placements=[Placement(10, -5, turn)], shot=STILL,
    )  # fmt: skip

    located = found_in(drawn)

    assert len(located) == 1
    assert_finds(located[0], drawn.cassettes[0])
    assert located[0].control_end_known


@pytest.mark.parametrize("background", [Background.PAPER, Background.CLOTH, Background.STONE, Background.DARK])
def test_an_unused_cassette_is_found_on_any_surface(background):
    spec = CassetteSpec(control_contrast=None, wash=0.0, plastic=(0.88, 0.9, 0.9))

    drawn = render_scene(
        [spec], np.random.default_rng(3), px_per_mm=6, background=background, placements=[Placement(0, 0, 20)],
        shot=STILL,
    )  # fmt: skip

    located = found_in(drawn)
    assert len(located) == 1
    assert_finds(located[0], drawn.cassettes[0])


def test_two_cassettes_are_two():
    drawn = render_scene(
        [CassetteSpec(), CassetteSpec(test_contrast=0.3)], np.random.default_rng(4), px_per_mm=6,
        background=Background.WOOD, placements=[Placement(-40, 0, 80), Placement(40, 0, 100)], shot=STILL,
    )  # fmt: skip

    located = sorted(found_in(drawn), key=lambda one: one.frame.x)

    assert len(located) == 2
    for one, truth in zip(located, drawn.cassettes, strict=True):
        assert_finds(one, truth)


def test_a_close_up_clipped_at_both_ends_is_found():
    drawn = render_cassette(CassetteSpec(), np.random.default_rng(5), px_per_mm=12, margin_mm=0)
    clipped = drawn.image[:, 70:-60]

    located = find_cassettes(np.ascontiguousarray(clipped))

    assert len(located) == 1
    assert located[0].frame.x + 70 == pytest.approx(drawn.cassettes[0].membrane[:, 0].mean(), abs=36)


def test_a_small_cassette_in_a_large_photo_is_found():
    drawn = render_scene(
        [CassetteSpec()], np.random.default_rng(6), (3000, 2000), px_per_mm=6, background=Background.STONE,
        placements=[Placement(120, -80, 200)], shot=STILL,
    )  # fmt: skip

    located = found_in(drawn)

    assert located
    assert_finds(located[0], drawn.cassettes[0])


@pytest.mark.parametrize("background", [Background.WOOD, Background.PAPER, Background.STONE, Background.CLOTH])
def test_an_empty_bench_holds_no_cassette(background):
    drawn = render_empty_bench(np.random.default_rng(7), background=background, shot=STILL)

    assert found_in(drawn) == []


def test_a_flat_grey_picture_holds_no_cassette():
    assert find_cassettes(np.full((480, 640, 3), 128, np.uint8)) == []


def test_a_picture_without_colour_is_as_good():
    drawn = render_scene(
        [CassetteSpec()], np.random.default_rng(8), px_per_mm=7, background=Background.WOOD, placements=[Placement()],
        shot=STILL,
    )  # fmt: skip

    located = find_cassettes(np.ascontiguousarray(drawn.image[..., 1]))

    assert_finds(located[0], drawn.cassettes[0])


def test_a_rectified_cassette_lies_level_with_its_control_line_on_the_left():
    drawn = render_scene(
        [CassetteSpec(control_contrast=0.5)], np.random.default_rng(9), px_per_mm=8, background=Background.WOOD,
        placements=[Placement(0, 0, 137)], shot=STILL,
    )  # fmt: skip

    located = found_in(drawn)[0]
    level = rectify(drawn.image, located, px_per_mm=10.0)

    assert level.control_end is ControlEnd.START
    assert level.px_per_mm == 10.0
    height, width = level.window.shape[:2]
    middle = level.window[height // 2 - 8 : height // 2 + 8, 35:-35, 1].mean(axis=0)
    assert middle.argmin() < len(middle) / 2, "the control line is in the half away from the sample well"
    back = level.to_picture(np.array([[(width - 1) / 2, (height - 1) / 2]]))[0]
    assert back == pytest.approx((located.frame.x, located.frame.y))


def test_corners_go_round_from_the_control_end():
    drawn = render_scene(
        [CassetteSpec()], np.random.default_rng(10), px_per_mm=7, background=Background.DARK,
        placements=[Placement(0, 0, 200)], shot=STILL,
    )  # fmt: skip

    corners = found_in(drawn)[0].corners

    assert np.abs(corners - drawn.cassettes[0].corners).max() < 2.0 * 7


def test_a_card_with_two_windows_side_by_side_is_known_for_one():
    slim = GEOMETRIES[3]
    card = [CassetteSpec(geometry=slim, printed=False), CassetteSpec(geometry=slim, printed=False)]
    drawn = render_scene(
        card, np.random.default_rng(11), px_per_mm=7, background=Background.WOOD,
        placements=[Placement(0, -5.5, 0), Placement(0, 5.5, 0)], shot=STILL,
    )  # fmt: skip
    single = render_scene(
        card[:1], np.random.default_rng(11), px_per_mm=7, background=Background.WOOD, placements=[Placement()],
        shot=STILL,
    )  # fmt: skip

    assert found_in(drawn)[0].several_strips
    assert not found_in(single)[0].several_strips
