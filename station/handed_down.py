"""What headquarters hands down, put to work: rule packs on the shelf, trust lists and revocations over the file's."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from checkpoint.credentials import TrustList
from checkpoint.credentials.revocation import Revocations
from checkpoint.events import Kind, wall_text
from checkpoint.journal import Journal
from checkpoint.policy import PackShelf
from checkpoint.policy.signing import key_id, open_signed
from checkpoint.published import Document, DocumentKind, open_document
from checkpoint.sync import DocumentFolder


class HandedDownTrust:
    """The trust list among the documents of headquarters."""

    def __init__(self, documents: DocumentFolder, now: Callable[[], datetime]) -> None:
        self._documents = documents
        self._now = now
        self._lock = threading.Lock()
        self._parsed: tuple[tuple[str, ...], TrustList | None] = ((), None)

    @classmethod
    def in_folder(cls, folder: Path, hq_key: bytes, now: Callable[[], datetime]) -> "HandedDownTrust":
        """Return what stands in a station's folder, for a command beside it; ``now``: the wall clock, UTC."""
        return cls(DocumentFolder(folder, hq_key, check=_readable), now)

    def __call__(self) -> TrustList | None:
        """Return the trust list in force, revocations in it; None where headquarters published neither.

        The same object is returned until something else is in force.
        """
        now = self._now()
        trust = self._documents.in_force(DocumentKind.TRUST, now)
        revoked = self._documents.in_force(DocumentKind.REVOCATIONS, now)
        names = tuple(document.name for document in (trust, revoked) if document)
        with self._lock:
            if names != self._parsed[0]:
                known = TrustList.from_json(json.loads(trust.content)) if trust else TrustList()
                if revoked:
                    listed = Revocations.from_json(json.loads(revoked.content))
                    known = replace(known, revocations=known.revocations.merged_with(listed))
                self._parsed = (names, known)
            return self._parsed[1]


class HandedDownDocuments:
    """Takes documents as they arrive; each that is taken is an event, and the last good ones stay in force."""

    def __init__(
        self, folder: Path, hq_key: bytes, shelf: PackShelf, journal: Journal, now: Callable[[], datetime]
    ) -> None:
        """`hq_key`: headquarters' Ed25519 public key, 32 bytes. `now`: the wall clock, UTC."""
        self._hq_key = hq_key
        self._shelf = shelf
        self._journal = journal
        self._now = now
        self._documents = DocumentFolder(folder, hq_key, check=_readable)
        self.trust = HandedDownTrust(self._documents, now)

    def held(self) -> frozenset[str]:
        """Return the names of the documents that need not be fetched."""
        packs = (shelved.pack for shelved in self._shelf.list() if shelved.signed)
        return self._documents.names() | {f"{DocumentKind.RULES}/{pack.id}@{pack.version}" for pack in packs}

    def take(self, data: bytes) -> None:
        """Keep a document, and go by it from its time on; raise ValueError (and change nothing) where it is no good."""
        document = open_document(data, self._hq_key)
        told = {"version": document.version, "effective_from": wall_text(document.effective_from)}
        if document.kind is DocumentKind.RULES:
            envelope, key = document.content.encode(), Ed25519PublicKey.from_public_bytes(self._hq_key)
            pack = open_signed(envelope, {key_id(key): key})
            if (pack.id, pack.version) != (document.id, document.version):
                raise ValueError(f"{document.name} holds {pack.id} {pack.version}")
            known = document.name in self.held()
            self._shelf.put(envelope, self._now())
            if not known:
                self._journal.append(Kind.RULES_CHANGED, {"pack": pack.id, **told, "by": "headquarters"})
        elif self._documents.put(data) is not None:
            self._journal.append(Kind.TRUST_CHANGED, {"document": str(document.kind), **told, "by": "headquarters"})


def _readable(document: Document) -> None:
    """Raise ValueError unless the content of a trust list or of revocations can be used."""
    try:
        content = json.loads(document.content)
        match document.kind:
            case DocumentKind.TRUST:
                TrustList.from_json(content)
            case DocumentKind.REVOCATIONS:
                Revocations.from_json(content)
            case DocumentKind.RULES:
                raise ValueError("rules stand on their own shelf")
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{document.name} cannot be read: {error!r}") from error
