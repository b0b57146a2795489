"""The pulse: tells every open page that something changed, within a blink, and that the station is still there.

A page holds one stream of server-sent events. Each stream costs the server a thread, so their number is bounded;
whoever comes too late asks `/pulse` once a second instead and sees the same.
"""

import json
import secrets
import threading
import time
from collections.abc import Iterator

from flask import Blueprint, Response, current_app, g, jsonify

from web.access import reading

BEAT_S = 1.0  # a page that hears nothing for three beats says that the station is out of reach
STREAM_S = 600.0  # then the page opens a new stream: a dead tablet never keeps a thread for good
MOST_STREAMS = 6

blueprint = Blueprint("pulse", __name__)


class Pulse:
    """Versions of what pages show, by topic; waiting streams wake as soon as one grows.

    ``run`` names this run of the station: a page that waits for a new start sees by it that it came.
    """

    def __init__(self, *, most_streams: int = MOST_STREAMS) -> None:
        self._versions = {"gate": 0, "bench": 0, "health": 0, "kits": 0, "shift": 0}
        self._changed = threading.Condition()
        self._places = threading.BoundedSemaphore(most_streams)
        self._stopped = False
        self.run = secrets.token_hex(4)

    def versions(self) -> dict[str, int]:
        """Return every topic's version."""
        with self._changed:
            return dict(self._versions)

    def bump(self, topic: str) -> None:
        """Something about `topic` changed."""
        with self._changed:
            self._versions[topic] += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """End all streams: the station goes down."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def take_place(self) -> bool:
        """Take one of the places for a stream, if one is left; give it back by `leave_place`."""
        return self._places.acquire(blocking=False)

    def leave_place(self) -> None:
        """Give a stream's place back."""
        self._places.release()

    def beats(self, *, beat_s: float = BEAT_S, stream_s: float = STREAM_S) -> Iterator[dict[str, int]]:
        """Yield the versions at once, then at every change and at least once a beat, until `stream_s` are over."""
        ends = time.monotonic() + stream_s
        seen: dict[str, int] | None = None
        while time.monotonic() < ends:
            with self._changed:
                if seen == self._versions and not self._stopped:
                    self._changed.wait(beat_s)
                if self._stopped:
                    return
                seen = dict(self._versions)
            yield seen


def pulse_of_app() -> Pulse:
    """Return the running application's pulse."""
    pulse: Pulse = current_app.extensions["pulse"]
    return pulse


@blueprint.before_app_request
def remember_versions() -> None:
    """Take the versions before anything is looked up: what changes while a page is made is news to it."""
    g.versions = pulse_of_app().versions()


@blueprint.get("/events")
@reading
def events() -> Response:
    """A stream of server-sent events, one JSON object of versions each.

    204 where all places are taken: it tells a browser not to try again by itself.
    """
    pulse = pulse_of_app()
    if not pulse.take_place():
        return Response(status=204)
    response = Response(
        (f"data: {json.dumps(versions)}\n\n" for versions in pulse.beats()), mimetype="text/event-stream"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(pulse.leave_place)
    return response


@blueprint.get("/pulse")
@reading
def now() -> Response:
    """The same versions, once: for pages that have no stream."""
    return jsonify(pulse_of_app().versions())


@blueprint.get("/run")
def run() -> Response:
    """Which run of the station answers: for a page that waits until it has begun anew, with or without log-in."""
    return jsonify({"run": pulse_of_app().run})
