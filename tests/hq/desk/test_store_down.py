"""The desk while its database is down: a page in words everywhere, and everything back once it answers again."""

from pathlib import Path

import httpx

from hq.people.accounts import Role
from tests.hq.at_desk import Desk
from tests.hq.postgres import Server
from tests.hq.running import TestClock, headquarters

PAGES = (
    "/",
    "/alerts",
    "/stations",
    "/records",
    "/kits",
    "/rules",
    "/brief",
    "/no-such-page",
    "/users",
    "/audit",
    "/live/alerts",
    "/login",
)


def test_every_page_says_that_the_store_does_not_answer(server: Server, tmp_path: Path, clock: TestClock) -> None:
    with (
        headquarters(tmp_path / "hq", clock, database=server.fresh()) as hq,
        httpx.Client(base_url=hq.url, headers={"Accept-Language": "en"}, timeout=30) as http,
    ):
        desk = Desk(hq, http)
        desk.log_in(Role.ADMIN)
        form = {"csrf_token": desk.token(), "town": "Zhapu"}
        server.stop()
        try:
            answers = {path: http.get(path) for path in PAGES}
            sent = http.post("/kits/drawn", data=form, headers={"Referer": hq.url})
        finally:
            server.start()
        assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(PAGES, 503)
        for path, answer in answers.items():
            assert "Headquarters’ store does not answer" in answer.text, path
            assert "Nothing is lost" in answer.text, path
            assert 'http-equiv="refresh"' in answer.text, path
        assert sent.status_code == 503
        assert "What you sent was not kept." in sent.text
        assert 'http-equiv="refresh"' not in sent.text
        assert http.get("/alerts").status_code == 200
