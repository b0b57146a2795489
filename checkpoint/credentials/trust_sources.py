"""Which published list a key came from: what a list is called, and what the import of one changes in what is known.

Lists are kept apart by name, for a newer edition replaces the older one as a whole. The name of a file alone tells
little: every issuer publishes a `jwks.json`, and every ministry a `dsc.pem`. The issuer stands before it, where there
is but one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from checkpoint.credentials import keys
from checkpoint.credentials.trust import TrustedKey, TrustList
from checkpoint.credentials.trust_import import Imported


@dataclass(frozen=True, slots=True)
class Change:
    """What the import of one list makes of what was known.

    ``trust`` is all that is known then. ``source`` is the list's name, empty for revocations alone and for lists of
    this project's own; ``replaced`` are the lists in whose place it stands, and ``gone`` the keys of theirs that nobody
    vouches for any more. ``akin`` says whether it has a key in common with them. ``kept_time`` is the time it keeps
    because it brought nothing new and named no time. ``overlaps`` has the other lists in which keys of it stand, and
    how many.
    """

    trust: TrustList
    source: str = ""
    replaced: tuple[str, ...] = ()
    gone: tuple[TrustedKey, ...] = ()
    akin: bool = True
    kept_time: datetime | None = None
    overlaps: Mapping[str, int] = field(default_factory=dict)


def list_name(file: str, listed: Iterable[TrustedKey]) -> str:
    """Return what a list is called by default: its one issuer and the name of its file, the latter alone else."""
    issuers = {key.issuer for key in listed}
    return f"{issuers.pop()} {file}".strip() if len(issuers) == 1 else file


def take_in(
    known: TrustList,
    imported: Imported,
    *,
    file: str,
    now: datetime,
    name: str = "",
    stated: datetime | None = None,
) -> Change:
    """Return what becomes of `known` where a list that was read from `file` goes in, under `name` or its default one.

    Without a name it replaces what stands under its default name, and besides, lists out of a file of the same name
    that have a key or their one issuer in common with it: an edition of before the issuer was part of the name, or of
    when it had more issuers. A list without a time of its own, or one that was `stated` for it, keeps the time it had
    where it brings what is known already, unless that is yet to come.
    """
    newer = imported.trust
    if imported.own or not newer.keys:
        source, replaced = "", tuple(name for name in newer.sources if name in _sources(known))
    else:
        source = name or list_name(file, newer.keys)
        replaced = tuple(sorted(_editions(known, newer, file, source, named=bool(name))))
        newer = _under(source, newer)
    before = [key for key in known.keys if key.source in replaced]
    kept_time = None
    if before and source and not imported.dated and stated is None and _contents(before) == _contents(newer.keys):
        kept_time = _earliest([known.sources.get(old, known.as_of) for old in replaced], now)
    if kept_time is not None:
        newer = replace(newer, as_of=kept_time, sources={source: kept_time})
    for old in replaced:
        known = known.without(old)
    trust = known.merged_with(newer)
    listed, left = set(map(_identity, newer.keys)), set(map(_identity, trust.keys))
    return Change(
        trust=trust,
        source=source,
        replaced=replaced,
        gone=tuple(key for key in before if _identity(key) not in left),
        akin=not before or any(_identity(key) in listed for key in before),
        kept_time=kept_time,
        overlaps=Counter(key.source for key in known.keys if key.source and _identity(key) in listed),
    )


def _sources(known: TrustList) -> frozenset[str]:
    return frozenset(known.sources) | {key.source for key in known.keys}


def _editions(known: TrustList, newer: TrustList, file: str, source: str, *, named: bool) -> set[str]:
    """Return the known lists that are earlier editions of one that is called `source`."""
    found = {source} & _sources(known)
    if named:
        return found
    listed = set(map(_identity, newer.keys))
    for other in _sources(known):
        if other == file or other.endswith(f" {file}"):
            theirs = [key for key in known.keys if key.source == other]
            if list_name(file, theirs) == source or any(_identity(key) in listed for key in theirs):
                found.add(other)
    return found


def _under(source: str, newer: TrustList) -> TrustList:
    return replace(newer, keys=tuple(replace(key, source=source) for key in newer.keys), sources={source: newer.as_of})


def _earliest(times: Iterable[datetime | None], now: datetime) -> datetime | None:
    """Return the first of some times; one yet to come was the time of nothing, but what a wrong clock said."""
    return min((moment for moment in times if moment is not None and moment <= now), default=None)


def _identity(key: TrustedKey) -> tuple[str, bytes]:
    return key.kid, keys.spki(key.public_key)


def _contents(listed: Iterable[TrustedKey]) -> list[str]:
    """Return all that some keys say, but for the list they came from, in an order of its own."""
    return sorted(str(replace(key, source="").as_json()) for key in listed)
