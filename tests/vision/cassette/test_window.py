"""Reading a result window: what an officer relies on."""

import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkpoint.assay import Outcome
from checkpoint.reasons import Reason
from tests.vision.cassette.windows import GOOD_SHOT, window
from vision.cassette.geometry import ControlEnd, LineGeometry
from vision.cassette.membrane import find_membranes
from vision.cassette.network import load_network
from vision.cassette.window import read_window
from vision.render import GEOMETRIES, CassetteGeometry, LineColour, Shot

SHAPES = pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda g: g.name)


@SHAPES
def test_a_control_line_alone_is_negative(geometry):
    result = read_window(window(geometry=geometry), control_end=ControlEnd.START).reading

    assert (result.outcome, result.reason) == (Outcome.NEGATIVE, Reason.CLEAR_LINES)
    assert result.score < 0.2


@SHAPES
@pytest.mark.parametrize("contrast", [0.08, 0.2, 0.5])
def test_control_and_test_line_are_positive(geometry, contrast):
    result = read_window(window(geometry=geometry, test_contrast=contrast), control_end=ControlEnd.START).reading

    assert result.outcome is Outcome.POSITIVE
    assert result.score > 0.9


@SHAPES
def test_lone_test_line_is_invalid(geometry):
    crop = window(geometry=geometry, control_contrast=None, test_contrast=0.5)

    result = read_window(crop, control_end=ControlEnd.START).reading

    assert (result.outcome, result.reason) == (Outcome.INVALID, Reason.NO_CONTROL_LINE)
    assert result.test.contrast > 0.3


def test_the_same_window_the_other_way_round_reads_the_same():
    upright = window(test_contrast=0.15, control_contrast=0.5)
    turned = np.ascontiguousarray(upright[::-1, ::-1])

    first = read_window(upright, control_end=ControlEnd.START)
    second = read_window(turned, control_end=ControlEnd.END)

    assert first.reading.outcome is second.reading.outcome is Outcome.POSITIVE
    assert first.reading.control.contrast == pytest.approx(second.reading.control.contrast, abs=0.02)
    assert first.control_at == pytest.approx(second.control_at, abs=0.03)
    assert first.control_at < first.test_at


def test_a_cassette_laid_the_wrong_way_round_is_no_negative():
    """Its control line stands where a test line belongs."""
    result = read_window(window(), control_end=ControlEnd.END).reading

    assert result.outcome is not Outcome.NEGATIVE


@pytest.mark.parametrize(("lines", "outcome"), [(0, "invalid"), (1, "negative"), (2, "positive")])
def test_in_a_bare_crop_lines_are_counted(lines, outcome):
    crop = window(control_contrast=0.4 if lines else None, test_contrast=0.3 if lines == 2 else None)

    assert read_window(crop).reading.outcome == outcome


def test_a_window_without_lines_and_without_a_trace_of_liquid_is_unused():
    crop = window(control_contrast=None, wash=0.0, speckle=0.02)

    assert read_window(crop, control_end=ControlEnd.START).reading.reason is Reason.UNUSED_CASSETTE


def test_a_washed_window_without_lines_has_no_control_line():
    crop = window(control_contrast=None, wash=0.12)

    assert read_window(crop, control_end=ControlEnd.START).reading.reason is Reason.NO_CONTROL_LINE


@pytest.mark.parametrize("turn", [45, 120, 90 + 180, 0, 180])
def test_a_crop_may_lie_at_any_angle(turn):
    assert read_window(window(turn_deg=turn)).reading.outcome is Outcome.NEGATIVE
    assert read_window(window(turn_deg=turn, test_contrast=0.3)).reading.outcome is Outcome.POSITIVE


@pytest.mark.parametrize("control", LineColour)
@pytest.mark.parametrize("test", LineColour)
def test_lines_may_be_of_any_colour_and_differ(control, test):
    crop = window(control_colour=control, test_colour=test, test_contrast=0.25)

    assert read_window(crop, control_end=ControlEnd.START).reading.outcome is Outcome.POSITIVE


def test_a_card_with_three_lines_is_another_kind_of_test():
    spacing = {"geometry": CassetteGeometry(window_length_mm=15.0, control_mm=3.5, test_mm=7.3)}
    crop = window(test_contrast=0.4, **spacing)
    further = window(test_contrast=0.4, geometry=CassetteGeometry(window_length_mm=15.0, control_mm=3.5, test_mm=11.1))
    crop = np.minimum(crop, further)  # two drawings of one window: C, and a line at each of two places

    result = read_window(crop, control_end=ControlEnd.START).reading

    assert (result.outcome, result.reason) == (Outcome.RETAKE, Reason.UNKNOWN_CASSETTE_TYPE)


def test_a_grey_picture_is_read_too():
    crop = cv2.cvtColor(window(test_contrast=0.3), cv2.COLOR_BGR2GRAY)

    assert read_window(crop).reading.outcome is Outcome.POSITIVE


