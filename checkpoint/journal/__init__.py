"""The journal: what a station has seen and done, hash-chained, durable before anything is shown."""

from checkpoint.events import Head
from checkpoint.journal.described import Described, describe
from checkpoint.journal.generations import BackupMade, Generation, generations
from checkpoint.journal.journal import Journal
from checkpoint.journal.log import LogPage, LogQuery
from checkpoint.journal.outbox import Outbox, Pending
from checkpoint.journal.recovery import Recovery, open_or_recover
from checkpoint.journal.restore import Restored, finish_interrupted, is_interrupted, is_other_work, look_at, restore
from checkpoint.journal.seal import Seal

__all__ = [
    "BackupMade",
    "Described",
    "Generation",
    "Head",
    "Journal",
    "LogPage",
    "LogQuery",
    "Outbox",
    "Pending",
    "Recovery",
    "Restored",
    "Seal",
    "describe",
    "finish_interrupted",
    "generations",
    "is_interrupted",
    "is_other_work",
    "look_at",
    "open_or_recover",
    "restore",
]
