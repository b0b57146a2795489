"""Write the reference pages that the programs know best: ``python -m tests.write_docs``.

docs/commands.md comes from click's help, docs/settings.md from the configuration's models. The tests compare both
with what stands in the repository, so a command or a setting cannot arrive undocumented.
"""

import datetime
import enum
import inspect
import tomllib
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from station.config import Config
from tests.data import REPOSITORY

WIDTH = 100
DOCS = REPOSITORY / "docs"

SETTINGS_INTRODUCTION = """\
The file is TOML. It is checked at start: an unknown key or a value out of range stops the program with one line that
names the key. A key that is left out has its default. Units stand in the names: `_s` seconds, `_min` minutes, `_days`
days, `_px` pixels.
"""


# -- commands --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Documented:
    """One command: the words that call it, and what its ``--help`` prints at a fixed width."""

    words: str
    command: click.Command
    help: str


def walk(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[Documented]:
    """Yield ``command`` and every visible command below it, in order of their names."""
    wide: dict[str, object] = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **wide)  # type: ignore[arg-type]  # click's own names
    yield Documented(context.command_path, command, command.get_help(context).rstrip())
    if isinstance(command, click.Group):
        for below in sorted(command.list_commands(context)):
            found = command.get_command(context, below)  # asked for by name: some groups import on demand
            if found is not None and not found.hidden:
                yield from walk(found, below, context)


def commands_page(programs: dict[str, click.Command]) -> str:
    """Return docs/commands.md for the programs, by their names."""
    parts = [
        "# Commands\n",
        "What each command's `--help` says; written by `make docs`.\n",
        "Exit codes, unless a command says otherwise: 0 done, 1 the answer is no, 2 usage or input error.\n",
    ]
    for program, main in programs.items():
        for one in walk(main, program):
            level = min(len(one.words.split()) + 1, 4)
            parts.append(f"{'#' * level} `{one.words}`\n\n```text\n{one.help}\n```\n")
    return "\n".join(parts)


# -- settings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a configuration file: ``table`` is "" at the top, "[gate]" or "[[issuers]]" else; ``about`` says what
    that table is for."""

    table: str
    about: str
    key: str
    kind: str
    default: str
    description: str


def settings_of(model: type[BaseModel], table: str = "") -> list[Setting]:
    """Return every key of a configuration model, the keys of nested tables included."""
    about = (inspect.getdoc(model) or "").partition("\n")[0]
    found: list[Setting] = []
    nested: list[Setting] = []
    for name, field in model.model_fields.items():
        inner, is_list = _model_in(field.annotation)
        if inner is None:
            found.append(Setting(table, about, name, _kind(field), _default(field), field.description or ""))
        else:
            path = f"{table.strip('[]')}.{name}".lstrip(".")
            nested.extend(settings_of(inner, f"[[{path}]]" if is_list else f"[{path}]"))
    return found + nested


def settings_page(files: dict[str, type[BaseModel]]) -> str:
    """Return docs/settings.md for the configuration models, by their titles."""
    parts = [
        "# Settings\n",
        "Every key of the configuration, from the models that check it; written by `make docs`.\n",
        SETTINGS_INTRODUCTION,
    ]
    for title, model in files.items():
        parts.append(f"## {title}\n")
        tables: dict[str, list[Setting]] = {}
        for setting in settings_of(model):
            tables.setdefault(setting.table, []).append(setting)
        for table, settings in tables.items():
            parts.append(f"### `{table}`\n" if table else "### At the top of the file\n")
            parts.append(f"{settings[0].about}\n")
            rows = ["| Key | Value | Default | Meaning |", "|---|---|---|---|"]
            rows += [f"| `{s.key}` | {s.kind} | {s.default} | {_cell(s.description)} |" for s in settings]
            parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _model_in(annotation: object) -> tuple[type[BaseModel] | None, bool]:
    """Return the model that an annotation nests, and whether in a list of tables."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for argument in typing.get_args(annotation):
        if isinstance(argument, type) and issubclass(argument, BaseModel):
            return argument, typing.get_origin(annotation) in (tuple, list)
    return None, False


def _kind(field: FieldInfo) -> str:
    """Return a field's kind and limits in words, e.g. "number, 0 < n <= 60"."""
    limits = {
        name: value
        for part in field.metadata
        for name in ("gt", "ge", "lt", "le")
        if (value := getattr(part, name, None)) is not None
    }
    words = _type_words(field.annotation)
    signs = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
    return ", ".join([words, *(f"{signs[name]} {value:g}" for name, value in limits.items())])


def _type_words(annotation: object) -> str:
    plain: dict[object, str] = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "`true` or `false`",
        Path: "path",
        datetime.timedelta: "duration",
        datetime.time: "time of day",
        type(None): "nothing",
    }
    if annotation in plain:
        return plain[annotation]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _one_of([str(member.value) for member in annotation])
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return _one_of([str(argument) for argument in arguments])
    if origin in (tuple, list, frozenset, set):
        return f"list of {_type_words(arguments[0])}"
    if origin is dict:
        return f"table of {_type_words(arguments[0])} to {_type_words(arguments[1])}"
    if origin is typing.Annotated:
        return _type_words(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type_words(argument) for argument in arguments if argument is not type(None))
    raise TypeError(f"no words for a setting of type {annotation}")


def _cell(text: str) -> str:
    """Return a text as it may stand in a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _one_of(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _default(field: FieldInfo) -> str:
    """Return a field's default as TOML would write it; "required" or "none" where there is none."""
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    if value is None:
        return "none"
    return f"`{_toml(value)}`"


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:g}"
        case enum.Enum():
            return f'"{value.value}"'
        case tuple() | list() | set() | frozenset():
            return "[" + ", ".join(_toml(one) for one in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
        case _:
            return f'"{value}"'


# -- both ------------------------------------------------------------------------------------------------------------


def programs() -> dict[str, click.Command]:
    """Return the console programs by name, in the order of their pages."""
    return {entry.name: entry.load() for entry in sorted(_entry_points(), key=lambda entry: entry.name)}


def _entry_points() -> list[EntryPoint]:
    """Return the console scripts that pyproject.toml declares, whatever is installed."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    return [EntryPoint(name, value, "console_scripts") for name, value in project["scripts"].items()]


def configurations() -> dict[str, type[BaseModel]]:
    """Return the configuration models by the title of their section."""

    return {"The station: `station.toml`": Config}


def write() -> None:
    """Write both pages."""
    (DOCS / "settings.md").write_text(settings_page(configurations()), "utf-8")
    (DOCS / "commands.md").write_text(commands_page(programs()), "utf-8")


if __name__ == "__main__":
    write()
