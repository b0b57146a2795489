"""One process, several threads, and a stop that lets the requests in hand finish."""

import threading
from collections.abc import Callable
from typing import Any

import waitress
from waitress import wasyncore

from checkpoint.wire import MOST_UNPACKED


def serve(
    app: Any,  # any WSGI application
    *,
    host: str,
    port: int,
    stop: threading.Event,
    ready: Callable[[int], None],
    threads: int = 12,
    look_s: float = 0.25,
) -> None:
    """Serve `app` until `stop` is set; `ready` hears the port once connections are taken. Raises OSError: port busy."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        app,
        map=sockets,
        host=host,
        port=port,
        threads=threads,
        ident="checkpoint-hq",
        max_request_body_size=MOST_UNPACKED,
        channel_timeout=60,
    )
    try:
        ready(server.effective_port)
        while not stop.is_set():
            wasyncore.loop(timeout=look_s, map=sockets, count=1)
    finally:
        server.task_dispatcher.shutdown()
        wasyncore.close_all(sockets)
