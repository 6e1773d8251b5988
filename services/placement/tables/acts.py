"""What officers did to beds and stays. Rows are closed, never deleted."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.placement.tables.base import INSTANT, metadata

outages = sa.Table(
    "outages",
    metadata,
    sa.Column("id", sa.ForeignKey("bed_uses.id"), primary_key=True),
    sa.Column("cell", sa.ForeignKey("cells.code"), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("reference", sa.Text),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("expected_back_on", sa.Date),
    sa.Column("opened_by", sa.Text, nullable=False),
    sa.Column("opened_by_function", sa.Text, nullable=False),
    sa.Column("opened_at", INSTANT, nullable=False),
    sa.Column("back_on", sa.Date),
    sa.Column("ended_by", sa.Text),
    sa.Column("ended_by_function", sa.Text),
    sa.Column("ended_at", INSTANT),
    sa.CheckConstraint("reason IN ('flood', 'fire', 'damage', 'works', 'staff_shortage', 'other')", name="reason"),
    sa.CheckConstraint("expected_back_on > starts_on", name="expected"),
    sa.CheckConstraint("num_nulls(back_on, ended_by, ended_by_function, ended_at) IN (0, 4)", name="ended_by_somebody"),
    sa.Index("ix_outages_cell", "cell", postgresql_where=sa.text("ended_at IS NULL")),
)
"""Cells out of service: who repairs them and when they are expected back. The days are those of the use."""

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", sa.ForeignKey("bed_uses.id"), primary_key=True),
    sa.Column("cell", sa.ForeignKey("cells.code"), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("expires_on", sa.Date, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_by_function", sa.Text, nullable=False),
    sa.Column("made_at", INSTANT, nullable=False),
    sa.Column("ended_because", sa.Text),
    sa.Column("ended_by", sa.Text),
    sa.Column("ended_by_function", sa.Text),
    sa.Column("ended_at", INSTANT),
    sa.CheckConstraint("purpose IN ('expected_transfer', 'works', 'visit', 'other')", name="purpose"),
    sa.CheckConstraint(
        "(ended_at IS NULL) = (ended_because IS NULL) AND (ended_because IN ('ended', 'expired'))"
        " AND num_nulls(ended_by, ended_by_function) = CASE WHEN ended_because = 'ended' THEN 0 ELSE 2 END",
        name="ended",
    ),
    sa.Index("ix_holds_expires_on", "expires_on", postgresql_where=sa.text("ended_at IS NULL")),
)
"""Beds that an officer keeps free for a purpose, until a day on which they are given back by themselves."""

estate_changes = sa.Table(
    "estate_changes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("cell", sa.ForeignKey("cells.code"), nullable=False, index=True),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("to_type", sa.Text),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_by_function", sa.Text, nullable=False),
    sa.Column("made_at", INSTANT, nullable=False),
    sa.Column("use_id", sa.ForeignKey("bed_uses.id")),
    sa.Column("applied_at", INSTANT),
    sa.CheckConstraint("change IN ('type', 'retired', 'restored')", name="change"),
    sa.CheckConstraint("(change = 'type') = (to_type IS NOT NULL)", name="to_type"),
)
"""Changes of the estate with their dates. Until its day, `use_id` keeps the cell free from that day on."""

stay_records = sa.Table(
    "stay_records",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("stay_id", sa.ForeignKey("assignments.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("until", sa.Date),
    sa.Column("observations", sa.Text),
    sa.Column("closes", sa.ForeignKey("stay_records.id"), unique=True),
    sa.Column("use_id", sa.ForeignKey("bed_uses.id")),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.CheckConstraint(
        "kind IN ('phase', 'warning', 'absence', 'secure_waiting', 'exit_proposal', 'observations', 'closing',"
        " 'transfer_order', 'release')",
        name="kind",
    ),
    sa.CheckConstraint("(kind = 'closing') = (closes IS NOT NULL)", name="closes"),
    sa.Index("ix_stay_records_stay_id", "stay_id", "at"),
    sa.Index(
        "uq_stay_records_once",
        *("stay_id", "kind", "code"),
        unique=True,
        postgresql_where=sa.text("kind IN ('phase', 'release')"),
    ),
)
"""What is recorded of a stay, line by line; a line that closes another one names it. A trigger refuses every change."""

evacuations = sa.Table(
    "evacuations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("site", sa.ForeignKey("sites.code"), nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("expected_back_on", sa.Date),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
)
"""Evacuations as they were carried out: who was moved where, displaced, or left without a place."""

reads = sa.Table(
    "reads",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("read_at", INSTANT, nullable=False),
    sa.Column("reader", sa.Text, nullable=False),
    sa.Column("reader_function", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("subject", sa.Uuid, nullable=False),
)
"""Who read restricted words, when and why."""

turn_changes = sa.Table(
    "turn_changes",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("request_id", sa.ForeignKey("requests.id"), nullable=False, index=True),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.CheckConstraint("change IN ('ahead', 'in_order')", name="change"),
    sa.CheckConstraint("(change = 'ahead') = (reason IS NOT NULL)", name="reason"),
)
"""Each time that an officer had somebody go ahead of the order of decisions, or wait in it again. What holds now,
`requests` says."""
