"""The day is closed by a signed manifest, and headquarters says whether it holds the same."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from checkpoint.events import Json
from checkpoint.sync import write_batches
from checkpoint.sync.messages import manifest
from checkpoint.wire import Purpose, sign
from hq.ingest.sticks import import_folder
from hq.store.models import manifests
from tests.hq.running import START, Headquarters, Station
from tests.hq.sending import cross, kinds_of_alerts, post


def closed(hq: Headquarters) -> list[tuple[str, bool]]:
    return [(row.day.isoformat(), row.agrees) for row in hq.rows(sa.select(manifests).order_by(manifests.c.day))]


def todays(gate: Station, **changes: Any) -> Json:
    message = manifest(gate.journal, gate.enrolment, START.date(), gate.client._now(), {"L1": 40})
    assert message is not None
    return sign(Purpose.MANIFEST, {**message, **changes}, gate.enrolment.key)


def test_a_day_that_is_over_is_closed_once(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    assert gate.client.run_once().all_sent
    assert closed(hq) == []
    hq.clock.move(days=1)
    cross(gate.journal)
    assert gate.client.run_once().error == ""
    assert closed(hq) == [("2022-03-20", True)]
    hq.clock.move(days=3)
    cross(gate.journal)
    assert gate.client.run_once().error == ""
    assert closed(hq) == [("2022-03-20", True), ("2022-03-21", True)], "days without an event have nothing to close"
    assert kinds_of_alerts(hq) == []


def test_a_count_that_differs_is_an_alarm(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    gate.client.run_once()
    status, reply = post(gate, "manifest", todays(gate, counts={"enrolled": 1, "crossing-decided": 2}))
    assert (status, reply["agrees"]) == (200, False)
    assert kinds_of_alerts(hq) == ["rewrite"]
    status, reply = post(gate, "manifest", todays(gate))
    assert (status, reply["agrees"]) == (200, True)
    assert closed(hq) == [("2022-03-20", True)]


def test_a_day_whose_events_are_missing_is_not_closed(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    status, reply = post(gate, "manifest", todays(gate))
    assert (status, reply["need"]) == (409, 1)
    assert closed(hq) == []


@pytest.mark.parametrize("changes", [{"day": "tomorrow"}, {"day": "2022-02-31"}, {"counts": {"enrolled": -1}}])
def test_a_manifest_of_no_day_is_refused(gate: Station, changes: Json) -> None:
    assert post(gate, "manifest", todays(gate, **changes))[0] == 422


def test_a_stick_closes_the_day_too(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    cross(gate.journal)
    hq.clock.move(days=1)
    write_batches(gate.journal, gate.enrolment, tmp_path / "stick", hq.clock.wall())
    assert import_folder(hq.office, tmp_path / "stick").refused == []
    assert closed(hq) == [("2022-03-20", True)]
