"""Draw the result window: the bevel, the membrane below it, and what has run over the membrane."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.render.spec import CassetteSpec, LineColour

# OpenCV's stubs carry no element type, so neither do these aliases.
Field = npt.NDArray[Any]
"""One value a pixel: ndarray, shape (H, W), float32."""
Reflectance = npt.NDArray[Any]
"""Reflectance: ndarray, shape (H, W, 3), float32, BGR, 0 to 1."""

_FLOOD_DYE = (0.55, 1.0, 0.60)
_BLOOD_DYE = (1.0, 0.95, 0.35)
_WASH_DYE = (0.55, 1.0, 0.25)


def distance_to_box(x: Field, y: Field, half_x: float, half_y: float, corner: float) -> Field:
    """Return the signed distance (mm, negative inside) to a rounded box around the origin."""
    corner = min(corner, half_x, half_y)
    over_x, over_y = np.abs(x) - np.float32(half_x - corner), np.abs(y) - np.float32(half_y - corner)
    outside = np.sqrt(np.maximum(over_x, 0) ** 2 + np.maximum(over_y, 0) ** 2)
    distance: Field = (outside + np.minimum(np.maximum(over_x, over_y), 0) - np.float32(corner)).astype(np.float32)
    return distance


def soft_noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int]) -> Field:
    """Return smooth noise of unit variance, about `cells` (rows, columns) bumps over the picture."""
    rows, columns = max(2, cells[0]), max(2, cells[1])
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    smooth: Field = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return smooth


def paint_window(
    base: Reflectance, x: Field, y: Field, px_per_mm: float, spec: CassetteSpec, rng: np.random.Generator
) -> None:
    """Draw the window of `spec` into `base` in place.

    `x` and `y` give every pixel's place in mm from the window's middle, x towards the sample well; `base` already shows
    the plastic around it.
    """
    shape = spec.geometry
    half_x, half_y = shape.window_length_mm / 2, shape.window_width_mm / 2
    inner = distance_to_box(x, y, half_x, half_y, shape.window_corner_mm)
    _paint_bevel(base, x, y, inner, spec)
    membrane = _membrane(x, y, px_per_mm, spec, rng)
    membrane *= _edge_shade(x, y, inner, spec)[..., None]
    visible = np.clip(0.5 - inner * np.float32(px_per_mm), 0, 1)[..., None]
    base += (membrane - base) * visible


def _paint_bevel(base: Reflectance, x: Field, y: Field, inner: Field, spec: CassetteSpec) -> None:
    """Shade the four slopes around the membrane by the side the light comes from."""
    shape = spec.geometry
    half_x, half_y = shape.window_length_mm / 2, shape.window_width_mm / 2
    light = np.deg2rad(spec.light_from_deg)
    across_end = (np.abs(x) - half_x) > (np.abs(y) - half_y)
    facing = np.where(across_end, -np.sign(x) * np.cos(light), -np.sign(y) * np.sin(light)).astype(np.float32)
    rounded = min(1.0, shape.window_corner_mm / half_y)
    if rounded > 0.3:  # a round recess has no edges between its slopes: blend by direction instead
        reach = np.hypot(np.maximum(np.abs(x) - half_x + half_y, 0), y) + np.float32(1e-3)
        smooth = -(np.sign(x) * np.maximum(np.abs(x) - half_x + half_y, 0) * np.cos(light) + y * np.sin(light)) / reach
        facing = (rounded * smooth + (1 - rounded) * facing).astype(np.float32)
    slope = np.clip(1 - inner / np.float32(shape.bevel_mm), 0, 1) * (inner < shape.bevel_mm)
    depth = np.float32(0.10 + 0.5 * spec.edge_shadow)
    base *= (1 + depth * slope**0.5 * (facing - 0.25))[..., None]


def _edge_shade(x: Field, y: Field, inner: Field, spec: CassetteSpec) -> Field:
    """Return what the recessed edge leaves of the light: a soft shadow on the light's side, a dark seam all round."""
    shape = spec.geometry
    light = np.deg2rad(spec.light_from_deg)
    throw = 0.35 + 0.9 * spec.edge_shadow
    # The light comes from this side, so the edge's shadow falls away from it: the lit part is the opening moved along.
    lit = distance_to_box(
        x + np.float32(throw * np.cos(light)), y + np.float32(throw * np.sin(light)),
        shape.window_length_mm / 2, shape.window_width_mm / 2, shape.window_corner_mm,
    )  # fmt: skip
    shadow = np.clip(0.5 + lit / np.float32(0.7), 0, 1)
    seam = np.exp(np.minimum(inner, 0) / np.float32(0.18))
    return (
        (1 - np.float32(spec.edge_shadow) * shadow) * (1 - np.float32(0.08 + 0.4 * spec.edge_shadow) * seam)
    ).astype(np.float32)


def _line(x: Field, y: Field, at_mm: float, contrast: float, spec: CassetteSpec, rng: np.random.Generator) -> Field:
    """Return a line's absorbance in its dye's strongest channel: straight but for a slight lean and bow."""
    shape = spec.geometry
    half_y = np.float32(shape.window_width_mm / 2)
    lean, bow = rng.normal(0, 0.015), rng.normal(0, 0.03)
    across = y / half_y
    offset = x - np.float32(at_mm - shape.window_length_mm / 2) - np.float32(lean) * y - np.float32(bow) * across**2
    width = shape.line_width_mm * float(rng.uniform(0.9, 1.1)) / 2.0
    # A capture line is steeper on the side the liquid comes from (the well's) than behind.
    skew = np.float32(rng.uniform(0.0, 0.25))
    reach = offset / np.float32(width) * np.where(offset > 0, 1 + skew, 1 - skew)
    profile = np.exp(-(np.abs(reach) ** np.float32(rng.uniform(1.8, 3.5))) * np.float32(0.7))
    evenness = 1 - np.float32(rng.uniform(0, 0.15)) * across**2
    absorbed: Field = (np.float32(-np.log(1 - min(contrast, 0.97))) * profile * evenness).astype(np.float32)
    return absorbed


