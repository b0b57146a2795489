"""Carrying the journal to headquarters, over HTTPS or as files on a stick."""

from checkpoint.sync.client import SyncClient, SyncReport
from checkpoint.sync.enrolment import Enrolment, enrol, parse_invitation
from checkpoint.sync.handed_down import DocumentFolder, HandedDown
from checkpoint.sync.loop import SyncLoop, SyncSettings
from checkpoint.sync.sticks import read_documents, read_receipts, write_batches

__all__ = [
    "DocumentFolder",
    "Enrolment",
    "HandedDown",
    "SyncClient",
    "SyncLoop",
    "SyncReport",
    "SyncSettings",
    "enrol",
    "parse_invitation",
    "read_documents",
    "read_receipts",
    "write_batches",
]
