"""Find cassettes in a picture: at any angle, on any surface, close up, clipped at the edge, one or several.

Pairs of parallel edges and solid boxes propose where a window or a whole cassette may lie (`proposals`); what the
picture shows around each decides (`recognise`), and the best are settled into place, scale and angle.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.cassette.frames import PATCH_AFTER_MM, PATCH_BEFORE_MM, Frame, Pyramid
from vision.cassette.outline import outline
from vision.cassette.proposals import WINDOW_WIDTH_MM, Pair, Segments, parallel_pairs, solid_boxes, straight_edges
from vision.cassette.recognise import best_along, score, settle

WINDOW_MM = (13.4, 3.4)
"""Length and width of a window's visible membrane, the middle of what kits show."""

_WORKING_SIDES = (720, 1440)  # longest side, pixels: the larger one only where the smaller shows nothing
_PATIENCE = ((120, 16), (500, 80))  # windows and bodies looked at; the larger numbers only where nothing sure was found
_QUICK, _QUICK_SIDES = ((40, 4),), (600,)
_MOST_SOLID, _MOST_SINGLE = 6, 8
_SIDE_LENGTHS_MM = (66.0, 57.0, 49.0)  # a side is seen without its rounded corners, or less of it
_SURE = 3.0  # log odds
_BODY_MM = (70.0, 16.0)
_BODY_WIDTHS_MM = (20.5, 17.8, 15.0)
_ACCEPT = 0.0  # log odds
_ONE_SCALE = 1.6
_SIDES_KNOWN = 1.0  # log odds by which one direction must beat the other
_BESIDE = -2.0  # log odds of a second window: a card of two tests -0.6 and 0.2; all single cassettes below -3.3
_OVERLAP = 0.25  # share of the smaller body: more means that two finds are one cassette


@dataclass(frozen=True, slots=True)
class Located:
    """One cassette in a picture.

    ``frame``: origin in the middle of the window, x axis from the control end to the sample well; ``corners``: of the
    cassette, shape (4, 2), pixels, clockwise, the control end's first, some possibly outside the picture;
    ``window_corners``: of the visible membrane, as nearly as the frame tells; ``score``: log odds of being a cassette;
    ``direction_score``: by how much those beat the reversed one's; ``several_strips``: whether another window lies
    beside this one in the same cassette, as on cards with two tests, which this reader does not know.
    """

    frame: Frame
    corners: npt.NDArray[Any]
    window_corners: npt.NDArray[Any]
    score: float
    direction_score: float
    several_strips: bool = False

    @property
    def confidence(self) -> float:
        """How sure it is that this is a cassette, 0 to 1."""
        return 1 / (1 + math.exp(-self.score))

    @property
    def control_end_known(self) -> bool:
        """Whether the picture tells at which end the control line lies."""
        return self.direction_score >= _SIDES_KNOWN


def find_cassettes(image: Image, *, quick: bool = False) -> list[Located]:
    """Return the cassettes in `image`, ndarray, shape (H, W, 3) or (H, W), uint8, BGR; the surest first.

    `quick` is for live pictures: one look, which misses small cassettes and those in clutter.
    """
    longest = max(image.shape[:2])
    for side in _QUICK_SIDES if quick else _WORKING_SIDES:
        factor = _reduction(longest, side)
        found = _find(_reduced_grey(image, factor), _QUICK if quick else _PATIENCE)
        if found or factor == 1.0:
            break
    return [_in_full_picture(one, factor) for one in found]


def _reduction(longest: int, side: int) -> float:
    """Return the factor that brings `longest` near `side`: one over a whole number for large pictures.

    A picture is reduced by whole blocks three times as fast.
    """
    if longest < 2.5 * side:
        return min(1.0, side / longest)
    return 1.0 / round(longest / side)


def _reduced_grey(image: Image, factor: float) -> Image:
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if factor < 1 else image
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) if small.ndim == 3 else small
    return np.asarray(grey, np.uint8)


