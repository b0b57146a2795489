"""What to draw: a cassette with known truth, and the photograph taken of it.

Lengths are millimetres, angles degrees. Along a cassette, x runs from the control end (x = 0) to the end with the
sample well, y across it. Ranges follow test-kit leaflets and 1,700 real window crops (docs/reader.md).
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np

Colour = tuple[float, float, float]
"""Blue, green, red; reflectance 0 to 1, or absorbance relative to the strongest channel."""


class Well(StrEnum):
    """The shape of the sample well."""

    ROUND = "round"
    OVAL = "oval"
    SQUARE = "square"


class LineColour(StrEnum):
    """The dye of a line: colloidal gold or coloured latex."""

    RED_PURPLE = "red-purple"
    PURPLE = "purple"
    BLUE = "blue"
    BLACK = "black"

    @property
    def absorbance(self) -> Colour:
        """How strongly the dye takes away blue, green and red, the strongest being 1."""
        return _DYES[self]


_DYES: dict[LineColour, Colour] = {
    LineColour.RED_PURPLE: (0.72, 1.0, 0.22),
    LineColour.PURPLE: (0.55, 1.0, 0.50),
    LineColour.BLUE: (0.40, 0.85, 1.0),
    LineColour.BLACK: (1.0, 1.0, 0.98),
}


class Cover(StrEnum):
    """What lies over the result window."""

    FINGER = "finger"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class CassetteGeometry:
    """The shape of one kind of cassette, mm.

    ``window_*`` is the visible membrane; ``bevel_mm`` the width of the slope around it; ``control_mm`` and ``test_mm``
    are measured from the window's control end.
    """

    name: str = "classic"
    length_mm: float = 70.0
    width_mm: float = 20.0
    corner_mm: float = 2.0
    window_start_mm: float = 23.0
    window_length_mm: float = 14.0
    window_width_mm: float = 3.4
    window_corner_mm: float = 0.4
    bevel_mm: float = 2.2
    control_mm: float = 4.2
    test_mm: float = 10.0
    line_width_mm: float = 0.75
    well_centre_mm: float = 54.0
    well_mm: float = 7.0
    well: Well = Well.ROUND


GEOMETRIES: tuple[CassetteGeometry, ...] = (
    CassetteGeometry(),
    CassetteGeometry(
        name="stadium", corner_mm=3.0, window_start_mm=24.0, window_length_mm=15.0, window_width_mm=3.6,
        window_corner_mm=1.8, bevel_mm=1.2, control_mm=4.6, test_mm=10.6, well_centre_mm=55.0, well=Well.OVAL,
    ),
    CassetteGeometry(
        name="deep", window_start_mm=21.0, window_length_mm=13.0, window_width_mm=3.1, window_corner_mm=0.9,
        bevel_mm=3.0, control_mm=3.9, test_mm=9.2, well_centre_mm=53.0, well_mm=8.0, well=Well.OVAL,
    ),
    CassetteGeometry(
        name="slim", length_mm=77.0, width_mm=14.6, corner_mm=2.6, window_start_mm=30.0, window_length_mm=12.4,
        window_width_mm=3.2, window_corner_mm=0.5, bevel_mm=1.6, control_mm=3.6, test_mm=8.9, well_centre_mm=62.0,
        well_mm=6.0, well=Well.OVAL,
    ),
    CassetteGeometry(
        name="short", length_mm=66.0, width_mm=21.0, corner_mm=3.0, window_start_mm=20.0, window_length_mm=11.4,
        window_width_mm=3.5, window_corner_mm=0.3, bevel_mm=1.8, control_mm=3.3, test_mm=8.2, well_centre_mm=49.0,
        well_mm=6.5, well=Well.SQUARE,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CassetteSpec:
    """One cassette and everything that is to be seen on it.

    Contrasts are the depth of a line at its middle as a fraction of the membrane's reflectance, in the channel its dye
    takes most of; None is no line at all. ``wash`` is the absorbance of pink left on the membrane, ``front_mm`` how far
    the liquid has come from the well's end of the window (None: all the way), ``flood`` the absorbance of a flooded
    membrane, ``streak`` that of a streak of blood or dirt, ``edge_shadow`` the depth of the recessed edge's shadow,
    ``glare`` the share of white light added at the brightest spot of a reflection over the window.
    ``vents`` are the small holes beyond the control end, ``square_code`` a printed matrix code; ``letters`` says on
    which side of the window C and T stand, 1 or -1, or 0 where the plastic is not lettered;
    ``face_down`` shows the back: plain plastic with two ribs.
    """

    geometry: CassetteGeometry = field(default_factory=CassetteGeometry)
    control_contrast: float | None = 0.4
    test_contrast: float | None = None
    control_colour: LineColour = LineColour.RED_PURPLE
    test_colour: LineColour = LineColour.RED_PURPLE
    wash: float = 0.04
    wash_slope: float = 0.0
    speckle: float = 0.1
    front_mm: float | None = None
    flood: float = 0.0
    streak: float = 0.0
    edge_shadow: float = 0.10
    light_from_deg: float = 130.0
    glare: float = 0.0
    cover: Cover | None = None
    plastic: Colour = (0.86, 0.88, 0.88)
    membrane: Colour = (0.84, 0.86, 0.87)
    printed: bool = True
    brand: str = "SARS-CoV-2 Ag"
    vents: bool = False
    square_code: bool = False
    letters: int = 1
    face_down: bool = False

    @property
    def used(self) -> bool:
        """Whether liquid has run over the membrane."""
        return self.control_contrast is not None or self.test_contrast is not None or self.wash > 0 or self.flood > 0


@dataclass(frozen=True, slots=True)
class Shot:
    """How the picture was taken.

    ``blur_px`` is a standard deviation, ``motion_px`` the length of a smear; ``noise`` the standard deviation of grey
    levels at mid grey; ``white_balance`` the gains of blue and red; ``light_slope`` the fall of light from one side of
    the picture to the other; ``cast_shadow`` the depth of a shadow lying across; ``tilt_deg`` the lean of the camera.
    """

    tilt_deg: float = 0.0
    tilt_towards_deg: float = 0.0
    blur_px: float = 0.6
    motion_px: float = 0.0
    noise: float = 1.5
    exposure: float = 1.0
    white_balance: tuple[float, float] = (1.0, 1.0)
    light_slope: float = 0.05
    light_slope_towards_deg: float = 30.0
    cast_shadow: float = 0.0
    jpeg_quality: int | None = 92
    grey: bool = False


BRANDS = ("SARS-CoV-2 Ag", "COVID-19 Ag", "nCoV", "Antigen", "2019-nCoV", "Rapid Ag")


def sample_geometry(rng: np.random.Generator) -> CassetteGeometry:
    """Draw one of the known shapes with its lengths varied within what kits show."""
    base = GEOMETRIES[rng.integers(len(GEOMETRIES))]
    length = float(np.clip(base.window_length_mm * rng.uniform(0.94, 1.08), 11.0, 15.5))
    width = float(np.clip(base.window_width_mm * rng.uniform(0.92, 1.1), 3.0, 3.7))
    spacing = float(np.clip((base.test_mm - base.control_mm) * rng.uniform(0.85, 1.15), 4.0, length - 4.5))
    control = float(np.clip((length - spacing) / 2 + rng.normal(0, 0.7), 1.8, length - spacing - 1.8))
    # Kits differ most in where along the cassette the window and the well stand.
    start = float(np.clip(base.window_start_mm + rng.normal(0, 3.0), 12.0, base.length_mm * 0.45))
    end = start + length + base.bevel_mm
    well = float(
        np.clip(base.well_centre_mm + rng.normal(0, 4.0), end + base.well_mm * 0.7, base.length_mm - base.well_mm)
    )
    return replace(
        base,
        window_start_mm=start,
        well_centre_mm=well,
        window_length_mm=length,
        window_width_mm=width,
        window_corner_mm=width / 2 if base.name == "stadium" else float(rng.uniform(0.1, 1.3)),
        bevel_mm=base.bevel_mm * float(rng.uniform(0.6, 1.4)),
        control_mm=control,
        test_mm=control + spacing,
        line_width_mm=float(rng.uniform(0.45, 1.1)),
    )


def sample_spec(rng: np.random.Generator, **fixed: Any) -> CassetteSpec:
    """Draw a used cassette with a control line and whatever real ones vary in; `fixed` fields stay as given.

    Without `test_contrast` among `fixed`, half of the cassettes carry a test line of 0.02 to 0.6 contrast.
    """
    contrast = float(np.exp(rng.uniform(np.log(0.02), np.log(0.6))))
    dye = (LineColour.RED_PURPLE, LineColour.PURPLE, LineColour.BLUE, LineColour.BLACK)
    control_colour = dye[rng.choice(4, p=(0.6, 0.25, 0.08, 0.07))]
    test_colour = control_colour if rng.random() < 0.8 else dye[rng.choice(4, p=(0.6, 0.2, 0.1, 0.1))]
    light = float(rng.uniform(0.72, 0.95))
    tint = rng.normal(0, 0.015, 3)
    drawn: dict[str, Any] = {
        "geometry": sample_geometry(rng),
        # Real control lines: median 37 %, 5th percentile 13 % of green.
        "control_contrast": float(np.clip(np.exp(rng.normal(np.log(0.37), 0.55)), 0.08, 0.75)),
        "test_contrast": contrast if rng.random() < 0.5 else None,
        "control_colour": control_colour,
        "test_colour": test_colour,
        "wash": float(rng.gamma(1.2, 0.05)),
        "wash_slope": float(rng.normal(0, 0.3)),
        "speckle": float(rng.gamma(1.0, 0.12)),
        # Real window edges: median 10 %, 95th percentile 33 % of green.
        "edge_shadow": float(np.clip(np.exp(rng.normal(np.log(0.10), 0.73)), 0.01, 0.6)),
        "light_from_deg": float(rng.uniform(0, 360)),
        "glare": float(rng.uniform(0.05, 0.3)) if rng.random() < 0.1 else 0.0,
        "streak": float(rng.uniform(0.02, 0.15)) if rng.random() < 0.08 else 0.0,
        "plastic": tuple(np.clip(light + tint + (-0.02, 0, 0.01), 0.4, 0.98)),
        "membrane": tuple(np.clip(light * rng.uniform(0.85, 1.05) + rng.normal(0, 0.015, 3), 0.4, 0.98)),
        "printed": bool(rng.random() < 0.6),
        "brand": BRANDS[rng.integers(len(BRANDS))],
        "vents": bool(rng.random() < 0.25),
        "square_code": bool(rng.random() < 0.2),
    }
    return CassetteSpec(**(drawn | fixed))


def sample_shot(rng: np.random.Generator, **fixed: Any) -> Shot:
    """Draw the conditions of an ordinary photo: mostly sharp and level, seldom not."""
    warmth = float(rng.normal(0, 0.06))
    drawn: dict[str, Any] = {
        "tilt_deg": float(rng.gamma(1.5, 5.0)) if rng.random() < 0.7 else 0.0,
        "tilt_towards_deg": float(rng.uniform(0, 360)),
        "blur_px": float(rng.uniform(0.3, 1.4)),
        "motion_px": float(rng.uniform(1, 3)) if rng.random() < 0.1 else 0.0,
        "noise": float(rng.gamma(2.0, 1.0)),
        "exposure": float(rng.uniform(0.75, 1.08)),
        "white_balance": (1 - warmth + float(rng.normal(0, 0.02)), 1 + warmth + float(rng.normal(0, 0.02))),
        "light_slope": float(rng.gamma(1.5, 0.08)),
        "light_slope_towards_deg": float(rng.uniform(0, 360)),
        "cast_shadow": float(rng.uniform(0.1, 0.5)) if rng.random() < 0.12 else 0.0,
        "jpeg_quality": int(rng.integers(70, 97)),
    }
    return Shot(**(drawn | fixed))
