"""The line to headquarters: messages out, answers back, and every kind of trouble as one kind of error."""

import json
from collections.abc import Callable
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


class Line:
    """HTTP to one headquarters. ``last_contact`` is when it last answered yes, None where it has not yet."""

    def __init__(self, url: str, http: httpx.Client, now: Callable[[], datetime]) -> None:
        self.http = http
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

    def _post_packed(self, what: str, fields: Json) -> httpx.Response:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return self._request(f"/sync/v1/{what}", content=pack(fields), headers=headers)

    def _request(self, path: str, *, content: bytes, headers: dict[str, str]) -> httpx.Response:
        try:
            response = self.http.post(self._url + path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise SyncError(f"headquarters did not answer: {error or type(error).__name__}") from error
        if response.status_code != httpx.codes.OK:
            raise Refused(response.status_code, _object(response), _retry_after(response))
        self.last_contact = self._now()
        return response


def pack_text(fields: Json) -> str:
    """Return a small message as one line of ASCII JSON, fit for a header or a file."""
    return json.dumps(fields, separators=(",", ":"))


def _object(response: httpx.Response) -> Json:
    try:
        return parse_object(response.content)
    except ValueError as error:
        raise SyncError(f"headquarters' answer cannot be read ({response.status_code})") from error


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return max(0.0, float(response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None
