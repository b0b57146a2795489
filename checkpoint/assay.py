"""The antigen test: what a cassette shows, and when it may be read."""

from dataclasses import dataclass, replace
from enum import StrEnum

from checkpoint.reasons import Reason


class Outcome(StrEnum):
    """What a cassette shows, or that the picture must be taken again."""

    NEGATIVE = "negative"
    POSITIVE = "positive"
    INVALID = "invalid"
    RETAKE = "retake"


class Readiness(StrEnum):
    """Where a running test stands in its read window."""

    TOO_EARLY = "too-early"
    READY = "ready"
    OVERDUE = "overdue"
    VOID = "void"  # the waiting time cannot be known: a reboot without a trusted clock


@dataclass(frozen=True, slots=True)
class LineReading:
    """How strongly one line shows.

    ``contrast``: depth of the line as a fraction of the membrane's reflectance, 0 to 1; ``snr``: that depth over the
    membrane's noise; ``position_mm``: distance from the membrane's end nearest the control line, None without a scale.
    """

    contrast: float
    snr: float
    position_mm: float | None = None


NO_LINE = LineReading(contrast=0.0, snr=0.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """One cassette as read from a picture.

    ``score`` grows with the evidence of a test line; ``slot`` is the mat's slot number where a mat is in view;
    ``profile`` is the membrane's absorbance along its length, control end first; ``corners`` are the cassette's four
    corners in the picture, pixels, clockwise; ``place`` is its middle (pixels of the picture, or of the mat
    lying flat) and its turn (radians): so exactly no second cassette is laid down by hand.
    """

    outcome: Outcome
    reason: Reason
    control: LineReading
    test: LineReading
    score: float
    cassette_type: str = "generic"
    slot: int | None = None
    profile: tuple[float, ...] = ()
    corners: tuple[tuple[float, float], ...] = ()
    hints: tuple[Reason, ...] = ()
    place: tuple[float, float, float] | None = None

    def put_off(self, reason: Reason) -> "Reading":
        """Return what was measured with no result drawn from it: the cassette is to be read again."""
        return replace(self, outcome=Outcome.RETAKE, reason=reason)


@dataclass(frozen=True, slots=True)
class ReadWindow:
    """When a cassette may be read, in minutes after the drops.

    Before it a positive may be missed; after it no result counts.
    """

    read_from_min: float = 15.0
    read_until_min: float = 20.0

    def __post_init__(self) -> None:
        if not 0 < self.read_from_min < self.read_until_min:
            raise ValueError(f"a read window opens before it closes: {self.read_from_min} to {self.read_until_min} min")

    def readiness(self, waited_s: float | None) -> Readiness:
        """Return where a test stands that has waited `waited_s` seconds (None: unknown, so the test is void).

        >>> ReadWindow(15, 20).readiness(14 * 60 + 59)
        <Readiness.TOO_EARLY: 'too-early'>
        >>> ReadWindow(15, 20).readiness(20 * 60)
        <Readiness.READY: 'ready'>
        >>> ReadWindow(15, 20).readiness(None)
        <Readiness.VOID: 'void'>
        """
        if waited_s is None:
            return Readiness.VOID
        if waited_s < self.read_from_min * 60:
            return Readiness.TOO_EARLY
        if waited_s > self.read_until_min * 60:
            return Readiness.OVERDUE
        return Readiness.READY


def interpret(control_seen: bool, test_seen: bool) -> Outcome:
    """Return the outcome shown by a control line and a test line.

    Without a control line there is no result, however strong the test line.

    >>> interpret(control_seen=False, test_seen=True)
    <Outcome.INVALID: 'invalid'>
    """
    if not control_seen:
        return Outcome.INVALID
    return Outcome.POSITIVE if test_seen else Outcome.NEGATIVE