def _dye(colour: LineColour, rng: np.random.Generator) -> npt.NDArray[Any]:
    absorbance = np.asarray(colour.absorbance) * rng.normal(1, 0.05, 3)
    dye: Field = (absorbance / absorbance.max()).astype(np.float32)
    return dye


def _membrane(x: Field, y: Field, px_per_mm: float, spec: CassetteSpec, rng: np.random.Generator) -> Reflectance:
    """Return the membrane's reflectance: paper, wash, lines, front, flood, streak, speckle."""
    shape = spec.geometry
    size = x.shape
    along = x / np.float32(shape.window_length_mm)  # -0.5 at the control end to 0.5 at the well's
    wetted: Field = np.ones(size, np.float32)
    absorbed = np.zeros((*size, 3), np.float32)

    if spec.front_mm is not None:
        ragged = soft_noise(rng, (size[0], 1), (5, 2)) * np.float32(0.25)
        behind = x - np.float32(shape.window_length_mm / 2 - spec.front_mm) + ragged
        wetted = np.clip(0.5 + behind / np.float32(0.5), 0, 1)
        band = np.exp(-((behind - np.float32(0.5)) ** 2) / np.float32(0.5))
        absorbed += (band * np.float32(0.12 + spec.wash))[..., None] * np.asarray(_WASH_DYE, np.float32)
        absorbed += (wetted * np.float32(0.10))[..., None] * np.asarray(_WASH_DYE, np.float32)

    cloud = soft_noise(rng, size, (2, 5))
    if spec.wash > 0:
        wash = np.float32(spec.wash) * (1 + np.float32(spec.wash_slope) * along + np.float32(0.06) * cloud) * wetted
        absorbed += wash[..., None] * np.asarray(_WASH_DYE, np.float32)
    if spec.flood > 0:
        patchy = np.clip(1 + 0.35 * soft_noise(rng, size, (3, 7)), 0.3, 2).astype(np.float32)
        absorbed += (np.float32(spec.flood) * patchy)[..., None] * np.asarray(_FLOOD_DYE, np.float32)

    for at_mm, contrast, colour in (
        (shape.control_mm, spec.control_contrast, spec.control_colour),
        (shape.test_mm, spec.test_contrast, spec.test_colour),
    ):
        if contrast is not None:
            absorbed += (_line(x, y, at_mm, contrast, spec, rng) * wetted)[..., None] * _dye(colour, rng)

    if spec.streak > 0:
        middle = np.float32(rng.uniform(-0.35, 0.35) * shape.window_width_mm) + np.float32(rng.normal(0, 0.03)) * x
        thread = np.exp(-(((y - middle) / np.float32(rng.uniform(0.15, 0.6))) ** 2))
        reach = np.clip((along + np.float32(rng.uniform(-0.2, 0.6))) * 6, 0, 1)
        absorbed += (np.float32(spec.streak) * thread * reach)[..., None] * np.asarray(_BLOOD_DYE, np.float32)

    if spec.speckle > 0:
        grain = soft_noise(rng, size, (max(2, int(size[0] / px_per_mm * 3)), max(2, int(size[1] / px_per_mm * 3))))
        absorbed += (np.float32(0.012 * spec.speckle) * grain)[..., None]
        _add_specks(absorbed, px_per_mm, spec.speckle, rng)

    cv2.exp(-absorbed, absorbed)
    uneven = 1 + np.float32(0.012) * cloud + np.float32(rng.normal(0, 0.03)) * along
    absorbed *= uneven[..., None] * np.asarray(spec.membrane, np.float32)
    return absorbed


def _add_specks(absorbed: Reflectance, px_per_mm: float, amount: float, rng: np.random.Generator) -> None:
    """Add a few dark dots and fibres of dirt."""
    height, width = absorbed.shape[:2]
    for _ in range(int(rng.poisson(6 * amount))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        radius = max(1, round(px_per_mm * rng.uniform(0.04, 0.16)))
        left, top = max(0, centre[0] - 2 * radius), max(0, centre[1] - 2 * radius)
        part = absorbed[top : centre[1] + 2 * radius + 1, left : centre[0] + 2 * radius + 1]
        rows, columns = np.mgrid[0 : part.shape[0], 0 : part.shape[1]]
        away = np.hypot(rows + top - centre[1], columns + left - centre[0]) / radius
        part += (np.float32(rng.uniform(0.05, 0.4)) * np.exp(-(away**2)).astype(np.float32))[..., None]


def add_glare(base: Reflectance, x: Field, y: Field, spec: CassetteSpec, rng: np.random.Generator) -> None:
    """Add the reflection of a lamp over the window, in place: a soft-edged bar or blob."""
    if spec.glare <= 0:
        return
    turn = rng.uniform(0, np.pi)
    at_x = np.float32(rng.uniform(-0.4, 0.4) * spec.geometry.window_length_mm)
    at_y = np.float32(rng.uniform(-0.3, 0.3) * spec.geometry.window_width_mm)
    u = (x - at_x) * np.float32(np.cos(turn)) + (y - at_y) * np.float32(np.sin(turn))
    v = -(x - at_x) * np.float32(np.sin(turn)) + (y - at_y) * np.float32(np.cos(turn))
    spot = np.exp(-((u / np.float32(rng.uniform(1.0, 2.5))) ** 4) - (v / np.float32(rng.uniform(1.5, 5.0))) ** 4)
    base += (np.float32(spec.glare) * spot)[..., None]
