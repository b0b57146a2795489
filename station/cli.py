"""`checkpoint`: the station's command line."""

from importlib import import_module

import click

from station import VERSION
from station.commands.output import PlainGroup

COMMANDS = {
    "scan": "station.commands.scan:scan",
    "verify": "station.commands.verify:verify",
    "read": "station.commands.read:read",
    "mat": "station.commands.bench_tools:mat",
    "cassette-type": "station.commands.bench_tools:cassette_type",
    "serve": "station.commands.serve:serve",
    "sync": "station.commands.headquarters:sync",
    "enrol": "station.commands.headquarters:enrol",
    "backup": "station.commands.keeping:backup",
    "restore": "station.commands.keeping:restore",
    "retention": "station.commands.keeping:retention",
    "log": "station.commands.log:log",
    "rules": "station.commands.rules:rules",
    "trust": "station.commands.trust:trust",
    "officer": "station.commands.people:officer",
    "camera": "station.commands.camera:camera",
    "doctor": "station.commands.doctor:doctor",
    "demo": "station.commands.demo:demo",
}


class CommandsOnDemand(PlainGroup):
    """Imports a command when it is asked for: `checkpoint scan` does not wait for the web pages to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command, None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(
    cls=CommandsOnDemand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: checkpoint scan --json photo.jpg. Exit codes: 0 done, 1 the answer is no, 2 usage or input error.",
)
@click.version_option(VERSION, prog_name="checkpoint")
def main() -> None:
    """A checkpoint's station: scan health codes, read antigen cassettes, drive the lamps, keep the journal."""


if __name__ == "__main__":
    main()
