"""The tables of placement: the estate, what is free of it, the requests and the assignments."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint

from shared.database import metadata as new_metadata

metadata = new_metadata()

_instant = sa.DateTime(timezone=True)
_LIVE = sa.text("state IN ('proposed', 'confirmed')")
_OCCUPIED = sa.text("arrived_on IS NOT NULL AND departed_on IS NULL")
_WAITING = sa.text("state IN ('requested', 'waitlisted')")
_FROM = sa.text("coalesce(lower(period), '-infinity')")

sites = sa.Table(
    "sites",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("interregion", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.CheckConstraint("status IN ('open', 'preparation', 'suspended')", name="status"),
)

wings = sa.Table(
    "wings",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("site", sa.ForeignKey("sites.code"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sex", sa.Text, nullable=False),
    sa.CheckConstraint("sex IN ('M', 'F')", name="sex"),
)

units = sa.Table(
    "units",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("wing", sa.ForeignKey("wings.code"), nullable=False),
)

pools = sa.Table(
    "pools",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("site", sa.ForeignKey("sites.code"), nullable=False),
    sa.Column("sex", sa.Text, nullable=False),
    sa.Column("cell_type", sa.Text, nullable=False),
    sa.CheckConstraint("sex IN ('M', 'F')", name="sex"),
    sa.CheckConstraint("cell_type IN ('standard', 'adapted')", name="cell_type"),
    sa.UniqueConstraint("site", "sex", "cell_type"),
)
"""The beds of one site that serve the same need. Its row is the lock of whoever assigns, waitlists or frees."""

cells = sa.Table(
    "cells",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("site", sa.ForeignKey("sites.code"), nullable=False),
    sa.Column("unit", sa.ForeignKey("units.code")),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("pool", sa.ForeignKey("pools.code")),
    sa.Column("in_service", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.CheckConstraint("type IN ('standard', 'adapted', 'arrival', 'secure_waiting')", name="type"),
    sa.CheckConstraint("(pool IS NOT NULL) = (type IN ('standard', 'adapted'))", name="pool"),
    sa.CheckConstraint("(unit IS NULL) = (type = 'secure_waiting')", name="unit"),
)

vacancies = sa.Table(
    "vacancies",
    metadata,
    # The key is WITHOUT OVERLAPS, which SQLAlchemy has no word for: see the migration.
    sa.Column("cell", sa.ForeignKey("cells.code"), primary_key=True),
    sa.Column("period", DATERANGE, primary_key=True),
    sa.Column("pool", sa.Text, nullable=False),
    sa.Index("ix_vacancies_open", "pool", _FROM, "cell", postgresql_where=sa.text("upper_inf(period)")),
    sa.Index(
        "ix_vacancies_closed",
        *("pool", sa.text("upper(period)"), _FROM, "cell"),
        postgresql_where=sa.text("NOT upper_inf(period)"),
    ),
)
"""When each cell is free: what its live assignments leave of all time, kept so by a trigger on these."""

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
    sa.Index(
        "ix_requests_pool_decided_on_file_number_id",
        *("pool", "decided_on", "file_number", "id"),
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
    sa.Column("cell", sa.ForeignKey("cells.code"), nullable=False),
    sa.Column("period", DATERANGE, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("from_waiting_list", sa.Boolean, nullable=False),
    sa.Column("proposed_at", _instant, nullable=False),
    sa.Column("confirm_by", _instant, nullable=False),
    sa.Column("confirmed_by", sa.Text),
    sa.Column("confirmed_by_function", sa.Text),
    sa.Column("confirmed_at", _instant),
    sa.Column("released_at", _instant),
    sa.Column("transfer_order", sa.Text),
    sa.Column("arrived_on", sa.Date),
    sa.Column("arrival_by", sa.Text),
    sa.Column("arrival_by_function", sa.Text),
    sa.Column("arrival_at", _instant),
    sa.Column("departed_on", sa.Date),
    sa.Column("departure_reason", sa.Text),
    sa.Column("departure_by", sa.Text),
    sa.Column("departure_by_function", sa.Text),
    sa.Column("departure_at", _instant),
    sa.CheckConstraint("state IN ('proposed', 'confirmed', 'released')", name="state"),
    sa.CheckConstraint("NOT (isempty(period) OR lower_inf(period) OR upper_inf(period))", name="period"),
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
    ExcludeConstraint(("cell", "="), ("period", "&&"), where=_LIVE, name="ex_assignments_cell_period"),
    ExcludeConstraint(("candidacy_id", "="), ("period", "&&"), where=_LIVE, name="ex_assignments_candidacy_id_period"),
    sa.Index("uq_assignments_request_id", "request_id", unique=True, postgresql_where=_LIVE),
    # One person in a cell, also when the one before stays longer than planned.
    sa.Index("uq_assignments_occupied_cell", "cell", unique=True, postgresql_where=_OCCUPIED),
)
"""Who is to stay where, and was: rows are never deleted."""