def test_contrast_is_the_share_of_the_membranes_brightness():
    result = read_window(window(test_contrast=0.30, control_contrast=0.55), control_end=ControlEnd.START).reading

    assert result.control.contrast == pytest.approx(0.55, abs=0.1)
    assert result.test.contrast == pytest.approx(0.30, abs=0.08)
    assert result.control.snr > result.test.snr > 5


def test_positions_are_millimetres_from_the_control_end():
    geometry = CassetteGeometry()
    crop = window(geometry=geometry, test_contrast=0.3, px_per_mm=12.0)

    result = read_window(crop, control_end=ControlEnd.START, mm_per_px=1 / 12.0).reading

    assert result.control.position_mm == pytest.approx(geometry.control_mm, abs=0.5)
    assert result.test.position_mm == pytest.approx(geometry.test_mm, abs=0.5)


def test_lines_where_this_type_prints_them_are_read():
    geometry = CassetteGeometry()
    printed = LineGeometry(control_mm=geometry.control_mm, test_mm=geometry.test_mm, tolerance_mm=0.8)
    crop = window(geometry=geometry, test_contrast=0.3, px_per_mm=12.0)

    reading = read_window(crop, control_end=ControlEnd.START, mm_per_px=1 / 12.0, expected=printed).reading

    assert reading.outcome is Outcome.POSITIVE


def test_a_line_where_this_type_prints_none_is_not_its_test_line():
    geometry = CassetteGeometry(test_mm=8.0)
    elsewhere = LineGeometry(control_mm=4.2, test_mm=11.5, tolerance_mm=0.8)
    crop = window(geometry=geometry, test_contrast=0.3, px_per_mm=12.0)

    reading = read_window(crop, control_end=ControlEnd.START, mm_per_px=1 / 12.0, expected=elsewhere).reading

    assert (reading.outcome, reading.reason) == (Outcome.RETAKE, Reason.UNKNOWN_CASSETTE_TYPE)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    geometry=st.sampled_from(GEOMETRIES),
    colour=st.sampled_from(LineColour),
    blur=st.floats(0.4, 1.6),
    noise=st.floats(0.0, 4.0),
    contrasts=st.lists(st.sampled_from([0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35, 0.5]), min_size=2,
                       max_size=4, unique=True),
    end=st.sampled_from((ControlEnd.UNKNOWN, ControlEnd.START)),
)  # fmt: skip
def test_a_stronger_test_line_never_scores_less(seed, geometry, colour, blur, noise, contrasts, end):
    """The same window, the same noise: only the test line's depth grows."""
    shot = Shot(blur_px=blur, noise=noise, jpeg_quality=None)
    crops = [window(seed, geometry=geometry, shot=shot, test_contrast=c, test_colour=colour) for c in sorted(contrasts)]

    scores = [read_window(crop, control_end=end).reading.score for crop in crops]

    assert all(after >= before - 0.02 for before, after in itertools.pairwise(scores)), scores


@pytest.mark.parametrize(
    ("shot", "reason"),
    [
        (replace(GOOD_SHOT, exposure=0.08), Reason.TOO_DARK),
        (replace(GOOD_SHOT, exposure=2.5), Reason.TOO_BRIGHT),
        (replace(GOOD_SHOT, blur_px=14.0), Reason.BLURRED),
    ],
)
def test_a_picture_that_cannot_be_read_is_taken_again_with_what_to_change(shot, reason):
    result = read_window(window(shot=shot), control_end=ControlEnd.START)

    assert (result.reading.outcome, result.reading.reason) == (Outcome.RETAKE, reason)


@pytest.mark.parametrize("front_mm", [3.0, 6.0])
def test_a_membrane_that_is_wet_on_one_side_only_was_read_too_early(front_mm):
    result = read_window(window(front_mm=front_mm), control_end=ControlEnd.START).reading

    assert (result.outcome, result.reason) == (Outcome.RETAKE, Reason.STILL_MIGRATING)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("front_mm", [8.8, 9.8])
def test_a_front_that_has_come_to_the_control_lines_place_is_no_control_line(seed, front_mm):
    crop = window(seed, front_mm=front_mm, control_contrast=None, wash=0.08)

    result = read_window(crop, control_end=ControlEnd.START, mm_per_px=1 / 12.0).reading

    assert result.outcome is Outcome.RETAKE


class Surer:
    """The shipped network, six times as sure of every line that it sees."""

    def log_odds(self, strip):
        odds = load_network().log_odds(strip)
        return np.where(odds > 0, 6 * odds, odds)


@pytest.mark.parametrize("way", [ControlEnd.START, ControlEnd.END])
@pytest.mark.parametrize("front_mm", [9.3, 9.8, 10.3])
def test_a_front_is_no_control_line_however_much_it_looks_like_one(front_mm, way):
    """Beyond a front the membrane keeps a part of its colour; negative was said of strong ones once."""
    crop = window(front_mm=front_mm, control_contrast=None, wash=0.08, turn_deg=90 if way is ControlEnd.START else 270)

    read = read_window(crop, control_end=way, mm_per_px=1 / 12.0, network=Surer())

    assert read.features["control_log_odds"] > 5, "the network takes it for a line"
    assert (read.reading.outcome, read.reading.reason) == (Outcome.RETAKE, Reason.STILL_MIGRATING)


