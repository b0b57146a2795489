"""City health codes (健康码; GB/T 38961 to 38963): opaque texts that only their issuer can explain.

Nothing is read from the code itself, and nothing from a picture of it: fake screens are public. The colour is what the
issuer answers, mapped by that issuer's own table, and no answer is no colour.
"""

import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from checkpoint.credential import Credential, Fact, Format, HealthStatus, Holder, TestKind, TestReport, TestResult
from checkpoint.credentials.health_code_client import Answer, IssuerClient
from checkpoint.credentials.health_code_config import IssuerConfig
from checkpoint.credentials.request_signing import STANDARD_SCHEMES, SigningScheme
from checkpoint.credentials.trust import CLOCK_SKEW
from checkpoint.credentials.untrusted import digest_of, text_in
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

MAX_CHARACTERS = 4_296
STANDS_FOR = timedelta(hours=1)
"""How long an answer stands once it was taken: everybody is judged anew when the last of a coach has been tested.

How old an answer may be when it is taken is the issuer's setting; what a category asks for is the rule pack's.
"""

MAX_NAAT_HOURS = 24 * 366
_WRITTEN = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T](\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?: ?(Z|[-+]\d{2}:?\d{2}))?", re.ASCII
)
"""Year, month, day, time and zone, as people write them and programs print them."""


@dataclass
class HealthCodeFormat:
    """The format: each issuer's codes are known by its pattern, and asked after at its address and nowhere else.

    A code that stays in view is asked after once: an answer, or its lack, counts for `again_after_s` seconds.
    """

    issuers: Sequence[IssuerConfig]
    http: httpx.Client
    schemes: Mapping[str, SigningScheme] = field(default_factory=lambda: STANDARD_SCHEMES)
    monotonic: Callable[[], float] = time.monotonic
    again_after_s: float = 5.0
    name: Format = Format.HEALTH_CODE

    def __post_init__(self) -> None:
        """Read the issuers' keys; raise ValueError or OSError where one cannot be used."""
        self._clients = [
            (re.compile(issuer.pattern), IssuerClient(issuer, self.http, self.schemes, self.monotonic))
            for issuer in self.issuers
        ]
        self._asked = _Remembered(self.monotonic, self.again_after_s)

    def identify(self, text: str, now: datetime) -> Credential | None:
        """Return what the issuer says of this code, None where it is no issuer's; raise `CredentialError` otherwise.

        cannot-verify-offline: nobody answered. issuer-answer-unclear: the answer is not understood, or not about this
        code. issuer-answer-stale: it was computed too long ago.
        """
        if len(text) > MAX_CHARACTERS:
            return None
        for pattern, client in self._clients:
            found = pattern.fullmatch(text)
            if found is not None:
                token = found.groupdict().get("token") or text
                digest = digest_of(text)
                return self._asked.once(digest, lambda: resolve(client, token, now, digest))  # noqa: B023  called here
        return None


def resolve(client: IssuerClient, token: str, now: datetime, digest: str = "") -> Credential:
    """Return the credential in the issuer's answer about `token`; raise `CredentialError` as `identify` does."""
    return read_answer(client.issuer, client.ask(token, now), token, now, digest)


def read_answer(issuer: IssuerConfig, answer: Answer, token: str, now: datetime, digest: str = "") -> Credential:
    """Return what an answer means by its issuer's own tables; raise `CredentialError`: unclear or stale."""
    content, paths = answer.content, issuer.answer
    if paths.status and _word(_at(content, paths.status)) not in paths.status_ok:
        raise _unclear(issuer, "the issuer reports an error")
    if paths.token and _at(content, paths.token) != token:
        raise _unclear(issuer, "an answer about another code")
    if paths.nonce and _at(content, paths.nonce) != answer.nonce:
        raise _unclear(issuer, "an answer to another question")
    answered_at = _answered_at(issuer, content, now)
    colour = issuer.colours.get(_word(_at(content, paths.colour)))
    if colour is None:
        raise _unclear(issuer, "a colour that is not in the issuer's table")
    facts: list[Fact] = [HealthStatus(colour, answered_at)]
    naat = _naat(issuer, content, answered_at)
    if naat is not None:
        facts.append(naat)
    return Credential(
        format=Format.HEALTH_CODE,
        holder=Holder(
            name=text_in(_at(content, paths.name)),
            born=text_in(_at(content, paths.born)),
            id_number=text_in(_at(content, paths.id_number)),
        ),
        facts=tuple(facts),
        issuer=issuer.name,
        issued_at=answered_at,
        expires_at=answered_at + max(STANDS_FOR, timedelta(minutes=issuer.max_answer_age_min)),
        digest=digest,
    )


