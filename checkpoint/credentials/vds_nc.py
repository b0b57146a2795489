"""ICAO VDS-NC: health proofs in the manner of passports, JSON with a visible digital seal.

The seal carries its signer's certificate, which an authority of the issuing state (CSCA) has signed: what the trust
list holds are the authorities, or single signers. Signed is the canonical form (RFC 8785) of `data`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785

from checkpoint.credential import Credential, Fact, Format, Holder, TestKind, TestReport, TestResult, Vaccination
from checkpoint.credentials import certificate, jwk, keys, strict_json
from checkpoint.credentials.certificate import Certificate
from checkpoint.credentials.chain import is_signed_by
from checkpoint.credentials.hcert import born, day, sampled_at
from checkpoint.credentials.names import is_nameable
from checkpoint.credentials.trust import DEFAULT_POLICY, TrustedKey, TrustList, TrustPolicy
from checkpoint.credentials.untrusted import digest_of, entries, mapping, text_in
from checkpoint.credentials.value_sets import COVID_19, is_state, may_sign_for
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

MAX_BYTES = 8 * 1024

_TEST_KINDS = {
    "molecular(pcr)": TestKind.NAAT,
    "molecular(other)": TestKind.NAAT,
    "antigen": TestKind.ANTIGEN,
}
_TEST_RESULTS = {
    "negative": TestResult.NEGATIVE,
    "not detected": TestResult.NEGATIVE,
    "positive": TestResult.POSITIVE,
    "detected": TestResult.POSITIVE,
}


@dataclass(frozen=True, slots=True)
class Seal:
    """A sealed message, parsed and not yet verified. ``issuer`` is the state it claims to be of."""

    issuer: str
    kind: str
    message: Mapping[str, Any]
    signed: bytes
    algorithm: str
    signature: bytes
    signer: Certificate

    def holds(self) -> bool:
        """Return whether the signature was made with the certificate in the seal: says nothing of whose that is."""
        try:
            return keys.verify(keys.load(self.signer.spki), self.algorithm, self.signature, self.signed)
        except ValueError:
            return False


def is_seal(text: str) -> bool:
    """Return whether a text is a seal, right or broken."""
    return text[:1] in {"{", "["} and all(mark in text for mark in ('"hdr"', '"sig"', '"icao.'))


def parse(text: str) -> Seal:
    """Return the seal in a JSON text, alone or in a list of one; raise `CredentialError`: malformed or too-large."""
    value = strict_json.loads(text.encode(), "seal", MAX_BYTES)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    match value:
        case {
            "data": {"hdr": {"is": str() as issuer, "t": str() as kind}, "msg": {} as message} as data,
            "sig": {"alg": str() as algorithm, "sigvl": str() as signature, "cer": str() as signer},
        }:
            pass
        case _:
            raise CredentialError(Reason.MALFORMED, "seal: not one header, message and signature")
    try:
        return Seal(
            issuer=issuer.strip()[:10],
            kind=kind.strip()[:20],
            message=message,
            signed=rfc8785.dumps(data),
            algorithm=algorithm,
            signature=_base64(signature),
            signer=certificate.parse(_base64(signer)),
        )
    except (ValueError, RecursionError, rfc8785.CanonicalizationError):
        raise CredentialError(Reason.MALFORMED, "seal: a part that cannot be read") from None


@dataclass(frozen=True, slots=True)
class VdsNc:
    """The format: a seal is verified against the authorities in the trust list as it stands at that moment."""

    trust: Callable[[], TrustList]
    policy: TrustPolicy = DEFAULT_POLICY
    name: Format = Format.VDS_NC

    def identify(self, text: str, now: datetime) -> Credential | None:
        """Return the verified proof, None for any other text; raise `CredentialError` where it is bad."""
        if not is_seal(text):
            return None
        seal = parse(text)
        if not seal.holds():
            raise CredentialError(Reason.BAD_SIGNATURE, "not signed by the certificate in it", issuer=seal.issuer)
        trust = self.trust()
        vouching = self._vouching(trust, seal, now)
        if not is_signed_by(seal.signer, vouching.public_key):
            return self._by_trusted_signer(trust, seal, vouching, text, now)
        # ICAO's own specimens name no extended usage; but a key that may sign no data at all is no signer of seals.
        named_another_use = seal.signer.usages and certificate.SEAL_SIGNER not in seal.signer.usages
        if named_another_use or not seal.signer.signs_data:
            raise CredentialError(Reason.KEY_NOT_ALLOWED, "its signer is not one of seals", issuer=seal.issuer)
        for state in (seal.signer.country, vouching.issuer):
            if not may_sign_for(state, seal.issuer):
                raise CredentialError(
                    Reason.KEY_NOT_ALLOWED, f"in another state's name: its signer is one of {state}", issuer=seal.issuer
                )
        if not seal.signer.not_before <= now <= seal.signer.not_after:
            raise CredentialError(Reason.ISSUER_EXPIRED, "outside its signer's validity", issuer=seal.issuer)
        self.policy.in_force(trust, (vouching,), now)
        if _is_revoked(trust, vouching, seal.signer):
            raise CredentialError(Reason.REVOKED, "its signer was revoked", issuer=seal.issuer, kid=vouching.kid)
        issuer = seal.issuer if is_state(seal.issuer) else seal.signer.country or vouching.issuer
        return self._credential(seal, vouching, issuer, text, now)

    def _by_trusted_signer(
        self, trust: TrustList, seal: Seal, signer: TrustedKey, text: str, now: datetime
    ) -> Credential:
        """Return the proof of a signer that is in the trust list itself.

        Nobody signed the certificate in the seal, so nothing that stands in it counts: its validity and its state are
        those that the trust list gives the key.
        """
        if not may_sign_for(signer.issuer, seal.issuer):
            raise CredentialError(
                Reason.KEY_NOT_ALLOWED,
                f"in another state's name: its signer is one of {signer.issuer}",
                issuer=seal.issuer,
            )
        self.policy.in_force(trust, (signer,), now)
        if _is_revoked(trust, signer, seal.signer):
            raise CredentialError(Reason.REVOKED, "its signer was revoked", issuer=seal.issuer, kid=signer.kid)
        return self._credential(seal, signer, seal.issuer if is_state(seal.issuer) else signer.issuer, text, now)

    def _credential(self, seal: Seal, key: TrustedKey, issuer: str, text: str, now: datetime) -> Credential:
        holder, facts, notes = _read(seal, now)
        return Credential(
            format=self.name,
            holder=holder,
            facts=facts,
            issuer=issuer,
            kid=key.kid,
            digest=digest_of(text),
            notes=notes,
        )

    def _vouching(self, trust: TrustList, seal: Seal, now: datetime) -> TrustedKey:
        """Return the trusted authority that signed the signer's certificate, or the trusted signer itself.

        Link certificates have an authority's key once more, with a validity of their own: one that is valid counts
        before one that is not.
        """
        signer = seal.signer
        named = trust.find(self.name, signer.authority_key_id.hex()) if signer.authority_key_id else ()
        candidates = sorted(named or trust.of_format(self.name), key=lambda key: not key.valid_at(now))
        for key in candidates:
            if is_signed_by(signer, key.public_key) or keys.spki(key.public_key) == signer.spki:
                return key
        if trust.is_stale(now, self.policy.max_age):
            raise CredentialError(Reason.TRUST_LIST_STALE, "a newer list may know its authority", issuer=seal.issuer)
        if named:
            raise CredentialError(Reason.BAD_SIGNATURE, "its signer is not who it claims to be", issuer=seal.issuer)
        raise CredentialError(Reason.UNKNOWN_ISSUER, "its authority is not in the trust list", issuer=seal.issuer)


def _is_revoked(trust: TrustList, vouching: TrustedKey, signer: Certificate) -> bool:
    """Return whether the signer's authority took it back, under whichever of its ids the revocation was read."""
    spki = keys.spki(vouching.public_key)
    listed = {kid for kid, serial in trust.revocations.certificates if serial == signer.serial}
    return bool(listed) and (
        not listed.isdisjoint({vouching.kid, signer.authority_key_id.hex()})
        or any(keys.spki(key.public_key) == spki for kid in listed for key in trust.find(Format.VDS_NC, kid))
    )