@pytest.mark.parametrize("slope", [-0.6, 0.6])
def test_a_control_line_on_an_uneven_wash_is_no_front(slope):
    crop = window(control_contrast=0.2, wash=0.12, wash_slope=slope)

    result = read_window(crop, control_end=ControlEnd.START, mm_per_px=1 / 12.0).reading

    assert result.outcome is Outcome.NEGATIVE


def test_the_wet_part_of_a_membrane_is_not_taken_for_the_whole():
    crop = window(front_mm=6.0, control_contrast=None, wash=0.3)

    outline = read_window(crop, control_end=ControlEnd.START, mm_per_px=1 / 12.0).outline

    length = np.linalg.norm(np.roll(outline, -1, axis=0) - outline, axis=1).max() / 12.0
    assert length > 10.5, "windows are 11 to 15.5 mm long"


def test_a_strong_control_line_near_the_windows_end_does_not_hide_what_is_beyond_it():
    """Its edge is stronger than the end's; the wrong outline made a positive invalid once."""
    geometry = CassetteGeometry(window_length_mm=12.3, window_width_mm=3.36, control_mm=2.84, test_mm=8.9)
    for seed in range(4):
        crop = window(
            seed,
            geometry=geometry,
            control_contrast=0.65,
            control_colour=LineColour.BLACK,
            test_contrast=0.08,
            wash=0.15,
        )

        result = read_window(crop, control_end=ControlEnd.START, mm_per_px=1 / 12.0).reading

        assert result.outcome in (Outcome.POSITIVE, Outcome.RETAKE)


@pytest.mark.parametrize("seed", range(6))
def test_the_shadow_at_the_end_of_a_blank_window_is_no_test_line(seed):
    crop = window(seed, control_contrast=None, wash=0.0, speckle=0.02, edge_shadow=0.35, light_from_deg=0.0)

    result = read_window(crop, control_end=ControlEnd.START, mm_per_px=1 / 12.0).reading

    assert result.outcome is Outcome.INVALID


def test_a_membrane_drowned_in_colour_is_flooded():
    result = read_window(window(flood=0.9), control_end=ControlEnd.START).reading

    assert (result.outcome, result.reason) == (Outcome.RETAKE, Reason.MEMBRANE_FLOODED)


@pytest.mark.parametrize("streak", [0.1, 0.4])
def test_a_streak_along_the_membrane_is_no_line(streak):
    result = read_window(window(streak=streak), control_end=ControlEnd.START).reading

    assert result.outcome in (Outcome.NEGATIVE, Outcome.RETAKE)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("left_open", [0.0, 0.15, 0.3])
def test_a_window_with_something_over_it_is_no_blank_one(seed, left_open):
    """A folder that slid over all but a window's end was once read as an unused cassette."""
    crop = window(seed, test_contrast=0.2, control_contrast=0.15)
    crop[round(left_open * len(crop)) :] = (70, 95, 140)

    result = read_window(crop, control_end=ControlEnd.START, mm_per_px=1 / 12.0).reading

    assert result.outcome is Outcome.RETAKE
    if not left_open:
        assert result.reason is Reason.WINDOW_COVERED


@pytest.mark.parametrize(
    ("control", "test", "outcome"),
    [
        (0.4, None, Outcome.RETAKE),
        (None, 0.4, Outcome.RETAKE),
        (None, None, Outcome.RETAKE),
        (0.4, 0.4, Outcome.POSITIVE),
    ],
)
def test_a_missing_line_says_nothing_where_the_membranes_ends_are_not_seen(monkeypatch, control, test, outcome):
    """A line may lie outside of the outline: a test line of 7 % at the end of a too short one was missed once."""
    crop = window(control_contrast=control, test_contrast=test)
    hardly_seen = [replace(one, ends_fit=0.6) for one in find_membranes(crop, 3.4 * 12)]
    monkeypatch.setattr("vision.cassette.window.find_membranes", lambda *_: hardly_seen)

    result = read_window(crop, control_end=ControlEnd.START, mm_per_px=1 / 12.0).reading

    assert result.outcome is outcome


def test_a_window_of_few_pixels_is_too_small():
    assert read_window(window(px_per_mm=1.6)).reading.reason is Reason.WINDOW_TOO_SMALL
    assert read_window(np.full((9, 5, 3), 200, np.uint8)).reading.reason is Reason.WINDOW_TOO_SMALL


def test_a_reading_can_be_drawn_and_explained():
    result = read_window(window(test_contrast=0.3), control_end=ControlEnd.START)

    assert len(result.profile) == len(result.evidence) > 40
    peak = int(result.evidence.argmax()) / len(result.evidence)
    assert min(abs(peak - result.control_at), abs(peak - result.test_at)) < 0.03
    assert {"control_log_odds", "test_log_odds", "test_evenness", "outline_fit", "wash"} <= result.features.keys()
    assert result.axis[1] > 0.99
