"""Simulated stations for the benchmarks of headquarters: real keys, real chains, real signed batches, no camera."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkpoint.events import GENESIS, Json, chain_hash, wall_text
from checkpoint.wire import MOST_BYTES, MOST_EVENTS, VERSION, Purpose, pack, sign, to_base64
from hq.store import Store
from hq.store.models import stations

TOWNS = ("Danghu", "Zhapu", "Xincang", "Duship", "Linghu", "Guangchen", "Xindai", "Caoqiao")
VERDICTS = ("admit",) * 94 + ("hold",) * 5 + ("refuse",)


@dataclass(slots=True)
class SimStation:
    """A station that only writes crossings and sends them. ``head`` is the hash of its newest event."""

    device: str
    town: str
    key: Ed25519PrivateKey
    random: random.Random
    seq: int = 0
    head: bytes = GENESIS
    pending: list[list[str]] = field(default_factory=list)
    before: bytes = GENESIS  # the hash before the first pending event

    def cross(self, at: datetime, verdict: str = "") -> list[str]:
        """Write one crossing with its sealed personal record, as it would travel."""
        verdict = verdict or self.random.choice(VERDICTS)
        body: Json = {
            "crossing": f"{self.random.getrandbits(48):012x}",
            "officer": "陈警官",
            "reason": "rules-met" if verdict == "admit" else "naat-stale",
            "seat": 1,
            "seat_verdict": verdict,
            "evidence": {"health_code": "green", "naat": "negative", "naat_hours": self.random.randrange(1, 24)},
            "verdict": verdict,
        }
        return self.write("crossing-decided", body, at, lane=0 if verdict == "refuse" else 2, personal=True)

    def write(self, kind: str, body: Json, at: datetime, *, lane: int, personal: bool = False) -> list[str]:
        """Write one event. Its keys are ASCII and its numbers whole, so that sorting them is RFC 8785 already."""
        self.seq += 1
        text = json.dumps(
            {
                "epoch": 1,
                "seq": self.seq,
                "kind": kind,
                "wall": wall_text(at),
                "boot_ms": self.seq * 1000,
                "boot_id": "boot-1",
                "clock": "trusted",
                "rules": "pinghu-road-2022-03-20@1",
                "body": body,
                "commitment": self.random.randbytes(32).hex() if personal else None,
                "photos": [],
                "lane": lane,
            },
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ":"),
        )
        self.head = chain_hash(self.head, text.encode())
        item = [text, self.head.hex()]
        if personal:
            item += [to_base64(self.random.randbytes(180)), to_base64(self.random.randbytes(80))]
        self.pending.append(item)
        return item

    def batch(self, sent_at: datetime) -> Json | None:
        """Take the next batch of pending events, signed; None where nothing is pending."""
        taken: list[list[str]] = []
        size = 0
        for item in self.pending[:MOST_EVENTS]:
            size += sum(map(len, item))
            if taken and size > MOST_BYTES:
                break
            taken.append(item)
        if not taken:
            return None
        first = self.seq - len(self.pending) + 1
        del self.pending[: len(taken)]
        fields: Json = {
            "v": VERSION,
            "device": self.device,
            "epoch": 1,
            "from": first,
            "to": first + len(taken) - 1,
            "prev_hash": self.before.hex(),
            "to_hash": taken[-1][1],
            "head": {"epoch": 1, "seq": self.seq, "hash": self.head.hex()},
            "sent_at": wall_text(sent_at),
            "events": taken,
        }
        self.before = bytes.fromhex(taken[-1][1])
        return sign(Purpose.BATCH, fields, self.key)

    def early(self, item: list[str], after: bytes, sent_at: datetime) -> Json:
        """Return the signed message that carries one event ahead of its turn."""
        fields: Json = {
            "v": VERSION,
            "device": self.device,
            "epoch": 1,
            "sent_at": wall_text(sent_at),
            "after": [after.hex()],
            "events": [item],
        }
        return sign(Purpose.EARLY, fields, self.key)


def fleet(count: int, seed: int = 1) -> list[SimStation]:
    """Return `count` stations; the same seed gives the same keys and the same crossings."""
    made = []
    for number in range(count):
        dice = random.Random(seed * 1_000_003 + number)
        key = Ed25519PrivateKey.from_private_bytes(dice.randbytes(32))
        made.append(SimStation(f"sim-{number:05d}", TOWNS[number % len(TOWNS)], key, dice))
    return made


def enrol_all(store: Store, stations_: list[SimStation], now: datetime) -> None:
    """Put the stations on headquarters' list, approved."""
    rows = [
        {
            "id": one.device,
            "name": f"卡点 {one.device}",
            "town": one.town,
            "public_key": one.key.public_key().public_bytes_raw(),
            "state": "approved",
            "enrolled_at": now,
            "hash": GENESIS,
        }
        for one in stations_
    ]
    with store.writing() as db:
        db.execute(sa.insert(stations), rows)


def packed_day(station: SimStation, crossings: int, start: datetime, lasts: timedelta) -> Iterator[bytes]:
    """Yield one station's day as packed batches."""
    for number in range(crossings):
        station.cross(start + lasts * (number / crossings))
        if len(station.pending) == MOST_EVENTS:
            yield from _drained(station, start + lasts)
    yield from _drained(station, start + lasts)


def _drained(station: SimStation, at: datetime) -> Iterator[bytes]:
    while (batch := station.batch(at)) is not None:
        yield pack(batch)
