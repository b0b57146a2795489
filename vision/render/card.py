"""Draw a whole cassette flat, as seen straight from above: plastic, window, sample well, marks, lettering."""

import cv2
import numpy as np

from vision.render.spec import CassetteSpec, Cover, Well
from vision.render.window import Field, Reflectance, add_glare, distance_to_box, paint_window, soft_noise

_INK = (0.25, 0.22, 0.22)
_SKIN = (0.50, 0.62, 0.85)


def paint_card(spec: CassetteSpec, px_per_mm: float, rng: np.random.Generator) -> tuple[Reflectance, Field]:
    """Return the cassette's reflectance and its coverage (0 outside the outline, 1 inside), control end at the left.

    Both have shape (width_mm * px_per_mm, length_mm * px_per_mm).
    """
    shape = spec.geometry
    x, y = _grid(shape.length_mm, shape.width_mm, px_per_mm)
    outline = distance_to_box(
        x - np.float32(shape.length_mm / 2), y - np.float32(shape.width_mm / 2),
        shape.length_mm / 2, shape.width_mm / 2, shape.corner_mm,
    )  # fmt: skip
    base = np.empty((*x.shape, 3), np.float32)
    base[:] = spec.plastic
    base *= (1 + np.float32(0.008) * soft_noise(rng, x.shape, (4, 9)))[..., None]
    _round_the_rim(base, x, y, outline, spec)
    if spec.face_down:
        _paint_back(base, x, y, spec)
    else:
        _paint_front(base, x, y, px_per_mm, spec, rng)
    coverage = np.clip(0.5 - outline * np.float32(px_per_mm), 0, 1).astype(np.float32)
    return base, coverage


def _paint_front(
    base: Reflectance, x: Field, y: Field, px_per_mm: float, spec: CassetteSpec, rng: np.random.Generator
) -> None:
    _paint_well(base, x, y, spec)
    _letter(base, px_per_mm, spec, rng)
    if spec.vents:
        _pierce(base, x, y, spec)
    if spec.square_code:
        _print_code(base, px_per_mm, spec, rng)
    _window(base, x, y, px_per_mm, spec, rng)
    if spec.cover is not None:
        _cover_window(base, x, y, px_per_mm, spec, rng)


def _paint_back(base: Reflectance, x: Field, y: Field, spec: CassetteSpec) -> None:
    """Draw the two ribs of a cassette's back, in place."""
    shape = spec.geometry
    for share in (0.3, 0.7):
        rib = np.abs(x - np.float32(share * shape.length_mm))
        within = np.clip(np.float32(shape.width_mm / 2 - 3) - np.abs(y - np.float32(shape.width_mm / 2)), 0, 1)
        base *= (1 - np.float32(0.10) * within * np.exp(-((rib / np.float32(0.5)) ** 2)))[..., None]


def _grid(length_mm: float, width_mm: float, px_per_mm: float) -> tuple[Field, Field]:
    columns, rows = max(8, round(length_mm * px_per_mm)), max(4, round(width_mm * px_per_mm))
    along = (np.arange(columns, dtype=np.float32) + np.float32(0.5)) * np.float32(length_mm / columns)
    across = (np.arange(rows, dtype=np.float32) + np.float32(0.5)) * np.float32(width_mm / rows)
    return np.broadcast_to(along, (rows, columns)), np.broadcast_to(across[:, None], (rows, columns))


def _window(
    base: Reflectance, x: Field, y: Field, px_per_mm: float, spec: CassetteSpec, rng: np.random.Generator
) -> None:
    """Draw the window into its part of the card, in place."""
    shape = spec.geometry
    middle = shape.window_start_mm + shape.window_length_mm / 2
    reach = shape.window_length_mm / 2 + shape.bevel_mm + 1.0
    left, right = max(0, int((middle - reach) * px_per_mm)), int((middle + reach) * px_per_mm) + 1
    part = np.ascontiguousarray(base[:, left:right])
    window_x = x[:, left:right] - np.float32(middle)
    window_y = y[:, left:right] - np.float32(shape.width_mm / 2)
    paint_window(part, window_x, window_y, px_per_mm, spec, rng)
    add_glare(part, window_x, window_y, spec, rng)
    base[:, left:right] = part


