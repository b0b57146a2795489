"""Cassettes that have no result, or not yet: is the right reason told?

Rendered pictures of a table with one cassette, drawn anew for every try: its kind, its place and turn, the table, the
light. Each state is asked of the reader as `checkpoint read` asks it, on a mat where the state belongs to a mat.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from bench.cassette_data import labelled_photos
from checkpoint.assay import Outcome, Reading
from checkpoint.ports import CassetteShot, Image
from checkpoint.reasons import Reason
from station.reading import shot_of_slot
from vision.cassette.reader import Reader
from vision.mat.layout import Paper, mat_layout
from vision.mat.reader import MatReader
from vision.render import (
    GEOMETRIES,
    CassetteGeometry,
    CassetteSpec,
    Placement,
    render_empty_bench,
    render_mat,
    render_scene,
    sample_geometry,
    sample_shot,
    sample_spec,
)

SIZE = (1600, 1200)
_MAT = mat_layout(8, Paper.A5)
_CONTROL_AT, _TEST_AT = (0.22, 0.41), (0.59, 0.77)  # shares of the visible length, 5 to 95 % of real photos
_FLOWED = {"glare": 0.0, "streak": 0.0}

Answer = tuple[Outcome, Reason]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class State:
    """A state of a cassette or of the bench: how it is drawn and looked at, and which answers are right."""

    name: str
    read: Callable[[Rng], Reading]
    right: frozenset[Answer]


def one_cassette(rng: Rng, **spec: object) -> Reading:
    """Return the reading of a table with one cassette."""
    spec.setdefault("geometry", usual_geometry(rng))
    return _only(Reader().read(scene(rng, [sample_spec(rng, **(_FLOWED | spec))])))


def usual_geometry(rng: Rng) -> CassetteGeometry:
    """Return a shape whose lines stand where those of 9 in 10 real kits do; between, C cannot be told from T."""
    while True:
        shape = sample_geometry(rng)
        control, test = shape.control_mm / shape.window_length_mm, shape.test_mm / shape.window_length_mm
        if _CONTROL_AT[0] < control < _CONTROL_AT[1] and _TEST_AT[0] < test < _TEST_AT[1]:
            return shape


def scene(rng: Rng, specs: list[CassetteSpec]) -> Image:
    """Return a picture of a table with cassettes anywhere on it."""
    shot = sample_shot(rng, cast_shadow=0.0, tilt_deg=float(rng.uniform(0, 10)), blur_px=float(rng.uniform(0.3, 1.0)))
    return render_scene(specs, rng, SIZE, px_per_mm=float(rng.uniform(8, 12)), shot=shot).image


def _only(shots: list[CassetteShot]) -> Reading:
    """Return what a bench without a mat takes as the slot's reading."""
    return shot_of_slot(shots, slot=1).reading


def lone_test_line(rng: Rng) -> Reading:
    return one_cassette(rng, control_contrast=None, test_contrast=float(rng.uniform(0.15, 0.6)))


def no_line_at_all(rng: Rng) -> Reading:
    return one_cassette(rng, control_contrast=None, test_contrast=None, wash=float(rng.uniform(0.1, 0.25)))


def unused(rng: Rng) -> Reading:
    return one_cassette(rng, control_contrast=None, test_contrast=None, wash=0.0, speckle=0.02)


def empty_bench(rng: Rng) -> Reading:
    return _only(Reader().read(render_empty_bench(rng, SIZE).image))


def face_down(rng: Rng) -> Reading:
    return one_cassette(rng, face_down=True)


def two_cassettes(rng: Rng) -> Reading:
    drawn = [sample_spec(rng, control_contrast=0.4, **_FLOWED) for _ in range(2)]
    shot = sample_shot(rng, cast_shadow=0.0, tilt_deg=float(rng.uniform(0, 10)), blur_px=float(rng.uniform(0.3, 1.0)))
    return _only(Reader().read(render_scene(drawn, rng, SIZE, px_per_mm=8.0, shot=shot).image))


def on_the_mat(rng: Rng, spec: CassetteSpec | None, turn: float = 0.0) -> Reading:
    """Return what is said of slot 3 of a mat that holds `spec` there, and a negative cassette in slot 6."""
    plain = sample_spec(rng, control_contrast=0.4, test_contrast=None, **_FLOWED)
    cassettes = {6: plain} | ({} if spec is None else {3: spec})
    picture = render_mat(_MAT, cassettes, rng, (2000, 1500), placements={3: Placement(0, 0, turn)}).image
    return shot_of_slot(MatReader(_MAT, Reader()).read(picture), slot=3).reading


def empty_slot(rng: Rng) -> Reading:
    return on_the_mat(rng, None)


def wrong_way_round(rng: Rng) -> Reading:
    return on_the_mat(rng, sample_spec(rng, test_contrast=None, control_contrast=0.4, **_FLOWED), turn=180.0)


def face_down_on_the_mat(rng: Rng) -> Reading:
    return on_the_mat(rng, CassetteSpec(face_down=True))


def still_migrating(rng: Rng) -> Reading:
    return one_cassette(rng, control_contrast=None, test_contrast=None, front_mm=float(rng.uniform(3.0, 11.0)))