def _in_full_picture(found: Located, factor: float) -> Located:
    # Pixel centres, not corners: a reduced pixel's middle is the middle of the block that it stands for.
    def enlarge(points: npt.NDArray[Any]) -> npt.NDArray[Any]:
        enlarged: npt.NDArray[Any] = (points + 0.5) / factor - 0.5
        return enlarged

    middle = enlarge(np.array((found.frame.x, found.frame.y)))
    frame = Frame(float(middle[0]), float(middle[1]), found.frame.angle, found.frame.px_per_mm / factor)
    return replace(found, frame=frame, corners=enlarge(found.corners), window_corners=enlarge(found.window_corners))


def _find(grey: Image, patience: Sequence[tuple[int, int]]) -> list[Located]:
    edges = straight_edges(grey)
    pyramid = Pyramid(grey)
    windows, bodies, solid = _proposals(grey, edges)
    found: list[tuple[float, Frame]] = []
    for most_windows, most_bodies in patience:
        scored = _score_windows(pyramid, _strongest(windows, most_windows))
        scored += _score_bodies(pyramid, solid + _strongest(bodies, most_bodies))
        found = _apart(pyramid, scored)
        if found and found[0][0] >= _SURE:
            break
    if not found and len(patience) > 1:
        # So loose a proposal is believed only where the cassette itself is plain to see.
        found = [one for one in _apart(pyramid, _score_single_sides(pyramid, edges)) if one[0] >= _SURE]
    return [_measure(pyramid, edges, odds, frame) for odds, frame in found]


def proposed_frames(grey: Image) -> list[tuple[float, Frame]]:
    """Return the proposals of a grey picture with their log odds, as they come: what a fit is to tell apart."""
    pyramid = Pyramid(grey)
    windows, bodies, solid = _proposals(grey, straight_edges(grey))
    scored = _score_windows(pyramid, _strongest(windows, _PATIENCE[0][0]))
    return scored + _score_bodies(pyramid, solid + _strongest(bodies, _PATIENCE[0][1]))


def _proposals(grey: Image, edges: Segments) -> tuple[list[Pair], list[Pair], list[Pair]]:
    """Return pairs that may be windows, pairs that may be cassettes, and lone solid shapes."""
    height, width = grey.shape
    right, bottom = width - 1, height - 1
    border = np.array(((0, 0, right, 0), (0, bottom, right, bottom), (0, 0, 0, bottom), (right, 0, right, bottom)))
    pairs = parallel_pairs(np.vstack([edges, border]), narrowest=3.0, widest=0.8 * max(height, width))
    windows = [p for p in pairs if p.length < 6.2 * p.width and p.width < 0.12 * max(height, width)]
    bodies = [p for p in pairs if p.width >= 14 and p.length > 2.0 * p.width]
    # A lone solid shape is the likeliest cassette: never crowded out by the many edges of a grain or a print.
    solid = _strongest([p for p in solid_boxes(grey) if p.width >= 14], _MOST_SOLID)
    return windows, bodies, solid


def _strongest(pairs: list[Pair], most: int) -> list[Pair]:
    """Return up to `most` pairs that differ, those with the best-supported edges first."""
    kept: list[Pair] = []
    places = np.zeros((most, 4))
    for pair in sorted(pairs, key=lambda p: -p.support * math.sqrt(p.width)):
        if len(kept) == most:
            break
        place = np.array((pair.x, pair.y, pair.angle, math.log(pair.width)))
        apart = np.abs(places[: len(kept)] - place)
        apart[:, 2] = np.minimum(apart[:, 2], np.pi - apart[:, 2])
        if (apart < (0.25 * pair.width, 0.25 * pair.width, 0.06, 0.1)).all(axis=1).any():
            continue
        places[len(kept)] = place
        kept.append(pair)
    return kept


def _score_windows(pyramid: Pyramid, pairs: list[Pair]) -> list[tuple[float, Frame]]:
    frames = [Frame(p.x, p.y, p.angle, p.width / WINDOW_WIDTH_MM) for p in pairs]
    return [(score(pyramid, way), way) for frame in frames for way in (frame, frame.reversed())]


