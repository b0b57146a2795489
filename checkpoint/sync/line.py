"""The line to headquarters: messages out, answers back, and every kind of trouble as one kind of error."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx

from checkpoint.errors import SyncError
from checkpoint.events import Json
from checkpoint.wire import pack, parse_object


class Refused(SyncError):  # noqa: N818  the word says what happened
    """Headquarters answered, but not with yes. ``retry_after_s`` is how long it asks to be left alone."""

    def __init__(self, status: int, fields: Json, retry_after_s: float | None = None) -> None:
        self.status = status
        self.fields = fields
        self.retry_after_s = retry_after_s
        super().__init__(f"headquarters answered {status}: {fields.get('error', 'no reason given')}")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes
    headers: Mapping[str, str]


class Line:
    """HTTP to one headquarters. ``last_contact`` is when it last answered yes, None where it has not yet.

    `monotonic` gives seconds: an answer that only trickles is given up, or it would hold up the next positive.
    """

    PATIENCE_S = 60.0
    MOST_ANSWER = 8_000_000

    def __init__(
        self,
        url: str,
        http: httpx.Client,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.http = http
        self._monotonic = monotonic
        self.last_contact: datetime | None = None
        self._url = url
        self._now = now

    def post(self, what: str, fields: Json) -> Json:
        """Send a message and return the answer's JSON object; raise `SyncError`, `Refused` for anything but yes."""
        return _object(self._post_packed(what, fields))

    def ask(self, what: str, fields: Json) -> bytes:
        """Send a message and return the answer as it came; raise `SyncError`, `Refused` for anything but yes."""
        return self._post_packed(what, fields).content

    def post_photo(self, fields: Json, piece: bytes) -> Json:
        """Send a piece of a photo and return the answer; raise `SyncError`, `Refused` for anything but yes."""
        headers = {"Content-Type": "application/octet-stream", "Checkpoint-Part": pack_text(fields)}
        return _object(self._request(f"/sync/v1/photo/{fields['sha256']}", content=piece, headers=headers))

    def _post_packed(self, what: str, fields: Json) -> _Answer:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return self._request(f"/sync/v1/{what}", content=pack(fields), headers=headers)

    def _request(self, path: str, *, content: bytes, headers: dict[str, str]) -> _Answer:
        until = self._monotonic() + self.PATIENCE_S
        body = bytearray()
        try:
            with self.http.stream("POST", self._url + path, content=content, headers=headers) as response:
                for block in response.iter_bytes():
                    body += block
                    if self._monotonic() > until:
                        raise SyncError("headquarters' answer is too slow")
                    if len(body) > self.MOST_ANSWER:
                        raise SyncError("headquarters' answer is too large")
        except httpx.HTTPError as error:
            raise SyncError(f"headquarters did not answer: {error or type(error).__name__}") from error
        answer = _Answer(response.status_code, bytes(body), response.headers)
        if answer.status != httpx.codes.OK:
            raise Refused(answer.status, _object(answer), _retry_after(answer))
        self.last_contact = self._now()
        return answer


def pack_text(fields: Json) -> str:
    """Return a small message as one line of ASCII JSON, fit for a header or a file."""
    return json.dumps(fields, separators=(",", ":"))


def _object(answer: _Answer) -> Json:
    try:
        return parse_object(answer.content)
    except ValueError as error:
        raise SyncError(f"headquarters' answer cannot be read ({answer.status})") from error


def _retry_after(answer: _Answer) -> float | None:
    try:
        return max(0.0, float(answer.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None
