"""Where batches are taken in: in this process, or in processes of their own beside it.

Unpacking and proving a batch is processor time that one Python process can give to one thread only. With workers the
process of both doors does none of it: a positive and the desk wait for no batch, and every core takes batches in.
"""

import logging
import multiprocessing
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Protocol

from checkpoint.events import Json
from checkpoint.wire import unpack
from hq.beside import open_beside
from hq.config import Config
from hq.ingest.intake import Ingest
from hq.refused import Refused
from hq.store import STORE_IS_DOWN

log = logging.getLogger(__name__)

STORE_RETRY_S = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What a batch is answered; ``events`` are those taken in."""

    status: int
    fields: Json
    retry_after_s: int | None = None
    events: int = 0


class Batches(Protocol):
    """Takes in batches as they came over the line."""

    def take(self, body: bytes) -> Answer:
        """Take in one packed batch; whatever is wrong with it, or with the store, is an answer."""

    def close(self) -> None:
        """Let what is at work finish."""


class BatchesHere:
    """Takes batches in in the thread that asks."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    def take(self, body: bytes) -> Answer:
        return _take(self._ingest, body)

    def close(self) -> None:
        """Nothing is left at work."""


class BatchWorkers:
    """Takes batches in in so many processes, each with its own connection to the store."""

    def __init__(self, config: Config, count: int, *, json_log: bool = False) -> None:
        """Start them; raises `BrokenProcessPool` where they cannot open headquarters."""
        self._set_up = (config, json_log)
        self._count = count
        self._lock = threading.Lock()
        self._pool = self._started()
        for ready in [self._pool.submit(_ready) for _ in range(count)]:
            ready.result()

    def take(self, body: bytes) -> Answer:
        try:
            with self._lock:
                pool = self._pool
                waiting: Future[Answer] = pool.submit(_take_in_worker, body)
            return waiting.result()
        except BrokenProcessPool:
            log.error("a worker ended by itself; new ones take its place")
            with self._lock:
                if self._pool is pool:
                    pool.shutdown(wait=False)
                    self._pool = self._started()
            return _later()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        # Spawned: a fork would copy the locks of threads that are not there to release them.
        return ProcessPoolExecutor(
            self._count, multiprocessing.get_context("spawn"), initializer=_begin, initargs=self._set_up
        )


def _take(ingest: Ingest, body: bytes) -> Answer:
    try:
        fields = unpack(body)
        reply = ingest.batch(fields)
    except Refused as refused:
        return Answer(refused.status, refused.fields, refused.retry_after_s)
    except ValueError as error:
        return Answer(400, {"error": str(error)})
    except (*STORE_IS_DOWN, OSError):
        log.exception("the store did not take a batch")
        return _later()
    return Answer(200, reply, events=len(fields["events"]))


def _later() -> Answer:
    return Answer(503, {"error": "headquarters cannot store this now"}, STORE_RETRY_S)


# -- in the workers ----------------------------------------------------------------------------------------------------

_ingest: list[Ingest] = []


def _begin(config: Config, json_log: bool) -> None:
    office = open_beside(config, json_log=json_log)
    _ingest.append(Ingest(office.store, office.keys, office.now))


def _ready() -> bool:
    return True


def _take_in_worker(body: bytes) -> Answer:
    return _take(_ingest[0], body)
