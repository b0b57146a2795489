"""What every set of lamps does: one contract, run against each adapter, on lines that a folder plays.

The last two adapters talk to a real lamp-holder over a real socket: one in a thread of this process.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from checkpoint.crossing import Lamp
from checkpoint.errors import LampError
from checkpoint.ports import Lamps
from hardware.lamps.client import HeldLamps
from hardware.lamps.holder import Holder, listen
from hardware.lamps.lines import GpiodLines, Lines, RpiGpioLines, find_chip
from hardware.lamps.settings import LampsConfig, lamps_of
from hardware.lamps.signal import SignalLamps, TurningLamps
from hardware.lamps.simulated import SimulatedLamps
from hardware.lamps.wiring import LampWiring
from tests.hardware.board import Board, fake_module


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """A board of lamps."""
    made = Board(tmp_path / "board")
    monkeypatch.setenv("FAKE_GPIO", str(made.folder))
    return made


def gpiod_lines(board: Board, outputs: dict[int, bool]) -> Lines:
    return GpiodLines(
        labels=board.config.chips,
        outputs=outputs,
        inputs=board.wiring.senses.values(),
        gpiod=fake_module("gpiod"),
        devices=lambda: [str(board.chip)],
    )


def rpi_gpio_lines(board: Board, outputs: dict[int, bool]) -> Lines:
    return RpiGpioLines(outputs=outputs, inputs=board.wiring.senses.values(), gpio=fake_module("RPi.GPIO"))


DRIVERS = [gpiod_lines, rpi_gpio_lines]


class Watch:
    """A monotonic clock that tests turn."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


def signal_lamps(
    board: Board, lines: Callable[[Board, dict[int, bool]], Lines] = gpiod_lines, **more: object
) -> SignalLamps:
    now = more.get("now", Watch())
    return SignalLamps(lambda levels: lines(board, dict(levels)), board.wiring, green_s=30.0, now=now)  # type: ignore[arg-type]


# -- the contract ----------------------------------------------------------------------------------------------------


def simulated(_board: Board) -> Iterator[Lamps]:
    yield SimulatedLamps()


def on_gpiod(board: Board) -> Iterator[Lamps]:
    yield signal_lamps(board)


def on_rpi_gpio(board: Board) -> Iterator[Lamps]:
    yield signal_lamps(board, rpi_gpio_lines)


def turning_by_themselves(board: Board) -> Iterator[Lamps]:
    lamps = TurningLamps(lambda levels: gpiod_lines(board, dict(levels)), board.wiring, green_s=30.0)
    yield lamps
    lamps.close()


def held(board: Board) -> Iterator[Lamps]:
    path = board.folder / "holder.sock"
    holder = Holder(signal_lamps(board), listen(path), heartbeat_s=2.0)
    ending = threading.Event()

    def serve() -> None:
        while not ending.is_set():
            holder.turn(nap_s=0.02)

    thread = threading.Thread(target=serve)
    thread.start()
    lamps = HeldLamps(path)
    yield lamps
    lamps.close()
    ending.set()
    thread.join()
    holder.close()


@pytest.fixture(params=[simulated, on_gpiod, on_rpi_gpio, turning_by_themselves, held], ids=lambda make: make.__name__)
def lamps(request: pytest.FixtureRequest, board: Board) -> Iterator[Lamps]:
    """Each set of lamps in turn."""
    yield from request.param(board)


def test_lamps_rest_at_red(lamps: Lamps) -> None:
    assert lamps.shown is Lamp.RED


@pytest.mark.parametrize("lamp", list(Lamp))
def test_lamps_show_what_they_are_told(lamps: Lamps, lamp: Lamp) -> None:
    lamps.show(lamp, sound=True)
    assert lamps.shown is lamp
    assert lamps.state().told is lamp


def test_closing_shows_red_and_nothing_after_it(lamps: Lamps) -> None:
    lamps.show(Lamp.GREEN)
    lamps.close()
    assert lamps.shown is Lamp.RED
    with pytest.raises(LampError):
        lamps.show(Lamp.GREEN)


def test_closed_lamps_tell_no_state(lamps: Lamps) -> None:
    lamps.close()
    with pytest.raises(LampError):
        lamps.state()


