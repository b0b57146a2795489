"""The reading mat in millimetres: one description for the printer and for the reader.

Everything is measured from the sheet's top left corner, x to the right, y down. The grid depends on the paper alone; a
mat with fewer slots leaves the last ones out. Fiducials stand left and right of every slot, so that a covered corner
costs nothing, and next to each stand a white and a grey field by which the light is levelled.
"""

import math
from dataclasses import dataclass
from enum import StrEnum


class Paper(StrEnum):
    """The sheet, lying on its long side."""

    A4 = "a4"
    A5 = "a5"


@dataclass(frozen=True, slots=True)
class Grid:
    """How one paper is divided; ``first_fiducial`` keeps the papers' fiducials apart."""

    width_mm: float
    height_mm: float
    columns: int
    rows: int
    first_fiducial: int

    @property
    def most_slots(self) -> int:
        """How many slots the paper has room for."""
        return self.columns * self.rows


GRIDS = {
    Paper.A4: Grid(width_mm=297.0, height_mm=210.0, columns=3, rows=7, first_fiducial=0),
    Paper.A5: Grid(width_mm=210.0, height_mm=148.0, columns=2, rows=4, first_fiducial=28),
}

SLOT_MM = (80.0, 22.0)
ROW_PITCH_MM = 24.8
FIDUCIAL_MM = 8.4
PATCH_MM = 3.4
_HEAD_MM = 17.0
_LETTER_MM = 16.0
_MARGIN_MM = 7.0  # most office printers leave 4 to 6 mm white

WHITE, MID_GREY = 1.0, 0.5


