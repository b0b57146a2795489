"""`checkpoint demo`: headquarters and a station on this machine, with simulated devices, in one command."""

import time
from pathlib import Path

import click

from station.demo import launcher
from station.demo.launcher import Ports


@click.command(epilog="Example: checkpoint demo --data ./var --port 8080 --hq-port 8090")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var"),
    show_default=True,
    help="Where both programs keep their data; a second run goes on with it.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="The station's pages.")
@click.option("--hq-port", type=click.IntRange(1, 65535), default=8090, show_default=True, help="Headquarters' pages.")
@click.option(
    "--issuer-port", type=click.IntRange(1, 65535), default=8091, show_default=True, help="The demo health-code issuer."
)
@click.option(
    "--read-from-min",
    type=click.FloatRange(min=0.01),
    default=0.25,
    show_default=True,
    help="Minutes until a demo cassette may be read (real ones: 15).",
)
def demo(data: Path, port: int, hq_port: int, issuer_port: int, read_from_min: float) -> None:
    """Start headquarters, a demo health-code issuer and a station with simulated cameras and lamps; Ctrl-C stops all.

    Exit code 0: stopped on request; 2: it could not start, or a part of it ended.
    """
    began = time.monotonic()
    ports = Ports(port, hq_port, issuer_port)
    launcher.run(data.resolve(), ports, read_from_min=read_from_min, say=click.echo, began=began)