# -- on the lines ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", DRIVERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("active_low", [False, True], ids=["active-high", "active-low"])
@pytest.mark.parametrize("normally_closed", [False, True], ids=["plain-red", "normally-closed-red"])
def test_exactly_one_lamp_burns_whatever_the_polarity(
    board: Board, lines: Callable[..., Lines], active_low: bool, normally_closed: bool
) -> None:
    config = board.config.model_copy(update={"active_low": active_low, "red_normally_closed": normally_closed})
    board = replace(board, config=config)
    lamps = signal_lamps(board, lines)
    assert board.burning == {Lamp.RED}
    for lamp in (Lamp.GREEN, Lamp.YELLOW, Lamp.RED):
        lamps.show(lamp)
        assert board.burning == {lamp}
    lamps.show(Lamp.GREEN)
    lamps.close()
    assert board.burning == {Lamp.RED}


def test_a_normally_closed_red_burns_on_a_board_without_current(board: Board) -> None:
    assert board.wiring.levels({Lamp.RED}) == {17: False, 27: False, 22: False, 23: False}


def test_green_is_a_pulse_and_ends_without_anybody(board: Board) -> None:
    watch = Watch()
    lamps = signal_lamps(board, now=watch)
    lamps.show(Lamp.GREEN)
    assert lamps.turn() == pytest.approx(30.0)
    watch.s += 29.9
    lamps.turn()
    assert board.burning == {Lamp.GREEN}
    watch.s += 0.1
    lamps.turn()
    assert (board.burning, lamps.shown) == ({Lamp.RED}, Lamp.RED)


def test_a_second_green_begins_its_own_pulse(board: Board) -> None:
    watch = Watch()
    lamps = signal_lamps(board, now=watch)
    lamps.show(Lamp.GREEN)
    watch.s += 20
    lamps.show(Lamp.GREEN)
    watch.s += 20
    lamps.turn()
    assert board.burning == {Lamp.GREEN}


def test_a_fault_blinks_red_and_yellow_in_turn_and_is_never_dark(board: Board) -> None:
    watch = Watch()
    lamps = signal_lamps(board, now=watch)
    lamps.show(Lamp.FAULT)
    seen = []
    for _ in range(4):
        seen.append(board.burning)
        watch.s += lamps.turn() + 0.001
        lamps.turn()
    assert seen == [{Lamp.RED}, {Lamp.YELLOW}, {Lamp.RED}, {Lamp.YELLOW}]


def heard(lamp: Lamp, board: Board) -> str:
    """Return the buzzer's sounds as dots and dashes."""
    watch = Watch()
    lamps = signal_lamps(board, now=watch)
    lamps.show(lamp, sound=True)
    sounds = ""
    for _ in range(12):
        sounding, began = board.buzzing, watch.s
        watch.s += min(lamps.turn(), 0.9) + 0.001
        lamps.turn()
        if sounding and not board.buzzing:
            sounds += "-" if watch.s - began > 0.4 else "."
    assert not board.buzzing
    return sounds


@pytest.mark.parametrize(("lamp", "sounds"), [(Lamp.GREEN, "."), (Lamp.YELLOW, ".."), (Lamp.RED, "-")])
def test_each_verdict_has_its_own_sound(board: Board, lamp: Lamp, sounds: str) -> None:
    assert heard(lamp, board) == sounds


def test_a_lamp_shown_without_sound_is_silent(board: Board) -> None:
    signal_lamps(board).show(Lamp.YELLOW)
    assert not board.buzzing


@pytest.mark.parametrize("lines", DRIVERS, ids=lambda make: make.__name__)
def test_sense_inputs_tell_a_lamp_that_stays_dark(board: Board, lines: Callable[..., Lines]) -> None:
    config = board.config.model_copy(update={"red_sense_pin": 5, "green_sense_pin": 6})
    board = replace(board, config=config)
    board.drive(5, high=True)
    watch = Watch()
    lamps = signal_lamps(board, lines, now=watch)
    assert lamps.state().burning == frozenset({Lamp.RED})
    lamps.show(Lamp.GREEN)
    board.drive(5, high=False)  # the red went out as it should, the green's bulb is broken
    for _ in range(4):
        watch.s += 0.25
        lamps.turn()
    assert lamps.state().wrong == (Lamp.GREEN,)
    board.drive(6, high=True)
    watch.s += 0.25
    assert lamps.state().wrong == ()


