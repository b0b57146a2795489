"""Which trust list a command is about: a file by itself, or what a configured station believes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from checkpoint.credentials import TrustList
from checkpoint.events import Kind
from station.commands.options import account, loaded, named_by_user, opened_journal
from station.config import Config, TrustConfig
from station.folders import Folders
from station.trust_file import load_trust
from station.wiring import station_trust


@dataclass(frozen=True, slots=True)
class TrustAtHand:
    """The file, the configuration beside it where there is one, and whether the file is that station's own."""

    path: Path
    config: Config | None
    stations_own: bool

    @classmethod
    def of(cls, trust_path: Path | None, config_path: Path) -> "TrustAtHand":
        """Return what --trust and --config name; raise `ConfigError` where the station's list is asked for in vain."""
        if trust_path is None:
            config = loaded(config_path)
            return cls(Folders(config.data).trust, config, stations_own=True)
        if not (config_path.exists() or named_by_user("config_path")):
            return cls(trust_path, None, stations_own=False)
        config = loaded(config_path)
        return cls(trust_path, config, trust_path.resolve() == Folders(config.data).trust.resolve())

    @classmethod
    def of_either(cls, trust_path: Path | None, config_path: Path | None) -> "TrustAtHand | None":
        """Return what --trust and --config name where neither has a default, None where neither is given."""
        if config_path is not None:
            return cls.of(trust_path, config_path)
        return cls(trust_path, None, stations_own=False) if trust_path else None

    @property
    def zone(self) -> ZoneInfo:
        """The station's zone, UTC without a station."""
        return ZoneInfo(self.config.timezone if self.config else "UTC")

    @property
    def max_age(self) -> timedelta:
        """How old a list may be at the station, else at stations that are not told otherwise."""
        return timedelta(days=(self.config.trust if self.config else TrustConfig()).max_age_days)

    def known(self) -> TrustList:
        """Return the list, with what headquarters handed down where it is a station's; raise `TrustFileError`."""
        if not (self.stations_own and self.config):
            return load_trust(self.path)
        if self.path.exists():
            load_trust(self.path)  # a station goes on with the last good list, a command says what is wrong
        return station_trust(self.config)()

    def change(self, entries: Iterable[Mapping[str, Any]], save: Callable[[], None]) -> None:
        """Save a changed list, each change first an entry of the station's journal: none is believed unrecorded.

        Nobody's journal knows of a list that is no station's. A station that was never started has none yet, and writes
        down what it finds when it is.
        """
        if not (self.stations_own and self.config):
            save()
        elif not Folders(self.config.data).journal.is_dir():
            save()
            click.echo("this station has no journal yet; its first start writes down what it finds", err=True)
        else:
            with opened_journal(self.config) as (journal, _folders, _clock):
                for entry in entries:
                    journal.append(Kind.TRUST_CHANGED, {**entry, "by": "command line", "account": account()})
                save()
