"""What a test's station writes and sends, and what headquarters then holds."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import sqlalchemy as sa

from checkpoint.events import Json, Kind, Lane
from checkpoint.journal import Journal
from checkpoint.sync.messages import next_batch
from checkpoint.wire import Purpose, pack, sign
from hq.photos.shelf import FolderShelf
from hq.store.models import alerts, events
from tests.hq.running import Headquarters, Station

HOLDER = {"holder": {"name": "Zhang Wei", "born": "1984", "id_number": "330482198403071234"}, "plate": "浙F12345"}


def cross(journal: Journal, verdict: str = "admit") -> int:
    body = {"crossing": f"c-{journal.head().seq}", "seat": 1, "verdict": verdict, "seat_verdict": verdict}
    reason = "rules-met" if verdict == "admit" else "naat-stale"
    lane = Lane.NOW if verdict == "refuse" else Lane.SOON
    return journal.append(
        Kind.CROSSING_DECIDED, {**body, "reason": reason, "officer": "li"}, personal=HOLDER, lane=lane
    ).seq


def positive(journal: Journal) -> int:
    body = {"test": "t-1", "slot": 4, "outcome": "positive", "verdict": "refuse", "reason": "clear-lines"}
    return journal.append(Kind.TEST_READ, body, lane=Lane.NOW).seq


def held(hq: Headquarters) -> list[int]:
    return [row.seq for row in hq.rows(sa.select(events.c.seq).order_by(events.c.seq))]


def kinds_of_alerts(hq: Headquarters) -> list[str]:
    return sorted(row.kind for row in hq.rows(sa.select(alerts.c.kind)))


def shelf_of(hq: Headquarters) -> FolderShelf:
    assert isinstance(hq.office.shelf, FolderShelf)
    return hq.office.shelf


def post(gate: Station, what: str, fields: Json) -> tuple[int, Json]:
    response = gate.http.post(
        f"{gate.enrolment.url}/sync/v1/{what}", content=pack(fields), headers={"Content-Encoding": "gzip"}
    )
    return response.status_code, response.json()


def pending_batch(gate: Station, after: int = 0) -> Json:
    batch = next_batch(gate.journal, gate.enrolment, after, gate.journal.event(1).moment.wall)
    assert batch is not None
    return batch


def resigned(gate: Station, batch: Json) -> Json:
    return sign(Purpose.BATCH, batch, gate.enrolment.key)


def sent_at_once(hq: Headquarters, batch: Json, times: int) -> list[int]:
    """Send one batch several times in parallel; return the answers."""
    body = pack(batch)
    with ThreadPoolExecutor(times) as senders:
        url = f"{hq.url}/sync/v1/batch"
        waiting = [senders.submit(httpx.post, url, content=body, timeout=60) for _ in range(times)]
        return [answer.result().status_code for answer in waiting]
