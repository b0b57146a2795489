"""Restoring from the pages: found, looked at, asked for, done at the next start; whatever fails leaves both whole."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from checkpoint.errors import JournalFull
from checkpoint.events import Kind
from checkpoint.journal import Journal, Seal, generations, look_at
from checkpoint.journal.holding import hold
from hardware.clock import SystemClock
from station import RELEASED, restoring
from station.config import BackupConfig, Config
from station.restoring import OUTCOME, REQUEST, Request
from station.wiring import build
from tests.station.test_first_run import NAME, PIN, NewStation, begin
from tests.web.pages import Tablet

WHO = {"holder": {"name": "Zhang Wei"}}
FULL = SimpleNamespace(total=10_000_000, used=9_990_000, free=10_000)


def clock() -> SystemClock:
    return SystemClock(floor=RELEASED, synchronised=lambda: True)


def backup_of_lost_station(tmp_path: Path) -> tuple[Path, Path]:
    """Return the stick with the backup of a station whose card is lost, and the key that was kept under lock."""
    stick, keys = tmp_path / "stick", tmp_path / "lost keys"
    with Journal.open(tmp_path / "lost", clock=clock(), seal=Seal.open(keys)) as journal:
        journal.append(Kind.STATION_STARTED, {"version": "1", "name": "嘉兴东 1 号口", "town": "平湖"})
        for _ in range(3):
            photo = journal.keep_photo(b"a picture", "image/jpeg")
            journal.append(Kind.CROSSING_DECIDED, {"crossing": "c"}, personal=WHO, photos=[photo])
        journal.back_up(stick)
    return stick, keys / "station.key"


class Box(NewStation):
    """A new box with the stick in it, that can begin anew as the program does."""

    def __init__(self, data: Path, stick: Path) -> None:
        self.config = Config(data=data, backup=BackupConfig(folder=stick))
        self.stick = stick
        self.tablets: list[Tablet] = []
        super().__init__(data)

    def put_together(self) -> None:
        super().put_together()
        for tablet in self.tablets:  # they stay where they are, and meet the new run
            tablet.http.application = self.app

    def tablet(self) -> Tablet:
        self.tablets.append(super().tablet())
        return self.tablets[-1]

    def build(self):  # type: ignore[no-untyped-def]
        return build(self.config, restart=self._restart)

    def begin_anew(self) -> None:
        """End, and start again."""
        self.station.close()
        self.put_together()

    @property
    def journal(self) -> Journal:
        return self.station.journal

    def look(self, tablet: Tablet, source: Path | None = None) -> str:
        """Look at a backup; return the page that asks whether to go on with it."""
        source = source or generations(self.stick)[0].path
        answer = tablet.post("/settings/restore/look", source=source)
        assert answer.status_code == 200, answer.json
        return str(answer.json["go"])

    def ask(self, tablet: Tablet, source: Path | None = None, **ticks: str):  # type: ignore[no-untyped-def]
        """Look at a backup and ask for it."""
        ticket = self.look(tablet, source).rpartition("=")[2]
        answer = tablet.post("/settings/restore", **({"ticket": ticket, "pin": PIN} | ticks))
        answer.close()  # as a server does when the answer has left
        return answer

    def refused_look(self, tablet: Tablet, source: object) -> str:
        answer = tablet.post("/settings/restore/look", source=source)
        assert answer.status_code == 422
        return str(answer.json["code"])


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return backup_of_lost_station(tmp_path)[0]


@pytest.fixture
def box(tmp_path: Path, stick: Path) -> Iterator[Box]:
    """A new box that has the lost one's key."""
    (tmp_path / "box" / "keys").mkdir(parents=True)
    shutil.copy(tmp_path / "lost keys" / "station.key", tmp_path / "box" / "keys" / "station.key")
    made = Box(tmp_path / "box", stick)
    yield made
    made.station.close()


# -- the usual way ---------------------------------------------------------------------------------------------------


def test_the_first_page_offers_a_backup_and_its_code_leads_to_it(box: Box) -> None:
    tablet = box.tablet()
    assert "RESTORE FROM A BACKUP" in tablet.see("/set-up")
    assert begin(tablet, code=box.code, way="restore").json == {"go": "/settings/restore"}


def test_the_backups_on_the_stick_are_listed_with_whose_they_are(box: Box) -> None:
    page = box.set_up().see("/settings/restore")
    assert "嘉兴东 1 号口 平湖" in page
    assert "Entries 4" in page
    assert generations(box.stick)[0].path.name in page
    assert "sealed by another key" not in page


