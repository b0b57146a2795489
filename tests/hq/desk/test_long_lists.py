"""Ten thousand stations, or a hundred alerts: every page shows a part, says so, and leads to the rest."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bench.hq.fleet import enrol_all, fleet
from hq.cases.alerts import Concern, Occurrence, raise_alerts
from hq.cases.steps import Step
from hq.desk.kits import MOST_UNFOLDED
from hq.store.models import alerts
from tests.hq.at_desk import Desk
from tests.hq.running import Headquarters

MANY = 130


@pytest.fixture
def many(hq: Headquarters) -> Headquarters:
    now = hq.clock.wall()
    enrol_all(hq.office.store, fleet(MANY), now)
    with hq.office.store.writing() as db:
        seen = [Occurrence(Concern("override"), 1, seq, now - timedelta(minutes=seq)) for seq in range(1, MANY + 1)]
        raise_alerts(db, "sim-00000", seen, now)
    return hq


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("path", ["/stations", "/alerts", "/rules"])
def test_a_long_list_is_shown_in_parts_that_together_are_all_of_it(desk: Desk, path: str) -> None:
    desk.log_in()
    named = re.compile(r'href="(/stations/sim-[0-9]+|/alerts/[^/"?]+/[^/"?]+)"')
    first = desk.http.get(path).text
    assert f"1 to 100 of {MANY}" in desk.text(path)
    found = re.search(r'class="button" href="([^"]*from=101[^"]*)"', first)
    assert found
    rest = desk.http.get(found[1].replace("&amp;", "&")).text
    assert len(set(named.findall(first)) | set(named.findall(rest))) == MANY
    assert "from=1" in rest, "and back"


def test_a_new_red_case_heads_the_first_page_however_many_are_late(desk: Desk, many: Headquarters) -> None:
    desk.log_in()
    store, clock = many.office.store, many.clock
    with store.writing() as db:
        late = [Occurrence(Concern("positive"), 2, seq, clock.wall()) for seq in range(1, MANY + 1)]
        raise_alerts(db, "sim-00000", late, clock.wall())
        db.execute(sa.update(alerts).where(alerts.c.kind == "positive").values(state=Step.ACCEPTED))
    clock.move(hours=12)
    with store.writing() as db:
        raise_alerts(db, "sim-00001", [Occurrence(Concern("positive"), 1, 1, clock.wall())], clock.wall())
    found = re.findall(r'href="/alerts/([^/"?]+/[^/"?]+)"', desk.http.get("/alerts").text)
    assert found[0] == "sim-00001/positive-1-1"
    assert found[1].startswith("sim-00000/positive-2-"), "then the late ones of the same urgency"
    # Nobody has taken up the overrides and the new case; all but the new case are late.
    head = desk.text("/alerts")
    assert f"open {2 * MANY + 1} ■ new {MANY + 1} ◷ late {2 * MANY}" in head


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("asked", ["0", "-5", "x", "99999999999999999999", "100000"])
def test_a_part_that_is_not_there_is_no_error(desk: Desk, asked: str) -> None:
    desk.log_in()
    for path in ("/stations", "/live/stations", "/alerts", "/live/alerts", "/rules"):
        assert desk.http.get(path, params={"from": asked}).status_code == 200, path


@pytest.mark.usefixtures("many")
def test_with_many_stations_a_town_unfolds_where_it_is_asked_for(desk: Desk) -> None:
    assert MANY > MOST_UNFOLDED
    desk.log_in()
    folded = desk.http.get("/kits").text
    assert "/stations/sim-" not in folded
    assert "/kits?town=Danghu" in folded
    unfolded = desk.http.get("/kits", params={"town": "Danghu"}).text
    assert unfolded.count("/stations/sim-") == sum(one.town == "Danghu" for one in fleet(MANY))
