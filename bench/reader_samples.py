"""What the line network is trained on: strips of photos and drawn windows, varied, with the rows of their lines.

Seven kinds, so that nothing but a line can tell the answer: photos as they are; negative photos with a second line
drawn in; the same line stronger (a stronger line must not score less); photos with a line lifted off; rendered windows.
Onto some of them goes what is not a line: a wetting front, a streak, a broad band, a speck, an oblique hair.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from bench.cassette_data import LabelledWindow
from bench.cassette_pairs import (
    HALF,
    Window,
    dyed_line,
    free_row,
    line_depth,
    middle_depth,
    open_window,
    two_sure_lines,
)
from checkpoint.ports import Image
from vision.cassette.absorbance import Floats, absorbance
from vision.cassette.membrane import find_membrane
from vision.cassette.network import ROWS_PER_STEP, encode
from vision.cassette.strip import ACROSS, ALONG, UNIT
from vision.render import CassetteSpec, render_window, sample_shot, sample_spec

MIX = {"negative": 0.26, "drawn": 0.28, "positive": 0.10, "lifted": 0.05, "blank": 0.04, "rendered": 0.27}
"""Share of each kind."""

_TALL, _BROAD = 288, 96  # the canvas that samples are cut from: room for turning and shifting
_EDGE = (_TALL - ALONG) // 2
_STEPS = ALONG // ROWS_PER_STEP


@dataclass(frozen=True, slots=True)
class Source:
    """A window's wide canvas: absorbance (_TALL, _BROAD, 3), where it is valid, the membrane's rows on it, its lines.

    ``lines`` is None where it is not certain which ridges the lines are; then only their number, ``count``, is taught.
    ``unsure`` are rows of lines too weak or too dry to be called either way.
    """

    kind: str
    fold: int
    absorbance: Floats
    valid: Floats
    start: float
    end: float
    lines: tuple[float, ...] | None
    count: int
    unsure: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """Input (4, ALONG, ACROSS), wanted answer and weight for each step, number of lines, whether that is certain.

    ``group``: samples of one group differ in the second line's strength only, weaker first; -1 stands alone.
    """

    image: Floats
    wanted: Floats
    weight: Floats
    count: int
    certain: bool
    fold: int
    group: int = -1


def photo_source(window: LabelledWindow) -> Source | None:
    """Return the canvas of a labelled photo, or None where it teaches nothing (unknown, no line found)."""
    opened = open_window(window.read())
    rows = [r.row + float(_EDGE) for r in opened.candidates]
    match window.label:
        case "negative" if rows:
            lines: tuple[float, ...] | None = (rows[0],)
            count = 1
        case "positive":
            sure = two_sure_lines(opened)
            lines = (rows[0], rows[1]) if sure else None
            count = 2
        case _:
            return None
    values, valid = _wide(opened.crop, opened)
    start, end = opened.strip.start + _EDGE, opened.strip.end + _EDGE
    return Source(window.label, window.fold, values, valid, start, end, lines, count)


def rendered_source(seed: int) -> Source:
    """Return the canvas of a drawn window: as `sample_spec` varies, some without lines, migrating or flooded."""
    rng = np.random.default_rng(seed)
    kind = rng.random()
    fixed: dict[str, object] = {}
    if kind < 0.06:
        fixed = {"control_contrast": None, "test_contrast": None}
    elif kind < 0.10:
        fixed = {"control_contrast": None, "test_contrast": float(np.exp(rng.uniform(np.log(0.05), np.log(0.6))))}
    elif kind < 0.20:
        fixed = {"front_mm": float(rng.uniform(2, 10))}
    elif kind < 0.22:
        fixed = {"flood": float(rng.uniform(0.1, 0.5))}
    spec = sample_spec(rng, **fixed)
    shot = sample_shot(rng, blur_px=float(rng.uniform(0.3, 2.5)))
    turn = float(rng.uniform(-45, 45)) + 180.0 * float(rng.random() < 0.5) if rng.random() < 0.12 else None
    scale = float(np.exp(rng.uniform(np.log(6), np.log(26))))
    drawn = render_window(spec, rng, shot=shot, px_per_mm=scale, margin_mm=float(rng.uniform(-0.3, 3)), turn_deg=turn)
    opened = open_window(drawn.image)
    truth = drawn.cassettes[0]
    lines, unsure = [], []
    for ends, contrast, at_mm in (
        (truth.control_line, spec.control_contrast, spec.geometry.control_mm),
        (truth.test_line, spec.test_contrast, spec.geometry.test_mm),
    ):
        if ends is None or contrast is None:
            continue
        wetted = _wetted(spec, at_mm)
        if wetted is False:
            continue
        level = opened.membrane.to_level
        row = float(level[1, :2] @ ends.mean(axis=0) + level[1, 2]) * UNIT + _TALL / 2 - 0.5
        (lines if wetted and contrast >= 0.03 else unsure).append(row)
    values, valid = _wide(opened.crop, opened)
    start, end = opened.strip.start + _EDGE, opened.strip.end + _EDGE
    return Source("rendered", -1, values, valid, start, end, tuple(lines), len(lines), tuple(unsure))


def samples(sources: Sequence[Source], number: int, rng: np.random.Generator) -> Iterator[Sample]:
    """Yield about `number` varied samples in the shares of `MIX`."""
    pools = {kind: [s for s in sources if s.kind == kind] for kind in ("negative", "positive", "rendered")}
    pool_of = {"drawn": "negative", "blank": "negative", "lifted": "positive"}
    kinds, shares = list(MIX), np.array(list(MIX.values()))
    made = 0
    while made < number:
        kind = kinds[rng.choice(len(kinds), p=shares / shares.sum())]
        pool = pools[pool_of.get(kind, kind)]
        source = pool[rng.integers(len(pool))]
        if kind == "drawn":
            seed, stronger = int(rng.integers(1 << 30)), float(rng.uniform(1.25, 3.0))
            vary = int(rng.integers(1 << 30))
            for factor in (1.0, stronger) if rng.random() < 0.65 else (1.0,):
                drawn = _drawn(source, np.random.default_rng(seed), factor)
                yield replace(_varied(drawn, np.random.default_rng(vary)), group=seed)
                made += 1
            continue
        if kind in ("lifted", "blank"):
            source = _lifted(source, rng)
        yield _varied(source, rng)
        made += 1


def _wetted(spec: CassetteSpec, at_mm: float) -> bool | None:
    """Return whether the liquid has reached a line; None at the front itself."""
    if spec.front_mm is None:
        return True
    beyond = at_mm - (spec.geometry.window_length_mm - spec.front_mm)
    return None if abs(beyond) < 0.6 else beyond > 0


def _wide(crop: Image, opened: Window) -> tuple[Floats, Floats]:
    membrane = opened.membrane if opened.membrane is not None else find_membrane(crop)
    to_wide = membrane.to_level * UNIT
    to_wide[:, 2] += (_BROAD / 2 - 0.5, _TALL / 2 - 0.5)
    shrink = membrane.width_px / UNIT
    if shrink > 1.5:
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), 0.4 * shrink))
    valid = cv2.warpAffine(np.ones(crop.shape[:2], np.float32), to_wide, (_BROAD, _TALL))
    wide = cv2.warpAffine(crop, to_wide, (_BROAD, _TALL), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return absorbance(np.asarray(wide)), np.asarray(valid > 0.99, dtype=np.float32)


def _added(values: Floats, depth: Floats, row: float) -> Floats:
    at, more = round(row), values.copy()
    first, last = max(0, at - HALF), min(len(values), at + HALF + 1)
    more[first:last] += depth[first - (at - HALF) : len(depth) - (at + HALF + 1 - last)]
    return more


def _drawn(source: Source, rng: np.random.Generator, factor: float) -> Source:
    """Return a negative with a second line of 2 to 50 %, `factor` times as deep; now and then with C lifted off."""
    control = source.lines[0] if source.lines else 0.0
    own = line_depth(source.absorbance, control)
    row = free_row(rng, source.start, source.end, control, least=0.35)
    if own is None or row is None:
        return source
    contrast = float(np.exp(rng.uniform(np.log(0.02), np.log(0.5))))
    deep = middle_depth(own)
    if rng.random() < 0.55 and deep > 0.05:
        scale = -np.log(1 - contrast) / deep
        line = _typical(own) if scale > 0.6 else own
        line = line[:, ::-1] * scale if rng.random() < 0.5 else line * scale
    else:
        line = dyed_line(rng, contrast, _BROAD)
    values = _added(source.absorbance, line * factor, row)
    if rng.random() < 0.12:
        return replace(source, absorbance=_added(values, -own, control), lines=(row,), count=1)
    return replace(source, absorbance=values, lines=(control, row), count=2)


def _typical(depth: Floats) -> Floats:
    """Return the line's mean profile over the whole width: magnified grain would tell a drawn line from a real one."""
    middle = depth.shape[1] // 2
    across = np.clip((0.52 * UNIT - np.abs(np.arange(depth.shape[1]) - (middle - 0.5))) / 2, 0, 1)
    profile = np.median(depth[:, middle - 8 : middle + 8], axis=1, keepdims=True)
    return np.asarray(profile * across[None, :, None], dtype=np.float32)


