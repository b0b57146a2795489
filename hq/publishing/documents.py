"""What headquarters publishes: rule packs, trust lists and revocations, signed once and handed to every station.

Each reply to a station names what it should hold; a station fetches what it lacks, checks the signature, and keeps the
last good version. A published version is never changed: a mistake is mended by the next version.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from checkpoint.events import Json
from checkpoint.policy import RulePack
from checkpoint.policy.signing import key_id as pack_key_id
from checkpoint.policy.signing import open_signed, sign_pack
from checkpoint.policy.succession import outdated_by, tied_with
from checkpoint.published import Document, DocumentKind, open_document, sign_document, version_order
from hq.keys import HqKeys
from hq.publishing.trust import TrustListError, check_revocations, check_trust
from hq.store import Store
from hq.store.models import published

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """One version of a document as headquarters keeps it."""

    kind: DocumentKind
    id: str
    version: str
    effective_from: datetime
    published_at: datetime
    published_by: str
    digest: str

    @property
    def name(self) -> str:
        """The name by which stations ask for it."""
        return f"{self.kind}/{self.id}@{self.version}"


def publish_rules(store: Store, keys: HqKeys, pack: Json, *, by: str, now: datetime) -> Published:
    """Sign a rule pack (its JSON value) and publish it; it takes effect when the pack itself says.

    Raises `RulePackError` where it is not a rule pack, ValueError where stations would not go by it: for a version that
    counts instead, or another pack that comes into force at the same moment for the same travellers.
    """
    envelope = sign_pack(pack, keys.signing)
    opened = open_signed(envelope, {pack_key_id(keys.signing.public_key()): keys.signing.public_key()})
    document = Document(DocumentKind.RULES, opened.id, opened.version, opened.effective_from, envelope.decode())
    return publish(store, keys, document, by=by, now=now, check=lambda db: _check_rules(db, keys, opened, now))


def publish_trust(
    store: Store, keys: HqKeys, trust_list: Json, *, by: str, now: datetime, effective_from: datetime | None = None
) -> Published:
    """Publish a trust list (the JSON of `checkpoint trust import`) under the next version; `TrustListError` if bad."""
    if wrong := check_trust(trust_list, now).wrong:
        raise TrustListError(wrong)
    return _publish_next(store, keys, DocumentKind.TRUST, trust_list, by, now, effective_from)


def publish_revocations(
    store: Store, keys: HqKeys, revocations: Json, *, by: str, now: datetime, effective_from: datetime | None = None
) -> Published:
    """Publish what is revoked (the ``revocations`` of a trust list's JSON) under the next version; else ValueError."""
    check_revocations(revocations)
    return _publish_next(store, keys, DocumentKind.REVOCATIONS, revocations, by, now, effective_from)


def publish(
    store: Store,
    keys: HqKeys,
    document: Document,
    *,
    by: str,
    now: datetime,
    check: Callable[[sa.Connection], None] | None = None,
) -> Published:
    """Sign a document and hand it to every station from now on.

    Raises ValueError where its version is published already, for what stations hold is never replaced under its name,
    and what `check` raises once nobody else can publish; without it, where a higher version is published.
    """
    signed = sign_document(document, keys.signing)
    row = Published(
        document.kind,
        document.id,
        document.version,
        document.effective_from,
        now,
        by,
        hashlib.sha256(signed).hexdigest(),
    )
    with store.writing() as db:
        for held in _versions(db, document.kind, document.id):
            if version_order(held) == document.order or (check is None and version_order(held) > document.order):
                raise ValueError(f"{document.id} {held} is published already: give this one a higher version")
        if check is not None:
            check(db)
        db.execute(
            sa.insert(published).values(
                kind=str(row.kind),
                id=row.id,
                version=row.version,
                effective_from=row.effective_from,
                published_at=now,
                published_by=by,
                digest=row.digest,
                signed=signed,
            )
        )
    return row


def published_documents(db: sa.Connection, kind: DocumentKind | None = None) -> list[Published]:
    """Return everything that was published, the newest first."""
    query = sa.select(*(column for column in published.c if column.name != "signed"))
    if kind is not None:
        query = query.where(published.c.kind == str(kind))
    rows = [Published(DocumentKind(row.kind), *row[1:]) for row in db.execute(query).all()]
    return sorted(rows, key=lambda row: (row.published_at, version_order(row.version)), reverse=True)


def wanted_now(db: sa.Connection, now: datetime) -> list[str]:
    """Return the names of what a station should hold: each document's version in force, and those to come, in order."""
    documents: dict[tuple[DocumentKind, str], list[Published]] = {}
    for row in published_documents(db):
        documents.setdefault((row.kind, row.id), []).append(row)
    names: list[str] = []
    for _, versions in sorted(documents.items()):
        versions.sort(key=lambda row: version_order(row.version))
        in_force = max((n for n, row in enumerate(versions) if row.effective_from <= now), default=0)
        names += [row.name for row in versions[in_force:]]
    return names


def signed_document(db: sa.Connection, name: str) -> bytes:
    """Return the signed bytes of a published document; raise KeyError where there is none of that name."""
    kind, _, rest = name.partition("/")
    id_, _, version = rest.rpartition("@")
    signed = db.execute(
        sa.select(published.c.signed).where(
            published.c.kind == kind, published.c.id == id_, published.c.version == version
        )
    ).scalar()
    if signed is None:
        raise KeyError(name)
    return bytes(signed)


def read_document(db: sa.Connection, name: str, keys: HqKeys) -> Document:
    """Return a published document for people to look at; KeyError: no such one, ValueError: its row was changed."""
    return open_document(signed_document(db, name), keys.signing.public_key().public_bytes_raw())


def _check_rules(db: sa.Connection, keys: HqKeys, pack: RulePack, now: datetime) -> None:
    """Raise ValueError where stations would not go by `pack`, seeing what else is published."""
    held = list(_published_packs(db, keys))
    if newer := outdated_by(pack, held, now):
        raise ValueError(f"{pack.id} {newer.version} is published already: give this one a higher version")
    if rival := tied_with(pack, held, now):
        raise ValueError(
            f"{rival.id} {rival.version} comes into force at the same moment for the same travellers, and neither "
            f"would count: give this one another time, or publish it as the next version of {rival.id}"
        )


def _published_packs(db: sa.Connection, keys: HqKeys) -> Iterator[RulePack]:
    signers = {pack_key_id(keys.signing.public_key()): keys.signing.public_key()}
    for row in published_documents(db, DocumentKind.RULES):
        try:
            yield open_signed(read_document(db, row.name, keys).content.encode(), signers)
        except ValueError as error:  # a row that was changed, or another key's: no station takes it either
            log.warning("%s counts for nothing: %s", row.name, error)


def _publish_next(
    store: Store,
    keys: HqKeys,
    kind: DocumentKind,
    content: Json,
    by: str,
    now: datetime,
    effective_from: datetime | None,
) -> Published:
    with store.reading() as db:
        newest = max((version_order(version)[0] for version in _versions(db, kind, str(kind))), default=0)
    document = Document(
        kind, str(kind), str(newest + 1), effective_from or now, json.dumps(content, ensure_ascii=False)
    )
    return publish(store, keys, document, by=by, now=now)


def _versions(db: sa.Connection, kind: DocumentKind, id_: str) -> list[str]:
    query = sa.select(published.c.version).where(published.c.kind == str(kind), published.c.id == id_)
    return list(db.execute(query).scalars())