@dataclass(frozen=True, slots=True)
class Fiducial:
    """An ArUco marker of the 4x4_50 dictionary: its number, middle and the side of its black square, mm."""

    number: int
    x: float
    y: float
    side: float = FIDUCIAL_MM

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """The black square's corners, clockwise from the top left."""
        half = self.side / 2
        return (
            (self.x - half, self.y - half),
            (self.x + half, self.y - half),
            (self.x + half, self.y + half),
            (self.x - half, self.y + half),
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """A numbered outline: top left corner and size, mm. The control end belongs at the left."""

    number: int
    x: float
    y: float
    width: float = SLOT_MM[0]
    height: float = SLOT_MM[1]


@dataclass(frozen=True, slots=True)
class Patch:
    """A printed field of known colour: middle and side, mm; ``rgb`` 0 to 1 as sent to the printer."""

    name: str
    x: float
    y: float
    side: float
    rgb: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in a slot: its middle, height and thickness of its one stroke (mm), grey level.

    It shows which end belongs where, and a slot whose letters are seen is empty: a cassette hides them. It is a stroke
    and not a font's glyph, so that the printer and the reader draw the very same shape.
    """

    text: str
    x: float
    y: float
    height: float = 5.0
    thickness: float = 0.8
    grey: float = 0.55

    @property
    def stroke(self) -> tuple[tuple[float, float], ...]:
        """The stroke's points on the sheet, mm."""
        wide, tall = 0.38 * self.height, 0.5 * self.height
        if self.text == "C":
            turns = [math.radians(50 + step * 10) for step in range(27)]
            return tuple((self.x + wide * math.cos(t), self.y - tall * math.sin(t)) for t in turns)
        upper = [math.radians(30 + step * 12) for step in range(21)]
        lower = [math.radians(90 - step * 12) for step in range(21)]
        return (
            *((self.x + 0.8 * wide * math.cos(t), self.y - tall / 2 - tall / 2 * math.sin(t)) for t in upper),
            *((self.x + 0.8 * wide * math.cos(t), self.y + tall / 2 - tall / 2 * math.sin(t)) for t in lower),
        )


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A line of known length, to be checked with a ruler after printing."""

    x: float
    y: float
    length: float


@dataclass(frozen=True, slots=True)
class MatLayout:
    """A whole mat."""

    paper: Paper
    width_mm: float
    height_mm: float
    slots: tuple[Slot, ...]
    letters: tuple[Letter, ...]
    fiducials: tuple[Fiducial, ...]
    light_fields: tuple[Patch, ...]
    colour_fields: tuple[Patch, ...]
    scale_bar: ScaleBar


def mat_layout(slots: int, paper: Paper = Paper.A4) -> MatLayout:
    """Return the mat with `slots` numbered slots; raise ValueError where the paper has no room for them.

    >>> layout = mat_layout(20)
    >>> len(layout.slots), len(layout.fiducials), layout.slots[-1].number
    (20, 28, 20)
    """
    grid = GRIDS[paper]
    if not 1 <= slots <= grid.most_slots:
        raise ValueError(f"a mat on {paper.upper()} has room for 1 to {grid.most_slots} slots, not {slots}")
    gap = (grid.width_mm - 2 * _MARGIN_MM - grid.columns * SLOT_MM[0]) / (grid.columns + 1)
    lefts = [_MARGIN_MM + gap + column * (SLOT_MM[0] + gap) for column in range(grid.columns)]
    strips = [_MARGIN_MM + gap / 2 + column * (SLOT_MM[0] + gap) for column in range(grid.columns + 1)]
    middles = [_HEAD_MM + SLOT_MM[1] / 2 + row * ROW_PITCH_MM for row in range(grid.rows)]
    places = [(left, middle - SLOT_MM[1] / 2) for middle in middles for left in lefts]
    fiducials = [(strip, middle) for strip in strips for middle in middles]
    foot = middles[-1] + SLOT_MM[1] / 2 + 6.0
    return MatLayout(
        paper=paper,
        width_mm=grid.width_mm,
        height_mm=grid.height_mm,
        slots=tuple(Slot(number + 1, *place) for number, place in enumerate(places[:slots])),
        letters=tuple(letter for x, y in places[:slots] for letter in _letters(x, y + SLOT_MM[1] / 2)),
        fiducials=tuple(Fiducial(grid.first_fiducial + i, *place) for i, place in enumerate(fiducials)),
        light_fields=tuple(field for x, y in fiducials for field in _light_fields(x, y)),
        colour_fields=_colour_fields(strips[0], foot),
        scale_bar=ScaleBar(x=grid.width_mm - _MARGIN_MM - gap - 100.0, y=foot, length=100.0),
    )


def _letters(left: float, middle: float) -> tuple[Letter, Letter]:
    """Return a slot's letters, far enough from its ends that a cassette laid anywhere in it hides both."""
    return Letter("C", left + _LETTER_MM, middle), Letter("S", left + SLOT_MM[0] - _LETTER_MM, middle)


def _light_fields(x: float, y: float) -> tuple[Patch, Patch]:
    """Return the white and the grey field below a fiducial; its number or nothing stands above."""
    below = y + FIDUCIAL_MM / 2 + 1.6 + PATCH_MM / 2
    aside = PATCH_MM / 2 + 0.4
    return (
        Patch("white", x - aside, below, PATCH_MM, (WHITE, WHITE, WHITE)),
        Patch("grey", x + aside, below, PATCH_MM, (MID_GREY, MID_GREY, MID_GREY)),
    )


def _colour_fields(x: float, y: float) -> tuple[Patch, ...]:
    colours = (
        ("black", (0.0, 0.0, 0.0)),
        ("grey-25", (0.25, 0.25, 0.25)),
        ("grey-50", (0.5, 0.5, 0.5)),
        ("grey-75", (0.75, 0.75, 0.75)),
        ("red", (0.85, 0.1, 0.15)),
        ("green", (0.1, 0.6, 0.25)),
        ("blue", (0.1, 0.25, 0.7)),
        ("line-red", (0.75, 0.25, 0.45)),
        ("line-pale", (0.97, 0.85, 0.9)),
    )
    return tuple(Patch(name, x + i * 6.5, y, 5.5, rgb) for i, (name, rgb) in enumerate(colours))
