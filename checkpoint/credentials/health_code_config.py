"""What differs from city to city: how a health code looks, where it is asked after, and how the answer reads.

Vendors number colours differently, one city's 1 is another's red: each issuer states its own, and what it does not
state is unclear, never green.
"""

import re
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from checkpoint.credential import Colour, TestResult

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RequestConfig(_Table):
    """What is asked: field names in the issuer's words. An empty name leaves the field out."""

    method: Literal["POST", "GET"] = Field("POST", description="POST sends JSON, GET a query string")
    token_field: str = Field("token", min_length=1, description="the field of what the code says")
    nonce_field: str = Field("nonce", description="a random text the issuer may repeat in its answer")
    timestamp_field: str = Field("timestamp", description="the field of the time of asking")
    timestamp_unit: Literal["s", "ms"] = Field("s", description="seconds or milliseconds since 1970")
    constants: dict[str, str] = Field(default_factory=dict, description="fields with a fixed value, such as an app id")


class SigningConfig(_Table):
    """A signature over a request, or over an answer."""

    scheme: str = Field(description="hmac-sha256, hmac-sm3, ed25519, sm2, sm2-raw, or one a plug-in registered")
    key_file: Path = Field(description="the key in base64: the secret, or one half of the pair")
    over: Literal["body", "sorted-fields"] = Field(
        "body", description="the bytes as sent, or `name=value` of all fields but the signature, sorted, joined by &"
    )
    place: Literal["header", "field"] = Field("header", description="where the signature stands")
    name: str = Field("X-Signature", min_length=1, description="of the header or field that holds it")
    encoding: Literal["hex", "base64"] = Field("hex", description="how the signature is written")


class AnswerConfig(_Table):
    """Where in the issuer's JSON answer things stand, as names joined by dots; an empty path means: not there."""

    colour: str = Field("colour", min_length=1, description="the colour, in the issuer's own value")
    token: str = Field("token", description="the code the answer is about; checked against the one that was shown")
    nonce: str = Field("", description="what was asked with; an answer that repeats it is no recording")
    answered_at: str = Field("answered_at", description="when the issuer computed it")
    status: str = Field("", description="the issuer's own success code")
    status_ok: tuple[str, ...] = Field(("0", "200"), description="its values that mean success")
    name: str = Field("holder.name", description="whose code it is")
    born: str = Field("holder.born", description="the holder's date of birth")
    id_number: str = Field("holder.id_number", description="the holder's ID number")
    naat_result: str = Field("naat.result", description="the last NAAT result, in the issuer's own value")
    naat_sampled_at: str = Field("naat.sampled_at", description="when that sample was taken")
    naat_hours: str = Field("", description="hours since the last sample, where no time of sampling is given")
    naat_hours_rounded: Literal["down", "up"] = Field(
        "down",
        description="whether whole hours are those that are full (23:59 is 23) or those begun (`within 24 hours`)",
    )


class IssuerConfig(_Table):
    """One city's issuer of health codes."""

    name: str = Field(min_length=1, description="the issuer as pages and the journal name it")
    pattern: str = Field(description="regular expression that the whole code matches; a group `token` is what is asked")
    url: str = Field(description="where a code is asked after: https, or http on this very machine")
    colours: dict[str, Colour] = Field(min_length=1, description="the issuer's values, each with the colour it means")
    results: dict[str, TestResult] = Field(
        default_factory=lambda: {"negative": TestResult.NEGATIVE, "positive": TestResult.POSITIVE},
        description="the issuer's values of a NAAT result, each with what it means",
    )
    timezone: str = Field("Asia/Shanghai", description="of times that the issuer states without one")
    request: RequestConfig = RequestConfig()
    request_signing: SigningConfig | None = None
    answer: AnswerConfig = AnswerConfig()
    answer_signing: SigningConfig | None = None
    max_answer_age_min: float = Field(10.0, gt=0, description="an older answer is stale")
    timeout_s: float = Field(5.0, gt=0, le=30, description="from the question to the whole answer")

    @field_validator("pattern")
    @classmethod
    def _pattern_compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return pattern

    @field_validator("url")
    @classmethod
    def _url_is_safe(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            return url
        if parts.scheme == "http" and parts.hostname in _LOOPBACK:
            return url
        raise ValueError("an issuer is asked over https, or over http on this very machine")

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"no such time zone: {name}")
        return name

    @field_validator("colours")
    @classmethod
    def _colours_are_stated(cls, colours: dict[str, Colour]) -> dict[str, Colour]:
        if Colour.UNKNOWN in colours.values():
            raise ValueError("what means no colour is left out: it is unclear by itself")
        return {value.strip().casefold(): colour for value, colour in colours.items()}

    @model_validator(mode="after")
    def _an_answer_is_told_from_others(self) -> Self:
        repeats_nonce = bool(self.answer.nonce and self.request.nonce_field)
        if not self.answer.answered_at and not repeats_nonce:
            raise ValueError("the answer must state its time or repeat the nonce: else a recording passes for it")
        if not self.answer.token and not repeats_nonce:
            raise ValueError("the answer must state its code or repeat the nonce: else another's passes for it")
        return self
