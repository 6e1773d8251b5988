"""Requests, the one row of each candidacy, and assignments: who is to stay, and was."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.placement.tables.base import INSTANT, metadata

_WAITING = sa.text("state IN ('requested', 'waitlisted')")

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("site", sa.ForeignKey("sites.code"), nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("decision_number", sa.Text, nullable=False),
    sa.Column("decided_on", sa.Date),
    sa.Column("file_number", sa.BigInteger),
    sa.Column("sex", sa.Text),
    sa.Column("cell_type", sa.Text),
    sa.Column("planned_entry", sa.Date),
    sa.Column("projected_exit", sa.Date),
    sa.Column("pool", sa.ForeignKey("pools.code")),
    sa.Column("stay_id", sa.Uuid, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("overdue", sa.Boolean, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("ahead_at", INSTANT),
    sa.Column("ahead_by", sa.Text),
    sa.Column("ahead_by_function", sa.Text),
    sa.Column("ahead_because", sa.Text),
    sa.Column("ordered_entry", sa.Date),
    sa.CheckConstraint(
        "state IN ('requested', 'proposed', 'confirmed', 'arrived', 'waitlisted', 'cancelled', 'departed')",
        name="state",
    ),
    sa.CheckConstraint(
        "state = 'cancelled' OR num_nulls(decided_on, file_number, sex, cell_type, planned_entry, projected_exit,"
        " stay_id) = 0",
        name="need",
    ),
    sa.CheckConstraint("planned_entry < projected_exit", name="days"),
    sa.CheckConstraint("pool IS NOT NULL OR state NOT IN ('proposed', 'confirmed', 'arrived')", name="pool"),
    sa.CheckConstraint("state = 'proposed' OR NOT overdue", name="overdue"),
    sa.CheckConstraint(
        "num_nulls(ahead_at, ahead_by, ahead_by_function, ahead_because) IN (0, 4)", name="ahead_by_somebody"
    ),
    sa.Index(
        "ix_requests_line",
        *("pool", sa.text("coalesce(ahead_at, 'infinity')"), "decided_on", "file_number", "id"),
        postgresql_where=_WAITING,
    ),
    sa.Index("ix_requests_decided_on_file_number_id", "decided_on", "file_number", "id"),
)

assignments = sa.Table(
    "assignments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("request_id", sa.ForeignKey("requests.id"), nullable=False),
    sa.Column("candidacy_id", sa.Uuid, nullable=False),
    sa.Column("cell_now", sa.ForeignKey("cells.code"), unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("from_waiting_list", sa.Boolean, nullable=False),
    sa.Column("proposed_at", INSTANT, nullable=False),
    sa.Column("confirm_by", INSTANT, nullable=False),
    sa.Column("confirmed_by", sa.Text),
    sa.Column("confirmed_by_function", sa.Text),
    sa.Column("confirmed_at", INSTANT),
    sa.Column("released_at", INSTANT),
    sa.Column("transfer_order", sa.Text),
    sa.Column("arrived_on", sa.Date),
    sa.Column("arrival_by", sa.Text),
    sa.Column("arrival_by_function", sa.Text),
    sa.Column("arrival_at", INSTANT),
    sa.Column("departed_on", sa.Date),
    sa.Column("departure_reason", sa.Text),
    sa.Column("departure_by", sa.Text),
    sa.Column("departure_by_function", sa.Text),
    sa.Column("departure_at", INSTANT),
    # Reference of the transfer order, as soon as it is known: who is on the way keeps the place.
    sa.Column("expected_order", sa.Text),
    sa.Column("not_arrived_at", INSTANT),
    # Why this cell, as it was found when it was proposed.
    sa.Column("chosen", JSONB),
    sa.Column("lent_because", sa.Text),
    sa.Column("lent_by", sa.Text),
    sa.Column("lent_by_function", sa.Text),
    sa.Column("lent_at", INSTANT),
    sa.Column("recalled_by", sa.Text),
    sa.Column("recalled_by_function", sa.Text),
    sa.Column("recalled_at", INSTANT),
    sa.CheckConstraint("state IN ('proposed', 'confirmed', 'released')", name="state"),
    sa.CheckConstraint(
        "num_nulls(confirmed_by, confirmed_by_function, confirmed_at) = CASE WHEN state = 'confirmed' THEN 0"
        " WHEN state = 'proposed' THEN 3 ELSE num_nulls(confirmed_by) * 3 END",
        name="confirmed_by_somebody",
    ),
    sa.CheckConstraint("(state = 'released') = (released_at IS NOT NULL)", name="released"),
    sa.CheckConstraint(
        "num_nulls(transfer_order, arrived_on, arrival_by, arrival_by_function, arrival_at) IN (0, 5)",
        name="arrival_by_somebody",
    ),
    # Nobody arrives on an unconfirmed bed.
    sa.CheckConstraint("arrived_on IS NULL OR confirmed_by IS NOT NULL", name="arrived_on_confirmed"),
    sa.CheckConstraint(
        "num_nulls(departed_on, departure_reason, departure_by, departure_by_function, departure_at) IN (0, 5)",
        name="departure_by_somebody",
    ),
    sa.CheckConstraint("departed_on >= arrived_on", name="departed_after_arrival"),
    # Who has arrived keeps the bed until the departure, whatever else happens.
    sa.CheckConstraint(
        "(departed_on IS NOT NULL) = (state = 'released' AND arrived_on IS NOT NULL)", name="occupied_until_departure"
    ),
    sa.CheckConstraint("(cell_now IS NOT NULL) = (arrived_on IS NOT NULL AND departed_on IS NULL)", name="cell_now"),
    sa.CheckConstraint(
        "num_nulls(lent_because, lent_by, lent_by_function, lent_at) IN (0, 4)", name="lent_by_somebody"
    ),
    sa.CheckConstraint(
        "num_nulls(recalled_by, recalled_by_function, recalled_at) IN (0, 3)"
        " AND (recalled_at IS NULL OR lent_at IS NOT NULL)",
        name="recalled",
    ),
    sa.Index(
        "uq_assignments_request_id",
        "request_id",
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'confirmed')"),
    ),
)
"""Who is to stay, and was: rows are never deleted. Which beds, and when, `bed_uses` says.

`cell_now` is where somebody who has arrived sleeps: one person in a cell, also when the one before stays too long.
"""
