"""City health codes against a real HTTP service: only a clear, fresh, true answer has a colour."""

import gzip
import hashlib
import hmac
import json
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from checkpoint.credential import Colour, Credential, Format, HealthStatus, Holder, TestKind, TestReport, TestResult
from checkpoint.credentials import CredentialReader
from checkpoint.credentials.health_code import HealthCodeFormat
from checkpoint.credentials.health_code_client import sorted_fields
from checkpoint.credentials.health_code_config import AnswerConfig, IssuerConfig, RequestConfig, SigningConfig
from checkpoint.credentials.request_signing import STANDARD_SCHEMES
from checkpoint.credentials.trust import CLOCK_SKEW
from checkpoint.errors import CredentialError
from checkpoint.policy import guards
from checkpoint.reasons import Reason
from tests.checkpoint.credentials.issuer_service import IssuerService, Question, Reply, serving, wait_until

NOW = datetime(2022, 3, 20, 8, 0, tzinfo=UTC)
TOKEN = "8d2f0c6e4b5a49f1"
CODE = f"https://hc.example.cn/q?t={TOKEN}"
PATTERN = r"https://hc\.example\.cn/q\?t=(?P<token>[0-9a-f]{16})"
JSON = {"Content-Type": "application/json"}
PENDING = TestReport(TestKind.NAAT, TestResult.PENDING, datetime(2022, 3, 20, 3, tzinfo=UTC))
COLOURS = {"green": Colour.GREEN, "yellow": Colour.YELLOW, "red": Colour.RED}


def answer(**changes: Any) -> dict[str, Any]:
    """Return a good answer with some of its parts replaced."""
    return {
        "token": TOKEN,
        "colour": "green",
        "answered_at": "2022-03-20T07:59:00Z",
        "holder": {"name": "张伟", "born": "1988-08-08", "id_number": "330482198808080011"},
        "naat": {"result": "negative", "sampled_at": "2022-03-20 11:00:00"},
        **changes,
    }


def issuer(url: str, **changes: Any) -> IssuerConfig:
    return IssuerConfig(
        **{"name": "Pinghu", "pattern": PATTERN, "url": url, "colours": COLOURS, "timeout_s": 1.0, **changes}
    )


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def ask(http: httpx.Client, config: IssuerConfig, text: str = CODE) -> Credential:
    return CredentialReader([HealthCodeFormat([config], http)]).identify(text, NOW)


def reason_of(http: httpx.Client, reply: Reply, **config: Any) -> Reason:
    """Return why an answer is not believed; fail where it is."""
    with serving(lambda _: reply) as service, pytest.raises(CredentialError) as caught:
        ask(http, issuer(service.url, **config))
    shown = repr(caught.value) + repr(caught.value.data)
    assert not any(word in shown for word in ("张伟", "1988", TOKEN))
    return caught.value.reason


def test_a_green_answer_names_the_holder_and_the_last_naat(http: httpx.Client) -> None:
    with serving(lambda _: Reply(answer())) as service:
        found = ask(http, issuer(service.url))
    assert found.format is Format.HEALTH_CODE
    assert found.issuer == "Pinghu"
    assert found.holder == Holder("张伟", "1988-08-08", "330482198808080011")
    assert found.facts == (
        HealthStatus(Colour.GREEN, datetime(2022, 3, 20, 7, 59, tzinfo=UTC)),
        TestReport(TestKind.NAAT, TestResult.NEGATIVE, datetime(2022, 3, 20, 3, tzinfo=UTC)),  # Shanghai's 11:00
    )
    assert service.questions[0].fields["token"] == TOKEN


@pytest.mark.parametrize(
    ("table", "stated", "colour"),
    [
        ({"1": "green", "2": "red"}, 1, Colour.GREEN),
        ({"1": "red", "2": "green"}, 1, Colour.RED),
        ({"绿码": "green", "黄码": "yellow"}, " 黄码 ", Colour.YELLOW),
        ({"GREEN": "green"}, "Green", Colour.GREEN),
    ],
)
def test_each_issuer_numbers_its_colours_its_own_way(
    http: httpx.Client, table: dict[str, str], stated: object, colour: Colour
) -> None:
    with serving(lambda _: Reply(answer(colour=stated))) as service:
        found = ask(http, issuer(service.url, colours=table))
    assert found.facts[0] == HealthStatus(colour, datetime(2022, 3, 20, 7, 59, tzinfo=UTC))


