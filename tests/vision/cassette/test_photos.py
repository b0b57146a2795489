"""Real photographs of result windows: a share of the public development set."""

import csv

import cv2
import pytest

from checkpoint.assay import Outcome
from tests.data import test_data
from vision.cassette.reader import read_file_view


@pytest.fixture(scope="module")
def answers():
    """Return (label, reading) for every third positive and every fifteenth negative photo."""
    folder = test_data("cassettes")
    with (folder / "labels.csv").open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["view"] == "window"]
    chosen = [r for r in rows if r["label"] == "positive"][::3] + [r for r in rows if r["label"] == "negative"][::15]
    return [(r["label"], read_file_view(cv2.imread(str(folder / r["file"])), "window")[0].reading) for r in chosen]


@pytest.mark.data
def test_no_positive_is_taken_for_a_negative(answers):
    assert not [one for label, one in answers if label == "positive" and one.outcome is Outcome.NEGATIVE]


@pytest.mark.data
def test_nearly_every_accepted_answer_is_right(answers):
    accepted = [(label, one) for label, one in answers if one.outcome is not Outcome.RETAKE]

    assert sum(one.outcome != label for label, one in accepted) <= 0.02 * len(accepted)
    assert len(accepted) >= 0.85 * len(answers)


@pytest.mark.data
def test_every_positive_scores_above_nearly_every_negative(answers):
    positives = [one.score for label, one in answers if label == "positive"]
    negatives = sorted(one.score for label, one in answers if label == "negative")

    assert min(positives) > negatives[int(0.9 * len(negatives))]
