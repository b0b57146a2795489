"""The `[lamps]` table: read by the station and, alone, by the lamp-holder."""

import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from checkpoint.crossing import Lamp
from checkpoint.errors import LampError

CHIPS = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")  # Pi 5; Pi 4; Pi 3 and Zero 2
LAST_PIN = 27  # of the 40-pin header


class LampsConfig(BaseModel):
    """The signal lamps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    driver: Literal["simulated", "holder", "gpiod", "rpi-gpio"] = Field(
        "simulated",
        description="which lamps are driven: `holder` through the lamp-holder service (a station should); `gpiod` and "
        "`rpi-gpio` from the station's own process",
    )
    lines: Literal["gpiod", "rpi-gpio"] = Field("gpiod", description="how the lamp-holder itself drives the lines")
    socket: Path = Field(Path("/run/checkpoint-lamps/holder.sock"), description="where the lamp-holder listens")
    chips: tuple[str, ...] = Field(
        CHIPS, min_length=1, description="labels of the GPIO chip, or its device file; the first one found counts"
    )
    red_pin: int = Field(17, ge=0, le=LAST_PIN, description="GPIO number of the red lamp's relay")
    yellow_pin: int = Field(27, ge=0, le=LAST_PIN, description="GPIO number of the yellow lamp's relay")
    green_pin: int = Field(22, ge=0, le=LAST_PIN, description="GPIO number of the green lamp's relay")
    buzzer_pin: int | None = Field(None, ge=0, le=LAST_PIN, description="GPIO number of the buzzer, if there is one")
    active_low: bool = Field(False, description="the relay board pulls in on a low level")
    red_normally_closed: bool = Field(
        True, description="red burns while its relay is at rest, so that it burns without a program and without a Pi"
    )
    red_sense_pin: int | None = Field(None, ge=0, le=LAST_PIN, description="GPIO number that is high while red burns")
    yellow_sense_pin: int | None = Field(
        None, ge=0, le=LAST_PIN, description="GPIO number that is high while yellow burns"
    )
    green_sense_pin: int | None = Field(
        None, ge=0, le=LAST_PIN, description="GPIO number that is high while green burns"
    )
    sense_active_low: bool = Field(False, description="the sense inputs are low while their lamp burns")
    green_s: float = Field(30.0, gt=0, le=600, description="seconds after which a green ends by itself")
    heartbeat_s: float = Field(
        2.0, ge=0.5, le=30, description="seconds without a word from the station after which the lamp-holder shows red"
    )

    @model_validator(mode="after")
    def _no_pin_twice(self) -> Self:
        pins = [*self.outputs().values(), *self.senses().values()]
        if self.buzzer_pin is not None:
            pins.append(self.buzzer_pin)
        twice = sorted({pin for pin in pins if pins.count(pin) > 1})
        if twice:
            raise ValueError(f"GPIO {twice[0]} is named for two things")
        return self

    def outputs(self) -> dict[Lamp, int]:
        """Return the pin of each colour."""
        return {Lamp.RED: self.red_pin, Lamp.YELLOW: self.yellow_pin, Lamp.GREEN: self.green_pin}

    def senses(self) -> dict[Lamp, int]:
        """Return the sense pin of each colour that has one."""
        pins = {
            Lamp.RED: self.red_sense_pin,
            Lamp.YELLOW: self.yellow_sense_pin,
            Lamp.GREEN: self.green_sense_pin,
        }
        return {colour: pin for colour, pin in pins.items() if pin is not None}


def lamps_of(path: Path) -> LampsConfig:
    """Return the `[lamps]` table of a station's TOML, without judging the rest; raise `LampError` naming the key.

    The lamp-holder starts on a configuration whose other tables are broken: red must burn all the same.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LampError(f"{path}: cannot be read: {error}") from error
    try:
        return LampsConfig.model_validate(raw.get("lamps", {}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(("lamps", *(str(part) for part in first["loc"])))
        raise LampError(f"{path}: {where}: {first['msg']}") from error