def _answered_at(issuer: IssuerConfig, content: Mapping[str, Any], now: datetime) -> datetime:
    """Return when the answer was computed: now, where the nonce in it proves that it was made for this question."""
    if not issuer.answer.answered_at:
        return now
    answered_at = _moment(_at(content, issuer.answer.answered_at), issuer.timezone)
    if answered_at is None or answered_at > now + CLOCK_SKEW:
        raise _unclear(issuer, "no time of the answer, or one to come")
    if now - answered_at > timedelta(minutes=issuer.max_answer_age_min):
        raise CredentialError(
            Reason.ISSUER_ANSWER_STALE, "computed too long ago", issuer=issuer.name, answered_at=answered_at.isoformat()
        )
    return answered_at


def _naat(issuer: IssuerConfig, content: Mapping[str, Any], answered_at: datetime) -> TestReport | None:
    """Return the holder's last NAAT as the answer tells it, None where it tells of none."""
    paths = issuer.answer
    stated = _at(content, paths.naat_result)
    sampled_at = _moment(_at(content, paths.naat_sampled_at), issuer.timezone)
    hours = _at(content, paths.naat_hours)
    if sampled_at is None and _is_number(hours) and 0 <= hours <= MAX_NAAT_HOURS:
        begun = 1 if hours == int(hours) and paths.naat_hours_rounded == "down" else 0
        sampled_at = answered_at - timedelta(hours=hours + begun)  # the oldest it can be
    if stated is None or (isinstance(stated, str) and not stated.strip()):
        return None if sampled_at is None else TestReport(TestKind.NAAT, TestResult.PENDING, sampled_at)
    meanings = {value.strip().casefold(): meaning for value, meaning in issuer.results.items()}
    return TestReport(TestKind.NAAT, meanings.get(_word(stated), TestResult.UNCLEAR), sampled_at)


class _Remembered:
    """Outcomes of the last few questions, so that a code held in view is not asked after with every frame."""

    def __init__(self, monotonic: Callable[[], float], keep_s: float, size: int = 64) -> None:
        self._monotonic = monotonic
        self._keep_s = keep_s
        self._size = size
        self._outcomes: OrderedDict[str, tuple[float, Credential | CredentialError]] = OrderedDict()
        self._under_way: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def once(self, digest: str, ask: Callable[[], Credential]) -> Credential:
        """Return, or raise, what `ask` says, or what it said of the same code a moment ago."""
        with self._lock:
            turn = self._under_way.setdefault(digest, threading.Lock())
        with turn:
            outcome = self._recent(digest)
            if outcome is None:
                try:
                    outcome = ask()
                except CredentialError as error:
                    outcome = error
                self._keep(digest, outcome)
        if isinstance(outcome, CredentialError):
            raise CredentialError(outcome.reason, outcome.detail, **outcome.data)
        return outcome

    def _recent(self, digest: str) -> Credential | CredentialError | None:
        with self._lock:
            moment, outcome = self._outcomes.get(digest, (-math.inf, None))
            return outcome if self._monotonic() - moment < self._keep_s else None

    def _keep(self, digest: str, outcome: Credential | CredentialError) -> None:
        with self._lock:
            self._outcomes[digest] = (self._monotonic(), outcome)
            self._outcomes.move_to_end(digest)
            self._under_way.pop(digest, None)
            while len(self._outcomes) > self._size:
                self._outcomes.popitem(last=False)


def _at(content: Any, path: str) -> Any:
    """Return what stands at a dotted path, None where nothing does."""
    if not path:
        return None
    for name in path.split("."):
        if not isinstance(content, Mapping):
            return None
        content = content.get(name)
    return content


def _word(value: Any) -> str:
    """Return a value as tables spell it: texts trimmed and caseless, whole numbers in digits, anything else as ''."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**9 else ""
    return value.strip().casefold() if isinstance(value, str) else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _moment(value: Any, zone: str) -> datetime | None:
    """Return a time in UTC, in the issuer's zone where it names none; None where it cannot be told.

    As text it is ISO 8601, or written with slashes; in digits `yyyyMMddHHmmss`, or seconds or milliseconds since 1970.

    >>> _moment("2022/3/21 11:59", "Asia/Shanghai") == _moment("20220321115900", "Asia/Shanghai")
    True
    """
    try:
        if isinstance(value, str) and not value.strip().isdecimal():
            return _in_zone(datetime.fromisoformat(_iso(value.strip())), zone)
        if isinstance(value, str):
            value = int(value[:20])
        if _is_number(value) and value >= 10**13:  # milliseconds of the year 2286, and of no test before it
            return _in_zone(datetime.strptime(str(int(value)), "%Y%m%d%H%M%S"), zone)  # noqa: DTZ007  zoned right here
        if _is_number(value):
            return datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _in_zone(moment: datetime, zone: str) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _iso(text: str) -> str:
    """Return a time as ISO 8601 writes it, anything else as it is."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return text
    year, month, day, clock, zone = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}T{clock if clock[1:2] != ':' else '0' + clock}{zone or ''}"


def _unclear(issuer: IssuerConfig, detail: str) -> CredentialError:
    return CredentialError(Reason.ISSUER_ANSWER_UNCLEAR, detail, issuer=issuer.name)
