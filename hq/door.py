"""The stations' door: POST /sync/v1/..., signed messages in, signed answers out."""

from flask import Blueprint, Response, current_app, g, jsonify, request

from checkpoint.events import Json
from checkpoint.wire import PHOTO_CHUNK, parse_object, unpack
from hq.ingest.batches import STORE_RETRY_S, Batches, BatchesHere
from hq.ingest.intake import Ingest
from hq.ingest.photos import PhotoIngest
from hq.ingest.places import Places
from hq.office import Office
from hq.refused import Refused
from hq.stations.enrolment import enrol
from hq.store import STORE_IS_DOWN

_MOST_PACKED = 4_000_000
PHOTOS_AT_WORK = 4
PHOTOS_WAITING = 4


def sync_blueprint(office: Office, batches: Batches | None = None) -> Blueprint:
    """Return the routes stations use. None of them has a session or a form, so CSRF does not apply."""
    door = Blueprint("sync", __name__, url_prefix="/sync/v1")
    ingest = Ingest(office.store, office.keys, office.now)
    batches = batches or BatchesHere(ingest)
    photos = PhotoIngest(office.store, office.shelf, office.keys, office.now)
    # A slow photo store holds up photos alone.
    for_batches = Places(office.config.uploads_at_work, office.config.uploads_waiting)
    for_photos = Places(PHOTOS_AT_WORK, PHOTOS_WAITING)

    @door.post("/enrol")
    def enrol_station() -> Response:
        return jsonify(enrol(office.store, office.keys, _plain(), office.now()))

    @door.post("/batch")
    def take_batch() -> Response:
        body = _body(_MOST_PACKED)
        with for_batches.one():
            answer = batches.take(body)
        g.events_taken = answer.events
        return _answered(answer.status, answer.fields, answer.retry_after_s)

    @door.post("/early")
    def take_early() -> Response:
        return jsonify(ingest.early(_packed()))  # never asked to wait, and never behind a batch

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
        piece = _body(PHOTO_CHUNK)
        with for_photos.one():
            return jsonify(photos.part(fields, piece))

    @door.errorhandler(Refused)
    def refuse(refused: Refused) -> Response:
        return refusal(refused)

    def store_is_down(error: Exception) -> Response:
        current_app.logger.error("the store did not take it: %s", error)
        return refusal(Refused(503, "headquarters cannot store this now", retry_after_s=STORE_RETRY_S))

    for kind in (*STORE_IS_DOWN, OSError):
        door.register_error_handler(kind, store_is_down)
    return door


def refusal(refused: Refused) -> Response:
    """Return a refusal as an answer."""
    return _answered(refused.status, refused.fields, refused.retry_after_s)


def _answered(status: int, fields: Json, retry_after_s: int | None) -> Response:
    response = jsonify(fields)
    response.status_code = status
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
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
