"""Where a cassette might lie: pairs of straight parallel edges, each a window's two long sides or a cassette's.

A window (11-15.5 x 3-3.7 mm) and a whole cassette (60-80 x 14-22 mm) have nearly the same proportions, so every pair of
parallel edges of those proportions is taken as both, and `locate` decides by what the picture shows around it.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image

Segments = npt.NDArray[Any]
"""Straight edges: ndarray, shape (N, 4), float64, x0, y0, x1, y1 in pixels."""

WINDOW_WIDTH_MM = 3.35
CASSETTE_WIDTH_MM = 20.0

_SHORTEST_PX = 7.0
_MOST_SEGMENTS = 360
_FAINTEST_STEP = 1.2  # grey levels
_PARALLEL_DEG = 7.0
_PROPORTIONS = (1.7, 7.0)  # length over distance of a pair; broken edges look shorter than they are
_SMALLEST_AREA = 400  # pixels
_FILLED = 0.8
SOLID_PROPORTIONS = (2.3, 6.5)
"""Of a whole cassette, seen at a slant too."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two parallel edges as one box: middle (x, y), angle in radians (0 to pi), length and distance in pixels.

    ``support`` is the share of the box's long sides that the edges really cover.
    """

    x: float
    y: float
    angle: float
    length: float
    width: float
    support: float


def straight_edges(grey: Image) -> Segments:
    """Return the straight edges of a grey picture, ndarray, shape (H, W), broken ones joined."""
    # A white cassette on white paper has edges of a few grey levels: the detector's own limit is 2 and hides them.
    detector = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD, quant=_FAINTEST_STEP)
    found = detector.detect(cv2.GaussianBlur(grey, (0, 0), 1.0))[0]
    if found is None:
        return np.zeros((0, 4))
    segments = np.asarray(found, np.float64).reshape(-1, 4)
    lengths = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    order = np.argsort(-lengths)[:_MOST_SEGMENTS]
    segments = segments[order[lengths[order] >= _SHORTEST_PX]]
    return np.vstack([segments, _joined(segments)])


def _joined(segments: Segments) -> Segments:
    """Return the unions of neighbouring collinear edges: lines across a window break its long sides."""
    if len(segments) < 2:
        return np.zeros((0, 4))
    angle, length, middle = _polar(segments)
    between = middle[None] - middle[:, None]
    along = between[..., 0] * np.cos(angle)[:, None] + between[..., 1] * np.sin(angle)[:, None]
    across = np.abs(-between[..., 0] * np.sin(angle)[:, None] + between[..., 1] * np.cos(angle)[:, None])
    gap = np.abs(along) - (length[:, None] + length[None]) / 2
    linked = (_turn_between(angle[:, None], angle[None]) < np.deg2rad(5)) & (across < 1.8)
    linked &= (gap < 0.8 * np.minimum(length[:, None], length[None]) + 4) & (gap > -2)
    unions = []
    label = _components(linked)
    for group in range(int(label.max()) + 1):
        members = np.flatnonzero(label == group)
        if len(members) < 2:
            continue
        longest = members[np.argmax(length[members])]
        direction = np.array((np.cos(angle[longest]), np.sin(angle[longest])))
        ends = segments[members].reshape(-1, 2)
        reach = (ends - middle[longest]) @ direction
        ends = np.array((reach.min(), reach.max()))[:, None] * direction + middle[longest]
        unions.append(ends.reshape(-1))
    return np.array(unions).reshape(-1, 4)


def _components(linked: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return each node's component number, by spreading the smallest number over the links."""
    label = np.arange(len(linked))
    linked = linked | linked.T | np.eye(len(linked), dtype=bool)
    while True:
        spread = np.where(linked, label[None], len(label)).min(axis=1)
        if (spread == label).all():
            numbered: npt.NDArray[Any] = np.unique(label, return_inverse=True)[1]
            return numbered
        label = spread


def _polar(segments: Segments) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    step = segments[:, 2:] - segments[:, :2]
    angle = np.arctan2(step[:, 1], step[:, 0]) % np.pi
    return angle, np.hypot(step[:, 0], step[:, 1]), (segments[:, :2] + segments[:, 2:]) / 2


