"""What every set of lamps does: one contract, run against each adapter that can be had here."""

from collections.abc import Callable

import pytest

from checkpoint.crossing import Lamp
from checkpoint.errors import LampError
from checkpoint.ports import Lamps
from hardware.lamps import SimulatedLamps

MAKERS: list[Callable[[], Lamps]] = [SimulatedLamps]


@pytest.fixture(params=MAKERS, ids=lambda make: make.__name__)
def lamps(request: pytest.FixtureRequest) -> Lamps:
    made: Lamps = request.param()
    return made


def test_lamps_rest_at_red(lamps: Lamps) -> None:
    assert lamps.shown is Lamp.RED


@pytest.mark.parametrize("lamp", list(Lamp))
def test_lamps_show_what_they_are_told(lamps: Lamps, lamp: Lamp) -> None:
    lamps.show(lamp)
    assert lamps.shown is lamp


def test_closing_shows_red_and_nothing_after_it(lamps: Lamps) -> None:
    lamps.show(Lamp.GREEN)
    lamps.close()
    assert lamps.shown is Lamp.RED
    with pytest.raises(LampError):
        lamps.show(Lamp.GREEN)
