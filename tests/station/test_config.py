"""What the configuration accepts, and how it says what it does not."""

from pathlib import Path

import pytest

from station.config import ConfigError, load_config


def written(folder: Path, text: str) -> Path:
    path = folder / "station.toml"
    path.write_text(text, "utf-8")
    return path


def test_an_empty_file_is_a_station_with_every_default(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, ""))
    assert (config.bench.read_from_min, config.gate.verdict_s, config.demo) == (15.0, 20.0, False)


def test_the_data_folder_lies_beside_the_file(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, 'data = "kept"')).data == tmp_path / "kept"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1", "colour"),
        ("[gate]\nverdict = 3", "gate.verdict"),
        ("[bench]\nread_from_min = 20\nread_until_min = 15", "read_from_min must be smaller"),
        ("[web]\nport = 99999", "web.port"),
        ('timezone = "Mars/Olympus"', "no such time zone"),
        ('[gate_camera]\nsource = "folder"', "needs `path`"),
        ('[gate_camera]\nsource = "webcam"', "gate_camera.source"),
        ('[gate_camera]\nsource = "gate"', "for the bench's camera"),
        ('[gate_camera]\nsource = "rpicam"\nwidth_px = 1000', "multiple of 64"),
        ("[lamps]\nred_pin = 22", "GPIO 22 is named for two things"),
        ("[lamps]\ngreen_s = 10", "must not be smaller than gate.verdict_s"),
        ('[clock]\nsource = "ntp"', "clock.source"),
        ("name = ", "not TOML"),
        ('[[issuers]]\nname = "x"\npattern = "("\nurl = "https://x.example"\ncolours = { "1" = "green" }', "pattern"),
        ('[[issuers]]\nname = "x"\npattern = "x"\nurl = "http://x.example"\ncolours = { "1" = "green" }', "url"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_config(written(tmp_path, text))


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "none.toml")
