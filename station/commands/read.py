"""`checkpoint read`: what these cassettes show."""

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import cv2

from checkpoint.assay import LineReading, Outcome
from checkpoint.ports import CassetteShot, Image
from station.commands.output import (
    ANSWER_IS_NO,
    DONE,
    USAGE,
    InputError,
    complain,
    leave,
    load_picture,
    pictures_among,
    print_json,
)
from vision.cassette.reader import Reader, View, read_file_view
from vision.cassette.steps import Steps, draw_steps
from vision.cassette.types import CassetteType, CassetteTypeError, load_type, parse_type
from vision.hints import hints
from vision.mat.layout import MatLayout, Paper, mat_layout
from vision.mat.reader import MatReader
from vision.mat.steps import draw_mat_steps

_LONGEST_TYPE = 64 * 1024  # characters of a type's file; one has a few hundred


@click.command(epilog="Example: checkpoint read --json --save evidence bench.jpg")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|FOLDER|-...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and file.")
@click.option(
    "--view",
    type=click.Choice(["auto", "cassette", "window"]),
    default="auto",
    show_default=True,
    help="What the picture shows: a cassette somewhere in it, or a bare crop of the result window, in which lines "
    "are only counted.",
)
@click.option(
    "--mat-slots",
    type=click.IntRange(min=1),
    help="A reading mat with so many slots is in the picture: read every slot by its number.",
)
@click.option(
    "--paper",
    type=click.Choice([paper.value for paper in Paper]),
    default="a4",
    show_default=True,
    help="The paper the mat is printed on.",
)
@click.option(
    "--type",
    "kind",
    metavar="NAME|FILE.toml",
    help="The type of all the cassettes: where its lines stand. Lines that stand elsewhere are not taken for its own.",
)
@click.option("--save", type=click.Path(path_type=Path, file_okay=False), help="Write each evidence picture here.")
@click.option(
    "--debug",
    type=click.Path(path_type=Path, file_okay=False),
    help="Draw each step of the reading here: FILE-1-locate.png, FILE-2-rectify.png, FILE-3-membrane.png, "
    "FILE-4-lines.png, FILE-5-judge.png.",
)
def read(
    files: tuple[Path, ...],
    as_json: bool,
    view: View,
    mat_slots: int | None,
    paper: str,
    kind: str | None,
    save: Path | None,
    debug: Path | None,
) -> None:
    """Read antigen-test cassettes: negative, positive, invalid, or retake with what to change. A folder stands for the
    pictures in it, - for standard input.

    Where a picture shows several cassettes, the first line speaks for the picture as a whole (the worst of them)
    and `cassettes` lists each. A retake comes with hints for the next shot, as the bench page shows them live.

    Exit code 0: every picture was read; 1: a picture must be taken again; 2: a file is not a picture.
    """
    retakes = unusable = 0
    layout = _layout(mat_slots, paper)
    cassette_type = None if kind is None else _type(kind)
    look = _way_to_look(view, layout, cassette_type)
    for folder in (save, debug):
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"{folder}: {error.strerror}") from error
    names = _Names()
    for path in pictures_among(files):
        started = time.perf_counter()
        try:
            image = load_picture(path)
        except InputError as error:
            unusable += 1
            complain(path, error)
            continue
        shots = look(image)
        took_ms = (time.perf_counter() - started) * 1000
        if layout is None and view != "window":
            shots = [_with_hints(shot, image) for shot in shots]
        worst = worst_of(shots)
        retakes += worst.reading.outcome is Outcome.RETAKE
        if as_json:
            record = {"file": str(path), **_record(worst), "ms": round(took_ms, 2)}
            if len(shots) > 1:
                record["cassettes"] = [_record(shot) for shot in shots]
            print_json(record)
        else:
            for shot in shots:
                reading = shot.reading
                slot = f" slot {reading.slot}" if reading.slot is not None else ""
                click.echo(
                    f"{path}:{slot} {reading.outcome} ({reading.reason}); C {reading.control.contrast:.1%}, "
                    f"T {reading.test.contrast:.1%}, {took_ms:.0f} ms"
                    + (f"; before the next shot: {', '.join(reading.hints)}" if reading.hints else "")
                )
        name = names.of(path)
        if save is not None:
            for number, shot in enumerate(shots, start=1):
                _write(save / (f"{name}.png" if len(shots) == 1 else f"{name}-{number}.png"), shot.picture)
        if debug is not None:
            for step, picture in _steps(image, view, layout, cassette_type).items():
                _write(debug / f"{name}-{step}.png", picture)
    leave(USAGE if unusable else ANSWER_IS_NO if retakes else DONE)


