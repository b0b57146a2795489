"""`checkpoint-hq`: headquarters from the command line.

Exit codes: 0 done, 1 the answer is no, 2 usage or input error.
"""

import click

from hq.commands.records import import_, retain, verify
from hq.commands.serve import serve
from hq.commands.setting_up import init, user
from hq.commands.stations import approve, invite_station, revoke


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
    Examples:
      checkpoint-hq serve --demo                            everything, to look at
      checkpoint-hq user li --role duty                     somebody who may log in
      checkpoint-hq serve --host 0.0.0.0 --url https://hq.example
      checkpoint-hq invite --name "Lane 1" --town Pinghu --url https://hq.example
      checkpoint-hq verify                                  prove every chain again
      checkpoint-hq import /media/stick                     what came by hand""",
)
@click.version_option(package_name="checkpoint-station")
def main() -> None:
    """Headquarters: takes in what the stations know, proves it whole, and shows it."""


for _command in (serve, init, user, invite_station, approve, revoke, verify, retain, import_):
    main.add_command(_command)
