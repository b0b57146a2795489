"""A gate without any network: batches out on a stick, receipts back."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from checkpoint.errors import SyncError
from checkpoint.events import Kind
from checkpoint.sync import messages, read_receipts, write_batches
from hq.ingest.sticks import import_folder
from hq.photos.sealed import read_photo
from hq.store.models import events
from tests.hq.running import Headquarters, Station
from tests.hq.sending import cross, kinds_of_alerts, positive


def test_a_stick_carries_everything_there_and_the_receipt_back(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    ref = gate.journal.keep_photo(b"\xff\xd8 a picture", "image/jpeg")
    gate.journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[ref])
    positive(gate.journal)
    files = write_batches(gate.journal, gate.enrolment, stick, hq.clock.wall())
    assert len(files) == 1
    assert not gate.journal.pending().all_sent
    done = import_folder(hq.office, stick)
    assert (done.events, done.photos, done.refused) == ({gate.enrolment.device: 3}, 1, [])
    assert kinds_of_alerts(hq) == ["positive"]
    assert read_photo(hq.office.shelf, gate.enrolment.device, ref.sha256, hq.office.keys) == b"\xff\xd8 a picture"
    assert read_receipts(gate.journal, gate.enrolment, stick) == 3
    assert gate.journal.pending().all_sent


def test_a_stick_read_twice_lands_once(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    cross(gate.journal)
    write_batches(gate.journal, gate.enrolment, tmp_path / "stick", hq.clock.wall())
    import_folder(hq.office, tmp_path / "stick")
    assert import_folder(hq.office, tmp_path / "stick").refused == []
    assert len(hq.rows(sa.select(events.c.seq))) == 2


def test_many_batches_stand_in_order(
    hq: Headquarters, gate: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST_EVENTS", 3)
    for number in range(31):
        gate.journal.append(Kind.ID_COMPARED, {"crossing": f"c-{number}"})
    files = write_batches(gate.journal, gate.enrolment, tmp_path / "stick", hq.clock.wall())
    assert len(files) == 11
    assert import_folder(hq.office, tmp_path / "stick").events == {gate.enrolment.device: 32}


def test_a_file_changed_on_the_way_is_refused_and_the_rest_goes_on(
    hq: Headquarters, gate: Station, tmp_path: Path
) -> None:
    cross(gate.journal)
    (file,) = write_batches(gate.journal, gate.enrolment, tmp_path / "stick", hq.clock.wall())
    (file.parent / "000-broken.batch").write_bytes(file.read_bytes()[:-9])
    done = import_folder(hq.office, tmp_path / "stick")
    assert [name for name, _ in done.refused] == ["000-broken.batch"]
    assert done.events == {gate.enrolment.device: 2}


def test_a_forged_receipt_moves_nothing(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    cross(gate.journal)
    stick = tmp_path / "stick"
    write_batches(gate.journal, gate.enrolment, stick, hq.clock.wall())
    import_folder(hq.office, stick)
    (receipt,) = stick.glob("*.receipt")
    receipt.write_text(receipt.read_text().replace('"acked_to": 2', '"acked_to": 1'))
    with pytest.raises(SyncError):
        read_receipts(gate.journal, gate.enrolment, stick)
    assert gate.journal.outbox.cursor() == 0


def test_a_stick_that_cannot_be_written_is_one_clear_error(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    (tmp_path / "stick").write_text("a file, not a folder")
    with pytest.raises(SyncError, match="stick"):
        write_batches(gate.journal, gate.enrolment, tmp_path / "stick", hq.clock.wall())
