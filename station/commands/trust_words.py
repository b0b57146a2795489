"""How `checkpoint trust` words keys, lists, their ages, and what an import changed."""

import shlex
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from checkpoint.credential import Format
from checkpoint.credentials import TrustedKey, TrustList
from checkpoint.credentials.revocation import Revocations
from checkpoint.credentials.trust_sources import Change
from station.commands.output import age_of, dated
from station.trust_file import by_age, too_old


def changes(change: Change) -> Iterator[str]:
    """Yield what an import changed, or left as it was, beyond what its user may have had in mind."""
    if change.source and change.source not in change.replaced:
        for old in change.replaced:
            yield f"takes the place of the list {old!r}, and is now called {change.source!r}"
    if change.gone:
        named = ", ".join(f"{key.kid} ({key.name or key.issuer or 'not named'})" for key in change.gone[:3])
        more = f" and {len(change.gone) - 3} more" if len(change.gone) > 3 else ""
        yield f"{keys_of(len(change.gone))} of its older edition no longer believed: {named}{more}"
    if not change.akin:
        yield "no key in common with what it replaces; where both lists count, import the other again with a --name"
    if change.kept_time is not None:
        yield f"the same keys as before, still of {dated(change.kept_time)}; if it was fetched anew, say when: --as-of"
    for other, count in sorted(change.overlaps.items()):
        yield (
            f"{keys_of(count)} of it in the list {other!r} too; where that is an older edition: "
            f"checkpoint trust remove {shlex.quote(other)}"
        )


def issuer_lines(known: TrustList) -> Iterator[str]:
    """Yield one line an issuer: its name, how many keys it has, and what they are for."""
    by_issuer = grouped(known)
    width = max((len(_named(issuer)) for issuer in by_issuer), default=0)
    for issuer, some in sorted(by_issuer.items()):
        yield f"{_named(issuer):<{width}}  {keys_of(len(some)):>9}  {signed_by(some)}"


def grouped(known: TrustList) -> dict[str, list[TrustedKey]]:
    """Return the keys of each issuer."""
    by_issuer: dict[str, list[TrustedKey]] = {}
    for key in known.keys:
        by_issuer.setdefault(key.issuer, []).append(key)
    return by_issuer


def list_lines(known: TrustList, now: datetime, max_age: timedelta, zone: tzinfo) -> Iterator[str]:
    """Yield a line for each list, the oldest first, with whether a gate takes it; then what is revoked, and the sum."""
    late = too_old(known, now, max_age)
    for name, moment in by_age(known):
        yield f"list {name}: {age_of(moment, now, zone)}" + (", TOO OLD" if name in late else "")
    if known.revocations.total:
        yield f"revoked: {revoked(known.revocations)}"
    yield f"{keys_of(len(known.keys))} of {counted(len(grouped(known)), 'issuer')}{whole_age(known, now, zone)}"


def too_old_for_a_gate(known: TrustList, now: datetime, max_age: timedelta) -> str:
    """Return that a gate holds every signed code by this list, and which of its lists is why; "" where it does not."""
    if not known.is_stale(now, max_age):
        return ""
    late = ", ".join(too_old(known, now, max_age))
    return (
        f"too old{f' ({late})' if late else ''}: a list may be {days(max_age)} old ([trust] max_age_days), "
        "and a gate holds every signed code by an older one"
    )


def whole_age(known: TrustList, now: datetime, zone: tzinfo = UTC) -> str:
    """Return how old a list is that has keys, after a comma; revocations alone have no age."""
    return f", {age_of(known.as_of, now, zone)}" if known.keys else ""


def revoked(revocations: Revocations) -> str:
    """Return how many of what is revoked."""
    counts = {
        "card id": sum(map(len, revocations.card_ids.values())),
        "certificate": len(revocations.hashes),
        "signer": len(revocations.certificates),
    }
    return ", ".join(counted(count, noun) for noun, count in counts.items() if count) or "nothing"


def days(span: timedelta) -> str:
    """Return a number of days in words.

    >>> days(timedelta(days=30))
    '30 days'
    """
    number = span / timedelta(days=1)
    return f"{number:g} day{'' if number == 1 else 's'}"


def keys_of(count: int) -> str:
    """Return how many keys."""
    return counted(count, "key")


def counted(count: int, noun: str) -> str:
    """Return how many of something.

    >>> counted(2, "list")
    '2 lists'
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def described(key: TrustedKey, now: datetime) -> str:
    """Return a key in one line: its id, what it may sign, its validity, its holder and its list."""
    begins, ends = (f"{moment:%Y-%m-%d}" if moment else "" for moment in (key.not_before, key.not_after))
    validity = f"{begins or '...'} to {ends or '...'}" if begins or ends else "validity not stated"
    state = "" if key.valid_at(now) else " (not valid now)"
    return f"{key.kid}  {signed_by([key])}  {validity}{state}  {key.name or 'not named'}  [{key.source or 'no list'}]"


def signed_by(some: Iterable[TrustedKey]) -> str:
    """Return which codes some keys may sign, and what health codes of theirs may say."""
    some = tuple(some)
    signs = ", ".join(sorted({made for key in some for made in key.formats}))
    uses = {use for key in some if key.formats & {Format.HC1, Format.SHC} for use in key.uses}
    return f"{signs}: {', '.join(sorted(uses))}" if uses else signs


def _named(issuer: str) -> str:
    return issuer or "(no issuer named)"
