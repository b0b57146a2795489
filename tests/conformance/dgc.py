"""The EU's DGC test data: a JSON file a case, with the certificate of its signer and the time to judge by.

Each `EXPECTED...` of a case is checked on the step it names, and tallied by whether it should hold or be rejected; one
that is absent is not tested, and one about a part that the file lacks is skipped. Then the whole code goes through the
product as a traveller's would, with a trust list of this one certificate: under `CHAIN accepted` the cases of which
nothing is expected to fail, under `CHAIN rejected` those of which something is. The case's clock counts where the case
expects something of it; the others have clocks that say nothing, some before the certificate was issued, and are
judged at the moment of issue.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from checkpoint.credentials import CredentialReader, base45, cbor, cose, hcert, trust_entries
from checkpoint.credentials.hc1 import (
    HC1,
    HCERT_CLAIM,
    PREFIX,
    check_usage,
    check_validity,
    claims,
    inflate,
    unpack,
    unprefix,
)
from checkpoint.credentials.trust import DEFAULT_POLICY, TrustedKey, TrustList
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from tests.conformance.expectation import ExpectationResult, Outcome
from vision.qr import Scanner

_CLOCK = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)

CHAIN_STEPS = {
    "EXPECTEDUNPREFIX": {Reason.UNKNOWN_CODE},
    "EXPECTEDB45DECODE": {Reason.MALFORMED},
    "EXPECTEDCOMPRESSION": {Reason.MALFORMED, Reason.TOO_LARGE},
    "EXPECTEDDECODE": {Reason.MALFORMED, Reason.WRONG_KIND},
    "EXPECTEDVERIFY": {Reason.BAD_SIGNATURE, Reason.UNKNOWN_ISSUER, Reason.MALFORMED},
    "EXPECTEDEXPIRATIONCHECK": {Reason.EXPIRED, Reason.NOT_YET_VALID},
    "EXPECTEDKEYUSAGE": {Reason.KEY_NOT_ALLOWED},
    "EXPECTEDSCHEMAVALIDATION": {Reason.MALFORMED, Reason.UNKNOWN_VALUE, Reason.WRONG_KIND},
}
"""The expectations a traveller's code can fail, each with the reasons that fit."""


class Case:
    """One test case: the parts of a certificate, each as it should look after its step."""

    def __init__(self, name: str, data: dict[str, Any]) -> None:
        self.name = name
        self.data = data
        self.expected: dict[str, Any] = data["EXPECTEDRESULTS"]

    @property
    def now(self) -> datetime:
        """The time to judge by."""
        return clock(self.data["TESTCTX"]["VALIDATIONCLOCK"])

    def now_for_chain(self) -> datetime:
        """Return the time to judge the whole code by."""
        if "EXPECTEDEXPIRATIONCHECK" not in self.expected:
            try:
                return claims(self.message()).issued_at or self.now
            except CredentialError:
                pass
        return self.now

    @property
    def key(self) -> TrustedKey:
        """The signer's key, its id derived from its certificate as the specification says."""
        return trust_entries.from_certificate(b64decode(self.data["TESTCTX"]["CERTIFICATE"]))

    def part(self, name: str) -> bytes:
        """Return a part that stands in hexadecimal; where the file lacks it, from the step before."""
        if self.data.get(name) is not None:
            return bytes.fromhex(self.data[name])
        match name:
            case "COMPRESSED":
                return base45.decode(self.data.get("BASE45") or unprefix(self.data["PREFIX"]) or "")
            case "COSE":
                return inflate(self.part("COMPRESSED"))
            case _:
                raise KeyError(name)

    def message(self) -> cose.Sign1:
        """Return the signed message."""
        return cose.parse(self.part("COSE"))


def clock(text: str) -> datetime:
    """Return a case's time, of which a dozen spellings occur; without a zone it is UTC. Raise ValueError otherwise."""
    found = _CLOCK.match(text.strip())
    if found is None:
        raise ValueError(f"no time: {text}")
    year, month, day, hour, minute, second, fraction, zone = found.groups(default="0")
    padded = f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second:0>2}.{fraction[:6]:0<6}"
    return datetime.fromisoformat(padded + ("Z" if zone == "0" else zone.upper())).astimezone(UTC)


def check_unprefix(case: Case) -> bool:
    rest = unprefix(case.data["PREFIX"])
    return rest is not None and rest == case.data.get("BASE45", rest)


def check_base45(case: Case) -> bool:
    decoded = base45.decode(case.data["BASE45"])
    return "COMPRESSED" not in case.data or decoded == case.part("COMPRESSED")


def check_compression(case: Case) -> bool:
    return inflate(case.part("COMPRESSED")) == case.part("COSE")


def check_verify(case: Case) -> bool:
    """The key is looked up by its id, so that a right signature under a wrong id does not pass."""
    message, key = case.message(), case.key
    claims(message)
    return b64decode(key.kid) == message.kid and message.verified_by(key.public_key)


def check_decode(case: Case) -> bool:
    """Some cases state the CBOR of the certificate alone, others that of all claims."""
    stated = cbor.decode(case.part("CBOR"), "the case's CBOR")
    content = claims(case.message()).content
    return stated in (content, content[HCERT_CLAIM], content[HCERT_CLAIM][hcert.DCC])


