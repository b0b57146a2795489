"""Headquarters' word for a station's key, renewed with every day's signs of life: it signs travellers' receipts."""

from datetime import datetime, timedelta

from checkpoint.voucher import MAX_NAME_BYTES, Voucher, sign_voucher
from checkpoint.wire import to_base64
from hq.keys import HqKeys

VALID = timedelta(days=7)  # a station out of reach for longer, or revoked, soon signs nothing that counts


def voucher_for(station: str, public_key: bytes, keys: HqKeys, now: datetime) -> str:
    """Return the voucher (base64) for a station's Ed25519 key: the same all day, so that it is stored once a day."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    name = station.encode()[:MAX_NAME_BYTES].decode(errors="ignore")
    return to_base64(sign_voucher(Voucher(name, public_key, today, today + VALID), keys.signing))
