"""The tables of headquarters.

The station stands in every primary and unique key of what grows with the stations, so that the tables can be
distributed by station; ``events`` is partitioned by the event's own day where the engine can. Portable SQL only.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC, timezone-aware on every engine; SQLite alone would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as UTC."""
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read as UTC."""
        if value is None or value.tzinfo is not None:
            return value  # type: ignore[no-any-return]  # the driver's rows are Any
        return value.replace(tzinfo=UTC)  # type: ignore[no-any-return]  # likewise


metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"},
)

stations = Table(
    "stations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("town", Text, nullable=False, default=""),
    Column("public_key", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),  # pending, approved, revoked
    Column("enrolled_at", UtcTime, nullable=False),
    Column("software", Text, nullable=False, default=""),
    # What it last said about itself
    Column("last_seen_at", UtcTime),
    Column("last_sent_at", UtcTime),  # by its own clock: tells what it says now from what is sent a second time
    Column("head_epoch", BigInteger, nullable=False, default=0),
    Column("head_seq", BigInteger, nullable=False, default=0),
    Column("pending_events", BigInteger, nullable=False, default=0),
    Column("pending_photos", BigInteger, nullable=False, default=0),
    Column("clock", String(32), nullable=False, default=""),
    Column("clock_off_s", Float, nullable=False, default=0.0),
    Column("rules", Text, nullable=False, default="[]"),
    Column("published", Text, nullable=False, default="[]"),  # JSON: names of the documents it runs by
    Column("faults", Text, nullable=False, default="[]"),
    # What headquarters holds: everything up to here
    Column("epoch", BigInteger, nullable=False, default=0),
    Column("seq", BigInteger, nullable=False, default=0),
    Column("hash", LargeBinary, nullable=False),
    Column("last_event_at", UtcTime),
    Column("needs", BigInteger),  # a gap: the event that is missing, while later ones were offered
)

epochs = Table(
    "epochs",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("last_hash", LargeBinary, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("lost", BigInteger, nullable=False, default=0),  # events of the epoch before that the station forgot
    Column("closing", Text, nullable=False, default=""),  # JSON: the closing head before, signed by headquarters
)

events = Table(
    "events",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("lane", Integer, nullable=False),
    Column("verdict", String(16)),
    Column("reason", String(64)),
    Column("officer", Text),
    Column("crossing", Text),
    Column("test", Text),
    Column("outcome", String(16)),
    Column("slot", Integer),
    Column("lot", Text),
    Column("text", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary),
    Column("sealed_key", LargeBinary),
    Column("received_at", UtcTime, nullable=False),
    Index(None, "at", "station_id"),
    Index(None, "kind", "at"),
    Index(None, "verdict", "at"),
    Index(None, "station_id", "crossing"),
    Index(None, "station_id", "test"),
    postgresql_partition_by="RANGE (day)",
)

early = Table(
    "early",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("text", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary),
    Column("sealed_key", LargeBinary),
    Column("received_at", UtcTime, nullable=False),
    Column("reconciled_at", UtcTime),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("raw", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("id", String(96), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("urgency", String(8), nullable=False),  # red, yellow, green
    Column("at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("state", String(16), nullable=False),
    Column("state_at", UtcTime, nullable=False),
    Column("team", Text, nullable=False, default=""),  # the town or team it was handed to
    Column("due_at", UtcTime),  # when the next step is late; None once closed
    Column("reminded_at", UtcTime),
    Index(None, "received_at"),
    Index(None, "state", "received_at"),
    Index(None, "due_at"),
    Index(None, "state_at"),
    Index(None, "kind", "received_at"),
)

alert_steps = Table(
    "alert_steps",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("alert_id", String(96), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("entry", String(16), nullable=False, default="step"),  # step, undo, note, reminder
    Column("state", String(16), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False, default=""),
)

photos = Table(
    "photos",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("complete_at", UtcTime),
    Column("destroyed_at", UtcTime),  # its time was over; it is not asked for again
)

event_photos = Table(
    "event_photos",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("sha256", String(64), primary_key=True),
)

manifests = Table(
    "manifests",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("text", Text, nullable=False),
    Column("agrees", Boolean, nullable=False),
    Column("received_at", UtcTime, nullable=False),
)

tallies = Table(
    "tallies",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("hour", UtcTime, primary_key=True),  # when a full hour of UTC begins
    Column("measure", String(32), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Index(None, "hour"),
)

tally_cursors = Table(
    "tally_cursors",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),  # everything up to here is counted
    Column("day", Date, nullable=False),
)

retention_cursors = Table(
    "retention_cursors",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),  # the time of everything up to here was over
)

kept_records = Table(
    "kept_records",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),  # its time was over, but a case needs it
)

kit_counts = Table(
    "kit_counts",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column("lot", String(64), primary_key=True),
    Column("received", BigInteger, nullable=False, default=0),
    Column("used", BigInteger, nullable=False, default=0),
    Column("invalid", BigInteger, nullable=False, default=0),  # of those used
    Column("discarded", BigInteger, nullable=False, default=0),
    Column("corrected", BigInteger, nullable=False, default=0),  # found more or fewer when counting
    Column("expires_on", Date),
    Column("cassette_type", Text, nullable=False, default=""),
)

# Small and shared by all stations: reference tables where the store is distributed.
invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("station_id", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("approve", Boolean, nullable=False),  # enrolled by this is approved without another look
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
)

published = Table(
    "published",
    metadata,
    Column("kind", String(16), primary_key=True),  # rules, trust, revocations
    Column("id", String(64), primary_key=True),
    Column("version", String(48), primary_key=True),
    Column("effective_from", UtcTime, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("published_by", Text, nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 (hex) of the signed bytes
    Column("signed", LargeBinary, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("active", Boolean, nullable=False, default=True),
)

case_rules = Table(
    "case_rules",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("reason", String(64), primary_key=True),  # empty: whatever the reason
    Column("urgency", String(8), nullable=False),
    *(Column(f"{step}_min", Integer, nullable=False) for step in ("accepted", "handed", "acted", "answered", "closed")),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),  # rules or trust
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

kit_moves = Table(
    "kit_moves",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("move", String(16), nullable=False),  # received, drawn, returned, discarded
    Column("lot", String(64), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("expires_on", Date),
    Column("cassette_type", Text, nullable=False, default=""),
    Column("town", Text, nullable=False, default=""),
    Column("station_id", String(64), nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),
    Column("undoes", String(32), nullable=False, default=""),
    Index(None, "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", String(64), nullable=False),
    Column("subject", Text, nullable=False, default=""),
    Index(None, "at"),
    Index(None, "who", "at"),
    Index(None, "what", "at"),
)

SHARED = (invitations, published, users, case_rules, drafts, kit_moves, audit)
"""Not distributed by station."""
