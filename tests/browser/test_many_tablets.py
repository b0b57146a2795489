"""Several tablets at one station: live pictures and streams never starve the pages."""

import http.client
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkpoint.sighting import Code
from tests.browser.conftest import Server
from tests.web.pages import CHEN, Pages, Tablet, make_pages
from web.pulse import MOST_STREAMS


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[tuple[Pages, Server]]:
    """A served station whose live pictures move."""
    pages = make_pages(tmp_path)
    pages.live.moving = True
    server = Server(pages)
    yield pages, server
    server.stop()
    pages.parts.journal.close()


def cookie_of(tablet: Tablet) -> str:
    """Return a logged-in tablet's session, to be sent over real HTTP."""
    found = tablet.http.get_cookie("checkpoint")
    assert found is not None
    return f"checkpoint={found.value}; language=en"


def ask(server: Server, path: str, cookie: str, *, read: bool = True) -> http.client.HTTPResponse:
    """Ask for a path on a connection of its own; fail rather than wait for ever."""
    parts = urllib.parse.urlsplit(server.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    if read:
        answer.read()
        connection.close()
    return answer


def test_with_every_stream_taken_and_four_live_pictures_each_page_still_answers(
    crowded: tuple[Pages, Server],
) -> None:
    pages, server = crowded
    cookie = cookie_of(pages.client())
    streams = [ask(server, "/events", cookie, read=False) for _ in range(MOST_STREAMS)]
    assert [s.status for s in streams] == [200] * MOST_STREAMS
    assert ask(server, "/events", cookie).status == 204, "one more asks by itself instead"
    stop, pictures = threading.Event(), [0, 0, 0, 0]

    def look(tablet: int) -> None:
        while not stop.is_set():
            assert ask(server, "/live/gate.jpg?seq=-1", cookie).status == 200
            pictures[tablet] += 1

    looking = [threading.Thread(target=look, args=(n,)) for n in range(4)]
    for thread in looking:
        thread.start()
    try:
        for path in ("/gate", "/gate/card", "/bench", "/log", "/health", "/pulse", "/healthz"):
            assert ask(server, path, cookie).status == 200, path
    finally:
        stop.set()
        for thread in looking:
            thread.join()
        for stream in streams:
            stream.close()
    assert all(pictures), "every tablet has seen pictures meanwhile"


def test_a_stream_tells_a_decision_at_once(crowded: tuple[Pages, Server]) -> None:
    pages, server = crowded
    stream = ask(server, "/events", cookie_of(pages.client()), read=False)
    first = stream.readline()
    code: Code = pages.parts.codes.naat("张伟", pages.parts.hours_ago(5))
    pages.parts.gate.present([code], officer=CHEN)
    lines = iter(stream.readline, b"")
    changed = next(line for line in lines if line.startswith(b"data:") and line != first)
    assert changed != first
    stream.close()
