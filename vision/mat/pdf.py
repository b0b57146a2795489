"""The mat as a vector PDF, drawn at its true size from the same layout that the reader goes by."""

from pathlib import Path
from typing import BinaryIO

from reportlab.lib.colors import Color, black
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from vision.mat.fiducials import marker_cells
from vision.mat.layout import Fiducial, MatLayout, Paper, Patch, mat_layout

_LATIN = "Helvetica"
_CHINESE = "STSong-Light"  # of the standard Chinese collection: every PDF reader brings its own
_TITLE = ("检测卡读数垫", "Reading mat")
_INSTRUCTION = (
    "将检测卡放入编号框内，质控线（C）一端朝左。打印时选择 100% 实际大小，并用直尺核对标尺。",
    "Lay each cassette in a numbered outline, control line (C) to the left. Print at 100 %; check the bar by ruler.",
)
_BAR_WORDS = "100 mm"


def write_mat_pdf(target: Path | str | BinaryIO, slots: int, paper: str = "a4") -> None:
    """Write the mat with `slots` slots on `paper` ("a4" or "a5"); ValueError where they do not fit it."""
    layout = mat_layout(slots, Paper(paper))
    canvas = Canvas(
        str(target) if isinstance(target, Path) else target,
        pagesize=(layout.width_mm * mm, layout.height_mm * mm),
        invariant=True,  # the same mat is the same file: no time of writing in it
    )
    canvas.setTitle(f"{_TITLE[1]}, {len(layout.slots)} slots, {layout.paper.upper()}")
    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
    # The layout counts y downwards in mm; turn the page to it once.
    canvas.translate(0, layout.height_mm * mm)
    _draw_head(canvas, layout)
    for fiducial in layout.fiducials:
        _draw_fiducial(canvas, fiducial)
    for patch in (*layout.light_fields, *layout.colour_fields):
        _draw_patch(canvas, patch)
    _draw_slots(canvas, layout)
    _draw_bar(canvas, layout)
    canvas.showPage()
    canvas.save()


def _rectangle(canvas: Canvas, x: float, y: float, width: float, height: float, *, fill: int, stroke: int) -> None:
    canvas.rect(x * mm, -(y + height) * mm, width * mm, height * mm, fill=fill, stroke=stroke)


def _draw_head(canvas: Canvas, layout: MatLayout) -> None:
    left = layout.slots[0].x
    small = 6.2 if layout.paper is Paper.A5 else 8.0
    canvas.setFillColor(black)
    canvas.setFont(_CHINESE, small + 3)
    canvas.drawString(left * mm, -9.0 * mm, f"{_TITLE[0]}  {_TITLE[1]}")
    canvas.setFont(_CHINESE, small)
    canvas.drawString(left * mm, -12.6 * mm, _INSTRUCTION[0])
    canvas.setFont(_LATIN, small - 0.5)
    canvas.drawString(left * mm, -15.8 * mm, _INSTRUCTION[1])


def _draw_fiducial(canvas: Canvas, fiducial: Fiducial) -> None:
    cells = marker_cells(fiducial.number)
    side = fiducial.side / len(cells)
    left, top = fiducial.corners[0]
    canvas.setFillColor(black)
    # The frame in one piece, then its white cells: black cells drawn one by one would show hairlines between them.
    _rectangle(canvas, left, top, fiducial.side, fiducial.side, fill=1, stroke=0)
    canvas.setFillColor(Color(1, 1, 1))
    for row, cells_of_row in enumerate(cells):
        for column, is_black in enumerate(cells_of_row):
            if not is_black:
                _rectangle(canvas, left + column * side, top + row * side, side, side, fill=1, stroke=0)


def _draw_patch(canvas: Canvas, patch: Patch) -> None:
    canvas.setFillColor(Color(*patch.rgb))
    canvas.setStrokeColor(Color(0.75, 0.75, 0.75))
    canvas.setLineWidth(0.1 * mm)
    half = patch.side / 2
    _rectangle(canvas, patch.x - half, patch.y - half, patch.side, patch.side, fill=1, stroke=1)


def _draw_slots(canvas: Canvas, layout: MatLayout) -> None:
    above = layout.fiducials[0].side / 2 + 1.4
    for slot in layout.slots:
        canvas.setStrokeColor(Color(0.55, 0.55, 0.55))
        canvas.setLineWidth(0.25 * mm)
        canvas.roundRect(
            slot.x * mm, -(slot.y + slot.height) * mm, slot.width * mm, slot.height * mm, 2 * mm, fill=0, stroke=1
        )
        canvas.setFillColor(black)
        canvas.setFont(f"{_LATIN}-Bold", 13)
        strip = max((f.x for f in layout.fiducials if f.x < slot.x), default=slot.x - 5)
        middle = slot.y + slot.height / 2
        canvas.drawCentredString(strip * mm, -(middle - above) * mm, str(slot.number))
    canvas.setLineCap(1)
    for letter in layout.letters:
        canvas.setStrokeColor(Color(letter.grey, letter.grey, letter.grey))
        canvas.setLineWidth(letter.thickness * mm)
        stroke = canvas.beginPath()
        (x, y), *others = letter.stroke
        stroke.moveTo(x * mm, -y * mm)
        for x, y in others:
            stroke.lineTo(x * mm, -y * mm)
        canvas.drawPath(stroke)
    canvas.setLineCap(0)


def _draw_bar(canvas: Canvas, layout: MatLayout) -> None:
    bar = layout.scale_bar
    canvas.setStrokeColor(black)
    canvas.setLineWidth(0.3 * mm)
    canvas.line(bar.x * mm, -bar.y * mm, (bar.x + bar.length) * mm, -bar.y * mm)
    for step in range(0, round(bar.length) + 1, 10):
        tall = 2.0 if step % 50 == 0 else 1.2
        canvas.line((bar.x + step) * mm, -(bar.y - tall) * mm, (bar.x + step) * mm, -bar.y * mm)
    canvas.setFillColor(black)
    canvas.setFont(_LATIN, 8)
    canvas.drawRightString((bar.x + bar.length) * mm, -(bar.y + 3.4) * mm, _BAR_WORDS)
