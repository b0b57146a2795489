"""The processor's temperature: from the right zone, and unknown where nobody can tell."""

from pathlib import Path

import pytest

from hardware.temperature import ThermalZones


def zone(folder: Path, number: int, kind: str, temp: str | None) -> None:
    made = folder / f"thermal_zone{number}"
    made.mkdir()
    (made / "type").write_text(f"{kind}\n")
    if temp is not None:
        (made / "temp").write_text(temp)


def test_a_raspberry_pi_tells_the_temperature_of_its_processor(tmp_path: Path) -> None:
    zone(tmp_path, 0, "cpu-thermal", "61322\n")
    assert ThermalZones(tmp_path).read_c() == pytest.approx(61.322)


def test_the_warmest_zone_of_the_processor_counts_and_no_other_part(tmp_path: Path) -> None:
    zone(tmp_path, 0, "cpu0-thermal", "48000\n")
    zone(tmp_path, 1, "cpu1-thermal", "52000\n")
    zone(tmp_path, 2, "iwlwifi_1", "90000\n")
    assert ThermalZones(tmp_path).read_c() == 52.0


@pytest.mark.parametrize("temp", [None, "", "hot", "-273000", "999000"])
def test_a_sensor_that_tells_nothing_sensible_is_unknown(tmp_path: Path, temp: str | None) -> None:
    zone(tmp_path, 0, "cpu-thermal", temp)
    assert ThermalZones(tmp_path).read_c() is None


def test_a_machine_without_sensors_is_unknown(tmp_path: Path) -> None:
    assert ThermalZones(tmp_path / "nothing here").read_c() is None
