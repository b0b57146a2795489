"""The outline: everything is measured inside of it, so it must be the membrane's and not the recess's."""

import numpy as np
import pytest

from vision.cassette.membrane import find_membrane
from vision.render import GEOMETRIES, CassetteSpec, Shot, render_window


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda g: g.name)
@pytest.mark.parametrize("turn", [90, 75, 0, 200, 45])
def test_the_outline_is_the_visible_membranes(geometry, turn):
    shot = Shot(blur_px=0.8, noise=2.0)
    drawn = render_window(
        CassetteSpec(geometry=geometry), np.random.default_rng(5), px_per_mm=12, turn_deg=turn, margin_mm=2.0, shot=shot
    )
    truth = drawn.cassettes[0].membrane

    found = find_membrane(drawn.image)

    assert np.hypot(*(found.outline.mean(axis=0) - truth.mean(axis=0))) < 0.15 * geometry.window_length_mm * 12
    assert found.width_px == pytest.approx(geometry.window_width_mm * 12, rel=0.2)
    assert found.length * found.width_px == pytest.approx(geometry.window_length_mm * 12, rel=0.2)


def test_a_known_width_chooses_between_membrane_and_recess():
    drawn = render_window(
        CassetteSpec(control_contrast=0.1, edge_shadow=0.03), np.random.default_rng(8), px_per_mm=12, turn_deg=0,
        margin_mm=4.0,
    )  # fmt: skip

    assert find_membrane(drawn.image, width_px=3.4 * 12).width_px == pytest.approx(3.4 * 12, rel=0.25)