@pytest.mark.parametrize("stated", ["grey", "init", "", None, True, 0, 1.0, ["green"], {"green": 1}, "green;red"])
def test_a_colour_outside_the_issuers_table_is_unclear_never_green(http: httpx.Client, stated: object) -> None:
    assert reason_of(http, Reply(answer(colour=stated))) is Reason.ISSUER_ANSWER_UNCLEAR


def test_a_stale_answer_is_told_apart_from_an_unclear_one(http: httpx.Client) -> None:
    old = answer(answered_at="2022-03-20T07:49:00Z")
    assert reason_of(http, Reply(old)) is Reason.ISSUER_ANSWER_STALE
    for stated in ("2022-03-20T08:10:00Z", "soon", None, "", {}):
        assert reason_of(http, Reply(answer(answered_at=stated))) is Reason.ISSUER_ANSWER_UNCLEAR


@pytest.mark.parametrize(
    "reply",
    [
        Reply(answer(token="0" * 16)),
        Reply(answer(token=None)),
        Reply(body=b'{"colour": "red", "colour": "green"}'),
        Reply(body=b"not json"),
        Reply(body=b"[" * 60_000),
        Reply(content=["green"]),
        Reply(answer(), headers={"Content-Type": "text/html"}),
        Reply(answer(), headers={}),
        Reply(body=gzip.compress(json.dumps(answer()).encode()), headers={**JSON, "Content-Encoding": "gzip"}),
        Reply(answer(padding="x" * 70_000)),
        Reply(answer(), status=404),
        Reply(answer(), status=204),
        Reply(answer(), status=401),
    ],
    ids=lambda reply: f"{reply.status} {str(reply.content or reply.body)[:30]}",
)
def test_a_lying_or_confused_service_is_unclear(http: httpx.Client, reply: Reply) -> None:
    assert reason_of(http, reply) is Reason.ISSUER_ANSWER_UNCLEAR


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed(http: httpx.Client, status: int) -> None:
    http.follow_redirects = True  # what the client would do by itself does not matter
    with serving(lambda _: Reply(answer())) as elsewhere:
        moved = Reply(status=status, headers={"Location": elsewhere.url, "Content-Type": "application/json"}, body=b"")
        assert reason_of(http, moved) is Reason.ISSUER_ANSWER_UNCLEAR
        assert elsewhere.questions == []


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_service_in_trouble_cannot_verify(http: httpx.Client, status: int) -> None:
    assert reason_of(http, Reply(answer(), status=status)) is Reason.CANNOT_VERIFY_OFFLINE


def test_a_service_that_is_down_cannot_verify(http: httpx.Client) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(CredentialError) as caught:
            ask(http, issuer(url))
    assert caught.value.reason is Reason.CANNOT_VERIFY_OFFLINE


@pytest.mark.parametrize(
    "reply", [Reply(answer(), delay_s=30), Reply(answer(), drip_s=0.2)], ids=["silent", "dripping"]
)
def test_a_slow_service_costs_no_more_than_the_time_limit(http: httpx.Client, reply: Reply) -> None:
    with serving(lambda _: reply) as service:
        started = time.monotonic()
        with pytest.raises(CredentialError) as caught:
            ask(http, issuer(service.url, timeout_s=0.3))
        assert time.monotonic() - started < 15  # seconds: not the minute the service would take
    assert caught.value.reason is Reason.CANNOT_VERIFY_OFFLINE


def test_a_code_held_in_view_is_asked_after_once(http: httpx.Client) -> None:
    clock = [0.0]
    with serving(lambda _: Reply(answer())) as service:
        codes = HealthCodeFormat([issuer(service.url)], http, monotonic=lambda: clock[0])
        for _ in range(30):
            assert codes.identify(CODE, NOW)
        assert len(service.questions) == 1
        clock[0] = 6.0
        assert codes.identify(CODE, NOW)
        assert len(service.questions) == 2


