"""A window that the first crop missed is cut out again; half a window is never read."""

from dataclasses import replace

import numpy as np

from checkpoint.assay import Outcome
from checkpoint.reasons import Reason
from vision.cassette.centring import read_centred
from vision.cassette.frames import Frame
from vision.cassette.geometry import ControlEnd
from vision.cassette.locate import find_cassettes
from vision.cassette.rectify import window_cutter
from vision.cassette.window import read_window
from vision.render import Background, CassetteSpec, Placement, Shot, render_scene

PX_PER_MM = 8.0


def scene():
    drawn = render_scene(
        [CassetteSpec(control_contrast=0.5, test_contrast=0.4)], np.random.default_rng(1), px_per_mm=PX_PER_MM,
        background=Background.WOOD, placements=[Placement(0, 0, 12)], shot=Shot(noise=1.0),
    )  # fmt: skip
    return drawn.image, find_cassettes(drawn.image)[0].frame


def read_crop(window, px_per_mm):
    return read_window(window, control_end=ControlEnd.START, mm_per_px=1 / px_per_mm)


def test_a_crop_six_millimetres_off_is_brought_over_the_window():
    image, frame = scene()

    centred = read_centred(frame.shifted(6.0), window_cutter(image, PX_PER_MM), read_crop)

    away = np.hypot(centred.frame.x - frame.x, centred.frame.y - frame.y) / PX_PER_MM
    assert away < 3.5, "the frame itself is a millimetre off"
    assert centred.read.reading.outcome is Outcome.POSITIVE


def test_a_good_crop_is_read_once():
    image, frame = scene()
    reads = []

    def counting(window, px_per_mm):
        reads.append(window)
        return read_crop(window, px_per_mm)

    read_centred(frame, window_cutter(image, PX_PER_MM), counting)

    assert len(reads) == 1


def test_a_window_that_stays_cut_off_is_a_retake():
    image, frame = scene()

    def always_at_the_left_edge(window, px_per_mm):
        read = read_crop(window, px_per_mm)
        width, height = 6.0 * px_per_mm, 3.4 * px_per_mm
        outline = np.array(((0.0, 20.0), (width, 20.0), (width, 20.0 + height), (0.0, 20.0 + height)))
        return replace(read, outline=outline)

    centred = read_centred(frame, window_cutter(image, PX_PER_MM), always_at_the_left_edge)

    assert centred.read.reading.outcome is Outcome.RETAKE
    assert centred.read.reading.reason is Reason.LINES_UNCLEAR


def test_a_frame_shifted_forth_and_back_is_the_same():
    frame = Frame(100.0, 50.0, 0.7, 8.0)

    back = frame.shifted(5.0, -2.0).shifted(-5.0, 2.0)

    assert np.allclose((back.x, back.y), (frame.x, frame.y))


def test_two_crops_that_do_not_agree_are_a_retake():
    image, frame = scene()
    cut = window_cutter(image, PX_PER_MM)

    def depends_on_the_crop(window, px_per_mm):
        read = read_crop(window, px_per_mm)
        outcome = Outcome.POSITIVE if window.shape[1] > 20 * px_per_mm else Outcome.NEGATIVE
        return replace(read, reading=replace(read.reading, outcome=outcome))

    one = read_centred(frame, cut, depends_on_the_crop)
    both = read_centred(frame, cut, depends_on_the_crop, again=window_cutter(image, PX_PER_MM, (3.0, 2.6)))

    assert one.read.reading.outcome is Outcome.POSITIVE
    assert both.read.reading.outcome is Outcome.RETAKE
