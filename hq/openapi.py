"""The HTTP interface of headquarters as an OpenAPI document: made from the very models that check each message."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from checkpoint.events import Json
from checkpoint.wire import (
    PHOTO_CHUNK,
    Batch,
    Early,
    EarlyReply,
    EnrolReply,
    EnrolRequest,
    Heartbeat,
    Manifest,
    PhotoPart,
    Reply,
    Want,
)

VERSION = "1"
_SHA256 = "^[0-9a-f]{64}$"
_REFS = "#/components/schemas/{model}"
_SIGNED = "Signed by the station's Ed25519 key over its canonical JSON; see docs/protocol.md."

MESSAGES: dict[str, tuple[type[BaseModel], str]] = {
    "enrol": (EnrolRequest, "Answer a one-time invitation with the station's public key."),
    "batch": (Batch, "Events of one epoch in order; the receipt covers what is on disk."),
    "early": (Early, "Copies of urgent events ahead of their turn."),
    "heartbeat": (Heartbeat, "A sign of life with the signed head."),
    "manifest": (Manifest, "What a day that is over held."),
    "document": (Want, "Fetch a published rule pack, trust list or list of revocations."),
}
_REPLIES: dict[str, type[BaseModel]] = {"enrol": EnrolReply, "batch": Reply, "early": EarlyReply}
_REFUSALS = {
    "400": "Not a message of this protocol.",
    "401": "Not signed by the station it names.",
    "403": "The station is not approved, or is revoked.",
    "404": "No such document.",
    "409": "`need`: earlier events are missing; `fork`: the same number with another content; `have`: another piece.",
    "413": "Too large.",
    "422": "A field is not what it must be.",
    "429": "Busy: come back after `Retry-After` seconds.",
    "503": "The store is down: come back after `Retry-After` seconds.",
}


def openapi_blueprint() -> Blueprint:
    """Return the route /openapi.json."""
    page = Blueprint("openapi", __name__)

    @page.get("/openapi.json")
    def document() -> Response:
        return jsonify(openapi_document())

    return page


def openapi_document() -> Json:
    """Return the document, OpenAPI 3.1."""
    models: list[type[BaseModel]] = [*(model for model, _ in MESSAGES.values()), *_REPLIES.values(), PhotoPart]
    _, schemas = models_json_schema([(model, "validation") for model in models], by_alias=True, ref_template=_REFS)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Checkpoint headquarters",
            "version": VERSION,
            "description": "What stations send and what a monitoring system reads. " + _SIGNED,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": dict(_paths()),
        "components": {"schemas": {**schemas["$defs"], "Refusal": _refusal()}},
    }


def _paths() -> Iterator[tuple[str, Json]]:
    for name, (model, text) in MESSAGES.items():
        yield f"/sync/v1/{name}", {"post": _message(name, model, text)}
    yield "/sync/v1/photo/{sha256}", {"post": _photo()}
    yield "/healthz", {"get": _plain("health", "Whether the store answers.", "application/json", ["503"])}
    yield "/metrics", {"get": _plain("metrics", "Figures in Prometheus' format.", "text/plain", [])}
    yield "/openapi.json", {"get": _plain("openapi", "This document.", "application/json", [])}


def _message(name: str, model: type[BaseModel], text: str) -> Json:
    packed = name != "enrol"
    encoding = {"name": "Content-Encoding", "in": "header", "required": True, "schema": {"const": "gzip"}}
    reply = _REPLIES.get(name)
    answer: Any = {"$ref": _REFS.format(model=reply.__name__)} if reply else {"type": "object"}
    return {
        "operationId": name,
        "summary": text,
        "description": _SIGNED,
        "parameters": [encoding] if packed else [],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": _REFS.format(model=model.__name__)}}},
        },
        "responses": {"200": _answer("Taken, and on disk.", "application/json", answer), **_refusals()},
    }


def _photo() -> Json:
    return {
        "operationId": "photo",
        "summary": f"A piece of at most {PHOTO_CHUNK} bytes of an encrypted photo.",
        "description": _SIGNED,
        "parameters": [
            {
                "name": "sha256",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            },
            {
                "name": "Checkpoint-Part",
                "in": "header",
                "required": True,
                "content": {"application/json": {"schema": {"$ref": _REFS.format(model="PhotoPart")}}},
            },
        ],
        "requestBody": {"required": True, "content": {"application/octet-stream": {}}},
        "responses": {"200": _answer("Taken, and on disk.", "application/json", {"type": "object"}), **_refusals()},
    }


def _plain(name: str, text: str, media_type: str, refusals: list[str]) -> Json:
    found = {status: answer for status, answer in _refusals().items() if status in refusals}
    return {"operationId": name, "summary": text, "responses": {"200": _answer(text, media_type, {}), **found}}


def _answer(text: str, media_type: str, schema: Any) -> Json:
    return {"description": text, "content": {media_type: {"schema": schema}}}


def _refusals() -> Json:
    schema = {"$ref": _REFS.format(model="Refusal")}
    return {status: _answer(text, "application/json", schema) for status, text in _REFUSALS.items()}


def _refusal() -> Json:
    whole = {"type": "integer"}
    return {
        "type": "object",
        "properties": {"error": {"type": "string"}, "need": whole, "fork": whole, "have": whole},
    }
