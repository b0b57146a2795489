"""From a crop of a result window to a reading: membrane, lines, quality, judgement, each step drawable."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from checkpoint.assay import NO_LINE, LineReading, Outcome, Reading
from checkpoint.ports import Image
from checkpoint.reasons import Reason
from vision.cassette.absorbance import bgr
from vision.cassette.geometry import ControlEnd, LineGeometry
from vision.cassette.judge import CONTROL_LIMITS, TEST_LIMITS, Judgement, judge
from vision.cassette.lines import Ridge, measure, profile
from vision.cassette.membrane import Membrane, find_membranes
from vision.cassette.network import Network, load_network
from vision.cassette.quality import (
    ENDS_SEEN,
    FLOODED_WASH,
    FRONT_COLOUR,
    FRONT_COLOUR_ALONE,
    FRONT_SHARE,
    SHORT_SIDE,
    SOFT_FOR_A_BLANK,
    SOFT_FOR_LINES,
    STREAKED,
    UNUSED_WASH,
    WET_FRONT,
    Quality,
    inspect,
    sides_of,
)
from vision.cassette.roles import Roles, assign, count_lines, of_another_type, runs_forward, third_line
from vision.cassette.strip import Strip, cut_strip

MEMBRANE_WIDTH_MM = 3.4  # visible; 3.0 to 3.7 in all kits measured
_SURE_LINE = 5.0  # log odds: of real control lines three in four have over 6.9, rendered fronts at C's place less
_NO_FRONT = 0.98  # evidence of a lone test line beyond which no front is taken for it
_ENDS_AGREE = 0.3  # of the width: outlines whose corners are closer are one
_SMALLEST_SIDE = 16  # pixels: smaller is no picture of a window


@dataclass(frozen=True, slots=True)
class WindowReading:
    """A reading of one window and what can be drawn of it.

    ``outline``: the membrane's corners, (4, 2), crop pixels, control end first where that is known; ``axis``: unit
    vector along the membrane from that end; ``control_at``, ``test_at``: distance of the lines from that end as a share
    of the membrane's length, None where there is none; ``profile``: absorbance along the membrane; ``evidence``: log
    odds of a line along the membrane, as many values; ``features``: what the judgement rests on, by name; ``flags``:
    quality gates that closed.
    """

    reading: Reading
    outline: npt.NDArray[np.float64]
    axis: tuple[float, float]
    control_at: float | None
    test_at: float | None
    profile: npt.NDArray[np.float64]
    evidence: npt.NDArray[np.float64]
    features: dict[str, float] = field(default_factory=dict)
    flags: tuple[Reason, ...] = ()


def read_window(
    image: Image,
    *,
    control_end: ControlEnd = ControlEnd.UNKNOWN,
    mm_per_px: float | None = None,
    expected: LineGeometry | None = None,
    network: Network | None = None,
    picture_sharp: bool = False,
) -> WindowReading:
    """Read a crop of a result window, ndarray, shape (H, W, 3) or (H, W), uint8, BGR.

    With an unknown `control_end` lines are only counted: the stronger one is called the control line. With a known one
    the line on the control side is the control line, and a lone line on the other side makes the test invalid.
    `mm_per_px` gives positions in millimetres; `expected` where this type's lines belong; `network` other weights than
    those that ship with the package; `picture_sharp` says that the rest of the cassette is in focus, so that a blank
    window with soft edges is blank.
    """
    crop = bgr(image)
    if min(crop.shape[:2]) < _SMALLEST_SIDE:
        return _unreadable(crop)
    membranes = find_membranes(crop, None if mm_per_px is None else MEMBRANE_WIDTH_MM / mm_per_px)

    def read(membrane: Membrane) -> WindowReading:
        return _read_within(crop, membrane, control_end, mm_per_px, expected, network or load_network(), picture_sharp)

    likeliest = read(membranes[0])
    for other in membranes[1:]:
        if _differ(membranes[0], other) and read(other).reading.outcome is not likeliest.reading.outcome:
            return _unclear(likeliest)
    return likeliest


def _differ(one: Membrane, other: Membrane) -> bool:
    """Return whether two outlines have an end in different places."""
    apart = np.linalg.norm(one.outline - other.outline, axis=1)
    return bool(apart.max() > _ENDS_AGREE * one.width_px)


def _unclear(read: WindowReading) -> WindowReading:
    """Return a reading that is not believed, as what it says hangs on where the membrane ends."""
    if read.reading.outcome is Outcome.RETAKE:
        return read
    return replace(read, reading=read.reading.put_off(Reason.LINES_UNCLEAR))


def _read_within(
    crop: Image,
    membrane: Membrane,
    control_end: ControlEnd,
    mm_per_px: float | None,
    expected: LineGeometry | None,
    network: Network,
    picture_sharp: bool,
) -> WindowReading:
    """Read a crop whose membrane lies in a given outline."""
    strip = cut_strip(crop, membrane)
    evidence = network.log_odds(strip)
    forward = runs_forward(membrane.axis, crop.shape[0] >= crop.shape[1], control_end)
    mm_per_row = None if mm_per_px is None else strip.px_per_sample * mm_per_px
    if control_end is ControlEnd.UNKNOWN:
        roles = count_lines(evidence, strip)
    else:
        roles = assign(evidence, strip, forward=forward, expected=expected, mm_per_row=mm_per_row)
    quality = inspect(crop, membrane, strip)
    control, test = _likelihood(roles.control), _likelihood(roles.test)
    judgement = judge(control, test, end=control_end, used=quality.wash > UNUSED_WASH, clear=roles.clear)
    strange = _likelihood(third_line(evidence, strip, roles)) >= CONTROL_LIMITS.present
    if expected is not None and mm_per_row is not None:
        strange |= of_another_type(roles, expected, mm_per_row)
    if judgement.outcome is Outcome.POSITIVE and strange:
        judgement = Judgement(Outcome.RETAKE, Reason.UNKNOWN_CASSETTE_TYPE)
    if judgement.outcome is not Outcome.POSITIVE and membrane.ends_fit < ENDS_SEEN:
        judgement = Judgement(Outcome.RETAKE, Reason.LINES_UNCLEAR)  # a line may lie outside of the outline
    judgement = _gated(judgement, quality, control, test, picture_sharp=picture_sharp)
    if control_end is not ControlEnd.UNKNOWN:
        judgement = _line_or_front(judgement, strip, roles, forward=forward)
    return _drawable(strip, membrane, evidence, roles, quality, judgement, forward=forward, mm_per_px=mm_per_px)


def _gated(judgement: Judgement, quality: Quality, control: float, test: float, *, picture_sharp: bool) -> Judgement:
    """Put the gravest quality gate before the judgement, and say why lines are missing or unclear where that shows.

    A window is not called blank while a wetting front stands on it or while blur may have hidden its lines.
    """
    if quality.flags:
        return Judgement(Outcome.RETAKE, quality.flags[0])
    no_control = control <= CONTROL_LIMITS.absent
    measures = quality.measures
    if no_control and test < _NO_FRONT and measures["front"] > WET_FRONT:
        return Judgement(Outcome.RETAKE, Reason.STILL_MIGRATING)
    soft = measures["edge_rise"] > SOFT_FOR_A_BLANK and not picture_sharp
    if no_control and test < TEST_LIMITS.present and soft:
        return Judgement(Outcome.RETAKE, Reason.BLURRED)
    if judgement.reason is not Reason.LINES_UNCLEAR:
        return judgement
    causes = (
        (Reason.BLURRED, measures["edge_rise"] / SOFT_FOR_LINES),
        (Reason.MEMBRANE_FLOODED, measures["wash"] / FLOODED_WASH),
        (Reason.MEMBRANE_STREAKED, measures["streak"] / STREAKED),
    )
    cause, excess = max(causes, key=lambda one: one[1])
    return Judgement(Outcome.RETAKE, cause) if excess > 1 else judgement


def _line_or_front(judgement: Judgement, strip: Strip, roles: Roles, *, forward: bool) -> Judgement:
    """Put off a negative whose only line may be the front of the liquid, come as far as the control line's place."""
    if judgement.outcome is not Outcome.NEGATIVE and judgement.reason is not Reason.LINES_UNCLEAR:
        return judgement
    sides, weak = sides_of(strip, roles.control_row, forward=forward), roles.control < _SURE_LINE
    if sides is None:
        return Judgement(Outcome.RETAKE, Reason.LINES_UNCLEAR) if weak else judgement
    front = sides.colour > FRONT_COLOUR and sides.kept > FRONT_SHARE
    if front or (weak and sides.colour > FRONT_COLOUR_ALONE):
        return Judgement(Outcome.RETAKE, Reason.STILL_MIGRATING)
    if weak and sides.shortest < SHORT_SIDE:
        return Judgement(Outcome.RETAKE, Reason.LINES_UNCLEAR)
    return judgement


