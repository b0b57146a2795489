"""Whole pictures with known truth: a bare window, one cassette, a table with several, an empty bench."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.render.backgrounds import Background, paint_background
from vision.render.card import coverage_shadow, paint_card
from vision.render.shot import expose
from vision.render.spec import CassetteSpec, Shot, sample_shot
from vision.render.truth import CassetteTruth, Rendered, truth_in_mm
from vision.render.window import Reflectance, add_glare, paint_window

Homography = npt.NDArray[Any]
"""A projective map of the plane: ndarray, shape (3, 3)."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a cassette's middle lies, mm from the middle of the view, and how far it is turned clockwise."""

    x_mm: float = 0.0
    y_mm: float = 0.0
    turn_deg: float = 0.0


def render_window(
    spec: CassetteSpec,
    rng: np.random.Generator,
    *,
    px_per_mm: float | None = None,
    turn_deg: float | None = None,
    margin_mm: float | None = None,
    shot: Shot | None = None,
) -> Rendered:
    """Return a bare crop of the result window; what is not given is drawn as real crops vary.

    ``px_per_mm`` runs 6 to 22, ``turn_deg`` within a few degrees of level or upside down, ``margin_mm`` of bevel and
    plastic around the membrane 0.5 to 3.
    """
    shape = spec.geometry
    scale = px_per_mm or float(np.exp(rng.uniform(np.log(6), np.log(22))))
    turn = turn_deg if turn_deg is not None else float(rng.normal(0, 4)) + 180.0 * float(rng.random() < 0.5)
    margin = margin_mm if margin_mm is not None else float(rng.uniform(0.5, 3.0))
    shot = shot or sample_shot(rng)
    cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    length, width = shape.window_length_mm, shape.window_width_mm
    columns = round((abs(length * cos) + abs(width * sin) + 2 * margin) * scale)
    rows = round((abs(width * cos) + abs(length * sin) + 2 * margin) * scale)
    u = ((np.arange(columns, dtype=np.float32) + np.float32(0.5 - columns / 2)) / np.float32(scale))[None, :]
    v = ((np.arange(rows, dtype=np.float32) + np.float32(0.5 - rows / 2)) / np.float32(scale))[:, None]
    x, y = u * np.float32(cos) + v * np.float32(sin), v * np.float32(cos) - u * np.float32(sin)
    base = np.empty((rows, columns, 3), np.float32)
    base[:] = spec.plastic
    paint_window(base, x, y, scale, spec, rng)
    add_glare(base, x, y, spec, rng)
    image = expose(base, replace(shot, tilt_deg=0.0), rng)
    middle = np.array((shape.window_start_mm + length / 2, shape.width_mm / 2))
    turned = scale * np.array(((cos, -sin), (sin, cos)))
    to_picture = np.eye(3)
    to_picture[:2, :2] = turned
    to_picture[:2, 2] = np.array((columns / 2, rows / 2)) - 0.5 - turned @ middle
    return Rendered(image, (truth_in_mm(spec).moved(to_picture),))


def render_cassette(
    spec: CassetteSpec,
    rng: np.random.Generator,
    *,
    px_per_mm: float = 12.0,
    margin_mm: float = 8.0,
    turn_deg: float = 0.0,
    background: Background | None = None,
    shot: Shot | None = None,
) -> Rendered:
    """Return one cassette that nearly fills the picture, control end at the left unless turned."""
    cos, sin = abs(np.cos(np.deg2rad(turn_deg))), abs(np.sin(np.deg2rad(turn_deg)))
    shape = spec.geometry
    size = (
        round((shape.length_mm * cos + shape.width_mm * sin + 2 * margin_mm) * px_per_mm),
        round((shape.width_mm * cos + shape.length_mm * sin + 2 * margin_mm) * px_per_mm),
    )
    place = Placement(turn_deg=turn_deg)
    return render_scene(
        [spec], rng, size, px_per_mm=px_per_mm, placements=[place], background=background, shot=shot or Shot(noise=1.0)
    )


def render_scene(
    specs: Sequence[CassetteSpec],
    rng: np.random.Generator,
    size: tuple[int, int] = (1280, 720),
    *,
    px_per_mm: float | None = None,
    placements: Sequence[Placement] | None = None,
    background: Background | None = None,
    shot: Shot | None = None,
) -> Rendered:
    """Return cassettes on a table; `size` is (width, height) in pixels, `px_per_mm` the scale at the middle.

    What is not given is drawn: cassettes anywhere they fit without lying on each other, turned any way.
    Raises ValueError where they do not fit.
    """
    shot = shot or sample_shot(rng)
    kinds = tuple(Background)
    surface = paint_background(background or kinds[rng.integers(len(kinds))], rng, size)
    scale = px_per_mm or _fitting_scale(specs, rng, size)
    placed = list(placements) if placements is not None else _scatter(specs, rng, size, scale)
    table = table_view(size, scale, shot)
    truths = tuple(lay_on(surface, spec, place, table, rng) for spec, place in zip(specs, placed, strict=True))
    return Rendered(expose(surface, shot, rng), truths)


def render_empty_bench(
    rng: np.random.Generator,
    size: tuple[int, int] = (1280, 720),
    *,
    background: Background | None = None,
    shot: Shot | None = None,
) -> Rendered:
    """Return a table without a cassette."""
    return render_scene([], rng, size, px_per_mm=6.0, background=background, shot=shot)


