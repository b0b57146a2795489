"""A traveller without a phone: the number of an identity document, typed by an officer. Evidence, but no proof."""

import re
import unicodedata
from datetime import datetime

from checkpoint.credential import Credential, Format, Holder
from checkpoint.credentials.chinese_id import birth_date
from checkpoint.credentials.untrusted import digest_of
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

_OTHER_DOCUMENT = re.compile(r"(?=.*[A-Z])[A-Z0-9]{6,12}", re.ASCII)
"""Passports and travel permits: capitals and digits, with no check that could be made here."""

EARLIEST_BIRTH_YEAR = 1900


def typed_id(text: str, now: datetime, *, name: str = "") -> Credential:
    """Return the holder of a typed number, as unverified evidence without any fact.

    An eighteen-character Chinese identity number is checked and gives the day of birth; any other document is taken as
    typed. Raise `CredentialError` (malformed) where the number cannot be right.
    """
    number = "".join(unicodedata.normalize("NFKC", text).split()).replace("-", "").upper()
    born = ""
    if len(number) == 18:
        try:
            day = birth_date(number)
        except ValueError as error:
            raise CredentialError(Reason.MALFORMED, f"identity number: {error}") from None
        if day.year < EARLIEST_BIRTH_YEAR or day > now.date():
            raise CredentialError(Reason.MALFORMED, "identity number: no such day of birth")
        born = day.isoformat()
    elif not _OTHER_DOCUMENT.fullmatch(number):
        raise CredentialError(Reason.MALFORMED, "neither an identity number nor that of a passport")
    return Credential(
        format=Format.TYPED_ID,
        holder=Holder(name=name.strip(), born=born, id_number=number),
        facts=(),
        issuer="officer",
        verified=False,
        digest=digest_of(number),
    )
