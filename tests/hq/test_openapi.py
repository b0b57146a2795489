"""The interface is what its OpenAPI document says, and nothing that fits it, or does not, is answered with a 5xx."""

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from bench.hq.fleet import SimStation, enrol_all, fleet
from checkpoint.events import Json
from checkpoint.wire import Purpose, pack, sign
from hq.app import create_app
from hq.config import Config
from hq.logs import JsonLines
from hq.openapi import MESSAGES, openapi_document

PURPOSES = {
    "enrol": Purpose.ENROL,
    "batch": Purpose.BATCH,
    "early": Purpose.EARLY,
    "heartbeat": Purpose.HEARTBEAT,
    "manifest": Purpose.MANIFEST,
    "document": Purpose.WANT,
}
NOW = datetime(2022, 3, 20, tzinfo=UTC)


@dataclass
class Door:
    """Headquarters' interface without a network, and one approved station."""

    app: Flask
    station: SimStation

    def send(self, name: str, fields: Json) -> tuple[int, Json]:
        body = json.dumps(fields).encode() if name == "enrol" else pack(fields)
        response = self.app.test_client().post(f"/sync/v1/{name}", data=body)
        return response.status_code, response.get_json()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    app = create_app(Config(data=tmp_path_factory.mktemp("hq")), lambda: NOW)
    (station,) = fleet(1)
    enrol_all(app.extensions["office"].store, [station], NOW)
    yield Door(app, station)
    app.extensions["office"].store.close()


def values(schema: Any, schemas: Json) -> st.SearchStrategy[Any]:
    """Return a strategy for values that fit a schema of the document: of what its models use, no more."""
    if "$ref" in schema:
        return values(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return st.one_of([values(one, schemas) for one in schema["anyOf"]])
    match schema.get("type"):
        case "object" if "properties" in schema:
            required = set(schema.get("required", ()))
            fields = {name: values(one, schemas) for name, one in schema["properties"].items()}
            return st.fixed_dictionaries(
                {name: one for name, one in fields.items() if name in required},
                optional={name: one for name, one in fields.items() if name not in required},
            )
        case "object":
            inner = schema.get("additionalProperties")
            return st.dictionaries(st.text(max_size=8), values(inner, schemas) if isinstance(inner, dict) else ANYTHING)
        case "array":
            most = min(schema.get("maxItems", 4), 4)
            return st.lists(values(schema["items"], schemas), min_size=schema.get("minItems", 0), max_size=most)
        case "string" if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True)
        case "string":
            return st.text(max_size=min(schema.get("maxLength", 40), 40))
        case "integer":
            least = schema.get("minimum", schema.get("exclusiveMinimum", -10))
            return st.integers(least, min(schema.get("exclusiveMaximum", 2**60), 2**60) - 1)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return ANYTHING


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def messages(name: str) -> st.SearchStrategy[Json]:
    """Return a strategy for messages as the document describes them."""
    schemas = openapi_document()["components"]["schemas"]
    return values(schemas[MESSAGES[name][0].__name__], schemas)


def test_the_document_is_openapi() -> None:
    validate(openapi_document())


def test_the_document_names_every_address_and_no_other(door: Door) -> None:
    served = {
        str(rule).replace("<sha256>", "{sha256}")
        for rule in door.app.url_map.iter_rules()
        if str(rule).startswith("/sync/") or str(rule) in {"/healthz", "/metrics", "/openapi.json"}
    }
    assert set(openapi_document()["paths"]) == served
    assert door.app.test_client().get("/openapi.json").get_json() == openapi_document()


def test_what_a_station_sends_fits_the_document(door: Door) -> None:
    door.station.cross(NOW)
    batch = door.station.batch(NOW)
    assert batch is not None
    assert door.send("batch", batch)[0] == 200


@pytest.mark.parametrize("name", sorted(MESSAGES))
@pytest.mark.parametrize("signed", [True, False])
def test_whatever_fits_the_document_gets_an_answer_that_it_names(door: Door, name: str, signed: bool) -> None:
    named = {int(status) for status in openapi_document()["paths"][f"/sync/v1/{name}"]["post"]["responses"]}

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(fields=messages(name), ours=st.booleans())
    def send(fields: Json, ours: bool) -> None:
        key = door.station.key if signed else Ed25519PrivateKey.generate()
        if name != "enrol" and ours:
            fields = {**fields, "device": door.station.device}
        with contextlib.suppress(ValueError, TypeError, AttributeError):  # else it goes as it is
            fields = sign(PURPOSES[name], fields, key)
        status, answer = door.send(name, fields)
        assert status in named
        assert status < 500
        assert isinstance(answer, dict)

    send()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(header=st.one_of(st.text(alphabet=st.characters(codec="latin-1", exclude_characters="\r\n")), st.none()))
def test_any_header_of_a_photo_gets_an_answer(door: Door, header: str | None) -> None:
    headers: dict[str, Any] = {} if header is None else {"Checkpoint-Part": header}
    response = door.app.test_client().post(f"/sync/v1/photo/{'a' * 64}", data=b"piece", headers=headers)
    assert 400 <= response.status_code < 500


def test_a_method_or_an_address_that_is_not_named_is_refused(door: Door) -> None:
    client = door.app.test_client()
    assert client.get("/sync/v1/batch").status_code == 405
    assert client.post("/sync/v1/nothing").status_code in {400, 404}


def test_every_process_counts_what_it_answers(door: Door) -> None:
    door.app.test_client().get("/healthz")
    text = door.app.test_client().get("/metrics").get_data(as_text=True)
    assert 'checkpoint_hq_requests_total{endpoint="healthz",status="200"}' in text
    assert 'checkpoint_hq_stations_with_sign{sign="fork"} 0.0' in text
    assert "checkpoint_hq_request_seconds_bucket" in text


def test_the_log_is_one_object_a_line(tmp_path: Path) -> None:
    record = logging.makeLogRecord(
        {"name": "hq.ingest.chain", "levelno": 30, "levelname": "WARNING", "msg": "a\nb %s", "args": (7,)}
    )
    record.station = "gate-1"
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line) | {"at": ""} == {
        "at": "",
        "level": "warning",
        "logger": "hq.ingest.chain",
        "message": "a\nb 7",
        "station": "gate-1",
    }
