"""A bench with a mat on it, read by slot numbers."""

import numpy as np

from checkpoint.assay import NO_LINE, Outcome, Reading
from checkpoint.ports import CassetteShot, Image
from checkpoint.reasons import Reason
from vision.mat.layout import Paper, mat_layout
from vision.mat.raster import draw_mat
from vision.mat.reader import MatReader

LAYOUT = mat_layout(4, Paper.A5)


class NoMat:
    """What reads a picture without a mat; remembers that it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self, image: Image) -> list[CassetteShot]:
        self.asked += 1
        return [CassetteShot(Reading(Outcome.RETAKE, Reason.GLARE, NO_LINE, NO_LINE, 0.0), image)]


def test_an_empty_mat_has_no_cassette() -> None:
    otherwise = NoMat()
    sheet = np.pad(draw_mat(LAYOUT, 6.0), ((40, 40), (40, 40), (0, 0)), constant_values=90)
    shots = MatReader(LAYOUT, otherwise).read(sheet)
    assert [shot.reading.reason for shot in shots] == [Reason.NO_CASSETTE]
    assert otherwise.asked == 0


def test_without_the_mat_in_view_a_single_cassette_is_still_read() -> None:
    otherwise = NoMat()
    shots = MatReader(LAYOUT, otherwise).read(np.full((480, 640, 3), 120, np.uint8))
    assert otherwise.asked == 1
    assert shots[0].reading.reason is Reason.GLARE
