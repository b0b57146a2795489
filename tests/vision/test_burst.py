"""A burst of frames is one quieter picture, unless something moved."""

import numpy as np
import pytest

from vision.cassette.burst import register_and_average
from vision.render import Background, CassetteSpec, Placement, Shot, render_scene

SIZE = (640, 360)


def scene(x_mm=0.0, seed=0, noise=6.0, placements=None):
    """Return one frame: the same cassette on the same table, its own noise."""
    return render_scene(
        [CassetteSpec()], np.random.default_rng(1), SIZE, px_per_mm=5, background=Background.WOOD,
        placements=[Placement(x_mm, 0, 10)], shot=Shot(noise=0.0, jpeg_quality=None),
    ).image.astype(float) + np.random.default_rng(seed).normal(0, noise, (SIZE[1], SIZE[0], 3))  # fmt: skip


def as_frame(values):
    return np.clip(values, 0, 255).astype(np.uint8)


def test_sixteen_frames_have_a_quarter_of_the_noise():
    still = scene(noise=0.0)

    burst = register_and_average([as_frame(scene(seed=n)) for n in range(16)])

    assert burst.used == 16
    assert not burst.moved
    left = (burst.image - still)[100:260, 100:540]
    assert left.std() < 6.0 / 4 * 1.4


def test_a_trembling_camera_is_evened_out():
    still = scene(noise=0.0)
    frames = [as_frame(np.roll(scene(seed=n, noise=2.0), (n % 3 - 1, 1 - n % 2), axis=(0, 1))) for n in range(9)]

    burst = register_and_average(frames)

    assert burst.used == 9
    assert 0.9 < burst.shift_px < 3
    sharp = np.abs(np.diff(still[..., 1], axis=1)).max()
    assert np.abs(np.diff(burst.image[..., 1].astype(float), axis=1)).max() > 0.6 * sharp


def test_a_frame_with_a_hand_in_it_is_left_out():
    frames = [as_frame(scene(seed=n, noise=2.0)) for n in range(6)]
    frames[1][200:330, 300:420] = (120, 150, 210)

    burst = register_and_average(frames)

    assert burst.used == 5
    assert not burst.moved


def test_a_cassette_pushed_during_the_burst_is_noticed():
    burst = register_and_average([as_frame(scene(x_mm=2.5 * n, seed=n, noise=2.0)) for n in range(6)])

    assert burst.moved


def test_one_frame_is_a_burst_of_one():
    frame = as_frame(scene())

    burst = register_and_average([frame])

    assert np.array_equal(burst.image, frame)
    assert burst.used == 1


def test_a_burst_without_frames_or_of_two_sizes_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        register_and_average([])
    with pytest.raises(ValueError, match="one shape"):
        register_and_average([np.zeros((8, 8, 3), np.uint8), np.zeros((9, 8, 3), np.uint8)])
