"""The first run: a one-time code for whoever stands at the box, and what the set-up's steps do.

A new station has no officers and no password. Whoever can read its console, its service log or its data folder proves
to be at the box by the code written there, and may then set it up until there is an administrator.
"""

import json
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from checkpoint.durable import write_durably
from station.config import Config
from web.officers import OfficerError, lock_out_s

log = logging.getLogger(__name__)

IDENTITY = "identity.json"
CODE_FILE = "set-up-code"
CODE_DIGITS = 8


@dataclass(frozen=True, slots=True)
class LocalIdentity:
    """What an officer set on the station's own pages; it goes before the configuration's name and town."""

    name: str = ""
    town: str = ""
    language: str = ""

    @classmethod
    def load(cls, data: Path) -> "LocalIdentity":
        """Return what is kept in `data`; nothing where the file is missing or spoilt, and then it is logged."""
        try:
            kept = json.loads((data / IDENTITY).read_text("utf-8"))
            return cls(**{key: str(kept.get(key, "")) for key in ("name", "town", "language")})
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, AttributeError):
            log.exception("%s cannot be used; the configuration's name stands", IDENTITY)
            return cls()

    def save(self, data: Path) -> None:
        """Keep it, whole or not at all."""
        kept = {"name": self.name, "town": self.town, "language": self.language}
        write_durably(data / IDENTITY, json.dumps(kept, ensure_ascii=False).encode())

    def over(self, config: Config) -> Config:
        """Return the configuration with what was set here."""
        set_here = {key: value for key, value in (("name", self.name), ("town", self.town)) if value}
        return config.model_copy(update=set_here)


@dataclass(slots=True)
class SetUpCode:
    """The one-time code of one start; wrong tries make the next one wait, as with PINs."""

    file: Path
    now: Callable[[], float] = time.monotonic
    code: str = field(default_factory=lambda: "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS)))
    _wrong: int = 0
    _locked_until: float = 0.0

    def show(self) -> None:
        """Write the code where only somebody at the box can read it: its own file, and the service's log."""
        write_durably(self.file, f"{self.code}\n".encode(), mode=0o600)
        log.warning("no officer yet: open the station's page and type the set-up code %s", self.code)

    def check(self, typed: str) -> None:
        """Return where `typed` is the code, blanks and dashes aside; raise `OfficerError` otherwise."""
        left = self._locked_until - self.now()
        if left > 0:
            raise OfficerError("locked-out", wait_s=left)
        if not secrets.compare_digest("".join(c for c in typed if c.isalnum()).encode(), self.code.encode()):
            self._wrong += 1
            wait = lock_out_s(self._wrong)
            self._locked_until = self.now() + wait
            raise OfficerError("wrong-code", wait_s=wait)
        self._wrong = 0

    def used(self) -> None:
        """The station has an administrator: the code is worth nothing any more."""
        self.code = secrets.token_hex(16)
        self.file.unlink(missing_ok=True)
