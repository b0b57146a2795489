"""The first run: nobody gets in without the code at the box, and each step is kept."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkpoint.crossing import Lamp
from checkpoint.events import Kind
from checkpoint.journal import LogQuery
from station.config import Config
from station.first_run import LocalIdentity, SetUpCode
from station.running import Station
from station.set_up import sharpness
from station.wiring import build
from tests.web.pages import Tablet
from web import create_app
from web.officers import OfficerError, Role

NAME, PIN = "Ada", "9753"


class NewStation:
    """A station on an empty data folder, with simulated devices, and the pages it serves."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.begun_anew = 0
        self.put_together()

    def put_together(self) -> None:
        """Build it, as a start of the program does."""
        self.station: Station = self.build()
        self.app = create_app(self.station.services, secret_key=b"a key of the tests", testing=True)

    def build(self) -> Station:
        return build(Config(data=self.data), restart=self._restart)

    def _restart(self) -> None:
        self.begun_anew += 1

    @property
    def code(self) -> str:
        return (self.data / "set-up-code").read_text().strip()

    def tablet(self) -> Tablet:
        return Tablet(self.app.test_client(), "en")

    def set_up(self) -> Tablet:
        """Return the administrator's tablet after the first step."""
        made = self.tablet()
        assert begin(made, code=self.code).status_code == 200
        made.token = ""
        return made


def begin(tablet: Tablet, **changed: str):  # type: ignore[no-untyped-def]  # werkzeug's TestResponse
    fields = {"code": "", "name": NAME, "pin": PIN, "pin_again": PIN}
    return tablet.post("/set-up", **(fields | changed))


@pytest.fixture
def new(tmp_path: Path) -> Iterator[NewStation]:
    made = NewStation(tmp_path)
    yield made
    made.station.close()


@pytest.mark.parametrize("path", ["/", "/gate", "/login", "/people", "/settings/lamps", "/log.csv"])
def test_until_somebody_is_set_up_every_page_leads_to_the_set_up(new: NewStation, path: str) -> None:
    answer = new.tablet().get(path)
    assert (answer.status_code, answer.headers.get("Location")) == (302, "/set-up")


def test_the_code_stands_where_only_somebody_at_the_box_reads_it(new: NewStation) -> None:
    assert len(new.code) == 8
    assert (new.data / "set-up-code").stat().st_mode & 0o777 == 0o600
    assert new.code not in new.tablet().see("/set-up")


def test_without_the_code_nobody_gets_in(new: NewStation) -> None:
    tablet = new.tablet()
    assert begin(tablet, code="00000000").json["word"] == "That is not the set-up code."
    assert new.station.services.officers.names() == ()


def test_guessing_the_code_takes_longer_each_time() -> None:
    now = [0.0]
    code = SetUpCode(Path("unused"), now=lambda: now[0], code="12345678")
    waits = []
    for _ in range(6):
        with pytest.raises(OfficerError) as refused:
            code.check("00000000")
        waits.append(refused.value.wait_s)
        now[0] += refused.value.wait_s
    assert waits == [0.0, 0.0, 0.0, 5.0, 10.0, 20.0]
    with pytest.raises(OfficerError, match="wrong-code"):
        code.check("00000000")
    with pytest.raises(OfficerError, match="locked-out"):
        code.check("12345678")


def test_two_different_pins_add_nobody(new: NewStation) -> None:
    assert begin(new.tablet(), code=new.code, pin_again="1111").json["word"] == "The two PINs differ."
    assert new.station.services.officers.names() == ()


def test_with_the_code_the_first_becomes_administrator_and_the_code_is_worth_nothing(new: NewStation) -> None:
    code, tablet = new.code, new.tablet()
    assert begin(tablet, code=f"{code[:4]} {code[4:]}").json == {"go": "/settings/station"}
    added = new.station.services.officers.get(NAME)
    assert added is not None
    assert added.role is Role.ADMIN
    assert not (new.data / "set-up-code").exists()
    assert begin(new.tablet(), code=code, name="Eve").status_code == 403
    assert "Name of this station" in tablet.see("/settings/station")


def test_a_station_with_officers_makes_no_code(new: NewStation, tmp_path: Path) -> None:
    new.set_up()
    again = build(Config(data=new.data))
    assert not (tmp_path / "set-up-code").exists()
    again.close()


def test_name_town_and_language_are_shown_at_once_and_after_a_restart(new: NewStation) -> None:
    tablet = new.set_up()
    assert tablet.post("/settings/station", name="", town="").status_code == 422
    tablet.post("/settings/station", name="嘉兴东 1 号口", town="平湖", language="zh")
    assert "嘉兴东 1 号口 平湖" in tablet.see("/gate")
    other = Tablet(new.app.test_client(), "")
    assert "登录" in other.see("/login")
    again = build(Config(data=new.data))
    assert (again.services.station.name, again.services.station.town) == ("嘉兴东 1 号口", "平湖")
    again.close()


def test_a_spoilt_identity_file_keeps_no_station_from_starting(tmp_path: Path) -> None:
    (tmp_path / "identity.json").write_text("{")
    assert LocalIdentity.load(tmp_path) == LocalIdentity()


def test_the_lamp_test_shows_each_lamp_and_is_written_down(new: NewStation) -> None:
    tablet = new.set_up()
    assert tablet.post("/settings/lamp", lamp="yellow").status_code == 204
    assert new.station.lamps.shown is Lamp.YELLOW
    (event,) = new.station.journal.search(LogQuery(kind=Kind.SETTINGS_CHANGED)).entries
    assert (event.body["what"], event.body["lamp"], event.body["officer"]) == ("lamp-test", "yellow", NAME)


def test_a_rubbish_invitation_enrols_nowhere(new: NewStation) -> None:
    answer = new.set_up().post("/settings/headquarters", invitation="https://example.org")
    assert (answer.status_code, answer.json["code"]) == (422, "enrolment-failed")
    assert new.begun_anew == 0


def test_a_headquarters_that_does_not_answer_is_said(new: NewStation, free_port: int) -> None:
    invitation = json.dumps({"v": 1, "url": f"http://127.0.0.1:{free_port}", "token": "t", "hq_key": "A" * 43 + "="})
    answer = new.set_up().post("/settings/headquarters", invitation=invitation)
    assert answer.json["word"] == "Headquarters did not enrol this station."


def test_settings_are_for_administrators(new: NewStation) -> None:
    new.set_up()
    new.station.services.officers.add("Chen", "1357", Role.SHIFT_LEAD)
    tablet = new.tablet()
    tablet.post("/login", name="Chen", pin="1357")
    assert tablet.get("/settings/station").status_code == 403
    assert tablet.post("/settings/lamp", lamp="green").status_code == 403
    assert new.station.lamps.shown is Lamp.RED


def test_a_sharper_picture_measures_higher() -> None:
    import cv2
    import numpy as np

    sharp = np.full((400, 600, 3), 180, np.uint8)
    cv2.putText(sharp, "fine print", (120, 220), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 3)
    soft = cv2.GaussianBlur(sharp, (0, 0), 3)
    assert sharpness(sharp) > 3 * sharpness(soft)
