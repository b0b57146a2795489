"""The reading mat: what is printed is what is read, and every cassette is read by its slot's number."""

import io

import numpy as np
import pytest

from checkpoint.assay import Outcome
from checkpoint.reasons import Reason
from vision.mat.layout import Paper, mat_layout
from vision.mat.light import WHITE_LEVEL, measure_light
from vision.mat.measure import CannotMeasure, measure_type
from vision.mat.pdf import write_mat_pdf
from vision.mat.raster import draw_mat
from vision.mat.read import SlotState, find_mat, read_mat
from vision.render import CassetteSpec, Placement, Shot, render_mat, render_scene

SIZE = (2000, 1500)
LEVEL = Shot(noise=1.5, light_slope=0.15, white_balance=(0.92, 1.05))
SMALL = mat_layout(8, Paper.A5)


def spread(layout, cassettes, *, shot=LEVEL, placements=None, seed=1):
    return render_mat(layout, cassettes, np.random.default_rng(seed), SIZE, shot=shot, placements=placements).image


def by_number(slots):
    return {slot.number: slot for slot in slots}


@pytest.mark.parametrize("paper", Paper)
def test_nothing_on_the_sheet_lies_on_anything_else(paper):
    layout = mat_layout(8, paper)
    boxes = [(s.x, s.y, s.x + s.width, s.y + s.height) for s in layout.slots]
    boxes += [(*f.corners[0], *f.corners[2]) for f in layout.fiducials]
    boxes += [
        (p.x - p.side / 2, p.y - p.side / 2, p.x + p.side / 2, p.y + p.side / 2)
        for p in (*layout.light_fields, *layout.colour_fields)
    ]
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 5, "printers leave the edge white"
        assert top >= 5
        assert right <= layout.width_mm - 5
        assert bottom <= layout.height_mm - 5
        for other in boxes[:i]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


def test_the_two_papers_share_no_fiducial():
    numbers = [{f.number for f in mat_layout(1, paper).fiducials} for paper in Paper]

    assert not set.intersection(*numbers)


@pytest.mark.parametrize(("slots", "paper"), [(0, Paper.A4), (22, Paper.A4), (9, Paper.A5)])
def test_a_mat_with_more_slots_than_the_paper_holds_is_refused(slots, paper):
    with pytest.raises(ValueError, match="has room for"):
        mat_layout(slots, paper)


def test_the_pdf_is_vector_of_true_size_and_always_the_same():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        write_mat_pdf(file, 20, "a4")

    content = files[0].getvalue()
    assert content == files[1].getvalue()
    assert content.startswith(b"%PDF")
    assert b"/Subtype /Image" not in content, "no raster picture: sharp at any printer"
    box = content.split(b"/MediaBox [")[1].split(b"]")[0].split()
    assert float(box[2]) == pytest.approx(297 / 25.4 * 72, abs=0.01)
    assert float(box[3]) == pytest.approx(210 / 25.4 * 72, abs=0.01)


def test_an_empty_mat_is_all_empty():
    slots = read_mat(spread(SMALL, {}), SMALL)

    assert [slot.number for slot in slots] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {slot.state for slot in slots} == {SlotState.EMPTY}


def test_each_cassette_is_read_under_its_own_number():
    cassettes = {
        1: CassetteSpec(),
        3: CassetteSpec(test_contrast=0.4),
        4: CassetteSpec(control_contrast=None, test_contrast=0.4),
        8: CassetteSpec(test_contrast=0.3),
    }

    slots = by_number(read_mat(spread(SMALL, cassettes), SMALL))

    occupied = {number for number, slot in slots.items() if slot.state is SlotState.OCCUPIED}
    assert occupied == set(cassettes)
    outcomes = {number: slots[number].reading.outcome for number in occupied}
    assert outcomes == {1: Outcome.NEGATIVE, 3: Outcome.POSITIVE, 4: Outcome.INVALID, 8: Outcome.POSITIVE}
    assert all(slots[number].reading.slot == number for number in occupied)


def test_a_cassette_laid_the_wrong_way_round_is_noticed():
    picture = spread(SMALL, {2: CassetteSpec(), 5: CassetteSpec()}, placements={2: Placement(turn_deg=180)})

    slots = by_number(read_mat(picture, SMALL))

    assert slots[2].reading.reason is Reason.LAID_WRONG_WAY
    assert slots[2].reading.outcome is Outcome.RETAKE
    assert slots[5].reading.outcome is Outcome.NEGATIVE


