"""One trouble at a time, growing until nothing can be read: what the scanner says then.

Each kind stands for what a traveller can mend. A third of the codes are short, as a health code is, the others dense.
"""

from dataclasses import dataclass, replace

import numpy as np

from bench.codes.payloads import payload
from bench.codes.scene import Look, Shot, taken
from checkpoint.sighting import CodeHint

STRENGTHS = 5
_SHORT_PX, _DENSE_PX = (6.0, 9.0), (3.0, 4.5)  # pixels a module of a short and a dense code


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind of trouble, and the hint that mends it; the steps are its growing strengths, in the unit named."""

    name: str
    unit: str
    steps: tuple[float, ...]
    fitting: CodeHint


TROUBLES = (
    Trouble("dark", "of the light", (0.02, 0.012, 0.007, 0.004, 0.0025), CodeHint.MORE_LIGHT),
    Trouble("out of focus", "modules' radius", (0.9, 1.3, 1.8, 2.4, 3.2), CodeHint.STEADIER),
    Trouble("moved", "modules long", (1.8, 2.6, 3.6, 5.0, 7.0), CodeHint.STEADIER),
    Trouble("small", "px a module", (1.6, 1.3, 1.05, 0.85, 0.7), CodeHint.CLOSER),
    Trouble("tilted", "radians", (1.05, 1.15, 1.25, 1.33, 1.40), CodeHint.LESS_TILT),
    Trouble("glare", "of the side", (0.3, 0.45, 0.6, 0.8, 1.0), CodeHint.LESS_GLARE),
)


def worsened(trouble: Trouble, strength: int, seed: int) -> Shot:
    """Return a code under `trouble` at its `strength`, from 0 on; the same for the same seed."""
    rng = np.random.default_rng([TROUBLES.index(trouble), seed, 6])
    short = seed % 3 == 0
    text = f"JKM:GREEN:{seed:08d}:{int(rng.integers(1 << 60)):x}" if short else payload(rng)
    look = Look(
        px=float(rng.uniform(*(_SHORT_PX if short else _DENSE_PX))),
        centre=(float(rng.uniform(600, 680)), float(rng.uniform(340, 380))),
        roll=float(rng.normal(0, 0.12)),
        tilt=(float(rng.normal(0, 0.06)), float(rng.normal(0, 0.06))),
        lens_sigma=float(rng.uniform(0.35, 0.6)),
        brightness=float(rng.uniform(0.6, 0.95)),
        photons=2000.0,
    )
    angle = float(rng.uniform(0, np.pi))
    place = rng.uniform(-0.25, 0.25, 2)
    return taken(text, trouble.name, _under(trouble, trouble.steps[strength], look, angle, place), seed, rng)


def _under(trouble: Trouble, step: float, look: Look, angle: float, place: np.ndarray) -> Look:
    match trouble.name:
        case "dark":
            return replace(look, brightness=look.brightness * step)
        case "out of focus":
            return replace(look, defocus=step * look.px)
        case "moved":
            return replace(look, motion=(step * look.px, angle))
        case "small":
            return replace(look, px=step)
        case "tilted":
            return replace(look, tilt=(step, look.tilt[1]) if angle < np.pi / 2 else (look.tilt[0], step))
        case "glare":
            return replace(look, glare=(float(place[0]), float(place[1]), step, 1.5, angle))
        case _:
            raise ValueError(trouble.name)
