"""The learned judge of lines: a small convolutional network over the strip, evaluated by OpenCV.

It answers one question for each row of the strip: how likely is the middle of a line here? It is fully convolutional
along the axis, so the answer can be drawn beside the profile, and the number, place and strength of lines follow from
its peaks. How it was trained and what it was tested on: ``bench/train_reader.py`` and ``docs/model-card.md``.
"""

from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.cassette.absorbance import Floats
from vision.cassette.strip import ACROSS, ALONG, UNIT, Strip

WEIGHTS = "lines.onnx"
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


class Network:
    """A network as stored in an ONNX file. One instance serves all threads, one at a time."""

    def __init__(self, onnx: bytes) -> None:
        """Raise ValueError where `onnx` is no such file."""
        try:
            self._net = cv2.dnn.readNetFromONNX(np.frombuffer(onnx, np.uint8))
        except cv2.error as error:
            raise ValueError(f"no network that OpenCV can read: {error.err}") from error
        self._lock = Lock()  # OpenCV keeps the maps between layers in the network itself

    def response(self, images: Floats) -> Floats:
        """Return what the last layer makes of `images`, shape (N, channels, H, W)."""
        with self._lock:
            self._net.setInput(images)
            return np.array(self._net.forward(), np.float32)

    def answers(self, images: Floats) -> Floats:
        """Return the log odds of a line at each step, shape (N, ALONG / ROWS_PER_STEP), of (N, 4, ALONG, ACROSS)."""
        return self.response(images)[:, 0, :, 0]

    def log_odds(self, strip: Strip) -> npt.NDArray[np.float64]:
        """Return the log odds of a line at each row of the strip, shape (ALONG,).

        A mirrored strip shows the same lines, so the answer is the mean over the four ways to hold it.
        """
        upright = encode(strip.absorbance, strip.valid, strip.start, strip.end)
        ways = np.stack([upright, upright[:, :, ::-1], upright[:, ::-1], upright[:, ::-1, ::-1]])
        answers = self.answers(ways).astype(np.float64)
        answers[2:] = answers[2:, ::-1]
        steps = answers.mean(axis=0)
        at = (np.arange(len(steps)) + 0.25) * ROWS_PER_STEP
        return np.asarray(np.interp(np.arange(ALONG), at, steps), dtype=np.float64)


@cache
def load_network() -> Network:
    """Return the network that ships with the package; read once."""
    return Network(files("vision.cassette").joinpath("weights", WEIGHTS).read_bytes())
