"""From line evidence to an outcome: two thresholds with a band for "take it again" between them."""

from dataclasses import dataclass

from checkpoint.assay import Outcome
from checkpoint.reasons import Reason
from vision.cassette.geometry import ControlEnd


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Evidence is between 0 and 1; at ``absent`` or less a line is not there, at ``present`` or more it is."""

    absent: float
    present: float

    def __post_init__(self) -> None:
        if not 0 <= self.absent < self.present <= 1:
            raise ValueError(f"thresholds leave a band between them: {self.absent} to {self.present}")


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome and why."""

    outcome: Outcome
    reason: Reason


RETAKE_UNCLEAR = Judgement(Outcome.RETAKE, Reason.LINES_UNCLEAR)


def judge(
    control: float, test: float, *, end: ControlEnd, control_limits: Thresholds, test_limits: Thresholds
) -> Judgement:
    """Return the outcome for the evidence of a control line and of a test line.

    With an unknown end, `control` is the evidence of at least one line and `test` of a second.
    """
    if control <= control_limits.absent:
        if end is ControlEnd.UNKNOWN or test <= test_limits.absent or test >= test_limits.present:
            return Judgement(Outcome.INVALID, Reason.NO_CONTROL_LINE)
        return RETAKE_UNCLEAR
    if control < control_limits.present:
        return RETAKE_UNCLEAR
    if test >= test_limits.present:
        return Judgement(Outcome.POSITIVE, Reason.CLEAR_LINES)
    if test <= test_limits.absent:
        return Judgement(Outcome.NEGATIVE, Reason.CLEAR_LINES)
    return RETAKE_UNCLEAR