def _lifted(source: Source, rng: np.random.Generator) -> Source:
    """Return the source with one of its lines lifted off, where it is certain which ridge it is."""
    if not source.lines:
        return source
    which = int(rng.integers(len(source.lines)))
    depth = line_depth(source.absorbance, source.lines[which])
    if depth is None:
        return source
    rest = tuple(row for at, row in enumerate(source.lines) if at != which)
    values = _added(source.absorbance, -depth, source.lines[which])
    return replace(source, absorbance=values, lines=rest, count=len(rest))


def _with_distraction(source: Source, rng: np.random.Generator) -> Floats:
    """Return the absorbance with something on the membrane that is no line."""
    rows = np.arange(_TALL)[:, None]
    across = ((np.arange(_BROAD) - (_BROAD / 2 - 0.5)) / UNIT)[None]
    middle, half = (source.start + source.end) / 2, (source.end - source.start) / 2
    at = middle + rng.uniform(-0.8, 0.8) * half
    on_membrane = np.clip((0.55 - np.abs(across)) * UNIT / 2, 0, 1)
    amount = rng.uniform(0.02, 0.2) * rng.normal(1, 0.1, 3)
    match int(rng.integers(5)):
        case 0:  # a wetting front
            slope = (rows - at + rng.normal(0, 1.5) * across) / rng.uniform(0.5, 3) * rng.choice([-1, 1])
            shape = on_membrane / (1 + np.exp(np.clip(-slope, -50, 50)))
        case 1:  # a streak along the membrane
            lean = rng.normal(0, 0.01) * (rows - at) / UNIT
            shape = np.exp(-(((across - rng.uniform(-0.4, 0.4) - lean) / rng.uniform(0.04, 0.2)) ** 2))
        case 2:  # a broad band
            shape = on_membrane * np.exp(-(((rows - at) / rng.uniform(9, 20)) ** 2))
        case 3:  # a speck, or a line over a part of the width only
            spot = np.exp(-(((across - rng.uniform(-0.5, 0.5)) / rng.uniform(0.05, 0.2)) ** 2))
            shape = np.exp(-(((rows - at) / rng.uniform(1, 3)) ** 2)) * spot
        case _:  # an oblique hair
            lean = rng.choice([-1, 1]) * rng.uniform(0.7, 3)
            shape = on_membrane * np.exp(-(((rows - at - lean * across * UNIT) / rng.uniform(1, 2.5)) ** 2))
    return np.asarray(source.absorbance + shape[..., None] * amount, dtype=np.float32)


