"""Rendered result windows for the tests: one call says what is to be seen."""

from typing import Any

import numpy as np

from checkpoint.ports import Image
from vision.render import CassetteGeometry, CassetteSpec, Shot, render_window

GOOD_SHOT = Shot(blur_px=0.7, noise=1.5, jpeg_quality=92)


def window(
    seed: int = 1, *, turn_deg: float = 90.0, shot: Shot = GOOD_SHOT, px_per_mm: float = 12.0, **spec: Any
) -> Image:
    """Return a crop of a result window, upright with the control end at the top unless turned."""
    spec.setdefault("geometry", CassetteGeometry())
    rng = np.random.default_rng(seed)
    drawn = render_window(CassetteSpec(**spec), rng, px_per_mm=px_per_mm, turn_deg=turn_deg, margin_mm=2.0, shot=shot)
    return drawn.image