def test_a_backup_is_put_in_place_as_the_station_begins_anew(box: Box) -> None:
    tablet = box.set_up()
    page = tablet.see(box.look(tablet))
    assert "It is whole" in page
    answer = box.ask(tablet)
    assert answer.json["go"] == "/settings/restore"
    assert re.fullmatch("[0-9a-f]{8}", answer.json["run"])
    assert box.begun_anew == 1
    assert box.journal.event(1).kind is not Kind.STATION_STARTED, "nothing is replaced while the station runs"
    box.begin_anew()
    kinds = [event.kind for event in box.journal.events()]
    assert kinds == [Kind.STATION_STARTED, *[Kind.CROSSING_DECIDED] * 3, Kind.EPOCH_OPENED, Kind.JOURNAL_RESTORED]
    assert box.journal.personal(2) == WHO
    assert box.journal.photo(box.journal.event(2).photos[0].sha256) == b"a picture"
    assert box.journal.event(6).body["officer"] == NAME
    page = tablet.see("/settings/restore")
    assert "Restored: 4 entries" in page
    assert "is kept in journal/replaced-" in page
    assert not (box.data / REQUEST).exists()


def test_the_restored_station_has_its_name_again(box: Box) -> None:
    box.ask(box.set_up())
    box.begin_anew()
    assert (box.station.services.station.name, box.station.services.station.town) == ("嘉兴东 1 号口", "平湖")


def test_a_name_in_the_configuration_stands(box: Box) -> None:
    box.config = box.config.model_copy(update={"name": "lane 7"})
    box.ask(box.set_up())
    box.begin_anew()
    assert box.station.services.station.name == "lane 7"


def test_the_administrator_stays_logged_in(box: Box) -> None:
    tablet = box.set_up()
    box.ask(tablet)
    box.begin_anew()
    assert tablet.get("/settings/restore").status_code == 200


def test_once_done_it_is_not_done_again_at_the_next_start(box: Box) -> None:
    box.ask(box.set_up())
    box.begin_anew()
    head = box.journal.head()
    box.begin_anew()
    assert box.journal.head() == head


def test_the_journal_that_was_here_can_be_put_back(box: Box) -> None:
    tablet = box.set_up()
    was = box.journal.events()[0].hash
    box.ask(tablet)
    box.begin_anew()
    (aside,) = (box.data / "journal").glob("replaced-*/journal.db")
    assert str(aside) in tablet.see("/settings/restore")
    assert box.ask(tablet, aside, replace="1").status_code == 200
    box.begin_anew()
    assert box.journal.events()[0].hash == was


# -- what stands in the way ------------------------------------------------------------------------------------------


def test_without_a_backup_the_page_says_what_to_do(tmp_path: Path) -> None:
    box = Box(tmp_path / "box", tmp_path / "empty")
    page = box.set_up().see("/settings/restore")
    assert "No backup was found. Put in the stick with it, and look again." in page
    assert f"Looked in: {tmp_path / 'box' / 'backups'}, {tmp_path / 'empty'}" in page
    box.station.close()


def test_a_path_that_is_not_there_is_said(box: Box) -> None:
    tablet = box.set_up()
    assert box.refused_look(tablet, "/media/not/here") == "restore-gone"
    assert box.refused_look(tablet, "stick") == "restore-gone"


def test_a_damaged_backup_is_refused_before_anything_is_asked_for(box: Box) -> None:
    path = generations(box.stick)[0].path
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    tablet = box.set_up()
    answer = tablet.post("/settings/restore/look", source=path)
    assert answer.json["word"] == "This backup is not whole."
    assert not (box.data / REQUEST).exists()


def test_a_folder_is_looked_through_for_its_newest_whole_backup(box: Box) -> None:
    (box.stick / "journal-e1-000000099-20220321T000000Z.db").write_bytes(b"cut short")
    tablet = box.set_up()
    assert "Entries 4" in tablet.see(box.look(tablet, box.stick))


def test_the_stations_own_journal_is_no_backup(box: Box) -> None:
    assert box.refused_look(box.set_up(), box.data / "journal" / "journal.db") == "restore-itself"


def test_a_backup_sealed_by_another_key_says_so_and_wants_a_tick(tmp_path: Path, stick: Path) -> None:
    box = Box(tmp_path / "box", stick)
    tablet = box.set_up()
    assert "only headquarters can open them" in tablet.see(box.look(tablet))
    assert box.ask(tablet).json["code"] == "restore-other-key"
    assert box.ask(tablet, other_key="1").status_code == 200
    box.begin_anew()
    assert "only headquarters can open them" in tablet.see("/settings/restore")
    box.station.close()


def test_work_of_this_station_is_replaced_only_where_that_is_ticked(box: Box) -> None:
    tablet = box.set_up()
    box.journal.append(Kind.CROSSING_DECIDED, {"crossing": "mine"})
    assert "entries of its own that the backup knows nothing of" in tablet.see(box.look(tablet))
    assert box.ask(tablet).json["code"] == "restore-replaces-work"
    assert box.begun_anew == 0
    assert box.ask(tablet, replace="1").status_code == 200


def test_a_wrong_pin_restores_nothing(box: Box) -> None:
    assert box.ask(box.set_up(), pin="0000").json["code"] == "wrong-pin"
    assert (box.begun_anew, (box.data / REQUEST).exists()) == (0, False)


