"""A photo shown again, or a cassette nobody moved, is known; another one laid down by hand is not it."""

import cv2
import numpy as np
import pytest

from checkpoint.assay import Reading
from checkpoint.cassette_memory import Trace
from checkpoint.ports import Image
from station.demo.cassettes import bench
from vision.cassette.reader import Reader

SCENES = [("cassette-negative", 1), ("cassette-faint-positive", 3)]


def trace(image: Image) -> Trace:
    """Return by what the cassette in a picture is known again."""
    reading: Reading = Reader().read(image)[0].reading
    found = Trace.of(reading)
    assert found is not None
    return found


def photographed_again(image: Image, rng: np.random.Generator) -> Image:
    """Return the same view a while later: other noise, a little other light, compressed once more."""
    noisy = image.astype(np.float64) * rng.uniform(0.97, 1.03) + rng.normal(0, 1.5, image.shape)
    packed = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize(("scene", "seed"), SCENES)
def test_the_same_view_is_known_again_and_a_sister_cassette_is_not(scene: str, seed: int) -> None:
    first = bench(scene, seed)
    known = trace(first)
    assert trace(photographed_again(first, np.random.default_rng(seed))).resembles(known)
    assert not trace(bench(scene, seed + 1)).resembles(known)