def table_view(size: tuple[int, int], px_per_mm: float, shot: Shot) -> Homography:
    """Return the map from table mm, origin in the middle of the view, to pixels; the camera leans as `shot` says."""
    focal = 1.2 * max(size)
    towards, lean = np.deg2rad(shot.tilt_towards_deg), np.deg2rad(shot.tilt_deg)
    axis = np.array((-np.sin(towards), np.cos(towards), 0.0)) * lean
    rotation, _ = cv2.Rodrigues(axis)
    camera = np.array(((focal, 0, (size[0] - 1) / 2), (0, focal, (size[1] - 1) / 2), (0, 0, 1)))
    plane = np.column_stack((rotation[:, 0], rotation[:, 1], (0, 0, focal / px_per_mm)))
    view: Homography = camera @ plane
    normalised: Homography = view / view[2, 2]
    return normalised


def lay_on(
    surface: Reflectance, spec: CassetteSpec, place: Placement, table: Homography, rng: np.random.Generator
) -> CassetteTruth:
    """Draw a cassette onto `surface` in place, with its shadow, and return where it lies."""
    shape = spec.geometry
    turn = np.deg2rad(place.turn_deg)
    to_table = np.array(
        ((np.cos(turn), -np.sin(turn), place.x_mm), (np.sin(turn), np.cos(turn), place.y_mm), (0, 0, 1))
    ) @ np.array(((1, 0, -shape.length_mm / 2), (0, 1, -shape.width_mm / 2), (0, 0, 1)))
    to_picture = table @ to_table
    truth = truth_in_mm(spec).moved(to_picture)
    scale = float(np.linalg.norm(truth.corners[1] - truth.corners[0]) / shape.length_mm)
    texture_scale = float(np.clip(scale * 1.25, 3.0, 26.0))
    card, coverage = paint_card(spec, texture_scale, rng)
    to_texture = np.diag((card.shape[1] / shape.length_mm, card.shape[0] / shape.width_mm, 1.0))
    to_texture[:2, 2] = -0.5
    warp = to_picture @ np.linalg.inv(to_texture)

    reach = 2.5 * scale
    left, top = np.maximum(np.floor(truth.corners.min(axis=0) - reach), 0).astype(int)
    right, bottom = np.minimum(np.ceil(truth.corners.max(axis=0) + reach), (surface.shape[1], surface.shape[0])).astype(
        int
    )
    if right <= left or bottom <= top:
        return truth
    shift = np.array(((1, 0, -left), (0, 1, -top), (0, 0, 1)), dtype=np.float64)
    part_size = (int(right - left), int(bottom - top))
    drawn = cv2.warpPerspective(card, shift @ warp, part_size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(coverage, shift @ warp, part_size, flags=cv2.INTER_LINEAR)
    light = np.deg2rad(spec.light_from_deg) + turn
    throw = scale * (0.6 + 1.2 * spec.edge_shadow)
    away = np.array(((1, 0, -throw * np.cos(light)), (0, 1, -throw * np.sin(light))), dtype=np.float64)
    shadow = cv2.warpAffine(coverage_shadow(cover, 0.7 * scale), away, part_size)
    part = surface[top:bottom, left:right]
    part *= (1 - np.float32(0.25 + 0.5 * spec.edge_shadow) * shadow)[..., None]
    part += cover[..., None] * (drawn - part)
    return truth


def _fitting_scale(specs: Sequence[CassetteSpec], rng: np.random.Generator, size: tuple[int, int]) -> float:
    """Return pixels per mm at which the cassettes fill a plausible part of the picture."""
    longest = max((spec.geometry.length_mm for spec in specs), default=70.0)
    share = rng.uniform(0.45, 0.9) if len(specs) <= 1 else rng.uniform(0.45, 0.6)
    return float(min(size) * share / longest / max(1.0, (len(specs) / 4) ** 0.5))


def _scatter(
    specs: Sequence[CassetteSpec], rng: np.random.Generator, size: tuple[int, int], px_per_mm: float
) -> list[Placement]:
    """Return places for the cassettes that keep them in view and apart."""
    view = np.array(size) / px_per_mm
    taken: list[tuple[npt.NDArray[Any], Placement]] = []
    for spec in specs:
        reach = np.array((spec.geometry.length_mm, spec.geometry.width_mm)) + 3.0
        for _ in range(400):
            turn = float(rng.uniform(0, 360))
            cos, sin = abs(np.cos(np.deg2rad(turn))), abs(np.sin(np.deg2rad(turn)))
            half = np.array((reach[0] * cos + reach[1] * sin, reach[0] * sin + reach[1] * cos)) / 2
            free = view / 2 - half
            if (free < 0).any():
                continue
            place = Placement(float(rng.uniform(-free[0], free[0])), float(rng.uniform(-free[1], free[1])), turn)
            box = _box(place, reach)
            if all(cv2.rotatedRectangleIntersection(box, _box(p, r))[0] == cv2.INTERSECT_NONE for r, p in taken):
                taken.append((reach, place))
                break
        else:
            raise ValueError(
                f"{len(specs)} cassettes do not fit into {size[0]} x {size[1]} px at {px_per_mm:.1f} px/mm"
            )
    return [place for _, place in taken]


def _box(place: Placement, reach: npt.NDArray[Any]) -> tuple[tuple[float, float], tuple[float, float], float]:
    return (place.x_mm, place.y_mm), (float(reach[0]), float(reach[1])), place.turn_deg
