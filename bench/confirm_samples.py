"""Patches to train the look that confirms a cassette: drawn scenes of many makes, on drawn and photographed surfaces.

Each patch comes with whether a cassette lies there and, where one does, how its true frame differs from the patch's.
The drawn cassettes are stranger than real kits on purpose: where window, well, lettering and holes stand differs most
between makes, and a make that was never seen is what the look has to stand up to.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bench.locator_samples import Scene, apart, frame_of, is_within_reach, lettered, offset
from vision.cassette.confirm import REACH
from vision.cassette.frames import Frame, Pyramid
from vision.cassette.locate import proposed_frames
from vision.render import (
    Background,
    CassetteGeometry,
    CassetteSpec,
    Cover,
    Well,
    render_scene,
    sample_geometry,
    sample_shot,
    sample_spec,
)
from vision.render.backgrounds import paint_background
from vision.render.scene import Placement, lay_on, table_view
from vision.render.shot import expose

_HARDEST, _ANY = 12, 6
_COVERED = 0.1  # share of windows under a finger or a label: still a cassette, and to be told so
_SIDE = 720
_SIZES = ((720, 540), (540, 720), (720, 405))


@dataclass(frozen=True, slots=True)
class Patches:
    """``images``: shape (N, 42, 144), uint8; ``is_cassette``: (N,); ``offsets``: (N, 4), in units of `REACH`."""

    images: npt.NDArray[np.uint8]
    is_cassette: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.float32]


def unusual_geometry(rng: np.random.Generator) -> CassetteGeometry:
    """Draw a make that may exist nowhere: body, window and well anywhere they could be built."""
    base = sample_geometry(rng)
    length, width = float(rng.uniform(58, 90)), float(rng.uniform(14, 27))
    bevel = float(min(rng.uniform(0.5, 4.5), (width - base.window_width_mm) / 2 - 1.5))
    start = float(rng.uniform(bevel + 4.0, length - base.window_length_mm - bevel - 16.0))
    start = min(start, 42.0)
    well = float(rng.uniform(4.0, 10.0))
    end = start + base.window_length_mm + bevel
    return replace(
        base,
        length_mm=length,
        width_mm=width,
        corner_mm=float(rng.uniform(0.5, min(8.0, width / 2 - 1))),
        bevel_mm=bevel,
        window_start_mm=start,
        well_mm=well,
        well_centre_mm=float(rng.uniform(end + well * 0.6, max(end + well * 0.61, length - well * 0.7))),
        well=tuple(Well)[rng.integers(len(Well))],
    )


def strange_spec(rng: np.random.Generator) -> CassetteSpec:
    """Draw a cassette of an unusual make, in white or coloured plastic, used or not."""
    fixed: dict[str, object] = {"geometry": unusual_geometry(rng)}
    fate = rng.random()
    if fate < 0.25:
        fixed |= {"control_contrast": None, "test_contrast": None, "wash": 0.0}
    elif fate < 0.32:
        fixed["flood"] = float(rng.uniform(0.2, 0.8))
    if rng.random() < 0.25:
        fixed["plastic"] = tuple(rng.uniform(0.25, 0.95, 3))
    if rng.random() < 0.15:
        fixed["glare"] = float(rng.uniform(0.2, 0.8))
    fixed["letters"] = int(rng.choice([-1, 0, 1], p=(0.3, 0.3, 0.4)))
    fixed["brand"] = "".join(rng.choice(list("ABCDEFGHKLNOPRSTUVabcdeinorst0123456789-+/ "), int(rng.integers(2, 15))))
    if rng.random() < _COVERED:
        fixed["cover"] = tuple(Cover)[rng.integers(len(Cover))]
    spec = sample_spec(rng, **fixed)
    return replace(spec, face_down=bool(rng.random() < 0.08))


def scenes_on_photos(backdrops: Sequence[Path], count: int, rng: np.random.Generator) -> Iterator[Scene]:
    """Yield scenes with none to two cassettes lying on photographs of other things, any size, clipped at times."""
    while count > 0:
        photo = cv2.imread(str(backdrops[rng.integers(len(backdrops))]), cv2.IMREAD_COLOR)
        if photo is None:
            continue
        factor = _SIDE / max(photo.shape)
        surface = cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        size = (surface.shape[1], surface.shape[0])
        if min(size) < 120:
            continue
        shot = sample_shot(rng, grey=bool(rng.random() < 0.1))
        frames: list[Frame] = []
        if rng.random() < 0.8:
            spec = strange_spec(rng) if rng.random() < 0.7 else sample_spec(rng)
            long = (
                float(rng.uniform(0.3, 1.15)) * max(size)
                if rng.random() < 0.7
                else float(rng.uniform(0.5, 1.0)) * min(size)
            )
            scale = long / spec.geometry.length_mm
            along_a_side = rng.random() < 0.5  # as people hold a phone
            turn = float(rng.integers(4) * 90 + rng.normal(0, 5) if along_a_side else rng.uniform(0, 360))
            free = np.array(size) / scale / 2
            place = Placement(*(float(rng.uniform(-0.4, 0.4) * f) for f in free), turn_deg=turn)
            truth = lay_on(surface, spec, place, table_view(size, scale, shot), rng)
            if not spec.face_down:
                frames.append(frame_of(truth))
        grey = np.asarray(cv2.cvtColor(expose(surface, shot, rng), cv2.COLOR_BGR2GRAY), np.uint8)
        count -= 1
        yield Scene(grey, tuple(frames), source="backdrop")


def strange_scenes(count: int, rng: np.random.Generator) -> Iterator[Scene]:
    """Yield `drawn_scenes` whose cassettes are of unusual makes."""
    while count > 0:
        specs = [strange_spec(rng) for _ in range(int(rng.choice([1, 1, 1, 2, 3])))]
        shot = sample_shot(rng, grey=bool(rng.random() < 0.1))
        try:
            drawn = render_scene(specs, rng, _SIZES[rng.integers(len(_SIZES))], shot=shot)
        except ValueError:
            continue
        grey = np.asarray(cv2.cvtColor(drawn.image, cv2.COLOR_BGR2GRAY), np.uint8)
        if rng.random() < 0.4:
            grey = lettered(grey, drawn.cassettes, rng)
        count -= 1
        yield Scene(grey, tuple(frame_of(one) for one in drawn.cassettes if not one.spec.face_down))


def patches_of(scene: Scene, rng: np.random.Generator, *, about: int = 6) -> Patches:
    """Return patches around each cassette of `scene`, and proposals that are none: likeliest ones and any."""
    pyramid = Pyramid(scene.grey)
    frames: list[tuple[Frame, Frame | None]] = []
    for truth in scene.frames:
        frames += [(_off(truth, rng), truth) for _ in range(about)]
        for _ in range(about // 2):
            sign = float(rng.choice([-1, 1]))
            frames += [
                (_off(truth.reversed(), rng), None),
                (truth.shifted(sign * float(rng.uniform(7.5, 32)), float(rng.normal(0, 3))), None),
                (Frame(truth.x, truth.y, truth.angle + float(rng.uniform(0.4, 2.7)), truth.px_per_mm), None),
                (_off(truth, rng, scale=float(rng.choice([0.3, 0.45, 0.6, 1.6, 2.0, 3.3]))), None),
                (truth.shifted(0.0, sign * float(rng.uniform(5.5, 20))), None),
            ]
    proposed = sorted(proposed_frames(scene.grey), key=lambda one: -one[0])
    ranked = [one for _, one in proposed]
    for one in ranked[:40]:
        near = [truth for truth in scene.frames if is_within_reach(one, truth)]
        if near and rng.random() < 0.35:
            frames.append((one, near[0]))
    misses = [one for one in ranked if not any(_confusable(one, truth) for truth in scene.frames)]
    frames += [(one, None) for one in misses[:_HARDEST]]
    if len(misses) > _HARDEST:
        others = rng.choice(len(misses) - _HARDEST, min(_ANY, len(misses) - _HARDEST), replace=False)
        frames += [(misses[_HARDEST + int(i)], None) for i in others]
    images = np.stack([pyramid.patch(one) for one, _ in frames]) if frames else np.zeros((0, 42, 144), np.uint8)
    offsets = np.array([offset(one, truth) if truth else (0, 0, 0, 0) for one, truth in frames], np.float32)
    labels = np.array([truth is not None for _, truth in frames], np.float32)
    return Patches(images, labels, offsets.reshape(-1, 4))


def _confusable(one: Frame, truth: Frame) -> bool:
    """Whether `one` lies so near a cassette, the same way round, that calling it none would be wrong."""
    off, turn, ratio = apart(one, truth)
    return off < 8 and turn < 0.45 and 0.55 < ratio < 1.8


def _off(truth: Frame, rng: np.random.Generator, scale: float = 1.0) -> Frame:
    along, across, turn, stretch = (float(np.clip(rng.normal(0, 0.4), -1, 1)) * most for most in REACH)
    moved = truth.shifted(along, across)
    return Frame(moved.x, moved.y, moved.angle + turn, moved.px_per_mm * scale * math.exp(stretch))


def cards_of_two(count: int, rng: np.random.Generator) -> Iterator[Scene]:
    """Yield cards with two windows side by side, as cards of two tests have them; each window is a cassette's."""
    for _ in range(count):
        size = _SIZES[rng.integers(len(_SIZES))]
        shot = sample_shot(rng, grey=bool(rng.random() < 0.1))
        surface = paint_background(tuple(Background)[rng.integers(len(Background))], rng, size)
        one = replace(strange_spec(rng), face_down=False)
        width = float(rng.uniform(9.0, 14.0))
        shape = replace(
            one.geometry, width_mm=width, corner_mm=0.4, bevel_mm=min(one.geometry.bevel_mm, width / 2 - 3.0)
        )
        scale = float(rng.uniform(0.4, 0.95)) * min(size) / shape.length_mm
        turn = float(rng.uniform(0, 360))
        table = table_view(size, scale, shot)
        frames = []
        for side in (-0.5, 0.5):
            test = sample_spec(rng)
            spec = replace(
                one, geometry=shape, control_contrast=test.control_contrast, test_contrast=test.test_contrast
            )
            away = side * width * 0.99
            place = Placement(-away * math.sin(math.radians(turn)), away * math.cos(math.radians(turn)), turn)
            frames.append(frame_of(lay_on(surface, spec, place, table, rng)))
        grey = np.asarray(cv2.cvtColor(expose(surface, shot, rng), cv2.COLOR_BGR2GRAY), np.uint8)
        yield Scene(grey, tuple(frames), source="two tests")
