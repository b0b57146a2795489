"""The renderer: pictures whose truth is known because they were drawn from it."""

import numpy as np
import pytest

from vision.render import (
    GEOMETRIES,
    Background,
    CassetteSpec,
    Placement,
    Shot,
    render_cassette,
    render_empty_bench,
    render_scene,
    render_window,
    sample_shot,
    sample_spec,
)

CLEAN = Shot(blur_px=0.0, noise=0.0, jpeg_quality=None, light_slope=0.0)


def row_through_the_middle(picture, truth):
    """Return the green values from the membrane's control end to its other end."""
    start, end = truth.membrane[[0, 3]].mean(axis=0), truth.membrane[[1, 2]].mean(axis=0)
    places = np.round(np.linspace(start, end, 400)).astype(int)
    return picture[places[:, 1], places[:, 0], 1].astype(float)


def test_the_same_seed_draws_the_same_picture():
    pictures = []
    for _ in range(2):
        rng = np.random.default_rng(11)
        pictures.append(render_scene([sample_spec(rng)], rng, (640, 360)).image)

    assert np.array_equal(*pictures)


@pytest.mark.parametrize("contrast", [0.05, 0.2, 0.6])
def test_a_line_is_as_deep_as_asked(contrast):
    spec = CassetteSpec(test_contrast=contrast, control_contrast=None, wash=0, speckle=0, edge_shadow=0.01)

    drawn = render_window(spec, np.random.default_rng(1), px_per_mm=20, turn_deg=0, shot=CLEAN)
    row = row_through_the_middle(drawn.image, drawn.cassettes[0])

    plain = np.median(row)
    assert (plain - row[40:-40].min()) / plain == pytest.approx(contrast, abs=0.04)


def test_lines_lie_where_the_truth_says():
    spec = CassetteSpec(test_contrast=0.5, speckle=0)

    drawn = render_cassette(spec, np.random.default_rng(2), turn_deg=37)

    truth = drawn.cassettes[0]
    for line in (truth.control_line, truth.test_line):
        x, y = np.round(line.mean(axis=0)).astype(int)
        along = (truth.membrane[1] - truth.membrane[0]) / spec.geometry.window_length_mm
        beside = np.round(line.mean(axis=0) + 1.6 * along).astype(int)
        assert drawn.image[y, x, 1] < 0.8 * drawn.image[beside[1], beside[0], 1]


def test_without_a_line_there_is_none_in_the_truth():
    truth = render_window(CassetteSpec(control_contrast=None), np.random.default_rng(3)).cassettes[0]

    assert truth.control_line is None
    assert truth.test_line is None


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda shape: shape.name)
def test_known_shapes_are_shaped_like_real_cassettes(geometry):
    assert 3.0 <= geometry.length_mm / geometry.width_mm <= 5.5
    assert 11 <= geometry.window_length_mm <= 15.5
    assert 3.0 <= geometry.window_width_mm <= 3.7
    assert 1.3 <= (geometry.test_mm - geometry.control_mm) / geometry.window_width_mm <= 2.5
    assert geometry.well_centre_mm > geometry.window_start_mm + geometry.test_mm, "T lies nearer the sample well than C"


def test_cassettes_of_one_scene_lie_in_view_and_apart():
    rng = np.random.default_rng(4)

    drawn = render_scene([sample_spec(rng) for _ in range(4)], rng, shot=sample_shot(rng, tilt_deg=0.0))

    corners = np.array([truth.corners for truth in drawn.cassettes])
    assert drawn.image.shape == (720, 1280, 3)
    assert corners.min() >= 0
    assert (corners.max(axis=(0, 1)) <= (1280, 720)).all()


def test_a_leaning_camera_moves_the_truth_with_the_picture():
    spec = CassetteSpec(plastic=(0.9, 0.9, 0.9), printed=False)
    shot = Shot(tilt_deg=35, tilt_towards_deg=90, noise=0)

    drawn = render_scene(
        [spec], np.random.default_rng(5), placements=[Placement()], background=Background.DARK, shot=shot
    )

    corners = drawn.cassettes[0].corners
    middle = corners.mean(axis=0)
    for corner in corners:
        inside, outside = middle + 0.92 * (corner - middle), middle + 1.08 * (corner - middle)
        bright, dark = (drawn.image[tuple(np.round(p[::-1]).astype(int))].mean() for p in (inside, outside))
        assert bright > dark + 60


def test_an_empty_bench_has_no_cassette():
    drawn = render_empty_bench(np.random.default_rng(6))

    assert drawn.cassettes == ()
    assert drawn.image.dtype == np.uint8


def test_cassettes_that_do_not_fit_are_refused():
    rng = np.random.default_rng(7)

    with pytest.raises(ValueError, match="do not fit"):
        render_scene([sample_spec(rng) for _ in range(9)], rng, (300, 200), px_per_mm=4)
