"""Letting a station in: an invitation for one station, used once; approval; revocation."""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from checkpoint.events import GENESIS, Json
from checkpoint.wire import VERSION, BadSignature, EnrolRequest, Purpose, check_signature, from_base64, sign
from hq.keys import HqKeys
from hq.refused import Refused
from hq.stations.senders import APPROVED, PENDING, REVOKED, parse
from hq.store import Store
from hq.store.models import invitations, stations

VALID = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Offer:
    """One invitation: the station it is for, and the text to show as a QR code."""

    station: str
    text: str


def invite(
    store: Store, keys: HqKeys, *, url: str, name: str, town: str = "", approve: bool = False, now: datetime
) -> Offer:
    """Make an invitation for one station. With `approve` its answer needs no second look. ValueError: a bad name."""
    if not name.strip():
        raise ValueError("a station needs a name")
    station = _station_id(name)
    token = secrets.token_urlsafe(24)
    with store.writing() as db:
        db.execute(
            sa.insert(invitations).values(
                token_hash=_digest(token),
                station_id=station,
                name=name.strip()[:64],
                town=town.strip()[:64],
                approve=approve,
                created_at=now,
                expires_at=now + VALID,
            )
        )
    shown = {"v": VERSION, "url": url, "token": token, "hq_key": keys.signing_public}
    return Offer(station, json.dumps(shown, separators=(",", ":")))


def enrol(store: Store, keys: HqKeys, fields: Json, now: datetime) -> Json:
    """Take a station's answer to its invitation and return who it is; raise `Refused`."""
    request = parse(EnrolRequest, fields)
    try:
        public_key = from_base64(request.public_key)
        check_signature(Purpose.ENROL, fields, public_key)
    except (ValueError, BadSignature) as error:
        raise Refused(401, "the request is not signed with the key it brings") from error
    with store.writing() as db:
        row = db.execute(
            sa.select(invitations).where(invitations.c.token_hash == _digest(request.token)).with_for_update()
        ).first()
        if row is None:
            raise Refused(403, "no such invitation")
        if row.used_at is not None:
            raise Refused(403, "this invitation was used already: ask for a new one")
        if row.expires_at < now:
            raise Refused(403, "this invitation is too old: ask for a new one")
        db.execute(sa.update(invitations).where(invitations.c.token_hash == row.token_hash).values(used_at=now))
        db.execute(
            sa.insert(stations).values(
                id=row.station_id,
                name=row.name,
                town=row.town,
                public_key=public_key,
                state=APPROVED if row.approve else PENDING,
                enrolled_at=now,
                software=request.software.replace("\x00", "")[:64],
                hash=GENESIS,
            )
        )
    reply = {
        "device": row.station_id,
        "name": row.name,
        "approved": row.approve,
        "seal_key": keys.sealing_public,
    }
    return sign(Purpose.ENROL, reply, keys.signing)


def set_state(store: Store, station: str, state: str) -> bool:
    """Approve or revoke a station; return False where there is none of that name."""
    if state not in {APPROVED, REVOKED}:
        raise ValueError(f"a station is approved or revoked, not {state}")
    with store.writing() as db:
        return bool(db.execute(sa.update(stations).where(stations.c.id == station).values(state=state)).rowcount)


def _station_id(name: str) -> str:
    """Return a readable id that no other station has."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "station"
    return f"{stem}-{secrets.token_hex(4)}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
