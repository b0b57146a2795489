"""Headquarters while its database is down: words on every page, an answer stations can read, all back afterwards."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from flask import Flask

from hq.people.accounts import Role
from tests.hq.at_desk import Desk
from tests.hq.postgres import Server
from tests.hq.running import TestClock, headquarters, station
from tests.hq.sending import cross, positive

# What needs no store, or says in its own words that it does not answer.
ANSWERING = {"static", "openapi.document", "healthz"}


def addresses(app: Flask) -> Iterator[str]:
    """Yield an address of every page that can be asked for, with names in it that no store need know."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.endpoint not in ANSWERING:
                named = {name: 1 if name in {"epoch", "seq"} else "x" for name in rule.arguments}
                yield app.url_for(rule.endpoint, **named)


def test_every_page_says_that_the_store_does_not_answer(server: Server, tmp_path: Path, clock: TestClock) -> None:
    apps: list[Flask] = []

    def keep(app: Flask) -> Flask:
        apps.append(app)
        return app

    with (
        headquarters(tmp_path / "hq", clock, database=server.fresh(), wrap=keep) as hq,
        httpx.Client(base_url=hq.url, headers={"Accept-Language": "en"}, timeout=30) as http,
    ):
        desk = Desk(hq, http)
        desk.log_in(Role.ADMIN)
        form = {"csrf_token": desk.token(), "town": "Zhapu"}
        pages = [*addresses(apps[0]), "/no-such-page"]
        assert {"/", "/alerts", "/records.csv", "/live/alarm", "/events", "/metrics"} < set(pages)
        server.stop()
        try:
            answers = {path: http.get(path) for path in pages}
            sent = http.post("/kits/drawn", data=form, headers={"Referer": hq.url})
        finally:
            server.start()
        assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(pages, 503)
        for path, answer in answers.items():
            assert "Headquarters’ store does not answer" in answer.text, path
            assert "Nothing is lost" in answer.text, path
            assert 'http-equiv="refresh"' in answer.text, path
        assert sent.status_code == 503
        assert "What you sent was not kept." in sent.text
        assert 'http-equiv="refresh"' not in sent.text
        assert http.get("/alerts").status_code == 200


@pytest.mark.parametrize("asked", ["a page", "a batch", "an urgent copy"])
def test_a_store_without_a_free_connection_is_one_that_does_not_answer(
    server: Server, tmp_path: Path, clock: TestClock, asked: str
) -> None:
    with (
        headquarters(tmp_path / "hq", clock, database=server.fresh()) as hq,
        station(hq, tmp_path / "gate") as gate,
        httpx.Client(base_url=hq.url, headers={"Accept-Language": "en"}, timeout=30) as http,
    ):
        positive(gate.journal) if asked == "an urgent copy" else cross(gate.journal)
        Desk(hq, http).log_in()
        store, roomy = hq.office.store, hq.office.store.engine
        store.engine = sa.create_engine(roomy.url, pool_size=1, max_overflow=0, pool_timeout=0)
        try:
            with store.engine.connect():
                if asked == "a page":
                    page = http.get("/alerts")
                    assert (page.status_code, "Headquarters’ store does not answer" in page.text) == (503, True)
                else:
                    busy = gate.client.run_once()
                    assert "headquarters cannot store this now" in busy.error
                    assert busy.retry_after_s
        finally:
            store.engine.dispose()
            store.engine = roomy
        assert gate.client.run_once().all_sent
