"""One process, several threads, and a stop that lets the requests in hand finish: how the programs here serve."""

import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import waitress
from waitress import wasyncore
from waitress.channel import HTTPChannel

from checkpoint.tls_front import TlsFront

ANSWERS_LEAVE_WITHIN_S = 2.0


def serve(
    app: Any,  # any WSGI application
    *,
    host: str,
    port: int,
    stop: threading.Event,
    ready: Callable[[int], None],
    largest_body: int,
    threads: int = 12,
    look_s: float = 0.25,
    tls: ssl.SSLContext | None = None,
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Serve `app` until `stop` is set; `ready` hears the port once connections are taken.

    Requests in hand are finished, and their answers leave; `ending` is called first, to end those that would go on.

    `largest_body`: bytes of a request's body, past which it is refused; `look_s`: how often the server looks whether
    it is to stop; `tls`: speak HTTPS by it. Raises OSError where the port cannot be used.
    """
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        app,
        map=sockets,
        host=host if tls is None else "127.0.0.1",
        port=port if tls is None else 0,
        url_scheme="http" if tls is None else "https",
        threads=threads,
        ident=None,
        max_request_body_size=largest_body,
        channel_timeout=60,
        clear_untrusted_proxy_headers=True,
    )
    front = None
    try:
        if tls is not None:
            front = TlsFront(tls, host=host, port=port, behind=server.effective_port)
        ready(front.begin() if front else server.effective_port)
        while not stop.is_set():
            wasyncore.loop(timeout=look_s, map=sockets, count=1)
    finally:
        ending()
        server.task_dispatcher.shutdown()
        _let_answers_leave(sockets)
        _hang_up(sockets)
        if front is not None:
            front.stop()


def _let_answers_leave(sockets: dict[int, Any]) -> None:
    """Send what is written and still waits in this process, as far as the other side takes it in time."""
    until = time.monotonic() + ANSWERS_LEAVE_WITHIN_S
    while any(getattr(channel, "total_outbufs_len", 0) for channel in sockets.values()) and time.monotonic() < until:
        wasyncore.loop(timeout=0.05, map=sockets, count=1)


def _hang_up(sockets: dict[int, Any]) -> None:
    """Close everything; a connection closed by its own way also closes the file it was sending."""
    for channel in [*sockets.values()]:
        if isinstance(channel, HTTPChannel):
            channel.handle_close()
    wasyncore.close_all(sockets)