def test_a_relay_that_is_still_moving_is_no_fault(board: Board) -> None:
    board = replace(board, config=board.config.model_copy(update={"green_sense_pin": 6}))
    watch = Watch()
    lamps = signal_lamps(board, now=watch)
    lamps.show(Lamp.GREEN)
    watch.s += 0.25
    assert lamps.state().wrong == ()


@pytest.mark.parametrize("lines", DRIVERS, ids=lambda make: make.__name__)
def test_lines_that_fail_are_told_and_tried_again(board: Board, lines: Callable[..., Lines]) -> None:
    lamps = signal_lamps(board, lines)
    board.unplug()
    with pytest.raises(LampError, match="cannot be set"):
        lamps.show(Lamp.GREEN)
    board.plug_in()
    lamps.turn()
    assert board.burning == {Lamp.GREEN}


# -- finding the chip ------------------------------------------------------------------------------------------------


def test_the_chip_is_found_by_its_label_and_not_by_its_number(board: Board, tmp_path: Path) -> None:
    other = tmp_path / "gpiochip9"
    other.write_text("raspberrypi-exp-gpio")
    found = find_chip(fake_module("gpiod"), board.config.chips, lambda: [str(other), str(board.chip)])
    assert found == str(board.chip)


def test_without_such_a_chip_it_is_said_which_there_are(tmp_path: Path) -> None:
    other = tmp_path / "gpiochip0"
    other.write_text("gpio-mockup")
    with pytest.raises(LampError, match="there are: gpio-mockup"):
        find_chip(fake_module("gpiod"), ("pinctrl-rp1",), lambda: [str(other)])


def test_lines_that_somebody_else_holds_are_told(board: Board) -> None:
    kept = gpiod_lines(board, {17: False})
    with pytest.raises(LampError, match="busy"):
        gpiod_lines(board, {17: False})
    kept.close()


def test_rpi_gpio_off_a_pi_is_told_in_one_line() -> None:
    with pytest.raises(LampError, match=r"RPi\.GPIO cannot be used here"):
        RpiGpioLines(outputs={17: False})


def test_the_fake_has_the_names_of_the_real_gpiod() -> None:
    gpiod = pytest.importorskip("gpiod", reason="gpiod has wheels for Linux alone")
    fake = fake_module("gpiod")
    for name in ("Chip", "LineSettings", "is_gpiochip_device", "request_lines", "RequestReleasedError"):
        assert hasattr(gpiod, name)
    assert {gpiod.line.Value.ACTIVE.name, gpiod.line.Value.INACTIVE.name} == {value.name for value in fake.Value}
    assert {one.name for one in fake.Direction} <= {one.name for one in gpiod.line.Direction}
    settings = gpiod.LineSettings(direction=gpiod.line.Direction.OUTPUT, output_value=gpiod.line.Value.ACTIVE)
    assert settings.output_value is gpiod.line.Value.ACTIVE


# -- the configuration -----------------------------------------------------------------------------------------------


def test_a_pin_cannot_be_two_things() -> None:
    with pytest.raises(ValueError, match="GPIO 17 is named for two things"):
        LampsConfig(green_sense_pin=17)


def test_the_lamp_holder_reads_its_table_of_a_file_whose_rest_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text('colour = "of nothing"\n[lamps]\nred_pin = 5\n', "utf-8")
    assert lamps_of(path).red_pin == 5


def test_a_mistake_in_the_table_names_its_key(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text("[lamps]\nred_pin = 99\n", "utf-8")
    with pytest.raises(LampError, match=r"lamps\.red_pin"):
        lamps_of(path)


def test_wiring_follows_the_configuration() -> None:
    wiring = LampWiring.of(LampsConfig(red_pin=5, red_sense_pin=6, active_low=True))
    assert wiring.levels({Lamp.YELLOW}) == {5: False, 27: False, 22: True}
    assert wiring.burning({6: True}) == frozenset({Lamp.RED})
