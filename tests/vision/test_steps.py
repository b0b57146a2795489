"""Every step of a reading can be looked at."""

import numpy as np

from tests.vision.cassette.windows import window
from vision.cassette.steps import draw_steps
from vision.mat.layout import Paper, mat_layout
from vision.mat.steps import draw_mat_steps
from vision.render import Background, CassetteSpec, Placement, Shot, render_empty_bench, render_mat, render_scene

STEPS = ["1-locate", "2-rectify", "3-membrane", "4-lines", "5-judge"]
STILL = Shot(noise=1.5)


def bench(*specs, places=None):
    return render_scene(
        specs, np.random.default_rng(3), (1400, 800), px_per_mm=7, background=Background.WOOD, placements=places,
        shot=STILL,
    ).image  # fmt: skip


def has(picture, colour):
    """Return whether a picture has a good many pixels of about this colour, BGR."""
    return int((np.abs(picture.astype(int) - colour).sum(axis=2) < 40).sum()) > 20


def test_one_cassette_gives_five_pictures_whose_names_sort():
    steps = draw_steps(bench(CassetteSpec(test_contrast=0.4), places=[Placement(0, 0, 8)]), "cassette")

    assert list(steps) == STEPS
    assert all(picture.dtype == np.uint8 and picture.ndim == 3 for picture in steps.values())
    assert has(steps["1-locate"], (60, 150, 40)), "the cassette is outlined"
    assert has(steps["3-membrane"], (60, 150, 40)), "the membrane is outlined"
    assert has(steps["4-lines"], (40, 130, 20)), "the evidence of a line is drawn"


def test_two_cassettes_are_numbered():
    steps = draw_steps(bench(CassetteSpec(), CassetteSpec(), places=[Placement(-45), Placement(45)]), "cassette")

    assert list(steps) == ["1-locate", *(f"{step}-{n}" for step in STEPS[1:] for n in (1, 2))]


def test_an_empty_bench_shows_where_was_looked():
    steps = draw_steps(render_empty_bench(np.random.default_rng(2), background=Background.WOOD).image, "auto")

    assert list(steps) == ["1-locate"]


def test_a_bare_window_begins_with_its_membrane():
    assert list(draw_steps(window(test_contrast=0.3), "window")) == STEPS[2:]
    assert list(draw_steps(np.full((9, 5, 3), 200, np.uint8), "window")) == STEPS[2:]


def test_a_mats_pictures_end_with_the_slots_number():
    layout = mat_layout(4, Paper.A5)
    mat = render_mat(layout, {3: CassetteSpec()}, np.random.default_rng(1), (1600, 1200), shot=STILL).image

    steps = draw_mat_steps(mat, layout)

    assert list(steps) == ["1-locate", *(f"{step}-slot-03" for step in STEPS[2:])]
    assert draw_mat_steps(bench(CassetteSpec()), layout) is None