def _round_the_rim(base: Reflectance, x: Field, y: Field, outline: Field, spec: CassetteSpec) -> None:
    """Shade the rounded rim by the side the light comes from, in place."""
    shape = spec.geometry
    light = np.deg2rad(spec.light_from_deg)
    rim = np.exp(np.minimum(outline, 0) / np.float32(0.6))
    to_side = (np.abs(x - np.float32(shape.length_mm / 2)) - np.float32(shape.length_mm / 2)) > (
        np.abs(y - np.float32(shape.width_mm / 2)) - np.float32(shape.width_mm / 2)
    )
    facing = np.where(
        to_side,
        np.sign(x - np.float32(shape.length_mm / 2)) * np.float32(np.cos(light)),
        np.sign(y - np.float32(shape.width_mm / 2)) * np.float32(np.sin(light)),
    )
    base *= (1 + rim * (np.float32(0.14) * facing - np.float32(0.10))).astype(np.float32)[..., None]


def _paint_well(base: Reflectance, x: Field, y: Field, spec: CassetteSpec) -> None:
    """Draw the sample well: a round, oval or square funnel with a small hole that shows the pad, in place."""
    shape = spec.geometry
    half = shape.well_mm / 2
    half_x, half_y, corner = {
        Well.ROUND: (half, half, half),
        Well.OVAL: (half * 1.2, half * 0.85, half * 0.85),
        Well.SQUARE: (half * 0.9, half * 0.9, half * 0.25),
    }[shape.well]
    dx, dy = x - np.float32(shape.well_centre_mm), y - np.float32(shape.width_mm / 2)
    rim = distance_to_box(dx, dy, half_x, half_y, corner)
    hole = distance_to_box(dx, dy, half_x * 0.38, half_y * 0.38, corner * 0.38)
    light = np.deg2rad(spec.light_from_deg)
    away = np.hypot(dx, dy) + np.float32(1e-3)
    facing = -(dx * np.float32(np.cos(light)) + dy * np.float32(np.sin(light))) / away
    inside = np.clip(0.5 - rim / np.float32(0.3), 0, 1)
    funnel = inside * (1 - np.float32(0.06) + np.float32(0.16) * facing)
    edge = np.exp(-((rim / np.float32(0.25)) ** 2)) * np.float32(0.10)
    base *= (1 - inside + funnel - edge).astype(np.float32)[..., None]
    pad = np.clip(0.5 - hole / np.float32(0.2), 0, 1)[..., None]
    colour = np.asarray(spec.membrane, np.float32) * np.float32(0.9)
    if spec.used:
        colour = colour * np.array((0.94, 0.93, 0.98), np.float32)
    base += pad * (colour - base) * np.float32(0.9)
    base *= (1 - np.float32(0.3) * np.exp(-((hole / np.float32(0.2)) ** 2)))[..., None]


def _letter(base: Reflectance, px_per_mm: float, spec: CassetteSpec, rng: np.random.Generator) -> None:
    """Print or emboss C, T and S beside their places, and the kit's name across the control end, in place."""
    if spec.letters == 0:
        return
    shape = spec.geometry
    beside = shape.width_mm / 2 + spec.letters * (shape.window_width_mm / 2 + shape.bevel_mm + 1.6)
    for text, at_mm in (
        ("C", shape.window_start_mm + shape.control_mm),
        ("T", shape.window_start_mm + shape.test_mm),
        ("S", shape.well_centre_mm),
    ):
        _text(base, text, (at_mm, beside), 2.2, px_per_mm, spec, turned=True)
    name_at = shape.window_start_mm - shape.bevel_mm - 9.0
    if name_at > 3.5:
        height = min(2.2, (shape.width_mm - 3) / max(4, len(spec.brand)))
        _text(base, spec.brand, (name_at, shape.width_mm / 2), height, px_per_mm, spec, turned=True)
        if rng.random() < 0.5:
            _text(base, "ID:", (name_at + 4.0, shape.width_mm * 0.3), 1.6, px_per_mm, spec, turned=True)


def _pierce(base: Reflectance, x: Field, y: Field, spec: CassetteSpec) -> None:
    """Make two rows of small holes beyond the control end of the window, in place."""
    shape = spec.geometry
    for row in (3.0, 5.0):
        for column in (-2.0, 0.0, 2.0):
            dx = x - np.float32(shape.window_start_mm - shape.bevel_mm - row)
            dy = y - np.float32(shape.width_mm / 2 + column)
            base *= (1 - np.float32(0.35) * np.exp(-(dx**2 + dy**2) / np.float32(0.12)))[..., None]


