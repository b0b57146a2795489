"""The network's arithmetic, against sums written out."""

import io

import numpy as np
import pytest

from tests.vision.cassette.windows import window
from vision.cassette.membrane import find_membrane
from vision.cassette.network import Layer, load_network, read_network
from vision.cassette.strip import ALONG, cut_strip


def convolved(maps, layer):
    """Return the convolution of one map stack by its definition."""
    out, _, rows, columns = layer.weights.shape
    padded = np.pad(maps, ((0, 0), (layer.padding[0],) * 2, (layer.padding[1],) * 2))
    reach = (rows - 1) * layer.dilation + 1
    height = (padded.shape[1] - reach) // layer.stride[0] + 1
    width = (padded.shape[2] - columns) // layer.stride[1] + 1
    answer = np.zeros((out, height, width))
    for k in range(out):
        for y in range(height):
            for x in range(width):
                top, left = y * layer.stride[0], x * layer.stride[1]
                part = padded[:, top : top + reach : layer.dilation, left : left + columns]
                answer[k, y, x] = (part * layer.weights[k]).sum() + layer.bias[k]
    return answer


@pytest.mark.parametrize(
    ("shape", "stride", "padding", "dilation"),
    [((3, 2, 5, 5), (2, 2), (2, 2), 1), ((4, 2, 3, 3), (1, 2), (1, 1), 1), ((2, 2, 5, 1), (1, 1), (4, 0), 2)],
)
def test_a_layer_is_a_convolution(shape, stride, padding, dilation):
    rng = np.random.default_rng(3)
    layer = Layer(
        rng.normal(size=shape).astype(np.float32), rng.normal(size=shape[0]).astype(np.float32),
        stride, padding, dilation, residual=False,
    )  # fmt: skip
    maps = rng.normal(size=(2, 2, 13, 11)).astype(np.float32)

    answer = layer.linear(maps)

    for one, got in zip(maps, answer, strict=True):
        assert got == pytest.approx(convolved(one, layer), abs=1e-4)


def test_a_mirrored_strip_shows_the_same_lines():
    crop = window(test_contrast=0.3)
    upright, mirrored = (load_network().log_odds(cut_strip(c, find_membrane(c))) for c in (crop, crop[:, ::-1].copy()))

    assert abs(int(upright.argmax()) - int(mirrored.argmax())) <= 2
    assert upright.max() == pytest.approx(mirrored.max(), abs=1.0)


def test_weights_that_ship_fit_in_a_megabyte_and_read_back():
    network = load_network()
    arrays = {}
    for at, layer in enumerate(network.layers):
        arrays |= {f"w{at}": layer.weights, f"b{at}": layer.bias}
        arrays[f"plan{at}"] = np.array([*layer.stride, *layer.padding, layer.dilation, layer.residual])
    stored = io.BytesIO()
    np.savez(stored, **arrays)

    again = read_network(stored.getvalue())

    assert sum(layer.weights.nbytes + layer.bias.nbytes for layer in network.layers) < 1_000_000
    crop = window()
    strip = cut_strip(crop, find_membrane(crop))
    assert again.log_odds(strip).shape == (ALONG,)
    assert again.log_odds(strip) == pytest.approx(network.log_odds(strip))
