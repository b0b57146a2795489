"""The published examples of SMART Health Cards: QR codes, the token they stand for, its payload, its issuer's keys.

`QR` joins an example's codes and compares the token, `VERIFY` checks its signature by the issuer's published keys,
`PAYLOAD` compares the inflated content, `REVOKED` and `CHAIN` put the whole code through the product, and `TAMPERED`
changes it: every changed code must be refused.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from checkpoint.credential import Format
from checkpoint.credentials import CredentialReader, TrustList, shc
from checkpoint.credentials.shc import SmartHealthCard
from checkpoint.credentials.trust_import import read_trust
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from tests.conformance.expectation import ExpectationResult

_CODE = re.compile(r"(.+)-f-qr-code-numeric-value-\d+\.txt")


@dataclass(frozen=True, slots=True)
class Example:
    """One example: its codes, the token they stand for, and the content of that."""

    name: str
    codes: tuple[str, ...]
    token: str
    payload: bytes

    def reason_at(self, trust: TrustList, now: datetime, codes: tuple[str, ...] | None = None) -> Reason | None:
        """Return why the codes are refused, None where they are accepted."""
        try:
            CredentialReader([SmartHealthCard(lambda: trust)]).identify("\n".join(codes or self.codes), now)
        except CredentialError as error:
            return error.reason
        return None

    def tampered(self) -> Iterator[tuple[str, ...]]:
        """Yield the codes with one pair of digits changed, here and there."""
        for at in range(len(self.codes[0]) // 3, len(self.codes[0]) - 2, len(self.codes[0]) // 7):
            first = self.codes[0]
            yield (first[:at] + ("1" if first[at] != "1" else "2") + first[at + 1 :], *self.codes[1:])


def run(folder: Path) -> Iterator[ExpectationResult]:
    """Yield the results of all examples below `folder`."""
    shown = list(examples(folder))
    trust = TrustList()
    for issuer in sorted(
        {json.loads(example.payload)["iss"] for example in shown}
    ):  # a JWK set does not say whose it is
        for path in sorted(folder.rglob("*.json")):
            if path.name == "jwks.json" or path.parent.name == "crl":
                moment = datetime(2023, 6, 23, tzinfo=UTC)
                published = read_trust(path.read_bytes(), name=f"{issuer} {path.name}", now=moment, issuer=issuer)
                trust = trust.merged_with(published.trust)
    for example in shown:
        yield from check(example, trust)


def examples(folder: Path) -> Iterator[Example]:
    """Yield the examples below `folder`, known by the files of their codes."""
    found: dict[Path, list[str]] = {}
    for path in sorted(folder.rglob("*.txt")):
        if named := _CODE.fullmatch(path.name):
            found.setdefault(path.with_name(named[1]), []).append(path.read_text().strip())
    for stem, codes in found.items():
        payload = stem.with_name(stem.name + "-c-jws-payload-minified.json").read_bytes().strip()
        yield Example(
            stem.relative_to(folder).as_posix(),
            tuple(codes),
            stem.with_name(stem.name + "-d-jws.txt").read_text().strip(),
            payload,
        )


def check(example: Example, trust: TrustList) -> Iterator[ExpectationResult]:
    name = example.name
    try:
        token = shc.join(example.codes)
        card = shc.parse(example.token)
        content = shc.inflate(card.payload)
    except CredentialError as error:
        yield ExpectationResult.check("QR", name, False, str(error))
        return
    yield ExpectationResult.check("QR", name, token == example.token, "another token")
    signers = trust.find(Format.SHC, card.kid)
    yield ExpectationResult.check("VERIFY", name, any(map(card.verified_by, signers)), "signature does not hold")
    same = json.loads(content) == json.loads(example.payload)
    yield ExpectationResult.check("PAYLOAD", name, same, "another content")
    stated = json.loads(example.payload)
    now = datetime.fromtimestamp(stated["nbf"] + 60, UTC)
    reason = example.reason_at(trust, now)
    issued_at = datetime.fromtimestamp(stated["nbf"], UTC)
    if trust.revocations.revokes_card(card.kid, stated["vc"].get("rid", ""), issued_at):
        yield ExpectationResult.check("REVOKED", name, reason is Reason.REVOKED, f"{reason}")
    else:
        yield ExpectationResult.check("CHAIN", name, reason is None, f"{reason}")
    if len(example.codes) > 1:
        reason = example.reason_at(trust, now, example.codes[:-1])
        yield ExpectationResult.check("INCOMPLETE", name, reason is Reason.INCOMPLETE_CODE, f"{reason}")
    for number, changed in enumerate(example.tampered(), start=1):
        reason = example.reason_at(trust, now, changed)
        refused = reason in {Reason.BAD_SIGNATURE, Reason.MALFORMED, Reason.UNKNOWN_ISSUER}
        yield ExpectationResult.check("TAMPERED refused", f"{name} #{number}", refused, f"{reason}")
