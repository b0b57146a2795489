"""`checkpoint-lamps`: the lamp-holder as a program, and a hand on the lamps for whoever wires them."""

import logging
import signal
import time
from pathlib import Path
from types import FrameType

import click

from checkpoint.crossing import Lamp
from checkpoint.errors import LampError
from checkpoint.notify import notify
from hardware.lamps.client import HolderLink, holder_state
from hardware.lamps.guard import Guard
from hardware.lamps.holder import LONGEST_NAP_S, Holder, listen
from hardware.lamps.lines import leave_note, open_lines
from hardware.lamps.messages import Request
from hardware.lamps.red import NOTE
from hardware.lamps.settings import LampsConfig, lamps_of
from hardware.lamps.signal import SignalLamps
from hardware.lamps.wiring import LampWiring

log = logging.getLogger(__name__)

LONGEST_SILENCE_S = 4.0  # of this process itself, before its guard drives red
COLOURS = click.Choice([lamp.value for lamp in Lamp])


class _Trouble(click.ClickException):
    """One line to standard error, exit code 2."""

    exit_code = 2


class _Plain(click.Group):
    """Ends every `LampError` as one line and exit code 2."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; word what it raised."""
        try:
            return super().invoke(ctx)
        except LampError as error:
            raise _Trouble(str(error)) from error


@click.group(
    cls=_Plain,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: checkpoint-lamps state. Exit codes: 0 done, 1 the answer is no, 2 usage or input error.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("station.toml"),
    show_default=True,
    envvar="CHECKPOINT_CONFIG",
    help="The station's configuration, of which [lamps] is read (also CHECKPOINT_CONFIG).",
)
@click.pass_context
def main(context: click.Context, config_path: Path) -> None:
    """Own the signal lamps' lines, so that no station that dies can leave a green behind."""
    context.obj = config_path


@main.command(epilog="Example: checkpoint-lamps hold")
@click.pass_obj
def hold(config_path: Path) -> None:
    """Hold the lines until told to stop: what the service runs.

    Red at the start, at the end, and whenever the station falls silent. Green ends by itself. A second process of its
    own guards it: killed or hanging, it leaves red behind.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    config = lamps_of(config_path)
    lamps = signal_lamps(config, config.lines)  # red burns from here on, before anybody can connect
    leave_note(config, config.socket.with_name(NOTE))
    guard = Guard(lamps.rest, silence_s=min(LONGEST_SILENCE_S, 2 * config.heartbeat_s))
    holder = Holder(lamps, listen(config.socket), heartbeat_s=config.heartbeat_s)
    notify("READY=1", "STATUS=red; waiting for the station")
    log.info("holding the lamps through %s, listening at %s", config.lines, config.socket)
    try:
        while not stopping:
            holder.turn(nap_s=min(LONGEST_NAP_S, config.heartbeat_s / 4))
            if guard.beat():
                log.error("this process has stood still: red")
                lamps.rest()
            notify("WATCHDOG=1", f"STATUS={lamps.shown}")
    finally:
        notify("STOPPING=1")
        holder.close()
        guard.close()
        config.socket.unlink(missing_ok=True)


@main.command(epilog="Example: checkpoint-lamps red")
@click.pass_obj
def red(config_path: Path) -> None:
    """Drive red without a lamp-holder: by hand, and where the shorter way of its service has failed."""
    config = lamps_of(config_path)
    signal_lamps(config, config.lines).close()
    click.echo("red")


@main.command(epilog="Example: checkpoint-lamps rest")
@click.pass_obj
def rest(config_path: Path) -> None:
    """Show red through the lamp-holder: what the service manager runs after the station has ended in any way."""
    link = HolderLink(lamps_of(config_path).socket)
    try:
        link.ask(Request("show", Lamp.RED))
    finally:
        link.close()
    click.echo("red")


@main.command(epilog="Example: checkpoint-lamps state")
@click.pass_obj
def state(config_path: Path) -> None:
    """Say what the lamps are told to show and what their sense inputs tell. Exit code 1 where they differ."""
    found = holder_state(lamps_of(config_path).socket)
    burning = "not sensed" if found.burning is None else " ".join(sorted(found.burning)) or "none"
    click.echo(f"told: {found.told}; burning: {burning}")
    if found.wrong:
        click.echo(f"wrong: {' '.join(found.wrong)}: check the lamp, its relay and its sense input")
        raise click.exceptions.Exit(1)


@main.command(name="try", epilog="Example: checkpoint-lamps try yellow")
@click.argument("lamp", type=COLOURS)
@click.option("--seconds", type=click.FloatRange(0.1, 60), default=3.0, show_default=True, help="How long.")
@click.pass_obj
def try_(config_path: Path, lamp: str, seconds: float) -> None:
    """Show one lamp through the lamp-holder, with its sound, and return to red: for whoever has wired them.

    The station must be stopped: it drives the lamps while it runs.
    """
    link = HolderLink(lamps_of(config_path).socket)
    try:
        link.ask(Request("show", Lamp(lamp), sound=True))
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(0.4, left))
            link.ask(Request("beat"))
    finally:
        link.close()
    click.echo(f"{lamp} for {seconds:g} s, now red")


def signal_lamps(config: LampsConfig, driver: str) -> SignalLamps:
    """Return the lamps of `config` on lines of this process's own, at red."""
    return SignalLamps(lambda levels: open_lines(config, driver, levels), LampWiring.of(config), green_s=config.green_s)


if __name__ == "__main__":
    main()
