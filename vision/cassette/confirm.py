"""A second, closer look at the likeliest candidates: is it a cassette, and how far is the frame off?

The histograms of `recognise` are cheap enough for thousands of places and rank them well; makes that they were not
fitted to, they score low. A small network then looks at the few best ranked. It was trained on cassettes drawn
stranger than real ones (`bench/train_confirm.py`), so it knows what all makes share: a window with a membrane, a well
on one side of it, plastic around both.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from checkpoint.ports import Image
from vision.cassette.frames import Frame, Pyramid
from vision.cassette.network import Network

REACH = (5.0, 2.5, 0.20, 0.28)
"""How far off a frame may be for the look to mend it: mm along, mm across, radians, logarithm of the scale."""

AT_ONCE = 8
"""Patches the network is given together."""

SOFTENS = 6.0
"""Grey levels: a patch of less contrast than this is noise."""

_MIRRORED = np.array((1, 1, -1, -1, 1), np.float32)  # what a mirror across the axis does to log odds and offset

_other: ContextVar[Network | None] = ContextVar("_other", default=None)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look said: log odds of a cassette with its control end first, and the frame that it would rather have."""

    log_odds: float
    frame: Frame


def look(pyramid: Pyramid, frames: Sequence[Frame], *, twice: bool = False) -> list[Look]:
    """Return a look at each frame; `twice` is the mean of it and of its mirror image: slower, and nearer the truth."""
    if not frames:
        return []
    patches = np.stack([pyramid.patch(frame) for frame in frames])
    if twice:
        straight, mirrored = np.split(_answers(np.concatenate([patches, patches[:, ::-1]])), 2)
        answers = (straight + _MIRRORED * mirrored) / 2
    else:
        answers = _answers(patches)
    return [Look(float(answer[0]), _mended(frame, answer[1:])) for frame, answer in zip(frames, answers, strict=True)]


def encode(patches: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the network's input, shape (N, 1, H, W), of patches, shape (N, H, W), all of one light and contrast."""
    maps = patches[:, None].astype(np.float32)
    maps -= maps.mean(axis=(2, 3), keepdims=True)
    maps /= maps.std(axis=(2, 3), keepdims=True) + np.float32(SOFTENS)
    return maps


def _answers(patches: Image) -> npt.NDArray[Any]:
    """Return log odds and the four parts of the offset in units of `REACH`, shape (N, 5)."""
    network, count = _other.get() or _shipped(), len(patches)
    # Always as many at once: OpenCV lays its buffers out anew where the number changes.
    padded = np.concatenate([encode(patches), np.zeros((-count % AT_ONCE, 1, *patches.shape[1:]), np.float32)])
    answers = [network.response(padded[at : at + AT_ONCE]) for at in range(0, len(padded), AT_ONCE)]
    return np.concatenate(answers)[:count, :, 0, 0]


@contextmanager
def using(network: Network) -> Iterator[None]:
    """Look with other weights for a while: how training is judged on what it has not seen."""
    token = _other.set(network)
    try:
        yield
    finally:
        _other.reset(token)


@cache
def _shipped() -> Network:
    stored = resources.files("vision.cassette").joinpath("weights", "confirm.onnx")
    return Network(stored.read_bytes())


def _mended(frame: Frame, offset: npt.NDArray[Any]) -> Frame:
    along, across, turn, stretch = (
        float(np.clip(part, -1, 1)) * most for part, most in zip(offset, REACH, strict=True)
    )
    moved = frame.shifted(along, across)
    return Frame(moved.x, moved.y, moved.angle + turn, moved.px_per_mm * math.exp(stretch))
