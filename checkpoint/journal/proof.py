"""Proving a whole chain, event by event."""

import json
import sqlite3

from checkpoint.errors import ChainBroken
from checkpoint.events import GENESIS, chain_hash


def prove(db: sqlite3.Connection) -> int:
    """Return the number of events of an unbroken chain; raise `ChainBroken` naming the first bad event.

    Looks for edited, missing, added and re-ordered events, and for a tail cut off behind a receipt of headquarters.
    """
    prev_hash, count, epoch = GENESIS, 0, 0
    for seq, row_epoch, text, hash_ in db.execute("SELECT seq, epoch, canonical, hash FROM events ORDER BY seq"):
        if seq != count + 1:
            raise ChainBroken(count + 1, "is missing")
        if chain_hash(prev_hash, text.encode()) != hash_:
            raise ChainBroken(seq, "was changed after it was written, or does not follow the one before it")
        event = json.loads(text)
        if (event["seq"], event["epoch"]) != (seq, row_epoch) or row_epoch < epoch:
            raise ChainBroken(seq, "stands in another place than it was written")
        prev_hash, count, epoch = bytes(hash_), seq, row_epoch
    for acked_to, acked_hash in db.execute("SELECT acked_to, acked_hash FROM receipts ORDER BY acked_to"):
        if acked_to > count:
            raise ChainBroken(count + 1, f"is missing: headquarters has a receipt up to event {acked_to}")
        stored = db.execute("SELECT hash FROM events WHERE seq = ?", [acked_to]).fetchone()
        if acked_to and bytes(stored[0]) != bytes(acked_hash):
            raise ChainBroken(acked_to, "is not the event headquarters gave a receipt for")
    return count
