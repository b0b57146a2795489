"""Whatever an approved station sends, properly signed: an answer, never a crash, and what is held stays as it was."""

import copy
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkpoint.clock import ClockTrust, Moment
from checkpoint.events import GENESIS, Event, Json, Kind, Lane, canonical, chain_hash, parse_event
from checkpoint.wire import Purpose, pack, sign, to_base64, unpack
from hq.app import build_app
from hq.config import Config
from hq.office import open_office
from hq.stations.enrolment import invite

NOW = datetime(2022, 3, 20, tzinfo=UTC)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


class SignedIn:
    """An approved station that may send anything."""

    def __init__(self, http: FlaskClient, device: str, key: Ed25519PrivateKey) -> None:
        self.http, self.device, self.key = http, device, key
        self.epochs = itertools.count(2)

    def send(self, what: str, purpose: Purpose, fields: Json) -> int:
        try:
            message = sign(purpose, fields, self.key)
        except (ValueError, TypeError, AttributeError):
            message = {**fields, "sig": "AAAA"}  # nothing that could be signed; it is sent all the same
        try:
            body = pack(message)
        except UnicodeEncodeError:
            return 0  # it cannot even be written
        return self.http.post(f"/sync/v1/{what}", data=body).status_code


@pytest.fixture(scope="module")
def somebody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedIn]:
    folder: Path = tmp_path_factory.mktemp("hq")
    office = open_office(Config(data=folder), lambda: NOW)
    http = build_app(office).test_client()
    offer = invite(office.store, office.keys, url="http://hq", name="x", approve=True, now=NOW)
    key = Ed25519PrivateKey.generate()
    public = to_base64(key.public_key().public_bytes_raw())
    request = {"v": 1, "token": json.loads(offer.text)["token"], "public_key": public}
    assert http.post("/sync/v1/enrol", json=sign(Purpose.ENROL, request, key)).status_code == 200
    yield SignedIn(http, offer.station, key)
    office.store.close()


def a_batch(device: str, body: Json | None = None, text: str | None = None, epoch: int = 1) -> Json:
    event = Event(
        epoch=epoch, seq=1, kind=Kind.TEST_READ, moment=Moment(NOW, 0, "b", ClockTrust.TRUSTED), rules="",
        body=body or {}, commitment=None, photos=(), lane=Lane.NOW, prev_hash=GENESIS, hash=b"",
    )  # fmt: skip
    text = canonical(event).decode() if text is None else text
    hash_ = chain_hash(GENESIS, text.encode()).hex()
    return {
        "v": 1, "device": device, "epoch": epoch, "from": 1, "to": 1, "prev_hash": GENESIS.hex(), "to_hash": hash_,
        "head": {"epoch": epoch, "seq": 1, "hash": hash_}, "sent_at": NOW.isoformat(), "events": [[text, hash_]],
    }  # fmt: skip


def mutated(fields: Json, where: list[Any], value: object) -> Json:
    changed = copy.deepcopy(fields)
    inside: Any = changed
    for step in where[:-1]:
        inside = inside[step]
    inside[where[-1]] = value
    return changed


PLACES = [
    ["v"], ["epoch"], ["from"], ["to"], ["prev_hash"], ["to_hash"], ["head"], ["head", "seq"], ["head", "hash"],
    ["sent_at"], ["events"], ["events", 0], ["events", 0, 0], ["events", 0, 1], ["device"],
]  # fmt: skip

many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(where=st.sampled_from(PLACES), value=json_values)
def test_a_batch_with_any_field_replaced_gets_an_answer(somebody: SignedIn, where: list[Any], value: object) -> None:
    assert somebody.send("batch", Purpose.BATCH, mutated(a_batch(somebody.device), where, value)) < 500


@many
@given(
    body=st.dictionaries(
        st.sampled_from(["verdict", "reason", "slot", "crossing", "outcome", "test", "x"]), json_values
    )
)
def test_an_event_with_any_body_gets_an_answer(somebody: SignedIn, body: Json) -> None:
    epoch = next(somebody.epochs)  # a new one each time: the event is appended
    assert somebody.send("batch", Purpose.BATCH, a_batch(somebody.device, body, epoch=epoch)) == 200


@many
@given(text=st.text(max_size=40) | json_values.map(json.dumps))
def test_a_text_that_is_no_event_gets_an_answer(somebody: SignedIn, text: str) -> None:
    for what, purpose in (("batch", Purpose.BATCH), ("early", Purpose.EARLY)):
        try:
            fields = a_batch(somebody.device, text=text) | {"after": [GENESIS.hex()]}
        except UnicodeEncodeError:
            continue
        assert somebody.send(what, purpose, fields) < 500


@many
@given(fields=st.dictionaries(st.sampled_from(["device", "head", "sent_at", "clock", "rules", "v"]), json_values))
def test_any_heartbeat_gets_an_answer(somebody: SignedIn, fields: Json) -> None:
    beat = {
        "v": 1, "head": {"epoch": 1, "seq": 0, "hash": GENESIS.hex()}, "sent_at": NOW.isoformat(), "clock": "trusted",
        "pending_events": 0, "pending_photos": 0, **fields, "device": somebody.device,
    }  # fmt: skip
    assert somebody.send("heartbeat", Purpose.HEARTBEAT, beat) < 500


@many
@given(data=st.binary(max_size=200))
def test_any_bytes_at_the_door_get_an_answer(somebody: SignedIn, data: bytes) -> None:
    for what in ("batch", "early", "heartbeat", "enrol", f"photo/{'0' * 64}"):
        assert 400 <= somebody.http.post(f"/sync/v1/{what}", data=data).status_code < 500


def test_a_message_that_unpacks_to_far_too_much_is_refused(somebody: SignedIn) -> None:
    bomb = pack({"x": "0" * 50_000_000})
    assert len(bomb) < 100_000
    assert somebody.http.post("/sync/v1/batch", data=bomb).status_code == 400


@given(st.binary(max_size=100))
def test_unpacking_anything_raises_nothing_but_valueerror(data: bytes) -> None:
    with pytest.raises(ValueError):
        unpack(data)


@given(json_values)
def test_parsing_anything_as_an_event_raises_nothing_but_valueerror(value: object) -> None:
    with pytest.raises(ValueError):
        parse_event(json.dumps(value).encode("utf-8", "surrogatepass"), prev_hash=GENESIS, hash_=GENESIS)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_a_message_packs_and_unpacks_to_itself(fields: Json) -> None:
    try:
        packed = pack(fields)
    except UnicodeEncodeError:
        return  # a lone surrogate: not text
    assert unpack(packed) == fields
