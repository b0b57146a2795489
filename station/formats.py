"""Which kinds of code this program knows, in the order they are asked."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

import httpx

from checkpoint.credential import Credential, Format
from checkpoint.credentials import CredentialFormat, CredentialReader, TrustList, TrustPolicy
from checkpoint.credentials.hc1 import HC1
from checkpoint.credentials.health_code import HealthCodeFormat
from checkpoint.credentials.health_code_config import IssuerConfig
from checkpoint.credentials.lorry_pass import SignedPass, typed_pass
from checkpoint.credentials.receipt import ReceiptFormat
from checkpoint.credentials.shc import SmartHealthCard
from checkpoint.credentials.shc_parts import PartCollector
from checkpoint.credentials.typed_id import typed_id
from checkpoint.credentials.vds_nc import VdsNc
from checkpoint.errors import CheckpointError
from checkpoint.typed import TypedDocument

NO_MAX_AGE = TrustPolicy()


class IssuerError(CheckpointError, ValueError):
    """An issuer in the configuration that cannot be asked: its key is missing or of the wrong form."""


def offline_formats(trust: Callable[[], TrustList], policy: TrustPolicy = NO_MAX_AGE) -> CredentialReader:
    """Return a reader of every code that its issuer signed, by the keys in `trust`: it needs no network."""
    return CredentialReader(_signed(trust, policy))


def station_formats(
    trust: Callable[[], TrustList], policy: TrustPolicy, issuers: Sequence[IssuerConfig], http: httpx.Client
) -> CredentialReader:
    """Return the reader of a station: what is signed, and then what the configured issuers answer for.

    Raises `IssuerError` where an issuer's key cannot be used.
    """
    try:
        asked = HealthCodeFormat(issuers, http)
    except (ValueError, OSError) as error:
        raise IssuerError(f"[[issuers]]: {error}") from error
    return CredentialReader([*_signed(trust, policy, PartCollector()), asked])


def _signed(
    trust: Callable[[], TrustList], policy: TrustPolicy, parts: PartCollector | None = None
) -> list[CredentialFormat]:
    """Return the signed formats; with `parts` a card of several codes may be shown one after another."""
    return [
        HC1(trust, policy),
        SmartHealthCard(trust, policy, parts),
        VdsNc(trust, policy),
        SignedPass(trust, policy),
        ReceiptFormat(trust, policy),
    ]


def typed_credential(document: TypedDocument, now: datetime, zone: tzinfo = UTC) -> Credential:
    """Return what an officer typed as evidence marked unverified; raise `CredentialError` where it is no such thing."""
    match document.format:
        case Format.TYPED_ID:
            return typed_id(document.number, now)
        case Format.LORRY_PASS:
            return typed_pass(document, zone)
        case _:
            raise ValueError(f"{document.format} is shown to the camera, not typed")
