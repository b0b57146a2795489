"""Mats of twenty slots, rendered: is every outcome that of the cassette in its own slot?

Of five mats three are full, one has empty slots and cassettes laid the wrong way round, and on one something lies over
a part of the sheet. What each slot holds is drawn at random, so that an answer of a neighbour's would be noticed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from bench.cassette_sheet import Residual, write_sheet
from checkpoint.assay import Outcome
from checkpoint.ports import Image
from checkpoint.reasons import Reason
from vision.mat.layout import MatLayout, Paper, mat_layout
from vision.mat.read import SlotReading, SlotState, read_mat
from vision.render import CassetteSpec, Placement, render_mat, sample_spec

SLOTS = 20
SIZE = (3200, 2400)
_ON_THE_SHEET = 24
_EMPTY_SHARE, _TURNED_SHARE, _INVALID_SHARE = 0.35, 0.2, 0.1


@dataclass(frozen=True, slots=True)
class Mat:
    """A rendered mat: what lies in which slot, which of it the wrong way round, and which slots are partly covered."""

    image: Image
    cassettes: dict[int, CassetteSpec]
    turned: frozenset[int]
    covered: frozenset[int]


@dataclass(slots=True)
class Tally:
    """How slots were read."""

    seen: Counter[str] = field(default_factory=Counter)
    retakes: Counter[str] = field(default_factory=Counter)
    mistakes: list[str] = field(default_factory=list)
    residuals: list[Residual] = field(default_factory=list)


def mats(cassettes: int, sheet: Path | None = None) -> None:
    """Print how many of so many cassettes were given their own outcome, another one, or none.

    `sheet`: a folder for the contact sheet of those that were not.
    """
    layout = mat_layout(SLOTS, Paper.A4)
    tally = Tally()
    number = 0
    while tally.seen["cassettes"] < cassettes:
        mat = draw(layout, number)
        slots = read_mat(mat.image, layout)
        if not slots:
            tally.mistakes.append(f"mat {number}: not found")
        for slot in slots:
            count(tally, mat, slot, f"mat {number} slot {slot.number}")
        number += 1
    seen, mistakes = tally.seen, tally.mistakes
    print(f"\nMats of {SLOTS} slots, rendered: {number} mats, {seen['cassettes']} cassettes")
    print(f"slot-to-outcome mistakes: {len(mistakes)}" + "".join(f"\n  {one}" for one in mistakes))
    plain = seen["plain"]
    print(
        f"in full view, right way round: {plain}; right {seen['right'] / plain:.1%}, "
        f"taken again {_shares(tally, plain)}"
    )
    print(
        f"laid the wrong way round: {seen['turned']}; {seen['turned noticed']} said so, {seen['turned again']} "
        f"taken again, {seen['turned positive']} positive either way round"
    )
    print(f"empty slots: {seen['empty']}; {seen['empty said']} said empty")
    print(
        f"partly covered slots: {seen['covered']}; {seen['covered right']} read, {seen['covered again']} taken again, "
        f"{seen['covered empty']} empty and said so"
    )
    if sheet is not None:
        print(f"contact sheet: {write_sheet(tally.residuals, sheet / 'residual-mats.jpg', most=_ON_THE_SHEET)}")


def draw(layout: MatLayout, number: int) -> Mat:
    """Return one mat, seeded by its number."""
    rng = np.random.default_rng(50_000 + number)
    mixed, part_covered = number % 5 == 3, number % 5 == 4
    cassettes = {slot.number: _cassette(rng) for slot in layout.slots if not (mixed and rng.random() < _EMPTY_SHARE)}
    turned = frozenset(slot for slot in cassettes if mixed and rng.random() < _TURNED_SHARE)
    places = {
        slot: Placement(float(rng.uniform(-2, 2)), float(rng.uniform(-0.8, 0.8)), 180 + float(rng.normal(0, 1.2)))
        for slot in turned
    }
    image = render_mat(layout, cassettes, rng, SIZE, placements=places).image
    covered = _lay_over(image, layout, rng) if part_covered else frozenset()
    return Mat(image, cassettes, turned, covered)


def _cassette(rng: np.random.Generator) -> CassetteSpec:
    """Return a used cassette: half of them positive, a tenth without a control line."""
    control = None if rng.random() < _INVALID_SHARE else float(rng.uniform(0.15, 0.7))
    test = float(np.exp(rng.uniform(np.log(0.05), np.log(0.6)))) if rng.random() < 0.5 else None
    return sample_spec(rng, control_contrast=control, test_contrast=test, glare=0.0, streak=0.0)


def _lay_over(image: Image, layout: MatLayout, rng: np.random.Generator) -> frozenset[int]:
    """Lay a folder over a corner of the mat, in place, and return the slots it may touch."""
    height, width = image.shape[:2]
    right, bottom = rng.random() < 0.5, rng.random() < 0.5
    wide, tall = round(width * rng.uniform(0.25, 0.45)), round(height * rng.uniform(0.3, 0.5))
    left, top = (width - wide if right else 0), (height - tall if bottom else 0)
    cv2.rectangle(image, (left, top), (left + wide, top + tall), (70, 95, 140), -1)
    # The sheet nearly fills the picture; a slot within a tenth of the folder's edge counts as touched.
    x = np.array([[slot.x, slot.x + slot.width] for slot in layout.slots]) / layout.width_mm * width
    y = np.array([[slot.y, slot.y + slot.height] for slot in layout.slots]) / layout.height_mm * height
    slack = 0.1 * width
    touched = (
        (x[:, 1] > left - slack) & (x[:, 0] < left + wide + slack)
        & (y[:, 1] > top - slack) & (y[:, 0] < top + tall + slack)
    )  # fmt: skip
    return frozenset(slot.number for slot, one in zip(layout.slots, touched, strict=True) if one)


def truth(spec: CassetteSpec) -> Outcome:
    """Return the outcome that a cassette shows."""
    if spec.control_contrast is None:
        return Outcome.INVALID
    return Outcome.NEGATIVE if spec.test_contrast is None else Outcome.POSITIVE


def count(tally: Tally, mat: Mat, slot: SlotReading, place: str) -> None:
    """Add one slot to the tally."""
    spec = mat.cassettes.get(slot.number)
    said = slot.reading.outcome if slot.reading is not None else None
    group = "covered" if slot.number in mat.covered else "turned" if slot.number in mat.turned else "plain"
    if spec is None:
        tally.seen["empty"] += group != "covered"
        tally.seen["empty said"] += group != "covered" and slot.state is SlotState.EMPTY
        tally.seen["covered"] += group == "covered"
        tally.seen["covered empty"] += group == "covered" and slot.state is SlotState.EMPTY
        if said not in (None, Outcome.RETAKE):
            tally.mistakes.append(f"{place}: empty, read as {said}")
        return
    tally.seen["cassettes"] += 1
    tally.seen[group] += 1
    if slot.state is SlotState.EMPTY:
        tally.mistakes.append(f"{place}: occupied, said empty")
    elif said is None or said is Outcome.RETAKE:
        reason = slot.reading.reason if slot.reading is not None else slot.state
        noticed = group == "turned" and reason is Reason.LAID_WRONG_WAY
        tally.seen[f"{group} noticed" if noticed else f"{group} again"] += 1
        if group == "plain":
            tally.retakes[reason] += 1
            _keep(tally, spec, slot)
    elif said is truth(spec) and group != "turned":
        tally.seen["right" if group == "plain" else f"{group} right"] += 1
    elif group == "turned" and said is truth(spec) is Outcome.POSITIVE:
        tally.seen["turned positive"] += 1  # two lines are two lines either way round
    else:
        tally.mistakes.append(f"{place}: {truth(spec)} ({lines(spec)}), {group}, read as {said}")
        _keep(tally, spec, slot)


def _keep(tally: Tally, spec: CassetteSpec, slot: SlotReading) -> None:
    """Keep a window for the contact sheet."""
    if slot.window is not None and slot.window_reading is not None and slot.reading is not None:
        read = replace(slot.window_reading, reading=slot.reading)
        tally.residuals.append(Residual(slot.window, read, f"{truth(spec)}, {lines(spec)}: {slot.reading.reason}"))


def lines(spec: CassetteSpec) -> str:
    """Return the lines that a cassette has, in words."""
    return f"C {spec.control_contrast or 0:.0%}, T {spec.test_contrast or 0:.0%}"


def _shares(tally: Tally, whole: int) -> str:
    reasons: Iterator[str] = (f"{reason} {times}" for reason, times in tally.retakes.most_common())
    return f"{sum(tally.retakes.values()) / whole:.1%} ({', '.join(reasons)})"