def test_nothing_is_restored_that_nobody_looked_at(box: Box) -> None:
    tablet = box.set_up()
    assert tablet.post("/settings/restore", ticket="made up", pin=PIN).json["code"] == "restore-look-first"
    assert tablet.get("/settings/restore?look=made+up").status_code == 302


def test_not_while_a_vehicle_is_at_the_gate(box: Box) -> None:
    tablet = box.set_up()
    assert tablet.post("/gate/typed", format="typed-id", text="11010519491231002X").status_code == 204
    assert box.ask(tablet, replace="1").json["code"] == "vehicle-open"
    assert box.begun_anew == 0


def test_restoring_is_for_administrators(box: Box) -> None:
    box.set_up()
    box.station.services.officers.add("Chen", "1357", "shift-lead")
    tablet = box.tablet()
    tablet.post("/login", name="Chen", pin="1357")
    assert tablet.get("/settings/restore").status_code == 403
    assert tablet.post("/settings/restore/look", source=box.stick).status_code == 403


# -- what happens between asking and the next start ------------------------------------------------------------------


def not_restored(box: Box, tablet: Tablet) -> str:
    """Return what the page says, where the journal is as it was."""
    assert [event.kind for event in box.journal.events()][:2] == [Kind.OFFICER_CHANGED, Kind.LOGGED_IN]
    assert not (box.data / REQUEST).exists()
    page = tablet.see("/settings/restore")
    assert "The journal of this station is as it was, and so is the backup." in page
    return page


def test_a_stick_that_was_pulled_is_said_and_the_old_journal_goes_on(box: Box) -> None:
    tablet = box.set_up()
    box.ask(tablet)
    box.stick.rename(box.stick.with_name("pulled"))
    box.begin_anew()
    assert "Not restored: There is no backup." in not_restored(box, tablet)


def test_a_backup_that_was_damaged_meanwhile_is_said(box: Box) -> None:
    tablet = box.set_up()
    box.ask(tablet)
    generations(box.stick)[0].path.write_bytes(b"gone bad")
    box.begin_anew()
    assert "Not restored: This backup is not whole." in not_restored(box, tablet)


def test_a_full_card_is_said_and_the_old_journal_goes_on(box: Box) -> None:
    tablet = box.set_up()
    box.ask(tablet)
    box.station.close()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("shutil.disk_usage", lambda _folder: FULL)
        restoring.perform(box.data, box.data / "journal", clock=clock(), seal=Seal.open(box.data / "keys"))
    box.put_together()
    assert "Not restored: The card has no room for the backup." in not_restored(box, tablet)
    assert look_at(box.stick).seq == 4


def test_another_program_at_the_journal_is_said(box: Box) -> None:
    tablet = box.set_up()
    box.ask(tablet)
    box.station.close()
    other = hold(box.data / "journal")
    box.put_together()
    os.close(other)
    assert "Not restored: Another program has the journal open." in not_restored(box, tablet)


def test_a_restore_that_brings_the_station_down_twice_is_given_up(box: Box) -> None:
    tablet = box.set_up()
    Request(str(generations(box.stick)[0].path), NAME, replace=False, tries=2).write(box.data)
    box.begin_anew()
    assert "Not restored: Two tries were cut short." in not_restored(box, tablet)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"source": "/x"}'])
def test_a_spoilt_request_restores_nothing_and_keeps_no_station_from_starting(box: Box, content: bytes) -> None:
    box.set_up()
    (box.data / REQUEST).write_bytes(content)
    box.begin_anew()
    assert not (box.data / REQUEST).exists()
    assert box.journal.event(1).kind is Kind.OFFICER_CHANGED


def test_a_spoilt_outcome_is_shown_as_none(box: Box) -> None:
    (box.data / OUTCOME).write_bytes(b"{")
    assert "Restored" not in box.set_up().see("/settings/restore")


def test_a_restore_cut_short_is_finished_by_the_next_start(box: Box) -> None:
    tablet = box.set_up()
    box.ask(tablet)
    box.station.close()

    class PowerCut(BaseException):
        pass

    def pulled(*_: object, **__: object) -> None:
        raise PowerCut

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Journal, "begin_epoch", pulled)
        with pytest.raises(PowerCut):
            box.put_together()
    box.stick.rename(box.stick.with_name("pulled"))
    box.put_together()
    assert "Restored: 4 entries" in tablet.see("/settings/restore")
    assert box.journal.head().epoch == 2


def test_a_half_done_restore_that_cannot_be_finished_lets_nobody_write(box: Box) -> None:
    box.ask(box.set_up())
    box.station.close()

    def full(*_: object, **__: object) -> None:
        raise JournalFull("no room")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Journal, "begin_epoch", full)
        for _ in range(2):
            with pytest.raises(JournalFull):
                box.put_together()
    box.put_together()
    assert box.journal.event(5).kind is Kind.EPOCH_OPENED
