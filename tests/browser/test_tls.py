"""HTTPS in front of the pages: a slow tablet holds nobody up, streams end, and the app is installed."""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checkpoint.serving import serve
from station.certificates import Authority
from tests.browser.test_many_tablets import cookie_of
from tests.web.pages import Pages, make_pages
from web.pulse import MOST_STREAMS


@dataclass(slots=True)
class Secured:
    """The pages behind TLS, as `checkpoint serve` serves them."""

    pages: Pages
    authority: Authority
    port: int

    def ask(self, path: str, cookie: str = "", *, read: bool = True) -> http.client.HTTPResponse:
        trusted = ssl.create_default_context(cadata=self.authority.pem.decode())
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=trusted)
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        if read:
            answer.read()
            connection.close()
        return answer


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    now = datetime.now(UTC)
    authority = Authority.open(tmp_path / "tls", "lane 1", now)
    pages = make_pages(tmp_path, authority=(authority.pem, authority.fingerprint))
    stop, up, port = threading.Event(), threading.Event(), [0]

    def ready(number: int) -> None:
        port[0] = number
        up.set()

    thread = threading.Thread(
        target=serve,
        args=(pages.app,),
        kwargs={
            "host": "127.0.0.1",
            "port": 0,
            "stop": stop,
            "ready": ready,
            "largest_body": 1_000_000,
            "look_s": 0.05,
            "tls": authority.server_context(("localhost", "127.0.0.1"), now),
        },
    )
    thread.start()
    assert up.wait(20)
    yield Secured(pages, authority, port[0])
    pages.app.extensions["pulse"].stop()
    stop.set()
    thread.join(20)
    pages.parts.journal.close()


def test_tablets_that_never_finish_their_handshake_hold_nobody_up(secured: Secured) -> None:
    with contextlib.ExitStack() as silent:
        for _ in range(40):
            silent.enter_context(socket.create_connection(("127.0.0.1", secured.port)))
        assert secured.ask("/healthz").status == 200


def test_with_every_stream_taken_each_page_still_answers(secured: Secured) -> None:
    cookie = cookie_of(secured.pages.client(secure=True))
    streams = [secured.ask("/events", cookie, read=False) for _ in range(MOST_STREAMS)]
    assert [stream.status for stream in streams] == [200] * MOST_STREAMS
    for path in ("/gate", "/bench", "/live/gate.jpg?seq=-1", "/kits", "/healthz"):
        assert secured.ask(path, cookie).status == 200, path
    for stream in streams:
        stream.close()


def test_plain_http_gets_no_page(secured: Secured) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", secured.port, timeout=20)
    connection.request("GET", "/login")
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.getresponse()
