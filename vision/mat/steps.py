"""Each step of reading a mat drawn as a picture of its own; names sort, and end with the slot's number."""

from functools import partial

import numpy as np

from checkpoint.ports import Image
from vision.cassette.geometry import LineGeometry
from vision.cassette.steps import Steps, draw_window_steps, label, outlined, reduced
from vision.cassette.window import read_window
from vision.mat.layout import MatLayout
from vision.mat.read import SlotReading, SlotState, find_mat, read_slots

_COLOURS = {
    SlotState.EMPTY: (140, 140, 140),
    SlotState.OCCUPIED: (60, 150, 40),
    SlotState.OUT_OF_VIEW: (30, 30, 200),
}


def draw_mat_steps(image: Image, layout: MatLayout, expected: LineGeometry | None = None) -> Steps | None:
    """Return the steps of reading the mat in `image`, shape (H, W, 3), uint8, BGR; None without a mat in view.

    `expected`: where the lines of the cassettes' type stand, as `MatReader` takes it.
    """
    view = find_mat(image, layout)
    if view is None:
        return None
    slots = read_slots(image, view, reader=partial(read_window, expected=expected))
    canvas, factor = reduced(image)
    for slot in slots:
        corners = np.asarray(slot.corners) * factor
        outlined(canvas, corners, _COLOURS[slot.state])
        label(canvas, _said(slot), (corners[:, 0].min() + 6, corners[:, 1].max() - 8), _COLOURS[slot.state], 0.5)
    text = f"{view.fiducials_seen} fiducials, {view.error_mm:.2f} mm off" + (
        "" if view.light else ", light not measured"
    )
    label(canvas, text, (12, 26), (40, 40, 40))
    steps = {"1-locate": canvas}
    for slot in slots:
        if slot.window is not None and slot.window_reading is not None:
            suffix = f"-slot-{slot.number:02d}"
            steps |= draw_window_steps(slot.window, slot.window_reading, slot.window_px_per_mm, suffix=suffix)
    return dict(sorted(steps.items()))


def _said(slot: SlotReading) -> str:
    if slot.reading is None:
        return f"{slot.number} {slot.state}"
    return f"{slot.number} {slot.reading.outcome}, {slot.reading.reason}"
