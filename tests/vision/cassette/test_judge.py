"""From evidence to an outcome."""

import pytest

from checkpoint.assay import Outcome
from checkpoint.reasons import Reason
from vision.cassette.geometry import ControlEnd, LineGeometry
from vision.cassette.judge import CONTROL_LIMITS, TEST_LIMITS, Thresholds, judge

BETWEEN = (TEST_LIMITS.absent + TEST_LIMITS.present) / 2


@pytest.mark.parametrize("end", [ControlEnd.START, ControlEnd.END, ControlEnd.UNKNOWN])
def test_evidence_between_the_thresholds_is_taken_again(end):
    assert judge(0.99, BETWEEN, end=end).reason is Reason.LINES_UNCLEAR
    assert judge((CONTROL_LIMITS.absent + CONTROL_LIMITS.present) / 2, 0.0, end=end).outcome is Outcome.RETAKE


@pytest.mark.parametrize("test", [0.0, 1.0])
def test_without_a_control_line_no_test_line_counts(test):
    judged = judge(0.0, test, end=ControlEnd.START)

    assert (judged.outcome, judged.reason) == (Outcome.INVALID, Reason.NO_CONTROL_LINE)


def test_a_doubtful_lone_test_line_is_taken_again():
    assert judge(0.0, BETWEEN, end=ControlEnd.START).outcome is Outcome.RETAKE


def test_a_lone_line_that_may_be_either_is_taken_again():
    assert judge(0.99, 0.0, end=ControlEnd.START, clear=False).outcome is Outcome.RETAKE


def test_a_blank_window_is_unused_or_lacks_its_control_line():
    assert judge(0.0, 0.0, end=ControlEnd.UNKNOWN, used=False).reason is Reason.UNUSED_CASSETTE
    assert judge(0.0, 0.0, end=ControlEnd.UNKNOWN, used=True).reason is Reason.NO_CONTROL_LINE


def test_thresholds_leave_a_band():
    with pytest.raises(ValueError, match="band"):
        Thresholds(absent=0.6, present=0.6)


def test_a_control_line_lies_nearer_its_end():
    with pytest.raises(ValueError, match="control"):
        LineGeometry(control_mm=9.0, test_mm=4.0)
