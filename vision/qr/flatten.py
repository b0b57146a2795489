"""Codes on cloth, round a bottle, on a crumpled pass: follow the bent lattice of modules, and draw it flat.

A decoder lays a flat lattice through the finder patterns, which on bent paper misses the modules in between by one or
more. Where it has found a code and could not read it, the lattice is followed from the finder patterns outwards: each
knot is looked for where the shifts of those already known, carried on in a straight line, say it should be. Of the
candidates the one counts on whose modules' centres the picture is most clearly dark or light, and has the dark and
light that every code has there (finder, alignment and timing patterns, quiet zone); a lattice that is off stands on
edges. Nothing is misread this way: error correction judges the flat picture like any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from vision.qr.zxing import Grey, Unread

Plane = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
"""Positions (x, y): ndarray, shape (..., 2), float64, in modules or in pixels."""

LEAST_MODULES = 21  # a side: version 1
MOST_MODULES = 69  # a side (version 13): with more, a knot's neighbourhood is too small a part of the bend
LEAST_PX = 2.5  # a module, below which blur hides where one module ends
_ENOUGH_PX = 8.0  # a module; a larger picture is reduced first, for the time grows with the area
_QUIET = 4  # modules, ISO/IEC 18004
_FLAT_PX = 4  # a module in the flat picture
_AROUND = 3  # modules to each side of a knot on which it is judged
_STRAIGHT = 0.25  # what a shift by one module must gain in clearness, a fraction
_TURNS = ((0.4, 5), (0.2, 3))
"""Modules by which a knot may be off where the others say, and candidates along each axis: at first, and once more."""


def flattened(grey: Grey, found: Unread) -> Grey | None:
    """Return the code drawn flat, with a quiet zone; None where its size is unknown, too small or too dense.

    None as well where its corners are not those of a square seen from any side.
    """
    side = found.modules
    corners = np.array(found.corners, np.float32)
    px = float(np.mean(np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1))) / max(side, 1)
    if not LEAST_MODULES <= side <= MOST_MODULES or px < LEAST_PX:
        return None
    if px > _ENOUGH_PX:
        scale = _ENOUGH_PX / px
        size = tuple(max(1, round(length * scale)) for length in grey.shape[::-1])
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        corners, px = corners * scale, _ENOUGH_PX
    flat = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    lattice = _Lattice(np.asarray(cv2.getPerspectiveTransform(flat, corners), np.float64), side, px)
    if not lattice.before_the_camera:
        return None
    return lattice.drawn(grey, lattice.followed(_signs(grey, px)))


def _signs(grey: Grey, px: float) -> Plane:
    """Return how clearly each pixel is light (1) or dark (-1) among those around it; 0 on an edge."""
    soft = cv2.GaussianBlur(grey, (0, 0), max(0.5, px * 0.25))
    side = round(px * 5) | 1
    window = np.ones((side, side), np.uint8)
    dark, light = (
        np.asarray(cv2.blur(np.asarray(morph(soft, window), np.float32), (side, side)))
        for morph in (cv2.erode, cv2.dilate)
    )
    half = np.maximum(light - dark, 12) / 2
    return np.asarray(np.clip((soft - (light + dark) / 2) / half, -1, 1), np.float32)


@lru_cache(maxsize=16)
def _known(side: int) -> Plane:
    """Return what every code of this size shows, quiet zone included: 1 light, -1 dark, 0 what differs.

    Shape (side + 8, side + 8); the code's top left module stands at [4, 4].
    """
    known = np.zeros((side, side), np.float32)
    timing = np.where(np.arange(side) % 2, 1, -1)
    known[6], known[:, 6] = timing, timing
    for y, x in _alignment(side):
        known[y - 2 : y + 3, x - 2 : x + 3] = -1
        known[y - 1 : y + 2, x - 1 : x + 2] = 1
        known[y, x] = -1
    finder = np.ones((8, 8), np.float32)
    finder[:7, :7] = -1
    finder[1:6, 1:6] = 1
    finder[2:5, 2:5] = -1
    known[:8, :8], known[:8, -8:], known[-8:, :8] = finder, finder[:, ::-1], finder[::-1]
    return np.pad(known, _QUIET, constant_values=1)


def _alignment(side: int) -> Iterator[tuple[int, int]]:
    """Yield the centres (row, column) of the alignment patterns, by the spacing of ISO/IEC 18004, annex E."""
    version = (side - 17) // 4
    if version == 1:
        return
    count = version // 7 + 2
    step = (version * 4 + count * 2 + 1) // (count * 2 - 2) * 2
    places = [6, *(side - 7 - step * number for number in range(count - 1))]
    for row in places:
        for column in places:
            if (row, column) not in {(6, 6), (6, side - 7), (side - 7, 6)}:
                yield row, column


@dataclass(frozen=True, slots=True)
class _Lattice:
    """The flat lattice through a code's corners: ``plane`` takes modules to pixels, ``px`` is a module's size."""

    plane: npt.NDArray[np.float64]
    side: int
    px: float

    @property
    def knots(self) -> npt.NDArray[np.float64]:
        """Positions of the knots along one side, in modules: middles of modules, two or three apart."""
        count = round(self.side / (2 if self.side <= 45 else 3))
        return np.round(np.linspace(0, self.side - 1, count)) + 0.5

    @property
    def before_the_camera(self) -> bool:
        """Whether all of the code and its quiet zone can be seen at once, so that its corners are those of a square."""
        ends = (-_QUIET, self.side + _QUIET)
        depths = [float(self.plane[2] @ (x, y, 1)) for x in ends for y in ends]
        return min(depths) > 0.1 * max(depths)

    def flat(self, places: Points) -> Points:
        """Return where places in modules would fall in the picture if the code were flat."""
        seen = places @ self.plane[:, :2].T + self.plane[:, 2]
        return np.asarray(seen[..., :2] / seen[..., 2:])

    def followed(self, signs: Plane) -> Points:
        """Return by how many pixels each knot is off the flat lattice: shape (K, K, 2), by row and column."""
        knots = self.knots
        places = np.stack(np.meshgrid(knots, knots), axis=-1).reshape(-1, 2)
        anchors = np.array([[3.5, 3.5], [self.side - 3.5, 3.5], [3.5, self.side - 3.5]])
        distance = np.min(np.linalg.norm(places[:, None] - anchors, axis=-1), axis=-1)
        rings = np.floor(distance / 2.5)
        shifts, known = np.zeros_like(places), np.zeros(len(places), bool)
        (first_reach, first_steps), again = _TURNS
        for ring in np.unique(rings):
            now = np.flatnonzero(rings == ring)
            shifts[now] = self._best(signs, places, shifts, known, now, first_reach, first_steps)
            known[now] = True
        every = np.arange(len(places))
        return self._best(signs, places, shifts, known, every, *again).reshape(len(knots), len(knots), 2)

    def _best(
        self,
        signs: Plane,
        places: Points,
        shifts: Points,
        known: npt.NDArray[np.bool_],
        now: npt.NDArray[np.intp],
        reach: float,
        steps: int,
    ) -> Points:
        """Return the best shifts of the knots `now`, looked for where the `known` ones carried on say they are."""
        expected, slope = _carried_on(places[known], shifts[known], places[now])
        tries = np.linspace(-reach, reach, steps)
        candidates = np.stack(np.meshgrid(tries, tries), axis=-1).reshape(-1, 2)
        near = np.arange(-_AROUND, _AROUND + 1)
        window = np.stack(np.meshgrid(near, near), axis=-1).reshape(-1, 2).astype(np.float64)
        weight = np.exp(-np.sum(window**2, axis=1) / 8)
        modules = places[now][:, None] + window
        at = self.flat(modules) + np.einsum("wi,kij->kwj", window, slope) + expected[:, None]
        seen = (at[:, None] + (candidates * self.px)[:, None]).astype(np.float32)
        sampled = np.asarray(
            cv2.remap(
                signs, seen[..., 0].reshape(-1, len(window)), seen[..., 1].reshape(-1, len(window)), cv2.INTER_LINEAR
            )
        ).reshape(len(now), len(candidates), len(window))
        index = np.clip(np.floor(modules).astype(int) + _QUIET, 0, self.side + 2 * _QUIET - 1)
        should = _known(self.side)[index[..., 1], index[..., 0]][:, None]
        score = np.where(should == 0, np.abs(sampled), sampled * should) @ (weight / weight.sum())
        score = score - _STRAIGHT * np.sum(candidates**2, axis=1)
        return np.asarray(expected + candidates[np.argmax(score, axis=1)] * self.px)

    def drawn(self, grey: Grey, shifts: Points) -> Grey:
        """Return the picture along the followed lattice, with white around it."""
        fine = (np.arange(self.side * _FLAT_PX) + 0.5) / _FLAT_PX
        at = np.interp(fine, self.knots, np.arange(len(self.knots))).astype(np.float32)
        column, row = np.meshgrid(at, at)
        shift = cv2.remap(shifts.astype(np.float32), column, row, cv2.INTER_LINEAR)
        seen = (self.flat(np.stack(np.meshgrid(fine, fine), axis=-1)) + shift).astype(np.float32)
        picture = cv2.remap(grey, seen[..., 0], seen[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        paper, border = float(np.percentile(picture, 95)), _QUIET * _FLAT_PX
        return np.asarray(
            cv2.copyMakeBorder(picture, border, border, border, border, cv2.BORDER_CONSTANT, value=paper), np.uint8
        )


def _carried_on(known: Points, shifts: Points, places: Points) -> tuple[Points, npt.NDArray[np.float64]]:
    """Return the shift expected at each place, and its slope there: the plane through the shifts known around it.

    The fit is a ridge regression, weighted by nearness; far from everything known the shift is none.
    """
    offsets = known[None] - places[:, None]
    weight = np.exp(-np.sum(offsets**2, axis=-1) / (2 * 4.0**2))
    design = np.concatenate([np.ones((*offsets.shape[:2], 1)), offsets], axis=-1)
    weighted = design * weight[..., None]
    normal = np.swapaxes(weighted, 1, 2) @ design + np.diag([1e-3, 2.0, 2.0])
    fitted = np.linalg.solve(normal, np.swapaxes(weighted, 1, 2) @ shifts)
    return fitted[:, 0], fitted[:, 1:]
