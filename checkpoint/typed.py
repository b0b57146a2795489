"""What an officer types off a document where there is no code to read."""

from dataclasses import dataclass
from datetime import date

from checkpoint.credential import Format


@dataclass(frozen=True, slots=True)
class TypedDocument:
    """A document as it was typed: its number, and what else stands on a lorry pass.

    ``format`` is `Format.TYPED_ID` or `Format.LORRY_PASS`; ``valid_until``: the last day of a pass, in the station's
    own time, None where it was not typed.
    """

    format: Format
    number: str
    plate: str = ""
    trailer: str = ""
    route: str = ""
    valid_until: date | None = None
