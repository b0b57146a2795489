"""Every code a traveller can show: told apart, verified, and turned into facts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from checkpoint.credential import Credential, Format
from checkpoint.credentials.trust import TrustedKey, TrustList, TrustPolicy
from checkpoint.credentials.untrusted import digest_of
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

__all__ = [
    "CredentialError",
    "CredentialFormat",
    "CredentialReader",
    "TrustList",
    "TrustPolicy",
    "TrustedKey",
    "digest_of",
]

MAX_CHARACTERS = 7_089
"""What the largest QR code holds of the densest alphabet, digits."""


class CredentialFormat(Protocol):
    """One kind of code."""

    @property
    def name(self) -> Format:
        """The format as it stands in a credential."""

    def identify(self, text: str, now: datetime) -> Credential | None:
        """Return the credential in `text`, None where it is not of this kind; raise `CredentialError` where it is bad.

        `now` is timezone-aware UTC. The error's data names issuers and keys, never the holder.
        """


class CredentialReader:
    """Asks each format in turn whose a text is."""

    def __init__(self, formats: Sequence[CredentialFormat]) -> None:
        self.formats = tuple(formats)

    def identify(self, text: str, now: datetime) -> Credential:
        """Return the credential in `text`.

        Raise `CredentialError`: unknown-code where no format knows the text, too-large where no code could hold
        it, else as the format that knows it says. `now` is timezone-aware UTC.
        """
        if len(text) > MAX_CHARACTERS:
            raise CredentialError(Reason.TOO_LARGE, f"more than {MAX_CHARACTERS} characters")
        text = text.strip("\r\n\t\ufeff").lstrip(" ")  # a space at the end may belong to the code
        if not _encodable(text):
            raise CredentialError(Reason.UNKNOWN_CODE, "not a text that any code of these kinds holds")
        for known in self.formats:
            credential = known.identify(text, now)
            if credential is not None:
                return credential
        raise CredentialError(Reason.UNKNOWN_CODE, "no format knows it", digest=digest_of(text))


def _encodable(text: str) -> bool:
    """Return whether the text is Unicode without lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
