"""The network as OpenCV evaluates it, against sums written out."""

from importlib.resources import files
from threading import Thread

import cv2
import numpy as np
import pytest

from tests.vision.cassette.windows import window
from vision.cassette.membrane import find_membrane
from vision.cassette.network import WEIGHTS, Network, encode, load_network
from vision.cassette.strip import ALONG, cut_strip

SHIPPED = files("vision.cassette").joinpath("weights", WEIGHTS).read_bytes()
LAYERS = (
    # stride, padding, dilation, whether it is added to what it was given
    ((2, 2), (2, 2), 1, False),
    ((1, 2), (1, 1), 1, False),
    ((1, 2), (1, 1), 1, False),
    ((1, 1), (1, 1), 1, False),
    ((1, 1), (1, 0), 1, False),
    ((1, 1), (4, 0), 2, True),
    ((1, 1), (10, 0), 5, True),
    ((1, 1), (1, 0), 1, False),
    ((1, 1), (0, 0), 1, False),
)


def convolved(maps, weights, bias, stride, padding, dilation):
    """Return the convolution of one stack of maps, (in, H, W), by its definition."""
    padded = np.pad(maps, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    _, _, rows, columns = weights.shape
    reach = (rows - 1) * dilation + 1
    parts = np.lib.stride_tricks.sliding_window_view(padded, (reach, columns), axis=(1, 2))
    parts = parts[:, :: stride[0], :: stride[1], ::dilation]
    return np.einsum("ihwrc,oirc->ohw", parts, weights) + bias.reshape(-1, 1, 1)


def strip(**spec):
    crop = window(**spec)
    return cut_strip(crop, find_membrane(crop))


def test_the_answer_is_that_of_its_layers_written_out():
    seen = strip(test_contrast=0.1)
    image = encode(seen.absorbance, seen.valid, seen.start, seen.end)
    net = cv2.dnn.readNetFromONNX(np.frombuffer(SHIPPED, np.uint8))
    names = [name for name in net.getLayerNames() if name.startswith("onnx_node!conv")]
    maps = image.astype(np.float64)
    for at, name, layer in zip(range(len(LAYERS)), names, LAYERS, strict=True):
        stride, padding, dilation, residual = layer
        weights, bias = net.getParam(name, 0), net.getParam(name, 1)
        answer = convolved(maps, weights, bias, stride, padding, dilation)
        if at < len(LAYERS) - 1:
            answer = np.maximum(answer, 0)
        maps = maps + answer if residual else answer

    assert Network(SHIPPED).answers(image[None])[0] == pytest.approx(maps[0, :, 0], abs=1e-3)


def test_a_mirrored_strip_shows_the_same_lines():
    crop = window(test_contrast=0.3)
    upright, mirrored = (load_network().log_odds(cut_strip(c, find_membrane(c))) for c in (crop, crop[:, ::-1].copy()))

    assert abs(int(upright.argmax()) - int(mirrored.argmax())) <= 2
    assert upright.max() == pytest.approx(mirrored.max(), abs=1.0)


def test_the_file_that_ships_fits_in_a_megabyte():
    assert len(SHIPPED) < 1_000_000
    assert load_network().log_odds(strip()).shape == (ALONG,)


def test_several_threads_may_ask_one_network_at_a_time():
    strips = [strip(test_contrast=contrast) for contrast in (None, 0.05, 0.3)]
    alone = [Network(SHIPPED).log_odds(one) for one in strips]
    shared, answers = Network(SHIPPED), {}

    def ask(number):
        answers[number] = [shared.log_odds(strips[number % 3]) for _ in range(4)]

    threads = [Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for number, given in answers.items():
        for one in given:
            assert one == pytest.approx(alone[number % 3], abs=1e-4)


@pytest.mark.parametrize("data", [b"", b"not a network", SHIPPED[:2000]])
def test_what_is_no_network_is_refused(data):
    with pytest.raises(ValueError, match="no network"):
        Network(data)
