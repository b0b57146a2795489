"""From colours to levels: which line must be high so that these lamps burn. Pure; polarity lives here alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from checkpoint.crossing import Lamp
from hardware.lamps.settings import LampsConfig


@dataclass(frozen=True, slots=True)
class LampWiring:
    """How the lamps are wired: pins are GPIO numbers of the header."""

    pins: Mapping[Lamp, int]
    buzzer: int | None = None
    active_low: bool = False
    red_normally_closed: bool = True
    senses: Mapping[Lamp, int] = field(default_factory=dict)
    sense_active_low: bool = False

    @classmethod
    def of(cls, config: LampsConfig) -> "LampWiring":
        """Return the wiring that a configuration describes."""
        return cls(
            pins=config.outputs(),
            buzzer=config.buzzer_pin,
            active_low=config.active_low,
            red_normally_closed=config.red_normally_closed,
            senses=config.senses(),
            sense_active_low=config.sense_active_low,
        )

    def levels(self, burning: Collection[Lamp], *, buzzing: bool = False) -> dict[int, bool]:
        """Return the level of every output so that exactly `burning` burn; True is high.

        >>> from checkpoint.crossing import Lamp
        >>> wiring = LampWiring({Lamp.RED: 17, Lamp.YELLOW: 27, Lamp.GREEN: 22})
        >>> wiring.levels({Lamp.RED})
        {17: False, 27: False, 22: False}
        >>> wiring.levels({Lamp.GREEN})
        {17: True, 27: False, 22: True}
        """
        levels = {}
        for colour, pin in self.pins.items():
            normally_closed = colour is Lamp.RED and self.red_normally_closed
            energised = (colour in burning) != normally_closed
            levels[pin] = energised != self.active_low
        if self.buzzer is not None:
            levels[self.buzzer] = buzzing != self.active_low
        return levels

    def burning(self, sensed: Mapping[int, bool]) -> frozenset[Lamp]:
        """Return the colours that burn, from the levels of the sense inputs."""
        return frozenset(colour for colour, pin in self.senses.items() if sensed[pin] != self.sense_active_low)
