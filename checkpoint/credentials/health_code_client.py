"""Asking an issuer after one health code: one question, one answer, within a time, and never twice in a rush."""

import json
import secrets
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, Queue
from typing import Any

import httpx

from checkpoint.credentials import strict_json
from checkpoint.credentials.circuit_breaker import CircuitBreaker
from checkpoint.credentials.health_code_config import IssuerConfig, SigningConfig
from checkpoint.credentials.request_signing import STANDARD_SCHEMES, SigningScheme
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

MAX_ANSWER_BYTES = 64 * 1024
MAX_AT_ONCE = 4
"""Questions under way to one issuer: a gate has a handful of lanes, and a slow issuer must not pile up threads."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the issuer said, of the right shape and rightly signed, but not yet understood."""

    content: Mapping[str, Any]
    nonce: str


@dataclass
class IssuerClient:
    """Asks one issuer.

    `monotonic` gives seconds on a clock that never jumps; `new_nonce` a text nobody can guess. Redirects are not
    followed, whatever `http` would do by itself: a code is asked after at one address.
    """

    issuer: IssuerConfig
    http: httpx.Client
    schemes: Mapping[str, SigningScheme] = field(default_factory=lambda: STANDARD_SCHEMES)
    monotonic: Callable[[], float] = time.monotonic
    new_nonce: Callable[[], str] = lambda: secrets.token_hex(16)

    def __post_init__(self) -> None:
        """Read the keys; raise ValueError or OSError where one is missing or a scheme is unknown."""
        self.breaker = CircuitBreaker(self.monotonic)
        self._under_way = threading.BoundedSemaphore(MAX_AT_ONCE)
        self._request_key = self._key(self.issuer.request_signing)
        self._answer_key = self._key(self.issuer.answer_signing)

    def ask(self, token: str, now: datetime) -> Answer:
        """Return the issuer's answer about `token`.

        Raise `CredentialError`: cannot-verify-offline where there is none within the time, or none is to be had just
        now; issuer-answer-unclear where what came is not an answer of this issuer's.
        """
        if not self._under_way.acquire(blocking=False):
            raise self._offline("too many questions under way")
        if not self.breaker.may_call():
            self._under_way.release()
            raise self._offline("no answer lately, asking again shortly")
        outcome: Queue[Answer | CredentialError] = Queue(maxsize=1)
        # A thread of its own: name lookup and a server that drips a byte a second know no time limit
        threading.Thread(target=self._ask_into, args=(outcome, token, now), daemon=True).start()
        try:
            result = outcome.get(timeout=self.issuer.timeout_s)
        except Empty:
            result = self._offline("no answer in time")
        if isinstance(result, CredentialError):
            if result.reason is Reason.CANNOT_VERIFY_OFFLINE:
                self.breaker.failed()
            else:
                self.breaker.succeeded()
            raise result
        self.breaker.succeeded()
        return result

    def _ask_into(self, outcome: "Queue[Answer | CredentialError]", token: str, now: datetime) -> None:
        try:
            outcome.put(self._ask(token, now))
        except CredentialError as error:
            outcome.put(error)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            outcome.put(self._offline(type(error).__name__))
        finally:
            self._under_way.release()

    def _ask(self, token: str, now: datetime) -> Answer:
        nonce = self.new_nonce()
        deadline = self.monotonic() + self.issuer.timeout_s
        request = self._request(token, nonce, now)
        response = self.http.send(request, stream=True, follow_redirects=False)
        try:
            body = self._body(response, deadline)
        finally:
            response.close()
        return Answer(self._content(response, body), nonce)

    def _request(self, token: str, nonce: str, now: datetime) -> httpx.Request:
        asked = self.issuer.request
        fields = dict(asked.constants)
        fields[asked.token_field] = token
        if asked.nonce_field:
            fields[asked.nonce_field] = nonce
        if asked.timestamp_field:
            seconds = now.timestamp() * (1000 if asked.timestamp_unit == "ms" else 1)
            fields[asked.timestamp_field] = str(int(seconds))
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        signing = self.issuer.request_signing
        if signing is not None and signing.over == "sorted-fields":
            self._place(signing, self._sign(signing, sorted_fields(fields)), fields, headers)
        body = json.dumps(fields, ensure_ascii=False).encode() if asked.method == "POST" else b""
        if signing is not None and signing.over == "body":
            headers[signing.name] = self._sign(signing, body or sorted_fields(fields))
        if asked.method == "GET":
            return self.http.build_request(
                "GET", self.issuer.url, params=fields, headers=headers, timeout=self.issuer.timeout_s
            )
        headers["Content-Type"] = "application/json; charset=utf-8"
        return self.http.build_request(
            "POST", self.issuer.url, content=body, headers=headers, timeout=self.issuer.timeout_s
        )

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        """Return the body of a good answer, read no further than the limit and no longer than the deadline."""
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or response.status_code in _COME_BACK_LATER:
            raise self._offline(f"HTTP {response.status_code}")
        if response.status_code != httpx.codes.OK:
            raise self._unclear(f"HTTP {response.status_code}")
        if response.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            raise self._unclear("not JSON")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise self._unclear("compressed unasked")
        body = b""
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise self._unclear(f"more than {MAX_ANSWER_BYTES} bytes")
            if self.monotonic() > deadline:
                raise self._offline("no answer in time")
        return body

    def _content(self, response: httpx.Response, body: bytes) -> Mapping[str, Any]:
        try:
            content = strict_json.loads(body, "answer", MAX_ANSWER_BYTES)
        except CredentialError:
            raise self._unclear("not JSON") from None
        if not isinstance(content, dict):
            raise self._unclear("not a JSON object")
        signing = self.issuer.answer_signing
        if signing is not None:
            stated = response.headers.get(signing.name) if signing.place == "header" else content.get(signing.name)
            data = body if signing.over == "body" else sorted_fields(content, without=signing.name)
            if not self._is_signed(signing, stated, data):
                raise self._unclear("not signed by the issuer")
        return content

    # Signatures

    def _key(self, signing: SigningConfig | None) -> bytes:
        if signing is None:
            return b""
        if signing.scheme not in self.schemes:
            raise ValueError(f"issuer {self.issuer.name}: no signing scheme {signing.scheme!r}")
        if signing.over == "body" and signing.place == "field":
            raise ValueError(f"issuer {self.issuer.name}: a field cannot hold the signature over the body it stands in")
        return b64decode(signing.key_file.read_text(encoding="ascii").strip(), validate=True)

    def _sign(self, signing: SigningConfig, data: bytes) -> str:
        signature = self.schemes[signing.scheme].sign(self._request_key, data)
        return signature.hex() if signing.encoding == "hex" else b64encode(signature).decode()

    @staticmethod
    def _place(signing: SigningConfig, signature: str, fields: dict[str, str], headers: dict[str, str]) -> None:
        (fields if signing.place == "field" else headers)[signing.name] = signature

    def _is_signed(self, signing: SigningConfig, stated: Any, data: bytes) -> bool:
        if not isinstance(stated, str):
            return False
        try:
            signature = bytes.fromhex(stated) if signing.encoding == "hex" else b64decode(stated, validate=True)
        except ValueError:
            return False
        return self.schemes[signing.scheme].verify(self._answer_key, signature, data)

    def _offline(self, detail: str) -> CredentialError:
        return CredentialError(Reason.CANNOT_VERIFY_OFFLINE, detail, issuer=self.issuer.name)

    def _unclear(self, detail: str) -> CredentialError:
        return CredentialError(Reason.ISSUER_ANSWER_UNCLEAR, detail, issuer=self.issuer.name)


_COME_BACK_LATER = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT})


def sorted_fields(fields: Mapping[str, Any], without: str = "") -> bytes:
    """Return `name=value` of all fields but one, sorted by name, joined by &: what many vendors sign.

    >>> sorted_fields({"token": "t", "app": 7, "sign": "?"}, without="sign")
    b'app=7&token=t'
    """
    return "&".join(f"{name}={_plain(fields[name])}" for name in sorted(fields) if name != without).encode()


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
