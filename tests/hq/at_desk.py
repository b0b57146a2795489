"""Somebody at the desk: a log-in, and a browser without a window."""

import html
import re
from collections.abc import Iterator

import httpx
import pytest
from argon2 import PasswordHasher

from hq.people.accounts import Accounts, Role
from tests.hq.running import Headquarters

PASSWORD = "correct horse battery"


def employ(hq: Headquarters, role: Role) -> None:
    """Give somebody a log-in; its password is hashed cheaply, because a test needs no strength."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    Accounts(hq.office.store, hq.office.now, cheap).set("li", PASSWORD, role)


@pytest.fixture
def desk(hq: Headquarters) -> Iterator["Desk"]:
    with httpx.Client(base_url=hq.url, follow_redirects=True, headers={"Accept-Language": "en"}, timeout=30) as http:
        yield Desk(hq, http)


class Desk:
    """A browser without a window."""

    def __init__(self, hq: Headquarters, http: httpx.Client) -> None:
        self.hq = hq
        self.http = http

    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.http.get("/login").text)
        assert found
        return html.unescape(found[1])

    def post(self, path: str, **fields: str) -> httpx.Response:
        return self.http.post(path, data={"csrf_token": self.token(), **fields}, headers={"Referer": self.hq.url})

    def log_in(self, role: Role = Role.DUTY) -> httpx.Response:
        employ(self.hq, role)
        return self.post("/login", name="li", password=PASSWORD)

    def text(self, path: str) -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, path
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))
