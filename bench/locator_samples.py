"""Patches to fit the locator's model on: drawn scenes of known truth, and the public photos with marked windows."""

import csv
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from checkpoint.ports import Image
from vision.cassette.confirm import REACH
from vision.cassette.frames import Frame, Pyramid
from vision.cassette.locate import proposed_frames
from vision.cassette.recognise import settle
from vision.render import CassetteTruth, render_cassette, render_scene, sample_shot, sample_spec

MARKS = Path(__file__).with_name("locator_frames.csv")
WORKING_SIDE = 720

_SIZES = ((720, 540), (540, 720), (720, 405))
FAMILIES = (
    ("rimpal",),
    ("rdtscan-cjpark87",),
    ("sheldon-d", "pietz", "smkerr", "xunmaw"),
    ("antigenclassifier", "fritzbenning", "hemang", "hiv-rapid-test", "pypocquant", "qwikapp"),
)
"""Photos left out together: the two large families each, and the small ones by halves."""

_HARDEST, _SETTLED = 14, 3
_LETTERING = ("(+ve)", "(-ve)", "23518", "COVID-19", "Antigen", "C T", "2 1", "S", "Lot 4711", "15 min", "2022-03-20")


@dataclass(frozen=True, slots=True)
class Scene:
    """A grey picture, the frames of the cassettes in it that lie face up, and the family of pictures it is from."""

    grey: Image
    frames: tuple[Frame, ...]
    source: str = "drawn"


def drawn_scenes(count: int, rng: np.random.Generator) -> Iterator[Scene]:
    """Yield scenes with none to four cassettes: some face down, unused or flooded, close up, with lettering beside."""
    while count > 0:
        specs = [_spec(rng) for _ in range(int(rng.choice([0, 1, 1, 1, 2, 3, 4])))]
        shot = sample_shot(rng, grey=bool(rng.random() < 0.1))
        if len(specs) == 1 and rng.random() < 0.35:
            turn = float(rng.integers(4) * 90 + rng.normal(0, 2))
            scale, margin = float(rng.uniform(3, 9)), float(rng.uniform(-4, 3))
            drawn = render_cassette(specs[0], rng, px_per_mm=scale, margin_mm=margin, turn_deg=turn, shot=shot)
        else:
            try:
                drawn = render_scene(specs, rng, _SIZES[rng.integers(len(_SIZES))], shot=shot)
            except ValueError:
                continue  # they did not fit: draw others
        grey = np.asarray(cv2.cvtColor(drawn.image, cv2.COLOR_BGR2GRAY), np.uint8)
        if rng.random() < 0.5:
            grey = lettered(grey, drawn.cassettes, rng)
        count -= 1
        yield Scene(grey, tuple(frame_of(one) for one in drawn.cassettes if not one.spec.face_down))


def _spec(rng: np.random.Generator):
    fate = rng.random()
    if fate < 0.18:
        spec = sample_spec(rng, control_contrast=None, test_contrast=None, wash=0.0)
    elif fate < 0.26:
        spec = sample_spec(rng, flood=float(rng.uniform(0.2, 0.8)))
    elif fate < 0.31:
        spec = sample_spec(rng, front_mm=float(rng.uniform(3, 11)))
    else:
        spec = sample_spec(rng)
    return replace(spec, face_down=bool(rng.random() < 0.12))


