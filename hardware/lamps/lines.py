"""GPIO lines: a port, and its two adapters for gpiod (the kernel's interface) and for RPi.GPIO.

Both leave the lines driven as they were written last: whoever lets go writes red first. Neither returns a line to
being an input, because a red lamp that is not normally closed would go dark.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from checkpoint.crossing import Lamp
from checkpoint.errors import LampError
from hardware.lamps.settings import LampsConfig
from hardware.lamps.wiring import LampWiring

CONSUMER = "checkpoint-lamps"


class Lines(Protocol):
    """Some output lines and some input lines, by GPIO number; True is high."""

    def write(self, levels: Mapping[int, bool]) -> None:
        """Set these outputs; raise `LampError` where that fails."""

    def read(self) -> dict[int, bool]:
        """Return the levels of the inputs; raise `LampError` where that fails."""

    def close(self) -> None:
        """Let go of the lines."""


def device_files() -> list[str]:
    """Return the GPIO chips' device files."""
    return [str(path) for path in sorted(Path("/dev").glob("gpiochip*"))]


def find_chip(gpiod: Any, labels: Sequence[str], devices: Callable[[], list[str]] = device_files) -> str:
    """Return the device file of the chip that bears one of `labels`; raise `LampError` saying which there are.

    By label and not by number: the header's chip is gpiochip0 on one kernel and gpiochip4 on the next. A label that
    begins with "/" is a device file itself.
    """
    found: dict[str, str] = {}
    unreadable: list[str] = []
    for device in devices():
        try:
            if gpiod.is_gpiochip_device(device):
                with gpiod.Chip(device) as chip:
                    found.setdefault(chip.get_info().label, device)
        except OSError as error:
            unreadable.append(f"{device} ({error.strerror})")
    for label in labels:
        if label in found:
            return found[label]
        if label.startswith("/") and gpiod.is_gpiochip_device(label):
            return label
    there = ", ".join([*sorted(found), *unreadable]) or "none"
    raise LampError(f"no GPIO chip labelled {' or '.join(labels)}; there are: {there}")


class GpiodLines:
    """Lines through gpiod 2: all requested at once, with their first levels, so that no lamp flickers."""

    def __init__(
        self,
        *,
        labels: Sequence[str],
        outputs: Mapping[int, bool],
        inputs: Collection[int] = (),
        gpiod: Any = None,
        devices: Callable[[], list[str]] = device_files,
    ) -> None:
        try:
            self._gpiod = gpiod or import_module("gpiod")
        except ImportError as error:
            raise LampError(f"gpiod cannot be loaded: {error}") from error
        device = find_chip(self._gpiod, labels, devices)
        direction = self._gpiod.line.Direction
        config = {
            pin: self._gpiod.LineSettings(direction=direction.OUTPUT, output_value=self._value(level))
            for pin, level in outputs.items()
        }
        config |= {pin: self._gpiod.LineSettings(direction=direction.INPUT) for pin in inputs}
        self._inputs = list(inputs)
        try:
            self._request = self._gpiod.request_lines(device, consumer=CONSUMER, config=config)
        except OSError as error:
            raise LampError(f"{device}: the lamps' lines cannot be had: {error.strerror or error}") from error

    def write(self, levels: Mapping[int, bool]) -> None:
        """Set these outputs, in one call to the kernel."""
        try:
            self._request.set_values({pin: self._value(level) for pin, level in levels.items()})
        except (OSError, self._gpiod.RequestReleasedError) as error:
            raise LampError(f"the lamps' lines cannot be set: {error}") from error

    def read(self) -> dict[int, bool]:
        """Return the levels of the inputs."""
        if not self._inputs:
            return {}
        try:
            values = self._request.get_values(self._inputs)
        except (OSError, self._gpiod.RequestReleasedError) as error:
            raise LampError(f"the sense inputs cannot be read: {error}") from error
        active = self._gpiod.line.Value.ACTIVE
        return {pin: value == active for pin, value in zip(self._inputs, values, strict=True)}

    def close(self) -> None:
        """Release the request."""
        self._request.release()

    def _value(self, level: bool) -> Any:
        value = self._gpiod.line.Value
        return value.ACTIVE if level else value.INACTIVE


class RpiGpioLines:
    """Lines through RPi.GPIO, which rpi-lgpio serves on a Pi 3 to 5."""

    def __init__(self, *, outputs: Mapping[int, bool], inputs: Collection[int] = (), gpio: Any = None) -> None:
        try:
            self._gpio = gpio or import_module("RPi.GPIO")
        except (ImportError, RuntimeError) as error:  # RuntimeError: the old RPi.GPIO off a Pi, and on a Pi 5
            raise LampError(f"RPi.GPIO cannot be used here: {error}") from error
        self._inputs = list(inputs)
        try:
            self._gpio.setwarnings(False)
            self._gpio.setmode(self._gpio.BCM)
            for pin, level in outputs.items():
                self._gpio.setup(pin, self._gpio.OUT, initial=level)
            for pin in self._inputs:
                self._gpio.setup(pin, self._gpio.IN)
        except (OSError, RuntimeError, ValueError) as error:
            raise LampError(f"the lamps' lines cannot be had: {error}") from error

    def write(self, levels: Mapping[int, bool]) -> None:
        """Set these outputs."""
        try:
            for pin, level in levels.items():
                self._gpio.output(pin, level)
        except (OSError, RuntimeError, ValueError) as error:
            raise LampError(f"the lamps' lines cannot be set: {error}") from error

    def read(self) -> dict[int, bool]:
        """Return the levels of the inputs."""
        try:
            return {pin: bool(self._gpio.input(pin)) for pin in self._inputs}
        except (OSError, RuntimeError, ValueError) as error:
            raise LampError(f"the sense inputs cannot be read: {error}") from error

    def close(self) -> None:
        """Leave the lines as they are; `cleanup` would turn them into inputs."""


def leave_note(config: LampsConfig, note: Path) -> None:
    """Write down what `hardware.lamps.red` needs to drive red by itself; by RPi.GPIO there is only the long way."""
    if config.lines != "gpiod":
        note.unlink(missing_ok=True)
        return
    chip = find_chip(import_module("gpiod"), config.chips)
    told = {"chip": chip, "levels": LampWiring.of(config).levels({Lamp.RED})}
    note.parent.mkdir(parents=True, exist_ok=True)
    draft = note.with_name(f".{note.name}")
    draft.write_text(json.dumps(told), "utf-8")
    draft.replace(note)


def open_lines(config: LampsConfig, driver: str, outputs: Mapping[int, bool]) -> Lines:
    """Return the lines of `config`'s wiring through `driver` ("gpiod" or "rpi-gpio"), driven at `outputs` at once."""
    inputs = LampWiring.of(config).senses.values()
    if driver == "rpi-gpio":
        return RpiGpioLines(outputs=outputs, inputs=inputs)
    return GpiodLines(labels=config.chips, outputs=outputs, inputs=inputs)
