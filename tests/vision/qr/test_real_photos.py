"""Real photos of codes from the public test data."""

import pytest

from bench.codes.real import cassettes, photos
from tests.data import test_data
from vision.qr import Scanner

pytestmark = pytest.mark.data


def test_nine_in_ten_real_photos_are_read_and_none_wrongly() -> None:
    folder = test_data("qr").parent
    verdicts = [
        photo.judge([code.text or "" for code in Scanner().scan(photo.image).codes]) for photo in photos(folder)
    ]
    assert "wrong" not in verdicts
    assert "false" not in verdicts
    assert verdicts.count("right") >= 0.91 * len(verdicts)


def test_cassettes_are_not_read_as_codes() -> None:
    folder = test_data("cassettes").parent
    pictures = list(cassettes(folder))[::5]  # the benchmark looks at all of them
    assert [name for name, image in pictures if Scanner().scan(image).codes] == []
