"""Options and arguments that several commands share."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
from click.core import ParameterSource

from checkpoint.journal import Journal
from checkpoint.ports import Clock
from hardware.clock import SystemClock
from station import RELEASED
from station.commands.output import InputError
from station.config import Config, load_config
from station.folders import Folders
from station.wiring import open_seal

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_CONFIG = Path("station.toml")


def config_option(command: F) -> F:
    """Add --config to a command."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        default=DEFAULT_CONFIG,
        show_default=True,
        envvar="CHECKPOINT_CONFIG",
        help="The station's configuration (also CHECKPOINT_CONFIG).",
    )(command)


@contextmanager
def opened_journal(config: Config) -> Iterator[tuple[Journal, Folders, Clock]]:
    """Open the journal of the station that `config` describes, beside a running station or without one."""
    folders = Folders(config.data)
    if not folders.journal.is_dir():
        raise InputError(f"{folders.journal}: no journal here; start the station once with `checkpoint serve`")
    clock = SystemClock(floor=RELEASED)
    with Journal.open(folders.journal, clock=clock, seal=open_seal(folders)) as journal:
        yield journal, folders, clock


def zone_at_hand(config_path: Path) -> tzinfo:
    """Return the zone of the station that is configured here, UTC where none is."""
    if not (config_path.exists() or named_by_user("config_path")):
        return UTC
    return ZoneInfo(load_config(config_path).timezone)


def named_by_user(parameter: str) -> bool:
    """Return whether an option was given, on the command line or by its environment variable."""
    return click.get_current_context().get_parameter_source(parameter) is not ParameterSource.DEFAULT


def account() -> str:
    """Return whose account on this machine a command runs for: who asked for it, where that was by sudo."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"  # an account without a name, as in a container


def loaded(config_path: Path) -> Config:
    """Return the configuration, or end with one clear line."""
    return load_config(config_path)


def moment_of(option: str, text: str, zone: tzinfo = UTC) -> datetime:
    """Return the time given to an option (ISO 8601, in `zone` where it names none), or end with one clear line.

    >>> moment_of("--at", "2022-03-20T16:00:00+08:00").isoformat()
    '2022-03-20T08:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
        return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{option}: {text!r} is no time; write 2022-03-20, 2022-03-20T08:00 or 2022-03-20T08:00:00+08:00"
        ) from error
