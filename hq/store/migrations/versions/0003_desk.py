"""The desk: clocks on cases, day counters, kits, drafts and the rules of urgency."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STEPS = ("accepted", "handed", "acted", "answered", "closed")


def upgrade() -> None:
    op.add_column("alerts", sa.Column("team", sa.Text(), nullable=False, server_default=""))
    op.add_column("alerts", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alerts", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_alerts_due_at", "alerts", ["due_at"], unique=False)
    op.create_index("ix_alerts_state_at", "alerts", ["state_at"], unique=False)
    op.create_index("ix_alerts_kind_received_at", "alerts", ["kind", "received_at"], unique=False)
    op.add_column("alert_steps", sa.Column("entry", sa.String(length=16), nullable=False, server_default="step"))
    op.create_index("ix_audit_who_at", "audit", ["who", "at"], unique=False)
    op.create_index("ix_audit_what_at", "audit", ["what", "at"], unique=False)
    op.create_table(
        "tallies",
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "hour", "measure", name="pk_tallies"),
    )
    op.create_index("ix_tallies_hour", "tallies", ["hour"], unique=False)
    op.create_table(
        "tally_cursors",
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", name="pk_tally_cursors"),
    )
    op.add_column("photos", sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "retention_cursors",
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", name="pk_retention_cursors"),
    )
    op.create_table(
        "kept_records",
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "epoch", "seq", name="pk_kept_records"),
    )
    op.create_table(
        "kit_counts",
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("received", "used", "invalid", "discarded", "corrected")
        ),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("cassette_type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", "lot", name="pk_kit_counts"),
    )
    op.create_table(
        "kit_moves",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("move", sa.String(length=16), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("cassette_type", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("station_id", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("undoes", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kit_moves"),
    )
    op.create_index("ix_kit_moves_at", "kit_moves", ["at"], unique=False)
    op.create_table(
        "case_rules",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("urgency", sa.String(length=8), nullable=False),
        *(sa.Column(f"{step}_min", sa.Integer(), nullable=False) for step in _STEPS),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "reason", name="pk_case_rules"),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
    )


def downgrade() -> None:
    op.drop_column("photos", "destroyed_at")
    for table in (
        "kept_records",
        "retention_cursors",
        "drafts",
        "case_rules",
        "kit_moves",
        "kit_counts",
        "tally_cursors",
        "tallies",
    ):
        op.drop_table(table)
    op.drop_index("ix_audit_what_at", "audit")
    op.drop_index("ix_audit_who_at", "audit")
    op.drop_column("alert_steps", "entry")
    op.drop_index("ix_alerts_kind_received_at", "alerts")
    op.drop_index("ix_alerts_state_at", "alerts")
    op.drop_index("ix_alerts_due_at", "alerts")
    for column in ("reminded_at", "due_at", "team"):
        op.drop_column("alerts", column)
