"""The rule packs a station holds: which one is in force for a category, at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from checkpoint.crossing import Category
from checkpoint.durable import write_durably
from checkpoint.errors import RulePackError
from checkpoint.policy.rule_pack import RulePack
from checkpoint.policy.signing import open_signed
from checkpoint.policy.succession import Shelved, claimants, outdated_by, tied_with


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A file on the shelf that is not used, and why."""

    file: str
    fault: str


class PackShelf:
    """A folder of rule packs signed by headquarters, over the packs that come with the program.

    A pack that is broken, unsigned or older than the one held is not taken, and what was in force stays in force. One
    whose time has not come is kept, so that a station without a network changes its rules at midnight, but is not used
    before. Every file is verified again when the shelf is opened.
    """

    def __init__(self, folder: Path, hq_keys: Mapping[str, Ed25519PublicKey], shipped: Iterable[RulePack] = ()) -> None:
        self._folder = folder
        self._hq_keys = dict(hq_keys)
        self._shipped = tuple(shipped)
        self._signed: tuple[RulePack, ...] = ()
        self._spoiled: tuple[Spoiled, ...] = ()
        self.reload()

    @property
    def spoiled(self) -> tuple[Spoiled, ...]:
        """Files that were found on the shelf and are not used: worth a word on the health page."""
        return self._spoiled

    def reload(self) -> None:
        """Read the folder again; one bad file does not take the others with it."""
        packs: list[RulePack] = []
        spoiled: list[Spoiled] = []
        for file in sorted(self._folder.glob("*.json")):
            try:
                packs.append(open_signed(file.read_bytes(), self._hq_keys))
            except RulePackError as error:
                spoiled.append(Spoiled(file.name, str(error)))
            except OSError as error:
                spoiled.append(Spoiled(file.name, error.strerror or "unreadable"))
        self._signed, self._spoiled = tuple(packs), tuple(spoiled)

    def put(self, envelope: bytes, now: datetime) -> RulePack:
        """Keep a signed pack and return it; raise `RulePackError` (and change nothing) where it must not be used.

        The same pack again is taken quietly. Refused is other contents under the same version; a version that comes
        too late (`outdated_by`), for an old pack that is sent again must not bring old rules back; and a pack that
        would tie with another (`tied_with`), for neither would count then.
        """
        pack = open_signed(envelope, self._hq_keys)
        same = next((held for held in self._signed if (held.id, held.order) == (pack.id, pack.order)), None)
        if same is not None:
            if same.digest != pack.digest:
                raise RulePackError(f"{pack.id} {pack.version} is held with other contents")
            return same
        if newer := outdated_by(pack, self._signed, now):
            raise RulePackError(f"{pack.id} {pack.version} is older than {newer.version}, which is held")
        if rival := tied_with(pack, self._signed, now):
            raise RulePackError(
                f"{pack.id} {pack.version} would come into force together with {rival.id} {rival.version}, "
                "which is held: neither would count"
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        write_durably(self._folder / f"{pack.id}.{pack.version}.json", envelope)
        self.reload()
        return pack

    def in_force(self, category: Category, now: datetime) -> RulePack | None:
        """Return the pack by which `category` is judged at `now`, None where there is none, or no single one."""
        found = self.claimants(category, now)
        return found[0] if len(found) == 1 else None

    def claimants(self, category: Category, now: datetime) -> tuple[RulePack, ...]:
        """Return the pack in force for `category` at `now`; several where they came into force at the same moment."""
        return claimants(self.list(), category, now)

    def list(self) -> tuple[Shelved, ...]:
        """Return every usable pack, shipped ones first, whether or not its time has come."""
        return (
            *(Shelved(pack, signed=False) for pack in self._shipped),
            *(Shelved(pack, signed=True) for pack in sorted(self._signed, key=lambda p: (p.id, p.order))),
        )