def flooded(rng: Rng) -> Reading:
    return one_cassette(rng, flood=float(rng.uniform(1.0, 1.4)), test_contrast=None)


def streaked(rng: Rng) -> Reading:
    return one_cassette(rng, streak=float(rng.uniform(0.3, 0.5)), control_contrast=0.4, test_contrast=None)


def two_windows(rng: Rng) -> Reading:
    slim = GEOMETRIES[3]
    specs = [sample_spec(rng, geometry=slim, printed=False, control_contrast=0.4, **_FLOWED) for _ in range(2)]
    specs[1] = replace(specs[1], plastic=specs[0].plastic)
    turn = float(rng.uniform(0, 360))
    off = 5.5 * np.array((-np.sin(np.deg2rad(turn)), np.cos(np.deg2rad(turn))))
    places = [Placement(float(s * off[0]), float(s * off[1]), turn) for s in (-1, 1)]
    shot = sample_shot(rng, cast_shadow=0.0, tilt_deg=0.0, blur_px=float(rng.uniform(0.3, 1.0)))
    return _only(Reader().read(render_scene(specs, rng, SIZE, px_per_mm=9.0, placements=places, shot=shot).image))


def three_lines(rng: Rng) -> Reading:
    """A serology card: C, G and M in one window, drawn as the darker of two pictures that differ in T's place only."""
    seed, pictures = int(rng.integers(1 << 30)), []
    for test_mm in (7.3, 11.1):
        again = np.random.default_rng(seed)
        geometry = CassetteGeometry(window_length_mm=15.0, control_mm=3.5, test_mm=test_mm)
        spec = sample_spec(again, geometry=geometry, control_contrast=0.45, test_contrast=0.4, **_FLOWED)
        pictures.append(scene(again, [spec]))
    return _only(Reader().read(np.minimum(*pictures)))


_NO_CONTROL = (Outcome.INVALID, Reason.NO_CONTROL_LINE)
_UNUSED = (Outcome.INVALID, Reason.UNUSED_CASSETTE)


def _again(*reasons: Reason) -> frozenset[Answer]:
    return frozenset((Outcome.RETAKE, reason) for reason in reasons)


STATES = (
    State("a lone T", lone_test_line, frozenset({_NO_CONTROL})),
    State("no line, liquid has run", no_line_at_all, frozenset({_NO_CONTROL})),
    State("unused", unused, frozenset({_UNUSED})),
    State("empty bench", empty_bench, _again(Reason.NO_CASSETTE)),
    State("empty slot of the mat", empty_slot, _again(Reason.NO_CASSETTE)),
    State("face down", face_down, _again(Reason.NO_CASSETTE, Reason.WINDOW_COVERED)),
    State("face down on the mat", face_down_on_the_mat, _again(Reason.WINDOW_COVERED)),
    State("wrong way round on the mat", wrong_way_round, _again(Reason.LAID_WRONG_WAY)),
    State("two cassettes", two_cassettes, _again(Reason.SEVERAL_CASSETTES)),
    State("front still migrating", still_migrating, _again(Reason.STILL_MIGRATING)),
    State("flooded", flooded, _again(Reason.MEMBRANE_FLOODED)),
    State("streak", streaked, _again(Reason.MEMBRANE_STREAKED) | {(Outcome.NEGATIVE, Reason.CLEAR_LINES)}),
    State("two windows side by side", two_windows, _again(Reason.UNKNOWN_CASSETTE_TYPE)),
    State("three lines in a window", three_lines, _again(Reason.UNKNOWN_CASSETTE_TYPE)),
)


def reasons(tries: int) -> None:
    """Print the share of right answers for each state, and what was said instead."""
    print(f"\nStates without a result, {tries} rendered pictures each")
    print(f"{'state':<30}{'right':>8}{'to be taken again':>20}{'wrong':>8}   said instead")
    for number, state in enumerate(STATES):
        others: Counter[str] = Counter()
        again = wrong = 0
        for attempt in range(tries):
            reading = state.read(np.random.default_rng((number, attempt)))
            answer = (reading.outcome, reading.reason)
            if answer in state.right:
                continue
            others[f"{reading.outcome}/{reading.reason}"] += 1
            again += reading.outcome is Outcome.RETAKE
            wrong += reading.outcome in (Outcome.NEGATIVE, Outcome.POSITIVE)
        right = 1 - sum(others.values()) / tries
        said = ", ".join(f"{what} {times}" for what, times in others.most_common(3))
        print(f"{state.name:<30}{right:>8.0%}{again:>20}{wrong:>8}   {said}", flush=True)
    _photos()


def _photos() -> None:
    """Print what is said of the public photos of cassettes without a control line, and of those nobody can read."""
    for label in ("invalid", "unknown"):
        said: Counter[str] = Counter()
        for path in labelled_photos(label):
            picture = cv2.imread(str(path))
            said.update(f"{s.reading.outcome}/{s.reading.reason}" for s in Reader().read(np.asarray(picture, np.uint8)))
        if said:
            print(
                f"public photos labelled {label}: " + ", ".join(f"{what} {times}" for what, times in said.most_common())
            )