class _Names:
    """Names for what is written about each file: its own, and a number where another folder's file has it too."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, path: Path) -> str:
        own = "standard-input" if str(path) == "-" else path.stem
        numbered = (own if n == 1 else f"{own}_{n}" for n in itertools.count(1))
        name = next(name for name in numbered if name not in self._taken)
        self._taken.add(name)
        return name


def _layout(mat_slots: int | None, paper: str) -> MatLayout | None:
    """Return the mat that is to be in the pictures; raise `InputError` for one that does not fit its paper."""
    if mat_slots is None:
        return None
    try:
        return mat_layout(mat_slots, Paper(paper))
    except ValueError as error:
        raise InputError(str(error)) from error


def _type(kind: str) -> CassetteType:
    """Return the type of that name, or the one that `cassette-type new` wrote into a file."""
    file = Path(kind)
    try:
        if file.suffix != ".toml":
            return load_type(kind)
        with file.open(encoding="utf-8") as opened:
            return parse_type(file.stem, opened.read(_LONGEST_TYPE))
    except CassetteTypeError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise InputError(f"{kind}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{kind}: not a cassette type: {error}") from error


def _way_to_look(
    view: View, layout: MatLayout | None, kind: CassetteType | None
) -> Callable[[Image], list[CassetteShot]]:
    """Return what is to be done with each picture."""
    expected = None if kind is None else kind.line_geometry
    on_mat = None if layout is None else MatReader(layout, otherwise=Reader(expected), expected=expected)

    def look(image: Image) -> list[CassetteShot]:
        shots = read_file_view(image, view, expected) if on_mat is None else on_mat.read(image)
        if kind is None:
            return shots
        return [replace(shot, reading=replace(shot.reading, cassette_type=kind.name)) for shot in shots]

    return look


def _steps(image: Image, view: View, layout: MatLayout | None, kind: CassetteType | None) -> Steps:
    """Return the pictures of each step by name; without the mat in view, those of an ordinary picture."""
    expected = None if kind is None else kind.line_geometry
    on_mat = None if layout is None else draw_mat_steps(image, layout, expected)
    return draw_steps(image, view if layout is None else "cassette", expected) if on_mat is None else on_mat


def _with_hints(shot: CassetteShot, image: Image) -> CassetteShot:
    """Return a shot that is to be taken again with what to change first: the hints that the bench page shows live."""
    if shot.reading.outcome is not Outcome.RETAKE:
        return shot
    return replace(shot, reading=replace(shot.reading, hints=hints(image)))


def _write(path: Path, picture: Image) -> None:
    if not cv2.imwrite(str(path), picture):
        raise InputError(f"{path}: cannot be written")


def worst_of(shots: list[CassetteShot]) -> CassetteShot:
    """Return the shot that speaks for a picture of several cassettes: a positive first, then what needs an officer."""
    order = [Outcome.POSITIVE, Outcome.RETAKE, Outcome.INVALID, Outcome.NEGATIVE]
    return min(shots, key=lambda shot: (order.index(shot.reading.outcome), -shot.reading.score))


def _record(shot: CassetteShot) -> dict[str, object]:
    reading = shot.reading
    record: dict[str, object] = {
        "outcome": reading.outcome,
        "reason": reading.reason,
        "control": _line(reading.control),
        "test": _line(reading.test),
        "score": round(reading.score, 5),
        "cassette_type": reading.cassette_type,
    }
    if reading.slot is not None:
        record["slot"] = reading.slot
    if reading.hints:
        record["hints"] = list(reading.hints)
    return record


def _line(line: LineReading) -> dict[str, float | None]:
    return {
        "contrast": round(line.contrast, 4),
        "snr": round(line.snr, 2),
        "position_mm": None if line.position_mm is None else round(line.position_mm, 2),
    }
