"""Whose signatures count: the keys of issuers, what each may vouch for, and how old that knowledge is."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from checkpoint.credential import Format
from checkpoint.credentials import keys
from checkpoint.credentials.keys import PublicKey
from checkpoint.credentials.revocation import NOTHING_REVOKED, Revocations, utc_time
from checkpoint.durable import write_durably
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

FILE_FORMAT = "checkpoint-trust-list/1"
CLOCK_SKEW = timedelta(seconds=60)
"""How far the clocks of issuers may be ahead of the station's."""


class Use(StrEnum):
    """What a key may vouch for."""

    TEST = "test"
    VACCINATION = "vaccination"
    RECOVERY = "recovery"


HEALTH_USES = frozenset(Use)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One key of one issuer.

    ``kid`` is the key id as its format states it: base64 of the bytes for HC1, receipts and passes, the JWK thumbprint
    for SMART Health Cards, the subject key id in hex for ICAO authorities. ``formats`` are the kinds of code the key
    may sign, ``uses`` what it may vouch for in them; a key that may sign certificates abroad must never sign a
    station's receipt. Times are UTC, None where the list names none. ``name`` is the
    holder's name for people, ``source`` the list it came from.
    """

    kid: str
    public_key: PublicKey = field(repr=False)
    issuer: str
    formats: frozenset[Format]
    uses: frozenset[Use] = HEALTH_USES
    not_before: datetime | None = None
    not_after: datetime | None = None
    name: str = ""
    source: str = ""

    def valid_at(self, moment: datetime) -> bool:
        """Return whether the key's own validity covers `moment`."""
        return (self.not_before is None or self.not_before <= moment) and (
            self.not_after is None or moment <= self.not_after
        )

    def as_json(self) -> dict[str, Any]:
        """Return the key as it stands in a trust list file."""
        return {
            "kid": self.kid,
            "spki": b64encode(keys.spki(self.public_key)).decode(),
            "issuer": self.issuer,
            "formats": sorted(self.formats),
            "uses": sorted(self.uses),
            "not_before": _iso(self.not_before),
            "not_after": _iso(self.not_after),
            "name": self.name,
            "source": self.source,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TrustedKey":
        """Return the key that `as_json` described; raise KeyError, TypeError or ValueError otherwise."""
        return cls(
            kid=str(data["kid"]),
            public_key=keys.load(b64decode(data["spki"], validate=True)),
            issuer=str(data["issuer"]),
            formats=frozenset(map(Format, data["formats"])),
            uses=frozenset(map(Use, data["uses"])),
            not_before=_moment(data.get("not_before")),
            not_after=_moment(data.get("not_after")),
            name=str(data.get("name", "")),
            source=str(data.get("source", "")),
        )


@dataclass(frozen=True)  # no slots: the index by key id is built once, when it is first asked for
class TrustList:
    """The keys that count, the revocations that are known, and the time both stand for.

    ``as_of`` is the time the oldest source states, else that of its import: it moves when something newer came, never
    because somebody asked. None means that nobody knows. ``sources`` has the time of each list that went in.
    """

    keys: tuple[TrustedKey, ...] = ()
    as_of: datetime | None = None
    revocations: Revocations = NOTHING_REVOKED
    sources: Mapping[str, datetime | None] = field(default_factory=dict)

    @cached_property
    def _by_kid(self) -> Mapping[tuple[Format, str], tuple[TrustedKey, ...]]:
        found: dict[tuple[Format, str], list[TrustedKey]] = {}
        for key in self.keys:
            for made in key.formats:
                found.setdefault((made, key.kid), []).append(key)
        return MappingProxyType({index: tuple(some) for index, some in found.items()})

    def find(self, made: Format, kid: str) -> tuple[TrustedKey, ...]:
        """Return the keys of this id that may sign codes of this format; key ids are short, so there may be several."""
        return self._by_kid.get((made, kid), ())

    def of_format(self, made: Format) -> tuple[TrustedKey, ...]:
        """Return all keys that may sign codes of this format."""
        return tuple(key for key in self.keys if made in key.formats)

    def age(self, now: datetime) -> timedelta | None:
        """Return how old the knowledge is, None where nobody knows."""
        return None if self.as_of is None else now - self.as_of

    def is_stale(self, now: datetime, max_age: timedelta | None) -> bool:
        """Return whether the list is older than `max_age`, or of unknown age; with `max_age` None any age will do.

        One that is dated later than now, or holds a source that is, is of unknown age: that time, or the clock at its
        import, was wrong.
        """
        if max_age is None:
            return False
        age = self.age(now)
        to_come = any(
            moment is not None and moment > now + CLOCK_SKEW for moment in (self.as_of, *self.sources.values())
        )
        return age is None or age > max_age or to_come

    def merged_with(self, newer: "TrustList") -> "TrustList":
        """Return this list with `newer` in it.

        A source that is in both is replaced as a whole, so that a key its issuer withdrew is gone; revocations add up.
        """
        kept = tuple(
            key
            for key in self.keys
            if key.source not in newer.sources and (key.source in self.sources or key not in newer.keys)
        )
        sources = {**self.sources, **newer.sources}
        times = list(sources.values())
        if any(key.source not in sources for key in kept):
            times.append(self.as_of)
        if any(key.source not in newer.sources for key in newer.keys):
            times.append(newer.as_of)
        return TrustList(
            keys=(*kept, *newer.keys),
            as_of=_oldest(times),
            revocations=self.revocations.merged_with(newer.revocations),
            sources=sources,
        )

    def without(self, source: str) -> "TrustList":
        """Return the list without what came from one source; its revocations stay, for nobody knows whose they were."""
        kept = tuple(key for key in self.keys if key.source != source)
        sources = {name: moment for name, moment in self.sources.items() if name != source}
        times = list(sources.values())
        if any(key.source not in sources for key in kept):
            times.append(self.as_of)
        return replace(self, keys=kept, as_of=_oldest(times), sources=sources)

    def with_keys(self, added: Iterable[TrustedKey]) -> "TrustList":
        """Return the list with some keys more."""
        return replace(self, keys=(*self.keys, *added))

    def as_json(self) -> dict[str, Any]:
        """Return the list as it stands in its file."""
        return {
            "format": FILE_FORMAT,
            "as_of": _iso(self.as_of),
            "sources": {name: _iso(moment) for name, moment in self.sources.items()},
            "keys": [key.as_json() for key in self.keys],
            "revocations": self.revocations.as_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TrustList":
        """Return the list that `as_json` described; raise ValueError otherwise."""
        if data.get("format") != FILE_FORMAT:
            raise ValueError(f"not a trust list: format is {data.get('format')!r}, not {FILE_FORMAT!r}")
        try:
            return cls(
                keys=tuple(TrustedKey.from_json(key) for key in data["keys"]),
                as_of=_moment(data.get("as_of")),
                revocations=Revocations.from_json(data.get("revocations") or {}),
                sources={str(name): _moment(text) for name, text in (data.get("sources") or {}).items()},
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a trust list: {error!r}") from error

    def save(self, path: Path) -> None:
        """Write the list to a file as a whole or not at all; raise OSError where that fails."""
        text = json.dumps(self.as_json(), indent=1, ensure_ascii=False)
        write_durably(path, text.encode(), mode=0o644)

    @classmethod
    def load(cls, path: Path) -> "TrustList":
        """Read a file that `save` wrote; raise OSError, or ValueError where it is no trust list."""
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("not a trust list: no JSON object")
        return cls.from_json(data)


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """How a format judges by the trust list: the oldest list to rely on, and how far issuers' clocks may be ahead."""

    max_age: timedelta | None = None
    clock_skew: timedelta = CLOCK_SKEW

    def signers(
        self,
        trust: TrustList,
        made: Format,
        kid: str,
        issuer: str,
        now: datetime,
        verifies: Callable[[TrustedKey], bool],
    ) -> tuple[TrustedKey, ...]:
        """Return the trusted keys of id `kid` for which `verifies(key)` is true, those of the stated issuer first.

        One key may stand in several lists, with other validities and uses in each: what forbids it in one does not undo
        what another allows. Raise `CredentialError`: unknown-issuer (trust-list-stale where a newer list could know
        it), bad-signature.
        """
        candidates = trust.find(made, kid)
        if not candidates:
            if trust.is_stale(now, self.max_age):
                raise CredentialError(Reason.TRUST_LIST_STALE, "a newer list may know this key", kid=kid, issuer=issuer)
            raise CredentialError(Reason.UNKNOWN_ISSUER, "key not in the trust list", kid=kid, issuer=issuer)
        found = sorted(filter(verifies, candidates), key=lambda key: key.issuer != issuer)
        if not found:
            raise CredentialError(Reason.BAD_SIGNATURE, "not signed by the key it names", kid=kid, issuer=issuer)
        return tuple(found)

    def in_force(self, trust: TrustList, signers: Sequence[TrustedKey], now: datetime) -> tuple[TrustedKey, ...]:
        """Return those of some keys that can be relied on now.

        Raise `CredentialError` where there is none: trust-list-stale or issuer-expired.
        """
        first = signers[0]
        if trust.is_stale(now, self.max_age):
            raise CredentialError(Reason.TRUST_LIST_STALE, "import a newer list", kid=first.kid, issuer=first.issuer)
        valid = tuple(key for key in signers if key.valid_at(now))
        if not valid:
            raise CredentialError(
                Reason.ISSUER_EXPIRED, "outside the key's validity", kid=first.kid, issuer=first.issuer
            )
        return valid


DEFAULT_POLICY = TrustPolicy()


def _oldest(times: Iterable[datetime | None]) -> datetime | None:
    """Return the earliest of some times, None where one of them is not known, or there is none."""
    known = list(times)
    return None if None in known else min(filter(None, known), default=None)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else utc_time(text)
