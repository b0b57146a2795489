"""Rendered cassettes on the demo's bench: what an officer meets in a day, one scene each."""

import numpy as np

from checkpoint.ports import Image
from vision.render import Background, CassetteSpec, Placement, Shot, render_empty_bench, render_scene

BENCH_PX = (1280, 720)
PX_PER_MM = 13.0

SPECS: dict[str, CassetteSpec] = {
    "cassette-negative": CassetteSpec(),
    "cassette-strong-positive": CassetteSpec(test_contrast=0.36),
    "cassette-faint-positive": CassetteSpec(test_contrast=0.10),
    "cassette-no-control-line": CassetteSpec(control_contrast=None, test_contrast=0.30),
    "cassette-glare": CassetteSpec(glare=0.95),
}
EMPTY = "bench-empty"


def names() -> tuple[str, ...]:
    """Return the scenes in the order to show them."""
    return (EMPTY, *SPECS)


def bench(scene: str, seed: int) -> Image:
    """Return a frame, shape (720, 1280, 3), of the bench with `scene` on it; `seed` varies how it lies."""
    rng = np.random.default_rng(seed)
    shot = Shot(noise=1.2, blur_px=0.6, exposure=0.95)
    if scene == EMPTY:
        return render_empty_bench(rng, BENCH_PX, background=Background.WOOD, shot=shot).image
    place = Placement(rng.uniform(-6, 6), rng.uniform(-5, 5), rng.uniform(-18, 18))
    rendered = render_scene(
        [SPECS[scene]],
        rng,
        BENCH_PX,
        px_per_mm=PX_PER_MM,
        placements=[place],
        background=Background.WOOD,
        shot=shot,
    )
    return rendered.image
