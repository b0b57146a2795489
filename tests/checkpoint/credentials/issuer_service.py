"""A small issuer of health codes over real HTTP, made to be right, slow, wrong, down or lying."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Reply:
    """What the service answers: a status, headers and a body, after a delay, a few bytes at a time if asked."""

    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    body: bytes | None = None
    delay_s: float = 0.0
    drip_s: float = 0.0


@dataclass
class Question:
    """What the service was asked."""

    fields: dict[str, Any]
    headers: dict[str, str]
    body: bytes


class IssuerService:
    """Answers each question with what `reply` makes of it, and remembers what it was asked."""

    def __init__(self, reply: Callable[[Question], Reply]) -> None:
        self.reply = reply
        self.questions: list[Question] = []
        self._stop = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(dict(parse_qsl(urlsplit(self.path).query)), b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(json.loads(body), body)

            def answer(self, fields: dict[str, Any], body: bytes) -> None:
                question = Question(fields, dict(self.headers), body)
                service.questions.append(question)
                reply = service.reply(question)
                service._stop.wait(reply.delay_s)
                content = json.dumps(reply.content).encode() if reply.body is None else reply.body
                try:
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    if reply.drip_s:
                        for at in range(len(content)):
                            self.wfile.write(content[at : at + 1])
                            self.wfile.flush()
                            if service._stop.wait(reply.drip_s):
                                return
                    else:
                        self.wfile.write(content)
                except OSError:
                    pass  # the station hung up, as it should

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/verify"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, also in the middle of a slow answer."""
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(reply: Callable[[Question], Reply]) -> Iterator[IssuerService]:
    """Run a service for the time of a test."""
    service = IssuerService(reply)
    try:
        yield service
    finally:
        service.close()


def wait_until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
