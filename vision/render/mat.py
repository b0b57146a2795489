"""The reading mat under a camera, cassettes lying in its slots."""

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np

from vision.mat.layout import MatLayout
from vision.mat.raster import draw_mat
from vision.render.backgrounds import Background, paint_background
from vision.render.scene import Placement, lay_on, table_view
from vision.render.shot import expose
from vision.render.spec import CassetteSpec, Shot, sample_shot
from vision.render.truth import Rendered

_PAPER = (0.90, 0.91, 0.91)
_INK = 0.06  # what black ink still reflects


def render_mat(
    layout: MatLayout,
    cassettes: Mapping[int, CassetteSpec],
    rng: np.random.Generator,
    size: tuple[int, int] = (4000, 3000),
    *,
    placements: Mapping[int, Placement] | None = None,
    background: Background = Background.WOOD,
    shot: Shot | None = None,
) -> Rendered:
    """Return the mat, nearly filling a picture of `size` (width, height), with `cassettes` by slot number.

    A cassette lies in its slot a little off the middle and askew, as a hand lays it, unless `placements` (mm from the
    slot's middle, degrees) says how. Raises KeyError for a slot that the mat has not.
    """
    shot = shot or sample_shot(rng, tilt_deg=float(rng.uniform(0, 8)), cast_shadow=0.0)
    surface = paint_background(background, rng, size)
    scale = min(size[0] / (layout.width_mm + 16), size[1] / (layout.height_mm + 16))
    table = table_view(size, scale, shot)
    to_table = np.array(((1, 0, -layout.width_mm / 2), (0, 1, -layout.height_mm / 2), (0, 0, 1)))
    sheet = draw_mat(layout, scale).astype(np.float32) / np.float32(255)
    sheet = (np.float32(_INK) + (1 - np.float32(_INK)) * sheet) * np.array(_PAPER, np.float32)
    to_sheet = np.diag((scale, scale, 1.0))
    to_sheet[:2, 2] = -0.5
    warp = table @ to_table @ np.linalg.inv(to_sheet)
    cv2.warpPerspective(sheet, warp, size, dst=surface, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    slots = {slot.number: slot for slot in layout.slots}
    truths = []
    for number, spec in cassettes.items():
        slot = slots[number]
        place = (placements or {}).get(number) or Placement(
            float(rng.uniform(-2.0, 2.0)), float(rng.uniform(-0.8, 0.8)), float(rng.normal(0, 1.2))
        )
        on_table = Placement(
            place.x_mm + slot.x + slot.width / 2 - layout.width_mm / 2,
            place.y_mm + slot.y + slot.height / 2 - layout.height_mm / 2,
            place.turn_deg,
        )
        truths.append(replace(lay_on(surface, spec, on_table, table, rng), slot=number))
    return Rendered(expose(surface, shot, rng), tuple(truths))
