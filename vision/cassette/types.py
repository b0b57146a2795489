"""Cassette types: what is known of a kit's cassette and when it may be read, one TOML file each.

A type narrows what the reader expects; nothing in it is needed, and the generic type has none of it. Every file says
where its read times and its measures come from, or "unverified".
"""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from checkpoint.assay import ReadWindow
from vision.cassette.geometry import LineGeometry

GENERIC = "generic"

Millimetres = Annotated[float, Field(gt=0, lt=200)]
Minutes = Annotated[float, Field(gt=0, le=120)]


class CassetteTypeError(ValueError):
    """A cassette type's file that cannot be used; ``name`` says which, the text why."""

    def __init__(self, name: str, detail: str) -> None:
        self.name = name
        super().__init__(f"cassette type {name}: {detail}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Outline(_Part):
    """The cassette seen from above."""

    length_mm: Millimetres
    width_mm: Millimetres


class Window(_Part):
    """The visible membrane: its size, and its middle's distance from the cassette's control end."""

    length_mm: Millimetres
    width_mm: Millimetres
    from_control_end_mm: Millimetres | None = None


class Lines(_Part):
    """Where the lines stand, from the window's control end; colours as words ("red-purple", "blue", "black")."""

    control_mm: Annotated[float, Field(ge=0, lt=40)]
    test_mm: Millimetres
    tolerance_mm: Millimetres = 1.2
    width_mm: Millimetres = 0.7
    control_colour: str = "red-purple"
    test_colour: str = "red-purple"

    @model_validator(mode="after")
    def _control_first(self) -> "Lines":
        if self.control_mm >= self.test_mm:
            raise ValueError("the control line lies nearer the control end than the test line")
        return self

    @property
    def geometry(self) -> LineGeometry:
        """The same places as the window reader takes them."""
        return LineGeometry(self.control_mm, self.test_mm, self.tolerance_mm, self.width_mm)


class ReadTimes(_Part):
    """When the result may be read, minutes after the drops."""

    read_from_min: Minutes
    read_until_min: Minutes

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "ReadTimes":
        ReadWindow(self.read_from_min, self.read_until_min)
        return self


class Source(_Part):
    """Where the numbers come from: a leaflet, a measurement, or "unverified"."""

    times: str
    measures: str


class CassetteType(_Part):
    """One kind of cassette."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: str
    read: ReadTimes
    source: Source
    outline: Outline | None = None
    window: Window | None = None
    lines: Lines | None = None
    markings: tuple[str, ...] = ()

    @property
    def read_window(self) -> ReadWindow:
        """When a cassette of this type may be read."""
        return ReadWindow(self.read.read_from_min, self.read.read_until_min)

    @property
    def line_geometry(self) -> LineGeometry | None:
        """Where the window reader is to expect the lines; None where that is not known."""
        return None if self.lines is None else self.lines.geometry


def load_type(name: str, *, folder: Path | None = None) -> CassetteType:
    """Return the type `name` from `folder`, else from those that come with the program.

    Raises CassetteTypeError where there is no such type or its file is wrong.
    """
    for place in (folder, resources.files("vision.cassette").joinpath("types")):
        if place is not None and (file := place.joinpath(f"{name}.toml")).is_file():
            return parse_type(name, file.read_text(encoding="utf-8"))
    raise CassetteTypeError(name, "no such type; known are " + ", ".join(known_types(folder=folder)))


def known_types(*, folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of all types, those of `folder` among them."""
    places = [resources.files("vision.cassette").joinpath("types"), *([folder] if folder is not None else [])]
    return tuple(
        sorted({f.name.removesuffix(".toml") for p in places for f in p.iterdir() if f.name.endswith(".toml")})
    )


def parse_type(name: str, text: str) -> CassetteType:
    """Return the type written in `text`; raise CassetteTypeError for an unknown key or a senseless value."""
    try:
        found = CassetteType.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise CassetteTypeError(name, str(error)) from error
    if found.name != name:
        raise CassetteTypeError(name, f"the file names itself {found.name}")
    return found


def write_type(kind: CassetteType) -> str:
    """Return `kind` as the text of its TOML file, fit for `parse_type`."""
    values = kind.model_dump(exclude_none=True)
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    lines = [f"{key} = {_toml(value)}" for key, value in values.items() if key not in tables]
    for key, table in tables.items():
        lines += ["", f"[{key}]", *(f"{inner} = {_toml(value)}" for inner, value in table.items())]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return repr(round(float(value), 2))
