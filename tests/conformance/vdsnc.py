"""Samples of ICAO VDS-NC: seals as JSON, and where a folder has them, the authority and its revocation list.

`RECOGNISED` and `NOT A SEAL` tell seals from other JSON, `SIGNATURE` checks a seal by the certificate in it, `FORGED`
the samples that are named invalid. `TRUSTED` puts a seal through the product with the authority of its folder,
`UNTRUSTED` without any, and `PINNED` with its signer alone trusted. `TAMPERED` changes a seal: each must be refused.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from checkpoint.credential import Format
from checkpoint.credentials import CredentialReader, TrustedKey, TrustList, keys, vds_nc
from checkpoint.credentials.trust_import import read_trust
from checkpoint.credentials.vds_nc import Seal, VdsNc
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from tests.conformance.expectation import ExpectationResult

SUFFIXES = {".json", ".txt"}


def run(folder: Path) -> Iterator[ExpectationResult]:
    """Yield the results of all samples below `folder`."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in SUFFIXES or not (text := path.read_text(encoding="utf-8-sig").strip()).startswith(
            ("{", "[")
        ):
            continue
        for number, sample in enumerate(samples(text)):
            name = path.relative_to(folder).as_posix() + (f" #{number + 1}" if number else "")
            yield from check(name, sample, authorities_of(path.parent))


def samples(text: str) -> list[str]:
    """Return the samples in a file: one, or each of a list."""
    value = json.loads(text)
    return [text] if isinstance(value, dict) else [json.dumps(each, ensure_ascii=False) for each in value]


def authorities_of(folder: Path) -> TrustList:
    """Return the authorities and revocations that lie beside a sample."""
    trust = TrustList()
    for path in sorted(folder.glob("*.der"), key=lambda path: "crl" in path.name.lower()):
        moment = datetime.fromtimestamp(0, UTC)
        trust = trust.merged_with(read_trust(path.read_bytes(), name=path.name, now=moment, known=trust).trust)
    return trust


def reason_for(text: str, trust: TrustList, now: datetime) -> Reason | None:
    """Return why a seal is refused, None where it is accepted."""
    try:
        CredentialReader([VdsNc(lambda: trust)]).identify(text, now)
    except CredentialError as error:
        return error.reason
    return None


def check(name: str, text: str, trust: TrustList) -> Iterator[ExpectationResult]:
    if "hdr" not in text:
        reason = reason_for(text, trust, datetime(2022, 1, 1, tzinfo=UTC))
        yield ExpectationResult.check("NOT A SEAL", name, reason is Reason.UNKNOWN_CODE, f"{reason}")
        return
    yield ExpectationResult.check("RECOGNISED", name, vds_nc.is_seal(text), "not taken for a seal")
    try:
        seal = vds_nc.parse(text)
    except CredentialError as error:
        yield ExpectationResult.check("SIGNATURE", name, False, str(error))
        return
    now = seal.signer.not_before + timedelta(days=365)
    if "invalid" in name.lower():
        reason = reason_for(text, trust, now)
        yield ExpectationResult.check("FORGED", name, reason is Reason.BAD_SIGNATURE, f"{reason}")
        return
    yield ExpectationResult.check("SIGNATURE", name, seal.holds(), "signature does not hold")
    if trust.of_format(Format.VDS_NC):
        reason = reason_for(text, trust, now)
        yield ExpectationResult.check("TRUSTED", name, reason is None, f"{reason}")
    reason = reason_for(text, TrustList(), now)
    yield ExpectationResult.check("UNTRUSTED", name, reason is Reason.UNKNOWN_ISSUER, f"{reason}")
    reason = reason_for(text, pinned(seal), now)
    yield ExpectationResult.check("PINNED", name, reason is None, f"{reason}")
    for what, changed in tampered(json.loads(text)):
        reason = reason_for(json.dumps(changed), pinned(seal), now)
        refused = reason in {Reason.BAD_SIGNATURE, Reason.MALFORMED, Reason.UNKNOWN_ISSUER}
        yield ExpectationResult.check("TAMPERED refused", f"{name}: {what}", refused, f"{reason}")


def pinned(seal: Seal) -> TrustList:
    """Return a trust list of a seal's signer alone."""
    key = TrustedKey("pinned", keys.load(seal.signer.spki), seal.issuer, frozenset({Format.VDS_NC}))
    return TrustList((replace(key, not_before=seal.signer.not_before),))


def tampered(seal: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the seal with each of its texts and numbers changed, one at a time."""
    for path in leaves(seal["data"]):
        changed = json.loads(json.dumps(seal))
        place = changed["data"]
        for step in path[:-1]:
            place = place[step]
        before = place[path[-1]]
        place[path[-1]] = before + 1 if isinstance(before, int) else f"{before}X"
        yield ".".join(map(str, path)), changed


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths to all texts and numbers in a JSON value."""
    match value:
        case dict():
            for key, below in value.items():
                yield from leaves(below, (*path, key))
        case list():
            for index, below in enumerate(value):
                yield from leaves(below, (*path, index))
        case _:
            yield path
