"""Names and numbers as far as they may be seen: enough to tell two people apart, not enough to know who they are."""

from dataclasses import dataclass

from checkpoint.credential import Holder

STARS = "**"


@dataclass(frozen=True, slots=True)
class ShownHolder:
    """Whose code it is, as the page may show it."""

    name: str
    born: str
    id_number: str
    masked: bool

    @property
    def known(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.name or self.id_number)


def mask_name(name: str) -> str:
    """Return a name with only its first letters left; what the issuer masked stays as it is.

    >>> mask_name("张伟国"), mask_name("Erika Mustermann"), mask_name("吴*")
    ('张**', 'E** M**', '吴*')
    """
    return name if "*" in name else " ".join(part[0] + STARS for part in name.split())


def mask_id(number: str) -> str:
    """Return an ID number with only its end left.

    >>> mask_id("330482198405121234")
    '··· 1234'
    """
    return f"··· {number[-4:]}" if len(number) > 6 else "···" if number else ""


def mask_plate(plate: str) -> str:
    """Return a plate with its middle hidden.

    >>> mask_plate("浙F·12345")
    '浙F·**45'
    """
    return f"{plate[:2]}·{STARS}{plate[-2:]}" if len(plate) > 4 else plate and STARS


def shown(holder: Holder, *, masked: bool) -> ShownHolder:
    """Return the holder as the page may show it: masked, the birth date is cut to the year."""
    if not masked:
        return ShownHolder(holder.name, holder.born, holder.id_number, masked=False)
    return ShownHolder(mask_name(holder.name), holder.born[:4], mask_id(holder.id_number), masked=True)
