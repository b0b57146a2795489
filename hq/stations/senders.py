"""Who sends: only what an approved station has signed is looked at any further."""

from typing import TypeVar

import sqlalchemy as sa
from pydantic import ValidationError

from checkpoint.events import Json
from checkpoint.wire import BadSignature, Message, Purpose, check_signature
from hq.refused import Refused
from hq.store import Store
from hq.store.models import stations

APPROVED, PENDING, REVOKED = "approved", "pending", "revoked"


def check_sender(store: Store, purpose: Purpose, fields: Json) -> None:
    """Raise `Refused` unless an approved station has signed `fields`."""
    device = fields.get("device")
    if not isinstance(device, str) or "\x00" in device:
        raise Refused(422, "the message names no station")
    with store.reading() as db:
        row = db.execute(sa.select(stations.c.public_key, stations.c.state).where(stations.c.id == device)).first()
    if row is None:
        raise Refused(401, "no such station")
    try:
        check_signature(purpose, fields, row.public_key)
    except BadSignature as error:
        raise Refused(401, "the signature is not this station's") from error
    if row.state != APPROVED:
        raise Refused(403, f"this station is {row.state}")


M = TypeVar("M", bound=Message)


def parse(model: type[M], fields: Json) -> M:
    """Return the message in `fields`; raise `Refused` where it is not one."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Refused(422, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