def _drawable(
    strip: Strip,
    membrane: Membrane,
    evidence: npt.NDArray[np.float64],
    roles: Roles,
    quality: Quality,
    judgement: Judgement,
    *,
    forward: bool,
    mm_per_px: float | None,
) -> WindowReading:
    """Put a reading together, control end first."""
    length = max(1, strip.end - strip.start)
    turn = slice(None) if forward else slice(None, None, -1)

    def share(row: int) -> float:
        along = (row - strip.start) / length
        return along if forward else 1 - along

    def line(ridge: Ridge) -> LineReading:
        at_mm = None if mm_per_px is None else share(ridge.row) * length * strip.px_per_sample * mm_per_px
        return LineReading(contrast=ridge.contrast, snr=ridge.snr, position_mm=at_mm)

    control, test = measure(strip, (roles.control_row, roles.test_row))
    control_seen, test_seen = (_likelihood(odds) for odds in (roles.control, roles.test))
    along = profile(strip)[turn]
    reading = Reading(
        outcome=judgement.outcome,
        reason=judgement.reason,
        control=line(control),
        test=line(test),
        score=test_seen,
        profile=tuple(float(v) for v in along),
    )
    features = {
        "control_log_odds": roles.control,
        "test_log_odds": roles.test,
        "control_evenness": control.evenness,
        "test_evenness": test.evenness,
        "outline_fit": membrane.fit,
        "ends_fit": membrane.ends_fit,
        "rim": membrane.rim,
        "length_in_widths": membrane.length,
        **quality.measures,
    }
    return WindowReading(
        reading=reading,
        outline=membrane.outline if forward else np.roll(membrane.outline, 2, axis=0),
        axis=membrane.axis if forward else (-membrane.axis[0], -membrane.axis[1]),
        control_at=share(control.row) if control_seen > CONTROL_LIMITS.absent else None,
        test_at=share(test.row) if test_seen > TEST_LIMITS.absent else None,
        profile=along,
        evidence=evidence[strip.start : strip.end][turn],
        features=features,
        flags=quality.flags,
    )


def _likelihood(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _unreadable(crop: Image) -> WindowReading:
    height, width = crop.shape[:2]
    reading = Reading(Outcome.RETAKE, Reason.WINDOW_TOO_SMALL, NO_LINE, NO_LINE, 0.0)
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float64)
    nothing = np.zeros(0)
    return WindowReading(reading, corners, (0.0, 1.0), None, None, nothing, nothing, flags=(Reason.WINDOW_TOO_SMALL,))
