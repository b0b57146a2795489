"""The journal's tables, as migrations that run once each.

``events`` holds the facts and nothing else. ``log`` is a narrow read model of them, so that a filter never has to read
whole events; it can be rebuilt. ``personal`` stands beside the chain and may be destroyed. The rest remembers what
headquarters has.
"""

import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

from checkpoint.errors import JournalTooNew

migrations = Migrations("checkpoint-journal")

LOG_COLUMNS = ("verdict", "reason", "officer", "crossing", "slot", "test", "lot")
"""Taken from an event's body as it is appended."""


@migrations()
def facts(db: Database) -> None:
    """The chain, its read model, the personal records beside it, and which photo belongs to which event."""
    db.table("events").create(
        {"seq": int, "epoch": int, "canonical": str, "hash": bytes},
        pk="seq",
        not_null={"epoch", "canonical", "hash"},
    )
    # Nobody edits a fact by mistake. Somebody who means to can drop this trigger; the chain is what tells on them.
    db.execute(
        "CREATE TRIGGER events_are_facts BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are facts'); END"
    )
    db.table("log").create(
        {
            "seq": int,
            "at": str,
            "kind": str,
            "lane": int,
            "verdict": str,
            "reason": str,
            "officer": str,
            "crossing": str,
            "slot": int,
            "test": str,
            "lot": str,
        },
        pk="seq",
        foreign_keys=[("seq", "events", "seq")],
        not_null={"at", "kind", "lane"},
    )
    for column in ("kind", "lane", *LOG_COLUMNS):
        db.table("log").create_index([column, "seq"])
    db.table("log").create_index(["at"])
    db.table("personal").create(
        {"seq": int, "ciphertext": bytes, "station_key": bytes, "hq_key": bytes},
        pk="seq",
        foreign_keys=[("seq", "events", "seq")],
        not_null={"ciphertext"},
    )
    db.table("event_photos").create(
        {"seq": int, "sha256": str},
        pk=("seq", "sha256"),
        foreign_keys=[("seq", "events", "seq")],
    )
    db.table("event_photos").create_index(["sha256"])


@migrations()
def what_headquarters_has(db: Database) -> None:
    """Receipts and cursors: never more than headquarters has signed for."""
    db.table("receipts").create(
        {"acked_to": int, "epoch": int, "acked_hash": bytes, "text": str, "sig": bytes},
        pk="acked_to",
        not_null={"epoch", "acked_hash", "text", "sig"},
    )
    db.table("early_sent").create({"seq": int}, pk="seq")
    db.table("photos_sent").create({"sha256": str}, pk="sha256")
    db.table("notes").create({"name": str, "value": str}, pk="name", not_null={"value"})


@migrations()
def photos_to_send(db: Database) -> None:
    """What is still to be sent, kept by triggers: counting it must not cost more as the years of sent photos grow."""
    db.table("photos_due").create({"sha256": str}, pk="sha256")
    db.execute(
        "INSERT INTO photos_due (sha256) "
        "SELECT DISTINCT sha256 FROM event_photos WHERE sha256 NOT IN (SELECT sha256 FROM photos_sent)"
    )
    db.execute(
        "CREATE TRIGGER photo_named AFTER INSERT ON event_photos "
        "WHEN NOT EXISTS (SELECT 1 FROM photos_sent WHERE sha256 = NEW.sha256) "
        "BEGIN INSERT OR IGNORE INTO photos_due (sha256) VALUES (NEW.sha256); END"
    )
    db.execute(
        "CREATE TRIGGER photo_sent AFTER INSERT ON photos_sent "
        "BEGIN DELETE FROM photos_due WHERE sha256 = NEW.sha256; END"
    )
    db.execute(
        "CREATE TRIGGER photo_missing AFTER DELETE ON photos_sent "
        "WHEN EXISTS (SELECT 1 FROM event_photos WHERE sha256 = OLD.sha256) "
        "BEGIN INSERT OR IGNORE INTO photos_due (sha256) VALUES (OLD.sha256); END"
    )


@migrations()
def plates_to_find(db: Database) -> None:
    """By which entries a plate is found: a token that only this station's key makes, gone with the personal record."""
    db.table("plates").create(
        {"seq": int, "token": bytes}, pk=("seq", "token"), foreign_keys=[("seq", "events", "seq")]
    )
    db.table("plates").create_index(["token", "seq"])
    db.execute("CREATE TRIGGER plates_go AFTER DELETE ON personal BEGIN DELETE FROM plates WHERE seq = OLD.seq; END")
    db.execute(
        "CREATE TRIGGER plates_forgotten AFTER UPDATE OF station_key ON personal WHEN NEW.station_key IS NULL "
        "BEGIN DELETE FROM plates WHERE seq = NEW.seq; END"
    )


@migrations()
def thin_indexes(db: Database) -> None:
    """Index only the rows that have a value: most have no slot, test or lot, and each index costs a page a commit."""
    for column in LOG_COLUMNS:
        db.execute(f"DROP INDEX IF EXISTS idx_log_{column}_seq")
        db.execute(f"CREATE INDEX idx_log_{column}_seq ON log ({column}, seq) WHERE {column} IS NOT NULL")


def migrate(connection: sqlite3.Connection, folder: Path) -> None:
    """Bring the tables up to this version; raise `JournalTooNew` where they are past it already."""
    db = Database(connection)
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    unknown = sorted({applied.name for applied in migrations.applied(db)} - known)
    if unknown:
        raise JournalTooNew(
            f"the journal in {folder} was written by a newer version of this program ({', '.join(unknown)}): "
            "update the program again"
        )
    migrations.apply(db)
