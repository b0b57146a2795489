"""The learned judge of lines: a small convolutional network over the strip, evaluated in plain NumPy.

It answers one question for each row of the strip: how likely is the middle of a line here? It is fully convolutional
along the axis, so the answer can be drawn beside the profile, and the number, place and strength of lines follow from
its peaks. How it was trained and what it was tested on: ``bench/train_reader.py`` and ``docs/model-card.md``.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from vision.cassette.absorbance import Floats
from vision.cassette.strip import ACROSS, ALONG, UNIT, Strip

WEIGHTS = "lines.npz"
ROWS_PER_STEP = 2
"""Rows of the strip for each answer of the network."""

REFERENCE_PERCENTILE = 35.0  # of the membrane's absorbance: its bare level, below lines and wash
_GAIN, _RANGE = 20.0, 3.0


def encode(absorbance: Floats, valid: npt.NDArray[Any], start: int, end: int) -> Floats:
    """Return the network's input, shape (4, ALONG, ACROSS): three channels over the membrane's level, and its place.

    The logarithm brings a line of 3 % and one of 60 % to one scale. `start` and `end` are the membrane's rows.
    """
    inside = absorbance[start:end, ACROSS // 2 - UNIT // 3 : ACROSS // 2 + UNIT // 3]
    level = np.percentile(inside.reshape(-1, 3), REFERENCE_PERCENTILE, axis=0)
    over = (absorbance - level) * valid[..., None]
    squeezed = np.sign(over) * np.log1p(_GAIN * np.abs(over)) / _RANGE
    place = np.zeros((ALONG, ACROSS), np.float32)
    place[start:end, ACROSS // 2 - UNIT // 2 : ACROSS // 2 + UNIT // 2] = 1
    place += valid.astype(np.float32) - 1
    return np.concatenate([squeezed.transpose(2, 0, 1), place[None]]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution: weights (out, in, rows, columns), bias, and how it is laid over its input."""

    weights: Floats
    bias: Floats
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: int
    residual: bool

    def __call__(self, maps: Floats) -> Floats:
        """Return the rectified response to `maps`, shape (N, in, H, W); with `residual` on top of them."""
        answer = np.maximum(self.linear(maps), 0)
        return maps + answer if self.residual else answer

    def linear(self, maps: Floats) -> Floats:
        """Return the response before rectification, shape (N, out, H', W')."""
        down, right = self.padding
        padded = np.pad(maps, ((0, 0), (0, 0), (down, down), (right, right)))
        _, _, rows, columns = self.weights.shape
        reach = (rows - 1) * self.dilation + 1
        windows = np.lib.stride_tricks.sliding_window_view(padded, (reach, columns), axis=(2, 3))
        windows = windows[:, :, :: self.stride[0], :: self.stride[1], :: self.dilation]
        count, channels, height, width = windows.shape[:4]
        patches = windows.transpose(0, 2, 3, 1, 4, 5).reshape(count * height * width, channels * rows * columns)
        answer = patches @ self.weights.reshape(len(self.weights), -1).T + self.bias
        return np.asarray(answer.reshape(count, height, width, -1).transpose(0, 3, 1, 2), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Network:
    """The layers in order; the last one is linear."""

    layers: tuple[Layer, ...]

    def log_odds(self, strip: Strip) -> npt.NDArray[np.float64]:
        """Return the log odds of a line at each row of the strip, shape (ALONG,).

        A mirrored strip shows the same lines, so the answer is the mean over the four ways to hold it.
        """
        upright = encode(strip.absorbance, strip.valid, strip.start, strip.end)
        ways = np.stack([upright, upright[:, :, ::-1], upright[:, ::-1], upright[:, ::-1, ::-1]])
        maps: Floats = ways
        for layer in self.layers[:-1]:
            maps = layer(maps)
        answers = self.layers[-1].linear(maps)[:, 0, :, 0].astype(np.float64)
        answers[2:] = answers[2:, ::-1]
        steps = answers.mean(axis=0)
        at = (np.arange(len(steps)) + 0.25) * ROWS_PER_STEP
        return np.asarray(np.interp(np.arange(ALONG), at, steps), dtype=np.float64)


@cache
def load_network() -> Network:
    """Return the network that ships with the package; read once."""
    return read_network(files("vision.cassette").joinpath("weights", WEIGHTS).read_bytes())


def read_network(data: bytes) -> Network:
    """Return the network stored in `data`, an npz of `w0`, `b0`, `plan0`, `w1`, ... in the order of the layers.

    A plan is (row stride, column stride, row padding, column padding, dilation, residual).
    """
    with np.load(BytesIO(data), allow_pickle=False) as stored:
        layers: list[Layer] = []
        while f"w{len(layers)}" in stored:
            at = len(layers)
            rows, columns, down, right, dilation, residual = (int(v) for v in stored[f"plan{at}"])
            layers.append(
                Layer(
                    stored[f"w{at}"].astype(np.float32),
                    stored[f"b{at}"].astype(np.float32),
                    (rows, columns),
                    (down, right),
                    dilation,
                    bool(residual),
                )
            )
    return Network(tuple(layers))
