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


# Chosen on cross-validated answers (docs/reader.md): the narrowest bands whose accepted answers keep their accuracy.
CONTROL_LIMITS = Thresholds(absent=0.30, present=0.85)
TEST_LIMITS = Thresholds(absent=0.15, present=0.88)


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome and why."""

    outcome: Outcome
    reason: Reason


_UNCLEAR = Judgement(Outcome.RETAKE, Reason.LINES_UNCLEAR)


def judge(control: float, test: float, *, end: ControlEnd, used: bool = True, clear: bool = True) -> Judgement:
    """Return the outcome for the evidence of a control line and of a test line.

    With an unknown end, `control` is the evidence of at least one line and `test` of a second one. `used`: whether
    liquid has run over the membrane; `clear`: whether it is certain which line is which.

    >>> judge(0.99, 0.01, end=ControlEnd.START).outcome
    <Outcome.NEGATIVE: 'negative'>
    >>> judge(0.02, 0.99, end=ControlEnd.START).reason
    <Reason.NO_CONTROL_LINE: 'no-control-line'>
    """
    if not clear:
        return _UNCLEAR
    if control <= CONTROL_LIMITS.absent:
        if end is not ControlEnd.UNKNOWN and test > TEST_LIMITS.absent:
            lone = test >= TEST_LIMITS.present
            return Judgement(Outcome.INVALID, Reason.NO_CONTROL_LINE) if lone else _UNCLEAR
        return Judgement(Outcome.INVALID, Reason.NO_CONTROL_LINE if used else Reason.UNUSED_CASSETTE)
    if control < CONTROL_LIMITS.present or TEST_LIMITS.absent < test < TEST_LIMITS.present:
        return _UNCLEAR
    seen = test >= TEST_LIMITS.present
    return Judgement(Outcome.POSITIVE if seen else Outcome.NEGATIVE, Reason.CLEAR_LINES)