def _turn_between(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[Any]:
    apart = np.abs(a - b) % np.pi
    smaller: npt.NDArray[Any] = np.minimum(apart, np.pi - apart)
    return smaller


def parallel_pairs(segments: Segments, *, narrowest: float, widest: float) -> list[Pair]:
    """Return the pairs with a window's or a cassette's proportions, `narrowest` to `widest` pixels apart."""
    if len(segments) < 2:
        return []
    angle, length, middle = _polar(segments)
    first, second = np.triu_indices(len(segments), 1)
    close = _turn_between(angle[first], angle[second]) < np.deg2rad(_PARALLEL_DEG)
    first, second = first[close], second[close]
    # The mean direction, the longer edge counting more.
    cos = length[first] * np.cos(2 * angle[first]) + length[second] * np.cos(2 * angle[second])
    sin = length[first] * np.sin(2 * angle[first]) + length[second] * np.sin(2 * angle[second])
    axis = (np.arctan2(sin, cos) / 2) % np.pi
    ux, uy = np.cos(axis), np.sin(axis)
    step = middle[second] - middle[first]
    along, across = step[:, 0] * ux + step[:, 1] * uy, -step[:, 0] * uy + step[:, 1] * ux
    half1, half2 = length[first] / 2, length[second] / 2
    low, high = np.minimum(-half1, along - half2), np.maximum(half1, along + half2)
    overlap = np.minimum(half1, along + half2) - np.maximum(-half1, along - half2)
    width, longest = np.abs(across), np.maximum(length[first], length[second])
    keep = (width >= narrowest) & (width <= widest) & (overlap > 0.35 * np.minimum(length[first], length[second]))
    keep &= (longest >= _PROPORTIONS[0] * width) & (high - low <= _PROPORTIONS[1] * width)
    keep &= np.minimum(length[first], length[second]) > 0.25 * longest
    pairs = []
    for i in np.flatnonzero(keep):
        mid_along, mid_across = (low[i] + high[i]) / 2, across[i] / 2
        pairs.append(
            Pair(
                x=float(middle[first[i], 0] + mid_along * ux[i] - mid_across * uy[i]),
                y=float(middle[first[i], 1] + mid_along * uy[i] + mid_across * ux[i]),
                angle=float(axis[i]),
                length=float(high[i] - low[i]),
                width=float(width[i]),
                support=float((length[first[i]] + length[second[i]]) / (2 * max(high[i] - low[i], 3.0 * width[i]))),
            )
        )
    return pairs


def solid_boxes(grey: Image, proportions: tuple[float, float] = SOLID_PROPORTIONS) -> list[Pair]:
    """Return the lone rectangles, length over width within `proportions`, lighter or darker than around them."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.5)
    reach = max(max(grey.shape) // 6 | 1, 3)
    masks = [cv2.threshold(soft, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]]
    masks += [
        cv2.adaptiveThreshold(soft, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, reach, margin)
        for margin in (-4, 4)
    ]
    boxes = []
    for mask in masks:
        contours, _ = cv2.findContours(np.asarray(mask), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            if len(contour) >= 4 and cv2.contourArea(contour) > _SMALLEST_AREA:
                box = _box(contour, proportions)
                if box is not None:
                    boxes.append(box)
    return boxes


def _box(contour: npt.NDArray[Any], proportions: tuple[float, float]) -> Pair | None:
    """Return the rectangle around a contour that nearly fills it and has the proportions, else None."""
    (x, y), (first, second), degrees = cv2.minAreaRect(contour)
    length, width = max(first, second), min(first, second)
    filled = cv2.contourArea(contour) / max(length * width, 1.0)
    if filled < _FILLED or not proportions[0] <= length / max(width, 1.0) <= proportions[1]:
        return None
    turn = np.deg2rad(degrees if first >= second else degrees + 90) % np.pi
    return Pair(float(x), float(y), float(turn), float(length), float(width), support=filled)
