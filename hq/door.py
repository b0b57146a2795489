"""The stations' door: POST /sync/v1/..., signed messages in, signed answers out."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, g, jsonify, request

from checkpoint.events import Json
from checkpoint.wire import PHOTO_CHUNK, parse_object, unpack
from hq.ingest.intake import Ingest
from hq.ingest.photos import PhotoIngest
from hq.office import Office
from hq.refused import Refused
from hq.stations.enrolment import enrol

_MOST_PACKED = 4_000_000
_BUSY_RETRY_S = 5
_STORE_RETRY_S = 30


def sync_blueprint(office: Office) -> Blueprint:
    """Return the routes stations use. None of them has a session or a form, so CSRF does not apply."""
    door = Blueprint("sync", __name__, url_prefix="/sync/v1")
    ingest = Ingest(office.store, office.keys, office.now)
    photos = PhotoIngest(office.store, office.shelf, office.keys, office.now)
    places = threading.BoundedSemaphore(office.config.most_uploads)

    @contextmanager
    def place() -> Iterator[None]:
        """Hold one of the places for uploads; the herd is asked to come back, spread out."""
        if not places.acquire(timeout=1.0):
            raise Refused(429, "busy", retry_after_s=busy_retry_s())
        try:
            yield
        finally:
            places.release()

    @door.post("/enrol")
    def enrol_station() -> Response:
        return jsonify(enrol(office.store, office.keys, _plain(), office.now()))

    @door.post("/batch")
    def take_batch() -> Response:
        with place():
            fields = _packed()
            answer = ingest.batch(fields)
        g.events_taken = len(fields["events"])
        return jsonify(answer)

    @door.post("/early")
    def take_early() -> Response:
        return jsonify(ingest.early(_packed()))  # never asked to wait

    @door.post("/heartbeat")
    def take_heartbeat() -> Response:
        return jsonify(ingest.heartbeat(_packed()))

    @door.post("/manifest")
    def take_manifest() -> Response:
        return jsonify(ingest.manifest(_packed()))

    @door.post("/document")
    def give_document() -> Response:
        return Response(ingest.document(_packed()), content_type="application/json")

    @door.post("/photo/<sha256>")
    def take_photo(sha256: str) -> Response:
        fields = _part_header()
        if fields.get("sha256") != sha256:
            raise Refused(422, "the address and the message name different photos")
        with place():
            return jsonify(photos.part(fields, _body(PHOTO_CHUNK)))

    @door.errorhandler(Refused)
    def refuse(refused: Refused) -> Response:
        return refusal(refused)

    @door.errorhandler(sa.exc.OperationalError)
    @door.errorhandler(OSError)
    def store_is_down(error: Exception) -> Response:
        current_app.logger.error("the store did not take it: %s", error)
        return refusal(Refused(503, "headquarters cannot store this now", retry_after_s=_STORE_RETRY_S))

    return door


def busy_retry_s(below: Callable[[int], int] = secrets.randbelow) -> int:
    """Return how long a station is asked to stay away; `below` gives a random whole number below another."""
    return _BUSY_RETRY_S + below(_BUSY_RETRY_S * 5)


def refusal(refused: Refused) -> Response:
    """Return a refusal as an answer."""
    response = jsonify(refused.fields)
    response.status_code = refused.status
    if refused.retry_after_s is not None:
        response.headers["Retry-After"] = str(refused.retry_after_s)
    return response


def _body(most: int) -> bytes:
    if (request.content_length or 0) > most:
        raise Refused(413, f"at most {most} bytes")
    data = request.stream.read(most + 1)
    if len(data) > most:
        raise Refused(413, f"at most {most} bytes")
    return bytes(data)


def _packed() -> Json:
    try:
        return unpack(_body(_MOST_PACKED))
    except ValueError as error:
        raise Refused(400, str(error)) from error


def _plain() -> Json:
    try:
        return parse_object(_body(PHOTO_CHUNK))
    except ValueError as error:
        raise Refused(400, str(error)) from error


def _part_header() -> Json:
    try:
        return parse_object(request.headers.get("Checkpoint-Part", ""))
    except ValueError as error:
        raise Refused(400, "the header Checkpoint-Part holds no message") from error
