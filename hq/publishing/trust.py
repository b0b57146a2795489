"""A trust list before it is published: read by the very code that stations read it with, key by key.

One key that stations cannot read would make them refuse the whole list: each is tried here, and what is wrong is said
of the key it is wrong with. Key ids are checked against their keys where the format derives them from the key alone
(SMART Health Cards); those of certificates come from a certificate that is no part of the list.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from checkpoint.credential import Format
from checkpoint.credentials.jwk import thumbprint
from checkpoint.credentials.keys import spki
from checkpoint.credentials.revocation import Revocations, utc_time
from checkpoint.credentials.trust import CLOCK_SKEW, FILE_FORMAT, TrustedKey
from checkpoint.events import Json


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a list, or about one key of it: a code for the page, which key, and what its reader said."""

    code: str
    key: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.code, self.key, self.detail) if part)


@dataclass(frozen=True, slots=True)
class TrustCheck:
    """What a draft of a trust list holds: ``wrong`` forbids to publish it, ``odd`` should be looked at first."""

    value: Json
    issuers: Mapping[str, int]
    wrong: tuple[Finding, ...] = ()
    odd: tuple[Finding, ...] = ()


class TrustListError(ValueError):
    """A trust list that stations could not use; ``findings`` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(map(str, self.findings[:5])))


def check_trust(value: object, now: datetime) -> TrustCheck:
    """Check the JSON value of a trust list; whatever is wrong is a finding, never an error."""
    if not isinstance(value, dict) or value.get("format") != FILE_FORMAT or not isinstance(value.get("keys"), list):
        return TrustCheck({}, {}, (Finding("trust-not-a-list", detail=FILE_FORMAT),))
    wrong: list[Finding] = []
    odd: list[Finding] = []
    keys: list[tuple[str, TrustedKey]] = []
    for number, entry in enumerate(value["keys"], start=1):
        label = _label(number, entry)
        try:
            key = TrustedKey.from_json(entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            wrong.append(Finding("trust-key-unreadable", label, _said(error)))
            continue
        keys.append((label, key))
        wrong += _wrong_with(label, key)
    odd += [Finding("trust-kid-malformed", label) for label, key in keys if not _well_formed(key)]
    odd += _odd_about([key for _, key in keys], value, now)
    wrong += _twice(keys)
    try:
        Revocations.from_json(value.get("revocations") or {})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        wrong.append(Finding("trust-revocations-unreadable", detail=_said(error)))
    try:
        times = [value.get("as_of"), *(value.get("sources") or {}).values()]
        moments = [utc_time(text) for text in times if text is not None]
        if any(moment > now + CLOCK_SKEW for moment in moments):
            wrong.append(Finding("trust-age-to-come", detail=max(moments).isoformat()))
    except (TypeError, ValueError, AttributeError) as error:
        wrong.append(Finding("trust-time-unreadable", detail=_said(error)))
    issuers = Counter(key.issuer for _, key in keys)
    return TrustCheck(value, dict(issuers.most_common()), tuple(wrong), tuple(odd))


def check_trust_text(text: str, now: datetime) -> TrustCheck:
    """Check the text of a draft."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return TrustCheck({}, {}, (Finding("trust-not-json", detail=_said(error)),))
    return check_trust(value, now)


def check_revocations(value: Json) -> None:
    """Raise `TrustListError` where stations could not read these revocations."""
    unknown = set(value) - {"hashes", "card_ids", "certificates"}
    try:
        if unknown:
            raise ValueError(f"not known: {', '.join(sorted(unknown))}")
        Revocations.from_json(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TrustListError([Finding("trust-revocations-unreadable", detail=_said(error))]) from error


def _wrong_with(label: str, key: TrustedKey) -> Iterator[Finding]:
    if not key.issuer.strip():
        yield Finding("trust-no-issuer", label)
    if not key.formats or not key.uses:
        yield Finding("trust-no-use", label)
    if key.not_before is not None and key.not_after is not None and key.not_before > key.not_after:
        yield Finding("trust-never-valid", label)
    if Format.SHC in key.formats and key.kid != _thumbprint(key):
        yield Finding("trust-kid-of-another-key", label)


def _well_formed(key: TrustedKey) -> bool:
    """Return whether a key id is one of its formats: hex for ICAO authorities, base64 else."""
    if not key.kid:
        return False
    try:
        if key.formats == {Format.VDS_NC} and all(digit in "0123456789abcdefABCDEF" for digit in key.kid):
            return True
        base64.b64decode(key.kid.replace("-", "+").replace("_", "/") + "=" * (-len(key.kid) % 4), validate=True)
    except ValueError:
        return False
    return True


def _thumbprint(key: TrustedKey) -> str:
    """Return the id a SMART Health Card names this key by, "" where it is none that may sign them."""
    public = key.public_key
    if not isinstance(public, EllipticCurvePublicKey) or not isinstance(public.curve, SECP256R1):
        return ""
    point = public.public_numbers()
    x, y = (base64.urlsafe_b64encode(n.to_bytes(32, "big")).decode().rstrip("=") for n in (point.x, point.y))
    return thumbprint({"kty": "EC", "crv": "P-256", "x": x, "y": y})


def _twice(keys: Sequence[tuple[str, TrustedKey]]) -> Iterator[Finding]:
    seen: dict[tuple[str, str, bytes], str] = {}
    for label, key in keys:
        for made in sorted(key.formats):
            same = (made, key.kid, spki(key.public_key))
            if same in seen:
                yield Finding("trust-key-twice", label, seen[same])
                break
            seen[same] = label


def _odd_about(keys: Sequence[TrustedKey], value: Json, now: datetime) -> Iterator[Finding]:
    over = sum(key.not_after is not None and key.not_after < now for key in keys)
    to_come = sum(key.not_before is not None and key.not_before > now for key in keys)
    if not any(key.valid_at(now) for key in keys):
        yield Finding("trust-none-valid")
    if over:
        yield Finding("trust-keys-expired", detail=str(over))
    if to_come:
        yield Finding("trust-keys-to-come", detail=str(to_come))
    if value.get("as_of") is None:
        yield Finding("trust-age-unknown")
    ids = Counter((made, key.kid) for key in keys for made in key.formats)
    if shared := sum(number > 1 for number in ids.values()):
        yield Finding("trust-shared-ids", detail=str(shared))


def _label(number: int, entry: Any) -> str:
    known = entry if isinstance(entry, dict) else {}
    told = [str(known[name])[:40] for name in ("issuer", "kid") if isinstance(known.get(name), str)]
    return " ".join([f"#{number}", *told])


def _said(error: Exception) -> str:
    return f"no {error.args[0]}" if isinstance(error, KeyError) and error.args else str(error)[:200]
