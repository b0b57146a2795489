"""What headquarters published, as this station keeps it: signed files in a folder, the last good ones in force."""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from checkpoint.durable import write_durably
from checkpoint.published import Document, DocumentKind, open_document

log = logging.getLogger(__name__)


class HandedDown(Protocol):
    """Where documents of headquarters go as they arrive."""

    def held(self) -> frozenset[str]:
        """Return the names of the documents that need not be fetched."""

    def take(self, data: bytes) -> None:
        """Keep a document, and go by it from its time on; raise ValueError where it must not be used, or OSError."""


class DocumentFolder:
    """Signed documents in a folder, one file each, verified again whenever the folder is opened.

    A document that is broken, not signed, or older than the one held is not taken, and what was in force stays so.
    `check` looks into the content of a document before it is kept and raises ValueError where it is no good.
    """

    def __init__(self, folder: Path, hq_key: bytes, check: Callable[[Document], None] = lambda _: None) -> None:
        self._folder = folder
        self._hq_key = hq_key
        self._check = check
        self._documents: dict[str, tuple[Document, str]] = {}
        for file in sorted(folder.glob("*.json")):
            try:
                self._keep(file.read_bytes())
            except (OSError, ValueError) as error:
                log.error("%s is not used: %s", file, error)

    def names(self) -> frozenset[str]:
        """Return the names of the documents held."""
        return frozenset(self._documents)

    def put(self, data: bytes) -> Document | None:
        """Keep a document and return it, None where it is held already; raise ValueError or OSError, changing nothing.

        Older than what is held, or other contents under the same name, is refused: an old list sent again must not
        bring old keys back.
        """
        document = open_document(data, self._hq_key)
        held = self._documents.get(document.name)
        if held is not None:
            if held[1] != _digest(data):
                raise ValueError(f"{document.name} is held with other contents")
            return None
        for other, _ in self._documents.values():
            if (other.kind, other.id) == (document.kind, document.id) and other.order > document.order:
                raise ValueError(f"{document.name} is older than version {other.version}, which is held")
        self._check(document)
        self._folder.mkdir(parents=True, exist_ok=True)
        write_durably(self._folder / f"{document.kind}.{document.id}.{document.version}.json", data)
        self._documents = {**self._documents, document.name: (document, _digest(data))}
        return document

    def in_force(self, kind: DocumentKind, now: datetime) -> Document | None:
        """Return the highest version of a kind whose time has come, None where there is none."""
        due = [document for document, _ in self._documents.values() if document.kind is kind]
        return max((one for one in due if one.effective_from <= now), key=lambda one: one.order, default=None)

    def _keep(self, data: bytes) -> None:
        document = open_document(data, self._hq_key)
        self._check(document)
        self._documents[document.name] = (document, _digest(data))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