def _print_code(base: Reflectance, px_per_mm: float, spec: CassetteSpec, rng: np.random.Generator) -> None:
    """Print a matrix code between window and well, or beyond the control end where there is no room, in place."""
    shape = spec.geometry
    after = shape.window_start_mm + shape.window_length_mm + shape.bevel_mm
    room = shape.well_centre_mm - shape.well_mm * 0.6 - after
    side = min(7.0, room - 1.0) if room > 5 else 6.0
    start = after + (room - side) / 2 if room > 5 else 2.0
    top = (shape.width_mm - side) / 2
    pixels = max(4, round(side * px_per_mm))
    cells = rng.integers(0, 2, (14, 14)).astype(np.float32)
    ink = cv2.resize(cells, (pixels, pixels), interpolation=cv2.INTER_AREA if pixels < 14 else cv2.INTER_NEAREST)
    left, upper = round(start * px_per_mm), round(top * px_per_mm)
    part = base[upper : upper + pixels, left : left + pixels]
    part *= (1 - np.float32(0.7) * ink[: part.shape[0], : part.shape[1]])[..., None]


def _text(
    base: Reflectance,
    text: str,
    at_mm: tuple[float, float],
    height_mm: float,
    px_per_mm: float,
    spec: CassetteSpec,
    *,
    turned: bool,
) -> None:
    """Write `text` centred on `at_mm` in place: in ink, or embossed as a light and a dark edge.

    ``turned`` letters stand upright when the control end is at the top, as on real cassettes.
    """
    scale = height_mm * px_per_mm / 22.0  # the font's capitals are 22 px high at scale 1
    thickness = max(1, round(scale * 2))
    (width, height), low = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    margin = thickness + 2
    stencil = np.zeros((height + low + 2 * margin, width + 2 * margin), np.uint8)
    cv2.putText(stencil, text, (margin, height + margin), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thickness, cv2.LINE_AA)
    if turned:
        stencil = np.ascontiguousarray(cv2.rotate(stencil, cv2.ROTATE_90_COUNTERCLOCKWISE))
    centre = np.round(np.array(at_mm) * px_per_mm).astype(int)
    left, top = centre[0] - stencil.shape[1] // 2, centre[1] - stencil.shape[0] // 2
    right, bottom = left + stencil.shape[1], top + stencil.shape[0]
    if left < 0 or top < 0 or right > base.shape[1] or bottom > base.shape[0]:
        return
    ink = stencil.astype(np.float32)[..., None] / np.float32(255)
    part = base[top:bottom, left:right]
    if spec.printed:
        part += ink * (np.asarray(_INK, np.float32) - part) * np.float32(0.85)
        return
    light = np.deg2rad(spec.light_from_deg)
    shift = max(1.0, 0.12 * px_per_mm)
    moved = cv2.warpAffine(
        ink, np.array(((1, 0, shift * np.cos(light)), (0, 1, shift * np.sin(light)))), ink.shape[1::-1]
    )
    part *= 1 + np.float32(0.12) * (moved[..., None] - ink)


def _cover_window(
    base: Reflectance, x: Field, y: Field, px_per_mm: float, spec: CassetteSpec, rng: np.random.Generator
) -> None:
    """Lay a finger or a label over a good part of the window, in place."""
    shape = spec.geometry
    at_x = np.float32(shape.window_start_mm + shape.window_length_mm * rng.uniform(0.3, 0.7))
    middle = np.float32(shape.width_mm / 2)
    if spec.cover is Cover.FINGER:
        tip = middle + np.float32(rng.uniform(0.5, 3.0))
        lean = np.float32(rng.normal(0, 0.25))
        dx, beyond = x - at_x - lean * (y - middle), np.maximum(y - tip, 0)
        away = np.hypot(dx, beyond) / np.float32(rng.uniform(6.0, 8.0))
        over = np.clip((1 - away) * 4 * px_per_mm, 0, 1)
        flesh = (
            np.asarray(_SKIN, np.float32)
            * (np.sqrt(np.clip(1 - away**2, 0, 1)) * np.float32(0.45) + np.float32(0.5))[..., None]
        )
    else:
        label = distance_to_box(x - at_x, y - middle, float(rng.uniform(6, 10)), float(rng.uniform(4, 8)), 0.2)
        over = np.clip(0.5 - label * np.float32(px_per_mm), 0, 1)
        bars = (np.sin(x * np.float32(5.1)) + np.sin(x * np.float32(8.3))) > 0.4
        printed = (np.abs(y - middle) < 2.0) & bars & (label < -1)
        flesh = np.where(printed, np.float32(0.15), np.float32(0.93))[..., None] * np.ones(3, np.float32)
    base += over[..., None] * (flesh - base)


def coverage_shadow(coverage: Field, soft_px: float) -> Field:
    """Return the blurred coverage: the cassette's soft shadow on what it lies on."""
    shadow: Field = cv2.GaussianBlur(coverage, (0, 0), max(0.5, soft_px))
    return shadow
