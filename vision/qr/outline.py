"""Where a QR code is that no decoder can make anything of: too blurred, too dark, too small, too far from the side.

From afar a code is a grey sheet on lighter paper: of four corners, as grey here as there, with texture in both
directions that repeats itself nowhere. This outlasts the finder patterns: a blur of three modules, a hundredth of the
light. A lane, bars, a page of print, a checked shirt, random modules and a cassette fail one of these, which is where
the limits come from (`bench/qr.py --only hints`).
"""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from vision.qr.presence import Presence, Region
from vision.qr.zxing import Corners, Grey

_LEVELS = 7  # grey levels at which a sheet may part from its paper
_SEEK_SIDE = 104  # cells a side of the picture of one region
_SMALLEST = 5  # cells a side
_REGIONS = 2  # of a frame
_MOST = 4  # sheets looked at closely
_INSIDE, _PAPER = 40, 6  # pixels of the straightened sheet's side, and of the paper round it
_NEAR = 2  # of them that are left out at the edge
_STRAIGHT = _INSIDE + 2 * _PAPER

_FAINT = 0.1  # contrast of a sheet with its paper as a fraction of the paper: a hundredth of the light leaves 0.11
_GRAIN = 6.0  # grey levels of noise that are left in the straightened picture of a dark place
# As fractions of that contrast:
_UNEVEN = 0.17  # standard deviation between parts of nine pixels: codes to 0.16, rings and print from 0.4
_PLAIN, _LOUD = 0.14, 0.9  # standard deviation of the pixels: empty sheets to 0.11, codes 0.16 to 0.7
_BRIGHTER = 0.02  # lightest modules above their paper: codes to 0.02, random modules drawn on a lane to 0.45
_UNSTEADY = 1.0  # standard deviation of the paper
# And as ratios:
_ONE_WAY = 2.5  # differences in one direction over those in the other: bars and fences
_WAVES, _REPEATED = 8, 0.40  # the strongest waves' share of all: codes mostly below, checks and cassettes from 0.45

Quad = npt.NDArray[np.float32]
"""Four corners, clockwise: ndarray, shape (4, 2), float32, (x, y) in pixels."""
Plane = npt.NDArray[np.float32]


def outline_of_code(grey: Grey, view: Presence) -> Corners:
    """Return the corners of the largest sheet that is like a code, clockwise, or nothing."""
    for quads in _sheets(grey, view):
        for quad in quads:
            if _is_like_a_code(_seen_straight(grey, view, quad)):
                return tuple((round(float(x)), round(float(y))) for x, y in quad)
    return ()


