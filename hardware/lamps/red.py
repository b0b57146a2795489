"""The shortest way to red: what the service manager runs when the lamp-holder and its guard are both gone.

    python -P -m hardware.lamps.red /run/checkpoint-lamps/red.json

The lamp-holder has left a note of chip and levels there, so that nothing has to be read, judged and looked for while a
lamp may burn that should not: a quarter of the time that `checkpoint-lamps red` takes, which is run where this fails.
Imports gpiod and the standard library alone.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

NOTE = "red.json"
LONG_WAY = ("-P", "-m", "hardware.lamps.program", "red")


def drive(note: Path) -> None:
    """Drive the lines to what `note` says; raises whatever goes wrong."""
    told = json.loads(note.read_text("utf-8"))
    gpiod = import_module("gpiod")
    direction, value = gpiod.line.Direction.OUTPUT, gpiod.line.Value
    config = {
        int(pin): gpiod.LineSettings(direction=direction, output_value=value.ACTIVE if high else value.INACTIVE)
        for pin, high in told["levels"].items()
    }
    gpiod.request_lines(told["chip"], consumer="checkpoint-lamps", config=config).release()


def main() -> None:
    """Drive red by the note, or else become the program that needs none."""
    try:
        drive(Path(sys.argv[1]))
    except Exception as error:  # noqa: BLE001  whatever it is, red comes by the other way
        print(f"no red by the note ({error!r}): the long way", file=sys.stderr, flush=True)
        os.execv(sys.executable, [sys.executable, *LONG_WAY])  # noqa: S606  this very interpreter
    print("red")


if __name__ == "__main__":
    main()
