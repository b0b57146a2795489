"""`checkpoint`: the station's command line."""

import click

from station import VERSION
from station.commands.demo import demo
from station.commands.doctor import doctor
from station.commands.headquarters import enrol, sync
from station.commands.log import log
from station.commands.output import PlainGroup
from station.commands.people import officer
from station.commands.read import read
from station.commands.rules import rules
from station.commands.scan import scan
from station.commands.serve import serve
from station.commands.trust import trust
from station.commands.verify import verify


@click.group(
    cls=PlainGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: checkpoint scan --json photo.jpg. Exit codes: 0 done, 1 the answer is no, 2 usage or input error.",
)
@click.version_option(VERSION, prog_name="checkpoint")
def main() -> None:
    """A checkpoint's station: scan health codes, read antigen cassettes, drive the lamps, keep the journal."""


for command in (scan, verify, read, serve, sync, enrol, log, rules, trust, officer, doctor, demo):
    main.add_command(command)


if __name__ == "__main__":
    main()
