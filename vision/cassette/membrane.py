"""Where the membrane lies in a crop of a result window: its outline, fitted as one turned rectangle.

The recessed edge of a window throws a shadow that looks like a line, so the outline is found first and lines are only
looked for inside it. The rectangle's long sides are long straight edges; what lies between them carries the same
changes along the axis in all columns (lines, wetting), and what lies outside does not. Its ends are where both long
sides stop.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.cassette.absorbance import Floats, absorbance
from vision.cassette.ends import find_ends
from vision.cassette.orientation import slant

WORKING_HEIGHT = 192
"""Pixels of the upright crop's height at which the outline is fitted; a line is then 6 to 10 of them thick."""

_WIDTH_SHARE = (0.10, 0.62)  # membrane width over crop height: far to close-up crops
_SCALE_ERROR, _PLACE_ERROR = 0.3, 0.7  # of the width: how far a located window's scale and middle may be off
_WORST = 4.0
_EDGE_CLIP = 0.08  # a soft edge of a membrane has about this gradient; a black rim must not outweigh it
_END_SHARE = 0.14  # of the crop's height: lines stand further in, the recess's own ends do not
_LONG_SHARE = 0.4  # of the crop's height: shorter edges are letters, wells, lines


@dataclass(frozen=True, slots=True)
class Membrane:
    """The fitted outline.

    ``to_level``: 2 x 3 affine from crop pixels to an upright picture in which the membrane is one unit wide, its centre
    at the origin and its axis along y; ``length``: in units of its own width; ``width_px``: visible width in pixels of
    the crop; ``fit``: how well edges and inside agree, larger is better; ``ends_fit``: the part of it that places the
    two ends; ``rim``: absorbance the clearer long side rises by in a working pixel, next to nothing where the crop
    shows no membrane.
    """

    to_level: npt.NDArray[np.float64]
    length: float
    width_px: float
    fit: float
    ends_fit: float
    rim: float

    @property
    def outline(self) -> npt.NDArray[np.float64]:
        """The four corners in crop pixels, shape (4, 2), clockwise from the start's left as seen along the axis."""
        half = self.length / 2
        return self.to_crop(np.array([[-0.5, -half], [0.5, -half], [0.5, half], [-0.5, half]]))

    @property
    def axis(self) -> tuple[float, float]:
        """Unit vector along the membrane in crop pixels, from its start to its end."""
        a, b = self.to_crop(np.array([[0.0, 0.0], [0.0, 1.0]]))
        along = (b - a) / np.hypot(*(b - a))
        return float(along[0]), float(along[1])

    def to_crop(self, level: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return level points, shape (N, 2), in crop pixels."""
        inverse = cv2.invertAffineTransform(self.to_level)
        return np.asarray(level @ inverse[:, :2].T + inverse[:, 2])


def find_membrane(crop: Image, width_px: float | None = None) -> Membrane:
    """Return the likeliest outline of the membrane in a crop of a window, see `find_membranes`."""
    return find_membranes(crop, width_px)[0]


def find_membranes(crop: Image, width_px: float | None = None) -> list[Membrane]:
    """Fit the outline of the membrane in a crop of a window, shape (H, W, 3); the crop may lie or stand.

    `width_px` is the visible width where the scale is known, as after a cassette was located: then the membrane also
    lies near the crop's middle, and a second outline is returned, whose ends were found in another way.
    """
    upright, from_crop = _stand_up(crop)
    grey = absorbance(upright).mean(axis=2)
    turned, valid, turn = _turn(grey, slant(grey))
    known = None if width_px is None else width_px * WORKING_HEIGHT / max(crop.shape[:2])
    gradients = _gradients(turned, valid)
    left, right, sides_fit = _sides(*gradients, known)
    turn = _compose(turn, from_crop)
    scale = float(np.sqrt(abs(np.linalg.det(turn[:, :2]))))
    width = float(right - left)

    def outlined(top: int, bottom: int, ends_fit: float) -> Membrane:
        centre = np.array([(left + right) / 2, (top + bottom) / 2])
        to_level = np.column_stack([turn[:, :2] / width, (turn[:, 2] - centre) / width])
        rim = _rim(gradients[0][top:bottom], left, right)
        return Membrane(to_level, (bottom - top) / width, width / scale, sides_fit + ends_fit, ends_fit, rim)

    return [outlined(*ends) for ends in find_ends(turned, *gradients, (left, right), known)]


def _stand_up(crop: Image) -> tuple[Image, npt.NDArray[np.float64]]:
    """Return the crop with its long side upright, at working height, and the affine that did it."""
    height, width = crop.shape[:2]
    if width > height:
        crop = np.asarray(cv2.rotate(crop, cv2.ROTATE_90_CLOCKWISE))
        stand = np.array([[0.0, -1.0, height - 1.0], [1.0, 0.0, 0.0]])
        height, width = width, height
    else:
        stand = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    scale = WORKING_HEIGHT / height
    size = (max(8, round(width * scale)), WORKING_HEIGHT)
    shrink = np.diag([size[0] / width, scale])
    half = (np.diag(shrink) - 1) / 2  # pixel centres, not corners
    resized = cv2.resize(crop, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(resized), _compose(np.column_stack([shrink, half]), stand)


def _turn(grey: Floats, degrees: float) -> tuple[Floats, Floats, npt.NDArray[np.float64]]:
    """Return the picture turned on a canvas that holds all of it, where it is valid, and the affine."""
    height, width = grey.shape
    cosine, sine = abs(np.cos(np.deg2rad(degrees))), abs(np.sin(np.deg2rad(degrees)))
    size = (int(np.ceil(width * cosine + height * sine)), int(np.ceil(height * cosine + width * sine)))
    turn = np.asarray(cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0), dtype=np.float64)
    turn[0, 2] += (size[0] - width) / 2
    turn[1, 2] += (size[1] - height) / 2
    turned = cv2.warpAffine(grey, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    valid = cv2.warpAffine(np.ones_like(grey), turn, size)
    return np.asarray(turned, np.float32), np.asarray(valid, np.float32), turn


def _gradients(grey: Floats, valid: Floats) -> tuple[Floats, Floats]:
    """Return the clipped gradients across and along the window, 0 outside of the crop."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.2)
    inside = cv2.erode(np.asarray(valid > 0.99, dtype=np.uint8), np.ones((5, 5)), borderValue=0)
    across = np.clip(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3) / 8, -_EDGE_CLIP, _EDGE_CLIP) * inside
    along = np.clip(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3) / 8, -_EDGE_CLIP, _EDGE_CLIP) * inside
    return np.asarray(across), np.asarray(along)