def _score_bodies(pyramid: Pyramid, pairs: list[Pair]) -> list[tuple[float, Frame]]:
    """Slide the patch along each pair taken as a cassette's long sides, in several widths of cassette."""
    scored: list[tuple[float, Frame]] = []
    for pair in pairs:
        for width_mm in _BODY_WIDTHS_MM:
            body = Frame(pair.x, pair.y, pair.angle, pair.width / width_mm)
            half = min(pair.length / body.px_per_mm / 2, 60.0)
            scored += best_along(pyramid, body, 2 * half - 20.0)
    return scored


def _score_single_sides(pyramid: Pyramid, edges: Segments) -> list[tuple[float, Frame]]:
    """Take the longest edges for one long side each of a cassette whose other side is not seen: clipped, or no edge."""
    step = edges[:, 2:] - edges[:, :2]
    lengths = np.hypot(step[:, 0], step[:, 1])
    scored: list[tuple[float, Frame]] = []
    for i in np.argsort(-lengths)[:_MOST_SINGLE]:
        middle = (edges[i, :2] + edges[i, 2:]) / 2
        angle = math.atan2(step[i, 1], step[i, 0])
        for side_mm in _SIDE_LENGTHS_MM:
            along = Frame(float(middle[0]), float(middle[1]), angle, float(lengths[i]) / side_mm)
            for across in (-9.5, 9.5):
                scored += best_along(pyramid, along.shifted(0.0, across), 45.0)
    return scored


def _apart(pyramid: Pyramid, scored: list[tuple[float, Frame]]) -> list[tuple[float, Frame]]:
    """Return the settled finds that do not lie on each other, surest first."""
    kept: list[tuple[float, Frame]] = []
    tried: list[Frame] = []
    for odds, frame in sorted(scored, key=lambda one: -one[0]):
        if odds < _ACCEPT - 2.0 or len(tried) >= 40:
            break
        if any(_overlap(frame, other) > _OVERLAP for _, other in kept) or any(_same(frame, t) for t in tried):
            continue
        tried.append(frame)
        settled = settle(pyramid, odds, frame)
        if settled[0] >= _ACCEPT and all(_overlap(settled[1], other) <= _OVERLAP for _, other in kept):
            kept.append(settled)
    kept.sort(key=lambda one: -one[0])
    # The cassettes of one picture lie at one distance; lettering is taken for much smaller ones.
    return [one for one in kept if 1 / _ONE_SCALE < one[1].px_per_mm / kept[0][1].px_per_mm < _ONE_SCALE]


def _same(one: Frame, other: Frame) -> bool:
    near = math.hypot(one.x - other.x, one.y - other.y) < 3 * other.px_per_mm
    return near and math.cos(one.angle - other.angle) > 0.97 and 0.85 < one.px_per_mm / other.px_per_mm < 1.18


def _overlap(one: Frame, other: Frame) -> float:
    """Return the share of the smaller of two cassettes that lies on the other."""
    kind, region = cv2.rotatedRectangleIntersection(_box(one), _box(other))
    if kind == cv2.INTERSECT_NONE:
        return 0.0
    smaller = min(one.px_per_mm, other.px_per_mm) ** 2 * _BODY_MM[0] * _BODY_MM[1]
    return float(cv2.contourArea(cv2.convexHull(region))) / smaller


def _box(frame: Frame) -> tuple[tuple[float, float], tuple[float, float], float]:
    middle = frame.shifted((PATCH_AFTER_MM - PATCH_BEFORE_MM) / 2)
    size = (_BODY_MM[0] * frame.px_per_mm, _BODY_MM[1] * frame.px_per_mm)
    return (middle.x, middle.y), size, math.degrees(frame.angle)


def _measure(pyramid: Pyramid, edges: Segments, odds: float, frame: Frame) -> Located:
    backward = max(score(pyramid, frame.reversed().shifted(along)) for along in (-1.5, 0.0, 1.5))
    half = np.array(WINDOW_MM) / 2
    window = frame.to_picture(np.array(((-1, -1), (1, -1), (1, 1), (-1, 1))) * half)
    beside = max(
        score(pyramid, frame.shifted(along, across))
        for across in (-12.5, -11.0, -9.5, -8.0, 8.0, 9.5, 11.0, 12.5)
        for along in (-1.5, 1.5)
    )
    return Located(frame, outline(edges, frame), window, odds, odds - backward, several_strips=beside > _BESIDE)
