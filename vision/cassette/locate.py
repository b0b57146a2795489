"""Find cassettes in a picture: at any angle, on any surface, close up, clipped at the edge, one or several.

Pairs of parallel edges and solid boxes propose where a window or a whole cassette may lie (`proposals`); what the
picture shows around each ranks them (`recognise`); a closer look at the likeliest decides, and brings them into place,
scale and angle (`confirm`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.cassette.confirm import Look, look
from vision.cassette.frames import PATCH_AFTER_MM, PATCH_BEFORE_MM, Frame, Pyramid
from vision.cassette.outline import outline
from vision.cassette.proposals import WINDOW_WIDTH_MM, Pair, Segments, parallel_pairs, solid_boxes, straight_edges
from vision.cassette.recognise import best_along, score

WINDOW_MM = (13.4, 3.4)
"""Length and width of a window's visible membrane, the middle of what kits show."""

_WORKING_SIDES = (720, 1440)  # longest side, pixels: the larger one only where the smaller shows nothing
LOOKED_AT = 32
"""How many of the likeliest places get a closer look."""

_PATIENCE = ((120, 16, LOOKED_AT), (500, 80, 2 * LOOKED_AT))
"""Windows and bodies ranked, and how many places are looked at; the larger only where nothing sure was found."""
_QUICK, _QUICK_SIDES = ((40, 4, 16),), (600,)
_MENDED, _LOOKED_AT_AGAIN, _RIVALS = 2, 8, 2
_LOOKED_AT_MORE = 16  # in search of further cassettes
_HOPEFUL = -3.0  # log odds from which a second look is worth while
_MOST_SOLID, _MOST_SINGLE = 6, 8
_SIDE_LENGTHS_MM = (66.0, 57.0, 49.0)  # a side is seen without its rounded corners, or less of it
_SURE = 3.0  # log odds
_BODY_MM = (70.0, 16.0)
_BODY_WIDTHS_MM = (20.5, 17.8, 15.0)
_ACCEPT = 0.0  # log odds
_ONE_SCALE = 1.6
_SIDES_KNOWN = 1.0  # log odds by which one direction must beat the other
_BESIDE_MM, _NARROWEST_MM = (-12.5, -10.5, -8.5, 8.5, 10.5, 12.5), 7.5  # where a second window may lie, and does
_BESIDE = 1.0  # log odds of a second window: drawn cards of two 1.6 and more, single cassettes of 42 photos below 0
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
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) if image.ndim == 3 else image
    if math.isclose(math.remainder(1 / factor, 2), 0, abs_tol=1e-9) and not any(side % 2 for side in grey.shape):
        # OpenCV halves ten times as fast as it takes larger blocks together.
        grey = cv2.resize(grey, (grey.shape[1] // 2, grey.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if factor < 1 else grey, np.uint8)


def _in_full_picture(found: Located, factor: float) -> Located:
    # Pixel centres, not corners: a reduced pixel's middle is the middle of the block that it stands for.
    def enlarge(points: npt.NDArray[Any]) -> npt.NDArray[Any]:
        enlarged: npt.NDArray[Any] = (points + 0.5) / factor - 0.5
        return enlarged

    middle = enlarge(np.array((found.frame.x, found.frame.y)))
    frame = Frame(float(middle[0]), float(middle[1]), found.frame.angle, found.frame.px_per_mm / factor)
    return replace(found, frame=frame, corners=enlarge(found.corners), window_corners=enlarge(found.window_corners))


def _find(grey: Image, patience: Sequence[tuple[int, int, int]]) -> list[Located]:
    edges = straight_edges(grey)
    pyramid = Pyramid(grey)
    windows, bodies, solid = _proposals(grey, edges)
    found: list[Look] = []
    for most_windows, most_bodies, most_looks in patience:
        scored = _score_windows(pyramid, _strongest(windows, most_windows))
        scored += _score_bodies(pyramid, solid + _strongest(bodies, most_bodies))
        found = _confirmed(pyramid, scored, most_looks, thorough=len(patience) > 1)
        if found and found[0].log_odds >= _SURE:
            break
    if not found and len(patience) > 1:
        # So loose a proposal is believed only where the cassette itself is plain to see.
        lone = _confirmed(pyramid, _score_single_sides(pyramid, edges), patience[0][2])
        found = [one for one in lone if one.log_odds >= _SURE]
    return [_measure(pyramid, edges, one) for one in found]


def proposed_frames(grey: Image) -> list[tuple[float, Frame]]:
    """Return the proposals of a grey picture with their log odds, as they come: what a fit is to tell apart."""
    pyramid = Pyramid(grey)
    windows, bodies, solid = _proposals(grey, straight_edges(grey))
    scored = _score_windows(pyramid, _strongest(windows, _PATIENCE[0][0]))
    return scored + _score_bodies(pyramid, solid + _strongest(bodies, _PATIENCE[0][1]))


def likeliest(scored: list[tuple[float, Frame]], most: int) -> list[Frame]:
    """Return up to `most` proposals that differ, the likeliest first."""
    kept: list[Frame] = []
    for _, frame in sorted(scored, key=lambda one: -one[0]):
        if len(kept) == most:
            break
        if not any(_same(frame, other) for other in kept):
            kept.append(frame)
    return kept


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


def _confirmed(pyramid: Pyramid, scored: list[tuple[float, Frame]], most: int, *, thorough: bool = True) -> list[Look]:
    """Return the cassettes among the likeliest proposals that do not lie on each other, surest first.

    `most` proposals are looked at, then as many of the rest, away from what was found, until none is found among them.
    Where not `thorough`, frames are mended once and no more are looked for.
    """
    kept: list[Look] = []
    while scored:
        looks = look(pyramid, likeliest(scored, most))
        for _ in range(_MENDED if thorough else 1):
            looks = look(pyramid, [one.frame for one in _promising(looks)], twice=thorough)
        before = len(kept)
        for one in sorted(looks, key=lambda one: -one.log_odds):
            if one.log_odds >= _ACCEPT and not _lies_on_any(one.frame, kept):
                kept.append(one)
        if len(kept) == before or not thorough:
            break
        scored = [one for one in scored if not _lies_on_any(one[1], kept)]
        most = min(most, _LOOKED_AT_MORE)
    kept.sort(key=lambda one: -one.log_odds)
    # The cassettes of one picture lie at one distance; lettering is taken for much smaller ones.
    return [one for one in kept if 1 / _ONE_SCALE < one.frame.px_per_mm / kept[0].frame.px_per_mm < _ONE_SCALE]


def _promising(looks: list[Look]) -> list[Look]:
    """Return the looks worth another, surest first: no more than two that lie on each other."""
    kept: list[Look] = []
    for one in sorted(looks, key=lambda one: -one.log_odds):
        if len(kept) == _LOOKED_AT_AGAIN or one.log_odds < _HOPEFUL:
            break
        if sum(_overlap(one.frame, other.frame) > _OVERLAP for other in kept) < _RIVALS:
            kept.append(one)
    return kept


def _same(one: Frame, other: Frame) -> bool:
    near = math.hypot(one.x - other.x, one.y - other.y) < 3 * other.px_per_mm
    return near and math.cos(one.angle - other.angle) > 0.97 and 0.85 < one.px_per_mm / other.px_per_mm < 1.18


def _lies_on_any(one: Frame, others: Sequence[Look]) -> bool:
    return any(_overlap(one, other.frame) > _OVERLAP for other in others)


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


def _measure(pyramid: Pyramid, edges: Segments, found: Look) -> Located:
    frame = found.frame
    half = np.array(WINDOW_MM) / 2
    window = frame.to_picture(np.array(((-1, -1), (1, -1), (1, 1), (-1, 1))) * half)
    places = [frame.shifted(along, across) for across in _BESIDE_MM for along in (-1.5, 1.5)]
    backward, *beside = look(pyramid, [frame.reversed(), *places])
    several = _window_beside(pyramid, frame, max(zip(beside, places, strict=True), key=lambda one: one[0].log_odds))
    odds = found.log_odds
    return Located(frame, outline(edges, frame), window, odds, odds - backward.log_odds, several_strips=several)


def _window_beside(pyramid: Pyramid, frame: Frame, likeliest_beside: tuple[Look, Frame]) -> bool:
    """Return whether another window lies beside the one at `frame`, in a first look and in a second one."""
    first, place = likeliest_beside
    if first.log_odds < _BESIDE:
        return False
    again = look(pyramid, [place], twice=True)[0]
    apart = math.hypot(again.frame.x - frame.x, again.frame.y - frame.y) / frame.px_per_mm
    return again.log_odds > _BESIDE and apart > _NARROWEST_MM
