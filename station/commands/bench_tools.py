"""`checkpoint mat` and `checkpoint cassette-type`: what the bench is furnished with."""

from pathlib import Path

import click

from station.commands.output import ANSWER_IS_NO, InputError, leave, load_picture, print_json
from vision.cassette.types import CassetteTypeError, known_types, load_type, write_type
from vision.mat.layout import Paper, mat_layout
from vision.mat.measure import CannotMeasure, measure_type
from vision.mat.pdf import write_mat_pdf

slots_option = click.option(
    "--slots", type=click.IntRange(min=1), default=6, show_default=True, help="How many numbered slots."
)
paper_option = click.option(
    "--paper", type=click.Choice([paper.value for paper in Paper]), default="a4", show_default=True,
    help="The paper it is printed on.",
)  # fmt: skip


@click.command(epilog="Example: checkpoint mat --slots 6 --paper a4 --out mat.pdf")
@slots_option
@paper_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("mat.pdf"), show_default=True,
              help="The PDF to write.")  # fmt: skip
def mat(slots: int, paper: str, out: Path) -> None:
    """Print the reading mat: numbered slots, fiducials for millimetres, grey and colour fields for the light.

    Print it at 100 %, and check the scale bar with a ruler.
    """
    try:
        write_mat_pdf(out, slots, paper)
    except ValueError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise InputError(f"{out}: {error.strerror}") from error
    click.echo(f"{out}: {slots} slots on {paper}; print it at 100 % and check the scale bar")


@click.group("cassette-type", epilog="Example: checkpoint cassette-type list")
def cassette_type() -> None:
    """Show and measure cassette types: outline, window, line places, read times."""


@cassette_type.command("list", epilog="Example: checkpoint cassette-type list --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and type.")
def list_types(as_json: bool) -> None:
    """List the types that come with the program, with their read times and where these are from."""
    for name in known_types():
        known = load_type(name)
        if as_json:
            print_json(known.model_dump(mode="json"))
        else:
            times = f"{known.read.read_from_min:g}-{known.read.read_until_min:g} min"
            click.echo(f"{name:<24} {times:<12} {known.title} ({known.source.times})")


@cassette_type.command(epilog="Example: checkpoint cassette-type show generic")
@click.argument("name")
def show(name: str) -> None:
    """Print one type as its TOML file. Exit code 1: there is none of that name."""
    try:
        click.echo(write_type(load_type(name)), nl=False)
    except CassetteTypeError as error:
        click.echo(str(error), err=True)
        leave(ANSWER_IS_NO)


@cassette_type.command(epilog="Example: checkpoint cassette-type new acme-ag photo.jpg --slots 6 > acme-ag.toml")
@click.argument("name")
@click.argument("photo", type=click.Path(path_type=Path))
@click.option("--title", default="", help="The kit's name as people read it.")
@slots_option
@paper_option
def new(name: str, photo: Path, title: str, slots: int, paper: str) -> None:
    """Measure a new type from a photo of one cassette on the mat and print its TOML.

    Best taken of a positive cassette, control end to the left. Correct the read times by the leaflet.
    """
    try:
        measured = measure_type(load_picture(photo), mat_layout(slots, Paper(paper)), name=name, title=title)
    except (CannotMeasure, ValueError) as error:
        raise InputError(f"{photo}: {error}") from error
    click.echo(write_type(measured), nl=False)