def test_lanes_that_see_one_code_together_ask_once(http: httpx.Client) -> None:
    with serving(lambda _: Reply(answer(), delay_s=0.1)) as service:
        codes = HealthCodeFormat([issuer(service.url)], http)
        lanes = [threading.Thread(target=codes.identify, args=(CODE, NOW)) for _ in range(5)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        assert len(service.questions) == 1


def test_a_silent_service_is_left_in_peace_and_tried_again_later(http: httpx.Client) -> None:
    clock, reply = [0.0], Reply(status=503)
    with serving(lambda _: reply) as service:
        codes = HealthCodeFormat([issuer(service.url)], http, monotonic=lambda: clock[0])

        def reason_for(number: int) -> Reason | None:
            try:
                codes.identify(f"https://hc.example.cn/q?t={number:016x}", NOW)
            except CredentialError as error:
                return error.reason
            return None

        for number in range(10):
            assert reason_for(number) is Reason.CANNOT_VERIFY_OFFLINE
        assert len(service.questions) == 3  # then the breaker opened
        clock[0] = 31.0
        reply = Reply(answer(token=f"{99:016x}"))
        assert reason_for(99) is None
        assert len(service.questions) == 4


def test_an_unclear_answer_does_not_stop_the_questions(http: httpx.Client) -> None:
    with serving(lambda _: Reply(answer(colour="grey"))) as service:
        codes = HealthCodeFormat([issuer(service.url)], http)
        for number in range(6):
            with pytest.raises(CredentialError):
                codes.identify(f"https://hc.example.cn/q?t={number:016x}", NOW)
        assert len(service.questions) == 6


def test_questions_to_a_hanging_service_do_not_pile_up(http: httpx.Client) -> None:
    with serving(lambda _: Reply(answer(), delay_s=30)) as service:
        codes = HealthCodeFormat([issuer(service.url, timeout_s=0.5)], http)
        reasons: list[Reason] = []

        def ask_for(number: int) -> None:
            with pytest.raises(CredentialError) as caught:
                codes.identify(f"https://hc.example.cn/q?t={number:016x}", NOW)
            reasons.append(caught.value.reason)

        lanes = [threading.Thread(target=ask_for, args=(number,)) for number in range(12)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        assert set(reasons) == {Reason.CANNOT_VERIFY_OFFLINE}
        assert len(service.questions) <= 4


# Signatures


def key_file(folder: Path, key: bytes) -> Path:
    path = folder / f"{hashlib.sha256(key).hexdigest()[:8]}.key"
    path.write_text(b64encode(key).decode() + "\n")
    return path


def test_a_request_is_signed_by_a_shared_secret(http: httpx.Client, tmp_path: Path) -> None:
    signing = SigningConfig(scheme="hmac-sha256", key_file=key_file(tmp_path, b"secret"))
    with serving(lambda _: Reply(answer())) as service:
        ask(http, issuer(service.url, request_signing=signing))
    (asked,) = service.questions
    assert asked.headers["X-Signature"] == hmac.new(b"secret", asked.body, "sha256").hexdigest()


def test_a_request_is_signed_over_its_sorted_fields(http: httpx.Client, tmp_path: Path) -> None:
    signing = SigningConfig(
        scheme="hmac-sm3", key_file=key_file(tmp_path, b"secret"), over="sorted-fields", place="field", name="sign"
    )
    request = RequestConfig(method="GET", token_field="code", constants={"appId": "gate-7"}, timestamp_unit="ms")
    with serving(lambda _: Reply(answer())) as service:
        ask(http, issuer(service.url, request_signing=signing, request=request))
    (asked,) = service.questions
    assert asked.fields["appId"] == "gate-7"
    assert asked.fields["timestamp"] == "1647763200000"
    expected = STANDARD_SCHEMES["hmac-sm3"].sign(b"secret", sorted_fields(asked.fields, without="sign"))
    assert asked.fields["sign"] == expected.hex()


@pytest.fixture
def signed(tmp_path: Path) -> tuple[Ed25519PrivateKey, SigningConfig]:
    """An issuer's key, and the configuration by which its answers are checked."""
    key = Ed25519PrivateKey.generate()
    return key, SigningConfig(
        scheme="ed25519", key_file=key_file(tmp_path, key.public_key().public_bytes_raw()), encoding="base64"
    )


def test_an_answer_signed_by_its_issuer_counts(
    http: httpx.Client, signed: tuple[Ed25519PrivateKey, SigningConfig]
) -> None:
    key, signing = signed

    def reply(_: Question) -> Reply:
        body = json.dumps(answer()).encode()
        signature = b64encode(key.sign(body)).decode()
        return Reply(body=body, headers={"Content-Type": "application/json", "X-Signature": signature})

    with serving(reply) as service:
        assert ask(http, issuer(service.url, answer_signing=signing)).facts


@pytest.mark.parametrize("stated", [None, "", "!!", b64encode(bytes(64)).decode()])
def test_an_answer_without_its_issuers_signature_does_not(
    http: httpx.Client, signed: tuple[Ed25519PrivateKey, SigningConfig], stated: str | None
) -> None:
    headers = {"Content-Type": "application/json"} | ({} if stated is None else {"X-Signature": stated})
    reply = Reply(answer(), headers=headers)
    assert reason_of(http, reply, answer_signing=signed[1]) is Reason.ISSUER_ANSWER_UNCLEAR


def test_a_replayed_answer_does_not_count(http: httpx.Client) -> None:
    fresh = AnswerConfig(nonce="nonce", answered_at="")
    with serving(lambda asked: Reply(answer(nonce=asked.fields["nonce"]))) as service:
        assert ask(http, issuer(service.url, answer=fresh)).issued_at == NOW
    assert reason_of(http, Reply(answer(nonce="recorded")), answer=fresh) is Reason.ISSUER_ANSWER_UNCLEAR


def test_a_city_may_bring_a_scheme_of_its_own(http: httpx.Client, tmp_path: Path) -> None:
    class Own:
        def sign(self, key: bytes, data: bytes) -> bytes:
            return b"own:" + key

        def verify(self, key: bytes, signature: bytes, data: bytes) -> bool:
            return signature == b"own:" + key

    signing = SigningConfig(scheme="own", key_file=key_file(tmp_path, b"k"))
    with serving(lambda _: Reply(answer())) as service:
        config = issuer(service.url, request_signing=signing)
        with pytest.raises(ValueError, match="no signing scheme 'own'"):
            HealthCodeFormat([config], http)
        HealthCodeFormat([config], http, schemes={"own": Own()}).identify(CODE, NOW)
    assert service.questions[0].headers["X-Signature"] == b"own:k".hex()


# Answers in other cities' words


@pytest.mark.parametrize(
    ("rounded", "hours", "reckoned"),
    [
        ("down", 24, timedelta(hours=25)),  # it may be 24 hours and 59 minutes old
        ("down", 23, timedelta(hours=24)),
        ("down", 24.0, timedelta(hours=25)),
        ("down", 23.5, timedelta(hours=23.5)),
        ("up", 24, timedelta(hours=24)),
    ],
)
def test_whole_hours_since_the_last_sample_stand_for_the_oldest_it_can_be(
    http: httpx.Client, rounded: Any, hours: float, reckoned: timedelta
) -> None:
    paths = AnswerConfig(naat_hours="naat.hours", naat_hours_rounded=rounded, status="code", status_ok=("0",))
    told = answer(code=0, naat={"result": "阴性", "hours": hours})
    with serving(lambda _: Reply(told)) as service:
        found = ask(http, issuer(service.url, answer=paths, results={"阴性": "negative", "阳性": "positive"}))
    answered_at = datetime(2022, 3, 20, 7, 59, tzinfo=UTC)
    assert found.facts[1] == TestReport(TestKind.NAAT, TestResult.NEGATIVE, answered_at - reckoned)


@pytest.mark.parametrize(
    "stated",
    [
        "2022-03-20 11:00:00",
        "2022-03-20T11:00",
        "2022/03/20 11:00",
        "2022/3/20 11:00:00",
        "2022/03/20 11:00:00 +0800",
        "2022-03-20T03:00:00Z",
        "20220320110000",
        20220320110000,
        1647745200,
        "1647745200",
        1647745200000,
    ],
)
def test_a_time_is_understood_in_the_spellings_of_issuers(http: httpx.Client, stated: object) -> None:
    with serving(lambda _: Reply(answer(naat={"result": "negative", "sampled_at": stated}))) as service:
        (_, report) = ask(http, issuer(service.url)).facts
    assert isinstance(report, TestReport)
    assert report.sampled_at == datetime(2022, 3, 20, 3, tzinfo=UTC)


@pytest.mark.parametrize("stated", ["20221320110000", 99999999999999, "2022/13/20 11:00", "20/03/2022 11:00", 10**18])
def test_a_time_that_cannot_be_is_none(http: httpx.Client, stated: object) -> None:
    with serving(lambda _: Reply(answer(naat={"result": "negative", "sampled_at": stated}))) as service:
        assert ask(http, issuer(service.url)).facts[1] == TestReport(TestKind.NAAT, TestResult.NEGATIVE, None)


def test_an_answer_may_be_ahead_by_what_the_rules_allow_and_no_more(http: httpx.Client) -> None:
    with serving(lambda _: Reply(answer(answered_at="2022-03-20T08:01:00Z"))) as service:
        assert ask(http, issuer(service.url)).facts
    ahead = Reply(answer(answered_at="2022-03-20T08:01:01Z"))
    assert reason_of(http, ahead) is Reason.ISSUER_ANSWER_UNCLEAR
    assert CLOCK_SKEW == guards.CLOCK_SKEW


def test_an_error_code_of_the_issuer_is_unclear(http: httpx.Client) -> None:
    paths = AnswerConfig(status="code")
    assert reason_of(http, Reply(answer(code=10002)), answer=paths) is Reason.ISSUER_ANSWER_UNCLEAR


@pytest.mark.parametrize(
    ("naat", "report"),
    [
        ({"result": "positive"}, TestReport(TestKind.NAAT, TestResult.POSITIVE, None)),
        ({"result": "weak", "sampled_at": "no"}, TestReport(TestKind.NAAT, TestResult.UNCLEAR, None)),
        ({"result": None, "sampled_at": "2022-03-20 11:00:00"}, PENDING),
        ({"result": "", "sampled_at": "2022-03-20 11:00:00"}, PENDING),
        ({"result": None, "sampled_at": "no"}, None),
        ({"result": 0.0}, TestReport(TestKind.NAAT, TestResult.UNCLEAR, None)),
        ({}, None),
        (None, None),
    ],
)
def test_a_naat_is_told_as_far_as_the_answer_goes(http: httpx.Client, naat: Any, report: TestReport | None) -> None:
    with serving(lambda _: Reply(answer(naat=naat))) as service:
        assert ask(http, issuer(service.url)).facts[1:] == ((report,) if report else ())


def test_other_texts_are_no_issuers_and_ask_nobody(http: httpx.Client) -> None:
    with serving(lambda _: Reply(answer())) as service:
        codes = HealthCodeFormat([issuer(service.url)], http)
        for text in ("", "hello", CODE + "&x=1", "https://hc.example.cn.evil.example/q?t=" + TOKEN, "x" * 9_000):
            assert codes.identify(text, NOW) is None
        assert service.questions == []


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://hc.example.cn/verify"},
        {"url": "ftp://127.0.0.1/"},
        {"pattern": "("},
        {"colours": {}},
        {"colours": {"grey": "unknown"}},
        {"timezone": "Mars/Olympus"},
        {"answer": {"answered_at": ""}},
        {"answer": {"token": ""}},
        {"answer": {"token": "", "nonce": "nonce"}, "request": {"nonce_field": ""}},
        {"colors": {"1": "green"}},
    ],
)
def test_a_configuration_that_could_mislead_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        issuer(**{"url": "https://hc.example.cn/verify", **changes})


def test_the_station_gives_up_waiting_but_not_the_gate(http: httpx.Client) -> None:
    """A late answer of one question is no answer to the next."""
    replies = [Reply(answer(), delay_s=0.4), Reply(answer(token=f"{1:016x}", colour="red"))]
    with serving(lambda _: replies.pop(0)) as service:
        codes = HealthCodeFormat([issuer(service.url, timeout_s=0.2)], http)
        with pytest.raises(CredentialError):
            codes.identify(CODE, NOW)
        wait_until(lambda: len(service.questions) == 1)
        found = codes.identify(f"https://hc.example.cn/q?t={1:016x}", NOW + timedelta(seconds=1))
        assert found is not None
        assert found.facts[0].colour is Colour.RED  # type: ignore[union-attr]


def test_the_service_is_a_fake_that_can_be_closed_in_mid_answer() -> None:
    service = IssuerService(lambda _: Reply(answer(), delay_s=60))
    service.close()
