"""Before the shot the page says what to change."""

import numpy as np
import pytest

from checkpoint.reasons import Reason
from vision.hints import hints
from vision.render import Background, CassetteSpec, Cover, Placement, Shot, render_empty_bench, render_scene

STILL = Shot(noise=1.5, blur_px=0.6)


def picture(spec=None, *, px_per_mm=9.0, place=None, shot=STILL, seed=1):
    return render_scene(
        [spec or CassetteSpec()], np.random.default_rng(seed), px_per_mm=px_per_mm, background=Background.WOOD,
        placements=[place or Placement(0, 0, 8)], shot=shot,
    ).image  # fmt: skip


@pytest.mark.parametrize(
    "spec", [CassetteSpec(), CassetteSpec(test_contrast=0.4), CassetteSpec(control_contrast=None, wash=0)]
)
def test_a_cassette_lying_well_needs_no_hint(spec):
    assert hints(picture(spec)) == ()


def test_an_empty_bench_shows_no_cassette():
    assert hints(render_empty_bench(np.random.default_rng(2), background=Background.WOOD).image) == (
        Reason.NO_CASSETTE,
    )


def test_too_far():
    assert Reason.WINDOW_TOO_SMALL in hints(picture(px_per_mm=4.2))


def test_too_close():
    assert Reason.TOO_CLOSE in hints(picture(px_per_mm=22, place=Placement(-6, 0, 0)))


def test_half_outside():
    assert Reason.HALF_OUTSIDE in hints(picture(px_per_mm=12, place=Placement(46, 0, 180)))


def test_tilted():
    assert Reason.TILTED in hints(picture(shot=Shot(tilt_deg=48, tilt_towards_deg=8)))


def test_blurred():
    assert Reason.BLURRED in hints(picture(shot=Shot(blur_px=5.0)))


def test_glare_in_the_window():
    assert Reason.GLARE in hints(picture(CassetteSpec(glare=0.6)))


def test_shadow_across():
    shadows = [hints(picture(shot=Shot(cast_shadow=0.5), seed=seed)) for seed in range(4)]
    assert sum(Reason.SHADOW in given for given in shadows) >= 2, "in the others it falls beside the cassette"


def test_too_dark():
    assert Reason.TOO_DARK in hints(picture(shot=Shot(exposure=0.15)))


def test_too_bright():
    assert Reason.TOO_BRIGHT in hints(picture(shot=Shot(exposure=1.7)))


@pytest.mark.parametrize("cover", Cover)
def test_a_finger_or_a_label_over_the_window(cover):
    assert Reason.WINDOW_COVERED in hints(picture(CassetteSpec(cover=cover)))
