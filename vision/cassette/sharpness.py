"""How sharp a cassette's picture is, told from its lettering, rim and window, whichever is sharpest."""

import math

import cv2
import numpy as np

from checkpoint.ports import Image

_TILE_MM = 3.0
_RISE = 22.0  # grey levels within a tile: with less, noise would look like sharpness
_FEWEST_TILES = 3
_SHARPEST = 25  # percentile of the tiles: some hold no edge but a slope


def blur_mm(cassette: Image, px_per_mm: float) -> float:
    """Return the standard deviation, mm, of the blur at the sharpest edges of a cassette cut out upright.

    `cassette`: ndarray, shape (H, W, 3), uint8, BGR. An edge that rises by A with slope g was blurred by
    A / (g sqrt(2 pi)). Returns 0 where nothing in the picture has contrast: then sharp cannot be told from blurred.
    """
    grey = np.asarray(cv2.cvtColor(cassette, cv2.COLOR_BGR2GRAY) if cassette.ndim == 3 else cassette, np.float32)
    steep = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8))
    tile = max(4, round(_TILE_MM * px_per_mm))
    found = []
    for top in range(0, grey.shape[0] - tile + 1, tile):
        for left in range(0, grey.shape[1] - tile + 1, tile):
            part = grey[top : top + tile, left : left + tile]
            rise = float(np.percentile(part, 98) - np.percentile(part, 2))
            if rise > _RISE:
                steepest = float(np.percentile(steep[top : top + tile, left : left + tile], 99))
                found.append(rise / steepest / math.sqrt(2 * math.pi))
    return float(np.percentile(found, _SHARPEST)) / px_per_mm if len(found) >= _FEWEST_TILES else 0.0