def _sides(across: Floats, along: Floats, known: float | None) -> tuple[int, int, float]:
    """Return the columns of the membrane's long sides and how well they fit; `known` is the width to expect."""
    height, width = across.shape
    edge = _long_edges(across)
    edge = edge / (edge.max() + 1e-6)
    cut = round(_END_SHARE * height)
    steps = cv2.GaussianBlur(along, (0, 0), 1.0)[cut : height - cut]
    steps = np.hstack([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)])
    # All pairs are judged by means over the rows of products of such sums, so these are taken once. By OpenCV: NumPy's
    # product would wake a thread a core for it.
    products = np.asarray(cv2.mulTransposed(steps, True, scale=1 / len(steps)), np.float64)
    narrow, wide = int(_WIDTH_SHARE[0] * WORKING_HEIGHT), int(_WIDTH_SHARE[1] * WORKING_HEIGHT)
    fits, pairs = [], []
    for candidate in range(narrow, max(narrow + 1, min(wide, width - 3)) + 1, 2):
        left = np.arange(0, max(1, width - candidate))
        right = np.minimum(left + candidate, width - 1)
        margin = max(3, candidate // 4)
        strength = np.sqrt(np.maximum(_mean_product(products, (left, right), (left, right)), 0)) / candidate
        spill = sum(
            np.abs(_mean_product(products, (left, right), side)) / (candidate * margin)
            for side in ((np.maximum(left - margin, 0), left), (right, np.minimum(right + margin, width)))
        ) / (2 * strength + 1e-6)
        off_centre = np.abs((left + right) / 2 / width - 0.5)
        fits.append(
            np.column_stack(
                [
                    edge[left] + edge[right] + 1.5 * np.minimum(edge[left], edge[right]) - 1.5 * off_centre,
                    np.maximum(strength - spill, 0),
                ]
            )
        )
        pairs.append(np.column_stack([left, right]))
    fit, pair = np.vstack(fits), np.vstack(pairs)
    total = fit[:, 0] + 4.0 * fit[:, 1] / (np.percentile(fit[:, 1], 99.5) + 0.002)
    if known is not None:
        widths, middles = pair[:, 1] - pair[:, 0], pair.mean(axis=1)
        total = total - np.minimum((np.log(widths / known) / _SCALE_ERROR) ** 2, _WORST)
        total = total - np.minimum(((middles - width / 2) / (_PLACE_ERROR * known)) ** 2, _WORST)
    best = int(total.argmax())
    return int(pair[best, 0]), int(pair[best, 1]), float(fit[best, 0])


def _mean_product(
    products: npt.NDArray[np.float64],
    one: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    other: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
) -> npt.NDArray[np.float64]:
    """Return the mean over the rows of what two spans of columns sum up to, multiplied; a span is (first, last)."""
    (a, b), (c, d) = one, other
    return np.asarray(products[b, d] - products[b, c] - products[a, d] + products[a, c])


def _long_edges(across: Floats) -> npt.NDArray[np.float64]:
    """Return for each column the strongest straight edge over a long part of the height."""
    height, width = across.shape
    sums = np.vstack([np.zeros(width), np.cumsum(across, axis=0)])
    long = int(_LONG_SHARE * height)
    best = np.zeros(width)
    for top in range(0, height - long + 1, max(1, height // 24)):
        best = np.maximum(best, np.abs(sums[top + long] - sums[top]) / long)
    return best


def _rim(across: Floats, left: int, right: int) -> float:
    """Return how steep the clearer of two long sides is, in the mean over its length: noise cancels, an edge stays."""
    reach = max(1, (right - left) // 8)
    steepness = np.abs(across.mean(axis=0)) if len(across) else np.zeros(across.shape[1])
    return float(max(steepness[max(0, side - reach) : side + reach + 1].max() for side in (left, right)))


def _compose(after: npt.NDArray[np.float64], before: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the affine that does `before`, then `after`; both 2 x 3."""
    return np.column_stack([after[:, :2] @ before[:, :2], after[:, :2] @ before[:, 2] + after[:, 2]])
