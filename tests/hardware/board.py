"""A board of three lamps, a buzzer and sense inputs, played by a folder; what burns is read off its lines."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkpoint.crossing import Lamp
from hardware.lamps.settings import LampsConfig
from hardware.lamps.wiring import LampWiring

MODULES = Path(__file__).parent / "fake_modules"
LABEL = "pinctrl-bcm2835"
WITH_BUZZER = LampsConfig(driver="gpiod", buzzer_pin=23)


def fake_module(name: str) -> Any:
    """Load one of the fake modules without putting it in the way of the real one."""
    spec = importlib.util.spec_from_file_location(f"fake_{name}", MODULES / f"{name.replace('.', '/')}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Board:
    """The board in `folder`."""

    folder: Path
    config: LampsConfig = WITH_BUZZER

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.chip.write_text(LABEL)

    @property
    def chip(self) -> Path:
        return self.folder / "gpiochip0"

    @property
    def wiring(self) -> LampWiring:
        return LampWiring.of(self.config)

    def level(self, pin: int) -> bool:
        path = self.folder / str(pin)
        return path.exists() and path.read_text() == "1"

    def drive(self, pin: int, *, high: bool) -> None:
        """Put a sense input to a level."""
        (self.folder / str(pin)).write_text(str(int(high)))

    @property
    def burning(self) -> set[Lamp]:
        """The lamps that burn, by the levels of the lines and the polarity of the relays."""
        on = set()
        for colour, pin in self.wiring.pins.items():
            energised = self.level(pin) != self.wiring.active_low
            if energised != (colour is Lamp.RED and self.wiring.red_normally_closed):
                on.add(colour)
        return on

    @property
    def buzzing(self) -> bool:
        assert self.wiring.buzzer is not None
        return self.level(self.wiring.buzzer) != self.wiring.active_low

    def unplug(self) -> None:
        """Make every access to the lines fail from now on."""
        (self.folder / "broken").touch()

    def plug_in(self) -> None:
        """End what `unplug` began."""
        (self.folder / "broken").unlink()