def check_expiration(case: Case) -> bool:
    check_validity(claims(case.message()), case.now, DEFAULT_POLICY)
    return True


def check_key_usage(case: Case) -> bool:
    content = claims(case.message()).content
    check_usage(case.key, use=hcert.use_of(content.get(HCERT_CLAIM)))
    return True


def check_json(case: Case) -> bool:
    message = unpack(case.data["PREFIX"], PREFIX)
    return is_same(claims(message).content[HCERT_CLAIM][hcert.DCC], case.data["JSON"])


def check_picture(case: Case) -> bool:
    try:
        picture = cv2.imdecode(np.frombuffer(b64decode(case.data["2DCODE"]), np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise ValueError("no picture")
    seen = Scanner().scan(np.asarray(picture, np.uint8))
    return any(code.text == case.data["PREFIX"] for code in seen.codes)


def is_same(found: Any, stated: Any) -> bool:
    """Return whether CBOR and JSON say the same; times may be spelled in any way, and stand as dates in CBOR."""
    if isinstance(found, Mapping) and isinstance(stated, dict):
        return set(found) == set(stated) and all(is_same(found[key], stated[key]) for key in stated)
    if isinstance(found, list | tuple) and isinstance(stated, list):
        return len(found) == len(stated) and all(map(is_same, found, stated))
    if isinstance(stated, str) and isinstance(found, str | datetime) and found != stated:
        return hcert.sampled_at(found) is not None and hcert.sampled_at(found) == hcert.sampled_at(stated)
    return bool(found == stated)


STEPS: dict[str, Callable[[Case], bool]] = {
    "EXPECTEDPICTUREDECODE": check_picture,
    "EXPECTEDUNPREFIX": check_unprefix,
    "EXPECTEDB45DECODE": check_base45,
    "EXPECTEDCOMPRESSION": check_compression,
    "EXPECTEDVERIFY": check_verify,
    "EXPECTEDDECODE": check_decode,
    "EXPECTEDEXPIRATIONCHECK": check_expiration,
    "EXPECTEDKEYUSAGE": check_key_usage,
    "EXPECTEDVALIDJSON": check_json,
}


PARTS_WITHOUT_SUBSTITUTE = {
    "EXPECTEDDECODE": ("CBOR",),
    "EXPECTEDPICTUREDECODE": ("2DCODE",),
    "EXPECTEDVALIDJSON": ("JSON",),
}
"""What an expectation is about and no earlier step can make up for: without it there is nothing to check."""


BROKEN_FILE = (LookupError, ValueError, TypeError, AttributeError)
"""What comes of files with parts missing or of another shape: that case fails, the others go on."""


def run(folder: Path) -> Iterator[ExpectationResult]:
    """Yield the results of all cases below `folder`."""
    for path in sorted(folder.rglob("*.json")):
        name = path.relative_to(folder).as_posix()
        try:
            data = json.loads(path.read_text(encoding="utf-8-sig"))
        except ValueError as error:
            yield ExpectationResult.check("FILE", name, False, str(error))
            continue
        if isinstance(data, dict) and isinstance(data.get("EXPECTEDRESULTS"), dict):
            case = Case(name, data)
            yield from check_steps(case)
            yield from check_chain(case)


def check_steps(case: Case) -> Iterator[ExpectationResult]:
    for expectation, step in STEPS.items():
        expected = case.expected.get(expectation)
        if not isinstance(expected, bool):
            continue
        name = expectation.removeprefix("EXPECTED")
        lacking = [part for part in PARTS_WITHOUT_SUBSTITUTE.get(expectation, ()) if not case.data.get(part)]
        if lacking:
            yield ExpectationResult(name, case.name, Outcome.SKIPPED, f"the file holds no {lacking[0]}")
            continue
        try:
            held, detail = step(case), "does not match"
        except CredentialError as error:
            held, detail = False, str(error)
        except BROKEN_FILE as error:  # the file lacks a part that its expectation is about
            held, detail = False, f"the file itself: {type(error).__name__} {error}"
        if expected:
            yield ExpectationResult.check(name, case.name, held, detail)
        else:
            yield ExpectationResult.check(f"{name} rejected", case.name, not held, "passed, and should not")


def check_chain(case: Case) -> Iterator[ExpectationResult]:
    should_fail = [name for name in CHAIN_STEPS if case.expected.get(name) is False]
    if not should_fail and case.expected.get("EXPECTEDVERIFY") is not True:
        return
    reason: Reason | None = None
    detail = "accepted, and should not be"
    try:
        trust = TrustList((case.key,))
        CredentialReader([HC1(lambda: trust)]).identify(case.data["PREFIX"], case.now_for_chain())
    except CredentialError as error:
        reason, detail = error.reason, str(error)
    except BROKEN_FILE as error:
        yield ExpectationResult.check("FILE", case.name, False, f"{type(error).__name__} {error}")
        return
    if should_fail:
        fitting = set[Reason]().union(*(CHAIN_STEPS[name] for name in should_fail))
        yield ExpectationResult.check("CHAIN rejected", case.name, reason in fitting, detail)
    else:
        yield ExpectationResult.check("CHAIN accepted", case.name, reason is None, detail)