def _varied(source: Source, rng: np.random.Generator) -> Sample:
    """Return a sample cut with a slightly wrong outline, in other light, colour, sharpness and noise."""
    values = _with_distraction(source, rng) if rng.random() < 0.25 else source.absorbance
    middle, half = (source.start + source.end) / 2, (source.end - source.start) / 2
    turn, shear = np.deg2rad(rng.normal(0, 2.0)), rng.normal(0, 0.02)
    wide, long = np.exp(rng.normal(0, 0.07)), np.exp(rng.normal(0, 0.10))
    if rng.random() < 0.2:  # close-ups and ovals are short for their width, a recess taken for the membrane is wide
        wide, long = wide * np.exp(rng.uniform(-0.3, 0.2)), long * np.exp(rng.uniform(-0.6, 0.1))
    shift = np.array([ACROSS / 2 - 0.5 + rng.normal(0, 1.2), ALONG / 2 - 0.5 + rng.normal(0, 4)])
    linear = np.array([[np.cos(turn), np.sin(turn) + shear], [-np.sin(turn), np.cos(turn)]])
    linear = linear @ np.diag([wide * rng.choice([-1, 1]), long * rng.choice([-1, 1])])
    cut = np.column_stack([linear, shift - linear @ (_BROAD / 2 - 0.5, middle)])
    strip = cv2.warpAffine(values, cut, (ACROSS, ALONG), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    valid = np.asarray(cv2.warpAffine(source.valid, cut, (ACROSS, ALONG)) > 0.9)

    def moved(rows: Sequence[float]) -> list[float]:
        return [float(cut[1] @ (_BROAD / 2 - 0.5, row, 1)) for row in rows]

    half *= long * float(np.exp(rng.normal(0, 0.05)))
    start, end = max(0, int(ALONG / 2 - half)), min(ALONG, int(ALONG / 2 + half))
    image = encode(_other_camera(np.asarray(strip), rng), valid, start, end)
    lines = None if source.lines is None else moved(source.lines)
    wanted, weight = _targets(lines, moved(source.unsure))
    return Sample(image, wanted, weight, source.count, not source.unsure, source.fold)


def _other_camera(strip: Floats, rng: np.random.Generator) -> Floats:
    """Return the strip as another camera, dye or lamp might have shown it."""
    colour = rng.random()
    if colour < 0.08:
        strip = np.repeat(strip.mean(axis=2, keepdims=True), 3, axis=2)
    elif colour < 0.20:
        strip = strip[..., rng.permutation(3)]
    if rng.random() < 0.3:
        strip = np.asarray(cv2.GaussianBlur(strip, (0, 0), rng.uniform(0.4, 1.8)))
    level = np.median(strip[60:132, 16:32].reshape(-1, 3), axis=0)
    strip = level + (strip - level) * np.exp(rng.normal(0, 0.2))
    if rng.random() < 0.5:
        noise = rng.normal(0, rng.uniform(0.003, 0.03), strip.shape)
        if rng.random() < 0.5:
            noise = cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 1.2)) * 2
        strip = strip + noise
    if rng.random() < 0.4:
        strip = strip + np.linspace(-1, 1, ALONG)[:, None, None] * rng.normal(0, 0.08)
        strip = strip + np.linspace(-1, 1, ACROSS)[None, :, None] * rng.normal(0, 0.06)
    return np.asarray(strip, dtype=np.float32)


def _targets(lines: Sequence[float] | None, unsure: Sequence[float]) -> tuple[Floats, Floats]:
    """Return the wanted answer and its weight for each step; near a line the exact row is left open."""
    wanted, weight = np.zeros(_STEPS, np.float32), np.ones(_STEPS, np.float32)
    if lines is None:
        return wanted, weight * 0
    rows = np.arange(_STEPS) * ROWS_PER_STEP + 0.5
    for row in [*lines, *unsure]:
        weight[np.abs(rows - row) < 7] = 0
    for row in lines:
        wanted[np.abs(rows - row) <= 2.01] = 1
        weight[np.abs(rows - row) <= 2.01] = 4
    weight[(rows < 2) | (rows > ALONG - 2)] = 0
    return wanted, weight
