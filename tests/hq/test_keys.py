"""Headquarters' keys: made once, and never made anew behind the backs of stations that know them."""

from pathlib import Path

import pytest

from hq.keys import HqKeys
from hq.office import open_office
from tests.hq.running import Headquarters, Station


def test_keys_are_made_on_first_use_and_stay(tmp_path: Path) -> None:
    made = HqKeys.open(tmp_path)
    assert HqKeys.open(tmp_path).signing_public == made.signing_public
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in tmp_path.iterdir())


@pytest.mark.parametrize("name", ["signing.key", "sealing.key", "session.key"])
def test_a_damaged_key_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    HqKeys.open(tmp_path)
    (tmp_path / name).write_bytes(b"cut short")
    with pytest.raises(ValueError, match=rf"{name} has 9 bytes instead of 32: put your copy of it there"):
        HqKeys.open(tmp_path)


@pytest.mark.parametrize("name", ["signing.key", "sealing.key"])
def test_a_lost_key_is_not_made_anew_while_stations_are_enrolled(hq: Headquarters, gate: Station, name: str) -> None:
    lost = hq.office.config.data / "keys" / name
    kept = lost.read_bytes()
    lost.unlink()
    with pytest.raises(ValueError, match=rf"{name}: gone\. Stations are enrolled by it"):
        open_office(hq.office.config)
    assert not lost.exists()
    lost.write_bytes(kept)
    open_office(hq.office.config).store.close()
    assert gate.client.run_once().error == ""