def _sheets(grey: Grey, view: Presence) -> Iterator[list[Quad]]:
    """Yield the sheets of each code-like region, then those of the whole frame from afar."""
    for region in view.matrix[:_REGIONS]:
        crop = region.crop(grey)
        size = (min(_SEEK_SIDE, region.width), min(_SEEK_SIDE, region.height))
        blur = 3 if max(region.width, region.height) < 2 * _SEEK_SIDE else 5  # a small code's quiet zone is thin
        yield _quads(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), region, blur)
    height, width = view.small.shape
    if min(height, width) >= 4 * _SMALLEST:
        small = cv2.resize(view.small, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        yield _quads(small, Region(0, 0, grey.shape[1], grey.shape[0]), 5)


def _seen_straight(grey: Grey, view: Presence, quad: Quad) -> Plane:
    """Return a sheet straightened, of a large one from the small picture, which holds as much of it."""
    cell = grey.shape[1] / max(view.small.shape[1], 1)
    if float(np.ptp(quad, axis=0).min()) > _INSIDE * cell:
        return _straightened(view.small, quad / np.float32(cell))
    return _straightened(grey, quad)


def _quads(cells: npt.ArrayLike, region: Region, blur: int) -> list[Quad]:
    """Return the darker sheets of a small picture of `region`, in pixels of the frame, largest first, each once."""
    level = np.asarray(cv2.blur(np.asarray(cells, np.uint8), (blur, blur)), np.uint8)
    height, width = level.shape
    scale = np.array([region.width / width, region.height / height], np.float32)
    low, high = np.percentile(level[::3, ::3], (5, 99.5))
    found: list[tuple[float, Quad]] = []
    for limit in np.linspace(low, high, _LEVELS + 2)[2:]:
        contours, _ = cv2.findContours((level < limit).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            if len(contour) < 4:
                continue
            x, y, across, along = cv2.boundingRect(contour)
            if min(across, along) < _SMALLEST or min(x, y) < 1 or x + across >= width or y + along >= height:
                continue
            quad = _four_corners(contour)
            if quad is not None:
                found.append((float(cv2.contourArea(quad)), (quad + 0.5) * scale + (region.x, region.y)))
    found.sort(key=lambda sheet: -sheet[0])
    kept: list[Quad] = []
    for _, quad in found:
        if len(kept) == _MOST:
            break
        near = 0.06 * float(np.ptp(quad, axis=0).max())
        if not any(np.abs(quad - other).max() < near for other in kept):
            kept.append(quad)
    return kept


def _four_corners(contour: cv2.typing.MatLike) -> Quad | None:
    """Return the corners of a contour that is nearly a quadrilateral."""
    hull = cv2.convexHull(contour)
    area = cv2.contourArea(contour)
    if area < 0.85 * cv2.contourArea(hull):
        return None
    corners = cv2.approxPolyDP(hull, 0.07 * cv2.arcLength(hull, True), True)
    if len(corners) != 4:
        corners = cv2.boxPoints(cv2.minAreaRect(hull))
    quad = np.asarray(corners, np.float32).reshape(4, 2)
    if not 0.8 < area / max(cv2.contourArea(quad), 1.0) < 1.25:
        return None
    centred = quad - quad.mean(axis=0)
    return quad[np.argsort(np.arctan2(centred[:, 1], centred[:, 0]))]


def _straightened(grey: Grey, quad: Quad) -> Plane:
    """Return a sheet seen from the front with some paper round it: shape (52, 52), float32."""
    reach = 0.3 * np.ptp(quad, axis=0) + 4
    left, top = np.maximum(quad.min(axis=0) - reach, 0).astype(int)
    right, bottom = (quad.max(axis=0) + reach).astype(int)
    crop = grey[top:bottom, left:right]
    # Shrinking needs averaging before the warp takes single pixels.
    fewer = np.maximum(np.ptp(quad, axis=0) / (1.3 * _INSIDE), 1.0).astype(int)
    size = (max(1, crop.shape[1] // int(fewer[0])), max(1, crop.shape[0] // int(fewer[1])))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    scale = np.array([size[0] / crop.shape[1], size[1] / crop.shape[0]], np.float32)
    ends = (_PAPER - 0.5, _PAPER + _INSIDE - 0.5)
    square = np.array([[ends[0], ends[0]], [ends[1], ends[0]], [ends[1], ends[1]], [ends[0], ends[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.asarray((quad - (left, top)) * scale, np.float32), square)
    seen = cv2.warpPerspective(small, matrix, (_STRAIGHT, _STRAIGHT), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def _is_like_a_code(sheet: Plane) -> bool:
    """Return whether nothing speaks against a straightened sheet."""
    inside = sheet[_PAPER + 2 : -_PAPER - 2, _PAPER + 2 : -_PAPER - 2]
    near = sheet[_NEAR:-_NEAR, _NEAR:-_NEAR]  # a dense code's quiet zone is two of these pixels wide
    paper = np.concatenate([part.ravel() for part in (near[:3], near[-3:], near[:, :3], near[:, -3:])])
    light = float(np.percentile(paper, 75))
    contrast = light - float(inside.mean())
    if contrast < max(1.0, _FAINT * light) or paper.std() > _UNSTEADY * contrast:
        return False
    if float(np.percentile(inside, 98)) > light + _BRIGHTER * contrast + _GRAIN:
        return False
    uneven, texture = float(cv2.blur(inside, (9, 9)).std()) / contrast, float(inside.std()) / contrast
    if uneven > _UNEVEN or not _PLAIN < texture < _LOUD or texture < 1.3 * uneven:
        return False
    across, along = float(np.abs(np.diff(inside, axis=1)).mean()), float(np.abs(np.diff(inside, axis=0)).mean())
    if max(across, along) > _ONE_WAY * min(across, along):
        return False
    fade = np.hanning(inside.shape[0])
    waves = np.abs(np.fft.rfft2((inside - inside.mean()) * np.outer(fade, fade))) ** 2
    return bool(np.partition(waves.ravel(), -_WAVES)[-_WAVES:].sum() < _REPEATED * waves.sum())
