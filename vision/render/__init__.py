"""The seeded renderer: cassettes, windows and benches with known truth, for tests, benchmarks and the demo camera."""

from vision.render.backgrounds import Background
from vision.render.mat import render_mat
from vision.render.scene import Placement, render_cassette, render_empty_bench, render_scene, render_window
from vision.render.spec import (
    GEOMETRIES,
    CassetteGeometry,
    CassetteSpec,
    Cover,
    LineColour,
    Shot,
    Well,
    sample_geometry,
    sample_shot,
    sample_spec,
)
from vision.render.truth import CassetteTruth, Rendered

__all__ = [
    "GEOMETRIES",
    "Background",
    "CassetteGeometry",
    "CassetteSpec",
    "CassetteTruth",
    "Cover",
    "LineColour",
    "Placement",
    "Rendered",
    "Shot",
    "Well",
    "render_cassette",
    "render_empty_bench",
    "render_mat",
    "render_scene",
    "render_window",
    "sample_geometry",
    "sample_shot",
    "sample_spec",
]