def lettered(grey: Image, cassettes: tuple[CassetteTruth, ...], rng: np.random.Generator) -> Image:
    """Write on the table beside the cassettes: small print looks like small cassettes."""
    for _ in range(int(rng.integers(1, 6))):
        text, scale = _LETTERING[rng.integers(len(_LETTERING))], float(rng.uniform(0.3, 2.5))
        x, y = int(rng.integers(0, grey.shape[1])), int(rng.integers(10, max(12, grey.shape[0])))
        low, high = np.array((x - 5, y - 30 * scale)), np.array((x + 20 * scale * len(text), y + 10 * scale))
        if any((one.corners.min(axis=0) < high).all() and (one.corners.max(axis=0) > low).all() for one in cassettes):
            continue
        ink = np.full_like(grey, 255)
        thickness = max(1, int(scale * rng.uniform(1, 2.5)))
        cv2.putText(ink, text, (x, y), int(rng.choice([0, 2, 3, 4])), scale, int(rng.integers(0, 120)), thickness)
        grey = np.asarray(grey.astype(np.uint16) * ink // 255, np.uint8)
    return grey


def frame_of(truth: CassetteTruth) -> Frame:
    """Return the frame of a drawn cassette."""
    start, end = truth.membrane[[0, 3]].mean(axis=0), truth.membrane[[1, 2]].mean(axis=0)
    middle, along = (start + end) / 2, end - start
    scale = float(np.linalg.norm(along)) / truth.spec.geometry.window_length_mm
    return Frame(float(middle[0]), float(middle[1]), math.atan2(along[1], along[0]), scale)


def photo_scenes(folder: Path) -> Iterator[Scene]:
    """Yield the marked photos, reduced; raise ValueError where a file is not the one that was marked."""
    with MARKS.open(newline="") as handle:
        marks = list(csv.DictReader(handle))
    for name in sorted({mark["file"] for mark in marks}):
        packed = (folder / name).read_bytes()
        mine = [mark for mark in marks if mark["file"] == name]
        if hashlib.sha256(packed).hexdigest() != mine[0]["sha256"]:
            raise ValueError(f"{name} is not the photo that was marked")
        photo = cv2.imdecode(np.frombuffer(packed, np.uint8), cv2.IMREAD_GRAYSCALE)
        factor = min(1.0, WORKING_SIDE / max(photo.shape))
        grey = cv2.resize(photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        frames = tuple(
            Frame(float(m["x"]), float(m["y"]), math.radians(float(m["angle_deg"])), float(m["px_per_mm"])).scaled(
                factor
            )
            for m in mine
        )
        yield Scene(np.asarray(grey, np.uint8), frames, source=name.split("__")[0])


def patches(scene: Scene, rng: np.random.Generator, *, about: int) -> tuple[list[Image], list[int]]:
    """Return patches of a scene and whether each is a cassette's: `about` times around each cassette, and the proposals
    that look most like one without being one."""
    pyramid = Pyramid(scene.grey)
    found: list[tuple[Frame, int]] = []
    for frame in scene.frames:
        for _ in range(about):
            away = frame.shifted(float(rng.choice([-1, 1]) * rng.uniform(4, 30)), float(rng.normal(0, 3)))
            turned = Frame(frame.x, frame.y, frame.angle + float(rng.uniform(0.4, 2.7)), frame.px_per_mm)
            factor = float(rng.choice([0.35, 0.5, 0.6, 1.6, 2.0, 3.5]))
            found += [
                (_shaken(frame, rng), 1),
                (_shaken(frame, rng), 1),
                (_shaken(frame.reversed(), rng), 0),
                (away, 0),
                (turned, 0),
                (Frame(frame.x, frame.y, frame.angle, frame.px_per_mm * factor), 0),
            ]
    proposed = sorted(proposed_frames(scene.grey), key=lambda one: -one[0])
    hits = [one for _, one in proposed if any(is_hit(one, frame) for frame in scene.frames)]
    misses = [one for _, one in proposed if not any(is_near(one, frame) for frame in scene.frames)][:_HARDEST]
    climbed = [settle(pyramid, -99.0, one)[1] for one in misses[:_SETTLED]]
    misses += [one for one in climbed if not any(is_near(one, frame) for frame in scene.frames)]
    found += [(one, 1) for one in hits[:4]] + [(one, 0) for one in misses]
    return [pyramid.patch(frame) for frame, _ in found], [label for _, label in found]


def _shaken(frame: Frame, rng: np.random.Generator) -> Frame:
    moved = frame.shifted(float(rng.normal(0, 0.7)), float(rng.normal(0, 0.35)))
    turn, stretch = float(rng.normal(0, 0.03)), math.exp(float(rng.normal(0, 0.07)))
    return Frame(moved.x, moved.y, moved.angle + turn, moved.px_per_mm * stretch)


def apart(one: Frame, truth: Frame) -> tuple[float, float, float]:
    """Return how far two frames lie apart (mm), the angle between them (radians), and their scales' ratio."""
    turn = abs(math.remainder(one.angle - truth.angle, 2 * math.pi))
    return math.hypot(one.x - truth.x, one.y - truth.y) / truth.px_per_mm, turn, one.px_per_mm / truth.px_per_mm


def offset(one: Frame, truth: Frame) -> tuple[float, float, float, float]:
    """Return what leads from `one` to `truth`, in units of `REACH`: along, across, turn, scale."""
    cos, sin = math.cos(one.angle), math.sin(one.angle)
    dx, dy = (truth.x - one.x) / one.px_per_mm, (truth.y - one.y) / one.px_per_mm
    turn = math.remainder(truth.angle - one.angle, 2 * math.pi)
    parts = (dx * cos + dy * sin, -dx * sin + dy * cos, turn, math.log(truth.px_per_mm / one.px_per_mm))
    along, across, turned, scaled = (part / most for part, most in zip(parts, REACH, strict=True))
    return along, across, turned, scaled


def is_within_reach(one: Frame, truth: Frame) -> bool:
    """Whether a look at `one` can mend it to `truth`."""
    return all(abs(part) <= 1.0 for part in offset(one, truth))


def is_hit(one: Frame, truth: Frame) -> bool:
    """Whether `one` is near enough to be the cassette at `truth`, the same way round."""
    off, turn, ratio = apart(one, truth)
    return off < 2.2 and turn < 0.15 and 0.8 < ratio < 1.25


def is_near(one: Frame, truth: Frame) -> bool:
    """Whether `one` is too near `truth` to be called something else."""
    off, turn, ratio = apart(one, truth)
    return off < 5 and turn < 0.5 and 0.6 < ratio < 1.6
