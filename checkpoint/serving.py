"""One process, several threads, and a stop that lets the requests in hand finish: how the programs here serve."""

import threading
from collections.abc import Callable
from typing import Any

import waitress
from waitress import wasyncore


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
) -> None:
    """Serve `app` until `stop` is set; `ready` hears the port once connections are taken.

    `largest_body`: bytes of a request's body, past which it is refused; `look_s`: how often the server looks whether
    it is to stop. Raises OSError where the port cannot be used.
    """
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        app,
        map=sockets,
        host=host,
        port=port,
        threads=threads,
        ident=None,
        max_request_body_size=largest_body,
        channel_timeout=60,
        clear_untrusted_proxy_headers=True,
    )
    try:
        ready(server.effective_port)
        while not stop.is_set():
            wasyncore.loop(timeout=look_s, map=sockets, count=1)
    finally:
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets)
