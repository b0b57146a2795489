"""Codes on cloth and bent paper."""

import numpy as np
import pytest

from bench.codes.altered import on_a_bottle, on_cloth
from tests.vision.qr.pictures import held, qr
from vision.qr import Scanner, zxing
from vision.qr.flatten import MOST_MODULES, flattened
from vision.qr.zxing import Unread

TEXT = "lorry pass 330482 000123, point to point"
FLAT = held(qr(TEXT, scale=8, error="m", boost_error=False))[40:420, 20:440]


def test_code_on_cloth_that_a_flat_lattice_misses_is_read() -> None:
    pictures = [on_cloth(FLAT, np.random.default_rng(seed)) for seed in range(12)]
    bent = [picture for picture in pictures if not zxing.read(picture[..., 0].copy()).codes]
    read = [[code.text for code in Scanner().scan(picture).codes] for picture in bent]
    assert len(bent) >= 4
    assert all(texts in ([], [TEXT]) for texts in read)
    assert sum(map(bool, read)) >= len(bent) / 2


def test_code_round_a_bottle_is_read() -> None:
    read = [Scanner().scan(on_a_bottle(FLAT, np.random.default_rng(seed))).codes for seed in range(4)]
    assert sum(bool(codes) and codes[0].text == TEXT for codes in read) >= 3


def test_corners_of_a_bent_code_are_those_in_the_frame() -> None:
    bent = next(
        picture
        for picture in (on_cloth(FLAT, np.random.default_rng(seed)) for seed in range(12))
        if not zxing.read(picture[..., 0].copy()).codes and Scanner().scan(picture).codes
    )
    (code,) = Scanner().scan(bent).codes
    (moved,) = Scanner().scan(np.pad(bent, ((300, 0), (500, 0), (0, 0)), mode="edge")).codes
    assert np.abs(np.array(moved.corners) - np.array(code.corners) - (500, 300)).max() <= 12


@pytest.mark.parametrize("modules", [0, 17, MOST_MODULES + 4, 177])
def test_a_code_of_unknown_size_or_too_dense_is_left_alone(modules: int) -> None:
    corners = ((0, 0), (300, 0), (300, 300), (0, 300))
    assert flattened(FLAT[..., 0].copy(), Unread(corners, modules)) is None


def test_impossible_corners_break_nothing() -> None:
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (120, 90), np.uint8)
    for corners in (
        [(0, 0), (50, 50), (100, 100), (150, 150)],
        [(0, 0), (80, 0), (80, 80), (80, 80)],
        [(-900, -900), (900, -900), (900, 900), (-900, 900)],
        [(80, 0), (0, 80), (80, 80), (0, 0)],
    ):
        picture = flattened(noise, Unread(tuple(corners), 25))
        assert picture is None or zxing.read(picture).codes == ()
