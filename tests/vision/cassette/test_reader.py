"""The reader as the station sees it: pictures in, readings with evidence pictures out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkpoint.assay import Outcome
from checkpoint.ports import CassetteReader
from checkpoint.reasons import Reason
from tests.vision.cassette.windows import window
from vision.cassette.evidence import HEIGHT
from vision.cassette.reader import Reader, read_file_view
from vision.render import CassetteSpec, render_cassette, render_empty_bench


def scene(**spec):
    """Return a picture of one cassette on a table."""
    return render_cassette(CassetteSpec(**spec), np.random.default_rng(4), px_per_mm=12).image


@pytest.mark.parametrize(("test_contrast", "outcome"), [(None, "negative"), (0.3, "positive")])
def test_a_cassette_on_the_table_is_read(test_contrast, outcome):
    reader: CassetteReader = Reader()

    shots = reader.read(scene(test_contrast=test_contrast))

    assert [shot.reading.outcome for shot in shots] == [outcome]
    assert len(shots[0].reading.corners) == 4


def test_an_empty_bench_has_no_cassette():
    picture = render_empty_bench(np.random.default_rng(2)).image

    (shot,) = Reader().read(picture)

    assert (shot.reading.outcome, shot.reading.reason) == (Outcome.RETAKE, Reason.NO_CASSETTE)


@settings(max_examples=60)
@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    content=st.sampled_from(["black", "white", "noise"]),
    view=st.sampled_from(["auto", "cassette", "window"]),
)
def test_a_picture_too_small_for_anything_is_taken_again(height, width, content, view):
    picture = np.full((height, width, 3), 255 if content == "white" else 0, np.uint8)
    if content == "noise":
        picture = np.random.default_rng(height * 61 + width).integers(0, 256, picture.shape, np.uint8)

    shots = read_file_view(picture, view)

    assert {shot.reading.outcome for shot in shots} <= {Outcome.RETAKE, Outcome.INVALID}


def test_a_bare_crop_is_read_when_said_to_be_one():
    (shot,) = read_file_view(window(test_contrast=0.3), "window")

    assert shot.reading.outcome is Outcome.POSITIVE


def test_the_evidence_picture_shows_more_than_the_crop():
    crop = window(test_contrast=0.3)

    (shot,) = read_file_view(crop, "window")

    assert shot.picture.shape[0] == HEIGHT
    assert shot.picture.shape[1] > crop.shape[1] * HEIGHT / crop.shape[0]
    assert shot.picture.dtype == np.uint8


def test_the_reading_draws_marks_at_the_lines():
    (plain,) = read_file_view(window(control_contrast=None, wash=0.1), "window")
    (lined,) = read_file_view(window(test_contrast=0.3), "window")

    def marks(picture):
        """Return how many pixels have the test mark's red."""
        return int((np.abs(picture[60:].astype(int) - (30, 30, 200)).sum(axis=2) < 30).sum())

    assert marks(lined.picture) > marks(plain.picture)
