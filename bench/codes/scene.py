"""One camera frame with a phone in it, or ten in a row from the same shaking hand."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from bench.codes import optics
from bench.codes.payloads import payload
from bench.codes.phone import Flat, Plane, phone
from checkpoint.ports import Image

WIDTH, HEIGHT = 1280, 720
KINDS = ("clean", "perspective", "motion", "defocus", "low light", "glare", "moire", "crack", "mixed")
SMALLEST, LARGEST = 1.5, 6.0  # pixels a module
_FRAMES = 10


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame and what its code says: ``image`` (720, 1280, 3) uint8 BGR, ``px_per_module`` as drawn."""

    image: Image
    text: str
    kind: str
    px_per_module: float


@dataclass(frozen=True, slots=True)
class Look:
    """How one frame is taken; angles in radians, lengths in pixels of the frame."""

    px: float
    centre: tuple[float, float]
    roll: float
    tilt: tuple[float, float]
    lens_sigma: float
    motion: tuple[float, float] = (0.0, 0.0)
    defocus: float = 0.0
    glare: tuple[float, float, float, float, float] | None = None
    moire: tuple[float, float, float, float, float] | None = None
    crack: tuple[int, float, int] | None = None
    photons: float = 4000.0
    brightness: float = 0.9
    quality: int = 90


def single(kind: str, seed: int) -> Shot:
    """Return one frame of `kind`, the same for the same seed."""
    rng = np.random.default_rng([KINDS.index(kind), seed, 1])
    text = payload(rng)
    look = _first_look(kind, rng)
    return taken(text, kind, look, seed, rng)


def sequence(kind: str, seed: int, frames: int = _FRAMES) -> Iterator[Shot]:
    """Yield `frames` frames of one phone in one hand: each with its own shake, focus and noise.

    The hand holds still or brings the phone nearer, by up to 3 % a frame, as hands do in front of a gate.
    """
    rng = np.random.default_rng([KINDS.index(kind), seed, 2])
    text = payload(rng)
    first = _first_look(kind, rng)
    drift = rng.normal(0, 4, 2)
    nearer = float(rng.uniform(1.0, 1.03))
    for number in range(frames):
        yield taken(text, kind, _shaken(replace(first, px=first.px * nearer**number), number, drift, rng), seed, rng)


def _first_look(kind: str, rng: np.random.Generator) -> Look:
    look = Look(
        px=float(rng.uniform(SMALLEST, LARGEST)),
        centre=(float(rng.uniform(0.42, 0.58)) * WIDTH, float(rng.uniform(0.46, 0.54)) * HEIGHT),
        roll=float(rng.normal(0, 0.12)),
        tilt=(float(rng.normal(0, 0.06)), float(rng.normal(0, 0.06))),
        lens_sigma=float(rng.uniform(0.35, 0.6)),
        brightness=float(rng.uniform(0.6, 0.95)),
        quality=int(rng.integers(75, 95)),
    )
    for trait in _TRAITS[kind]:
        look = _with_trait(look, trait, rng)
    if kind == "mixed":
        for trait in rng.choice(_MIXED, size=2, replace=False):
            look = _with_trait(look, str(trait), rng, severity=0.7)
    return look


_TRAITS: dict[str, tuple[str, ...]] = {kind: (kind,) for kind in KINDS} | {"clean": (), "mixed": ()}
_MIXED = ("perspective", "motion", "defocus", "low light", "glare", "moire", "crack")


def _with_trait(look: Look, trait: str, rng: np.random.Generator, severity: float = 1.0) -> Look:
    """Add one trouble; blur grows with the code, since a hand's shake and a lens's focus do not know the module."""
    match trait:
        case "perspective":
            roll, across, along = rng.uniform(-1, 1, 3)
            return replace(
                look, roll=float(roll * 0.8), tilt=(float(across * 0.65 * severity), float(along * 0.65 * severity))
            )
        case "motion":
            return replace(look, motion=(float(rng.uniform(0.8, 4.5)) * severity, float(rng.uniform(0, np.pi))))
        case "defocus":
            return replace(look, defocus=float(rng.uniform(0.6, 2.4)) * severity)
        case "low light":
            return replace(
                look,
                photons=float(np.exp(rng.uniform(np.log(24), np.log(200)))) / severity,
                quality=int(rng.integers(70, 90)),
            )
        case "glare":
            reach = 0.6
            return replace(
                look,
                glare=(
                    float(rng.uniform(-reach, reach)),
                    float(rng.uniform(-reach, reach)),
                    float(rng.uniform(0.08, 0.35)) * severity,
                    float(rng.uniform(0.3, 1.1)),
                    float(rng.uniform(0, np.pi)),
                ),
            )
        case "moire":
            return replace(
                look,
                moire=(
                    float(rng.uniform(2.2, 7)),
                    float(rng.uniform(2.2, 9)),
                    float(rng.uniform(0, np.pi)),
                    float(rng.uniform(0, np.pi)),
                    float(rng.uniform(0.25, 0.65)) * severity,
                ),
            )
        case "crack":
            return replace(
                look,
                crack=(int(rng.integers(1 << 30)), float(rng.uniform(0.3, 0.9)) * severity, int(rng.integers(2, 7))),
            )
        case _:
            raise ValueError(trait)