def _read(seal: Seal, now: datetime) -> tuple[Holder, tuple[Fact, ...], tuple[str, ...]]:
    person = mapping(seal.message.get("pid"), "pid")
    name = " ".join(text_in(person.get("n")).split())
    if not is_nameable(name):
        raise CredentialError(Reason.MALFORMED, "names nobody", field="pid")
    id_number = text_in(person.get("i")) or text_in(person.get("dn"))
    holder = Holder(name=name, born=born(person.get("dob"), now), id_number=id_number)
    match seal.kind:
        case "icao.test":
            facts, notes = _test(seal.message)
        case "icao.vacc":
            facts, notes = _vaccinations(seal.message)
        case _:
            raise CredentialError(Reason.WRONG_KIND, "neither test nor vaccination", issuer=seal.issuer)
    return holder, facts, notes


def _test(message: Mapping[str, Any]) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
    test = mapping(message.get("tr"), "tr")
    taken = mapping(message.get("dat"), "dat")
    looked_for = "".join(text_in(test.get("tc")).casefold().split())
    if looked_for == "antibody":
        return (), ("another-test",)
    kind, result = _TEST_KINDS.get(looked_for), _TEST_RESULTS.get(text_in(test.get("r")).casefold())
    notes = tuple(f"unknown-value {field}" for field, value in (("tc", kind), ("r", result)) if value is None)
    report = TestReport(kind or TestKind.OTHER, result or TestResult.UNCLEAR, sampled_at(taken.get("sc")))
    return (report,), notes


def _vaccinations(message: Mapping[str, Any]) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
    given: list[Vaccination] = []
    for event in entries(message.get("ve")):
        event = mapping(event, "ve")
        if text_in(event.get("dis")) not in COVID_19:
            continue
        product = text_in(event.get("nam"))
        doses = map(_dose, entries(event.get("vd")))
        given += [Vaccination(product, number, 0, day(given_on)) for number, given_on in doses]
    return tuple(given), () if given else ("another-disease",)


def _dose(value: Any) -> tuple[int, Any]:
    dose = mapping(value, "vd")
    number = text_in(str(dose.get("seq", "")))
    return (int(number) if number.isdecimal() and len(number) < 3 else 0), dose.get("dvc")


def _base64(text: str) -> bytes:
    return jwk.decode(text.replace("+", "-").replace("/", "_"))