def test_a_cassette_lying_on_its_face_is_neither_empty_nor_read():
    picture = spread(SMALL, {6: CassetteSpec(face_down=True)})

    slot = by_number(read_mat(picture, SMALL))[6]

    assert slot.state is SlotState.OCCUPIED
    assert slot.reading.outcome is Outcome.RETAKE
    assert slot.reading.reason is Reason.WINDOW_COVERED


def test_a_partly_covered_mat_is_read_where_it_is_seen():
    picture = spread(SMALL, {1: CassetteSpec(), 8: CassetteSpec(test_contrast=0.4)})
    picture[:, -520:] = (60, 80, 120)  # a folder lies over the right end of slots 2, 4, 6 and 8

    slots = by_number(read_mat(picture, SMALL))

    assert slots[1].reading.outcome is Outcome.NEGATIVE
    assert slots[3].state is SlotState.EMPTY
    assert slots[4].state is not SlotState.EMPTY


def test_a_slot_outside_the_picture_is_not_called_empty():
    picture = spread(SMALL, {1: CassetteSpec()})

    slots = by_number(read_mat(np.ascontiguousarray(picture[:, :1500]), SMALL))

    assert slots[1].reading.outcome is Outcome.NEGATIVE
    assert slots[2].state is SlotState.OUT_OF_VIEW


def test_a_leaning_camera_makes_no_difference():
    shot = Shot(tilt_deg=18, tilt_towards_deg=70)

    slots = by_number(read_mat(spread(SMALL, {2: CassetteSpec(test_contrast=0.4)}, shot=shot), SMALL))

    assert slots[2].reading.outcome is Outcome.POSITIVE
    assert slots[7].state is SlotState.EMPTY


def test_without_a_mat_there_are_no_slots():
    drawn = render_scene([CassetteSpec()], np.random.default_rng(2), (900, 600))

    assert read_mat(drawn.image, SMALL) == []


def test_the_mat_gives_millimetres():
    view = find_mat(spread(SMALL, {}, shot=Shot(tilt_deg=10)), SMALL)

    assert view.error_mm < 0.2
    assert view.fiducials_seen == len(SMALL.fiducials)


def test_uneven_coloured_light_is_levelled():
    sheet = draw_mat(SMALL, 4.0)
    across = np.linspace(1.0, 0.6, sheet.shape[1])[None, :, None]
    lit = (sheet * across * np.array((0.7, 0.8, 0.9))).astype(np.uint8)

    light = measure_light(lit, 4.0, SMALL)
    x, y = np.meshgrid(np.array((30.0, 100.0, 180.0)), np.array((20.0, 130.0)))
    column, row = (x * 4).astype(int), (y * 4).astype(int)
    white = (255 * across[0, :, 0][column][..., None] * np.array((0.7, 0.8, 0.9))).astype(np.uint8)

    assert row.max() < sheet.shape[0]
    assert np.abs(light.level(white, x, y).astype(float) - WHITE_LEVEL).max() < 6


def test_a_new_type_is_measured_from_a_positive_cassette_on_the_mat():
    drawn = CassetteSpec(control_contrast=0.5, test_contrast=0.5)

    kind = measure_type(spread(SMALL, {3: drawn}, placements={3: Placement(0, 0, 0)}), SMALL, name="new-kit")

    shape = drawn.geometry
    assert kind.outline.length_mm == pytest.approx(shape.length_mm, abs=1.5)
    assert kind.outline.width_mm == pytest.approx(shape.width_mm, abs=1.0)
    assert kind.window.length_mm == pytest.approx(shape.window_length_mm, abs=1.0)
    assert kind.window.width_mm == pytest.approx(shape.window_width_mm, abs=0.5)
    middle = shape.window_start_mm + shape.window_length_mm / 2
    assert kind.window.from_control_end_mm == pytest.approx(middle, abs=1.5)
    assert kind.lines.control_mm == pytest.approx(shape.control_mm, abs=1.0)
    assert kind.lines.test_mm == pytest.approx(shape.test_mm, abs=1.0)


def test_two_cassettes_are_not_measured_as_one_type():
    picture = spread(SMALL, {1: CassetteSpec(), 2: CassetteSpec()})

    with pytest.raises(CannotMeasure, match="2 are seen"):
        measure_type(picture, SMALL, name="new-kit")


def test_nothing_is_measured_without_a_mat():
    drawn = render_scene([CassetteSpec()], np.random.default_rng(2), (900, 600))

    with pytest.raises(CannotMeasure, match="no reading mat"):
        measure_type(drawn.image, SMALL, name="new-kit")