def _shaken(look: Look, number: int, drift: np.ndarray, rng: np.random.Generator) -> Look:
    shake = rng.normal(0, 3, 2) + drift * number
    lively = float(np.exp(rng.normal(0, 0.35)))
    return replace(
        look,
        px=look.px * float(1 + rng.normal(0, 0.02)),
        centre=(look.centre[0] + float(shake[0]), look.centre[1] + float(shake[1])),
        roll=look.roll + float(rng.normal(0, 0.02)),
        tilt=(look.tilt[0] + float(rng.normal(0, 0.02)), look.tilt[1] + float(rng.normal(0, 0.02))),
        motion=(look.motion[0] * lively + float(abs(rng.normal(0, 0.5))), float(rng.uniform(0, np.pi))),
        defocus=look.defocus * float(np.exp(rng.normal(0, 0.2))),
        glare=look.glare
        and (look.glare[0] + float(rng.normal(0, 0.04)), look.glare[1] + float(rng.normal(0, 0.04)), *look.glare[2:]),
        moire=look.moire
        and (*(period * float(np.exp(rng.normal(0, 0.08))) for period in look.moire[:2]), *look.moire[2:]),
    )


def taken(text: str, kind: str, look: Look, seed: int, rng: np.random.Generator) -> Shot:
    """Take a picture of a phone that shows `text`; it comes as near as fits the frame."""
    flat = phone(text, np.random.default_rng([seed, 3]), per_module=6)
    while not _in_view(_seen(flat.code_corners(), flat, look)):
        look = replace(look, px=look.px * 0.95)
    plane = flat.plane
    if look.crack:
        crack_seed, width_modules, branches = look.crack
        width = round(width_modules * flat.per_module)
        plane = optics.cracked(plane, np.random.default_rng(crack_seed), width, branches)
    light = _placed(plane, flat, look, seed) * look.brightness
    side = look.px * flat.modules
    if look.glare:
        across, along, size, strength, angle = look.glare
        centre = (look.centre[0] + across * side, look.centre[1] + along * side)
        light = optics.with_glare(light, centre, size * side, strength, angle)
    if look.moire:
        first, second, one, other, amplitude = look.moire
        light = optics.with_moire(light, (first, second), (one, other), amplitude)
    if look.defocus > 0.3:
        light = optics.defocused(light, look.defocus)
    if look.motion[0] > 0.5:
        light = optics.motion_blurred(light, *look.motion)
    light = optics.soft(light, look.lens_sigma)
    return Shot(optics.exposed(light, rng, photons=look.photons, quality=look.quality), text, kind, look.px)


def _seen(points: Plane, flat: Flat, look: Look) -> Plane:
    """Return where points of the flat picture, shape (N, 2), fall in the frame; the code's centre at the look's."""
    half = flat.modules * flat.per_module / 2
    distance = 4.0 * half  # the camera at four half-sides: perspective as at arm's length
    scale = look.px / flat.per_module
    x, y = (points - np.array(flat.origin) - half).T
    x, y = np.cos(look.roll) * x - np.sin(look.roll) * y, np.sin(look.roll) * x + np.cos(look.roll) * y
    across, along = look.tilt
    nearer = scale * distance / (distance + x * np.sin(across) + y * np.sin(along))
    seen = np.column_stack([x * np.cos(across) * nearer, y * np.cos(along) * nearer]) + look.centre
    return np.asarray(seen, np.float32)


def _in_view(corners: Plane) -> bool:
    return bool((corners > 0).all() and (corners < (WIDTH, HEIGHT)).all())


_OVERSAMPLED = 2


def _placed(plane: Plane, flat: Flat, look: Look, seed: int) -> Plane:
    """Hold the flat phone in front of the camera, over a blurred lane."""
    height, width = plane.shape
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = _seen(source, flat, look)
    left, top = np.maximum(np.floor(seen.min(axis=0)), 0).astype(int)
    right, bottom = np.minimum(np.ceil(seen.max(axis=0)), (WIDTH, HEIGHT)).astype(int)
    frame = np.asarray(cv2.resize(_lane(seed), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)
    part = frame[top:bottom, left:right]
    size = (part.shape[1] * _OVERSAMPLED, part.shape[0] * _OVERSAMPLED)
    canvas = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_LINEAR), np.float32)
    target = np.asarray((seen - (left, top)) * _OVERSAMPLED, np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    # Shrinking needs averaging: the flat picture is brought near its size in the frame before it is warped.
    shrink = max(1, int(flat.per_module / (look.px * _OVERSAMPLED)))
    if shrink > 1:
        smaller = (width // shrink, height // shrink)
        plane = np.asarray(cv2.resize(plane, smaller, interpolation=cv2.INTER_AREA), np.float32)
        matrix = matrix @ np.diag([width / smaller[0], height / smaller[1], 1.0])
    cv2.warpPerspective(plane, matrix, size, dst=canvas, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    part[:] = cv2.resize(canvas, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_AREA)
    return frame


def _lane(seed: int) -> Plane:
    """A lane out of focus: soft blobs of light and dark, a quarter of the frame's size."""
    rng = np.random.default_rng([seed, 4])
    coarse = rng.uniform(0.1, 0.6, (9, 16)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_CUBIC), np.float32)
