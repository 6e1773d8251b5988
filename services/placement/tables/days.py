"""Who or what has a bed on which days, what is free of it, and who is kept apart from whom."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint

from services.placement.tables.base import INSTANT, metadata

_FROM = sa.text("coalesce(lower(period), '-infinity')")
_LIVE = sa.text("given_up_at IS NULL")

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
"""When each cell is free: what its uses leave of all time, kept so by a trigger on these."""

bed_uses = sa.Table(
    "bed_uses",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("cell", sa.ForeignKey("cells.code"), nullable=False),
    sa.Column("period", DATERANGE, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("stay_id", sa.ForeignKey("assignments.id")),
    sa.Column("candidacy_id", sa.Uuid),
    sa.Column("nights", DATERANGE),
    sa.Column("given_up_at", INSTANT),
    sa.Column("officer", sa.Text),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.CheckConstraint("kind IN ('stay', 'hold', 'outage', 'secure_waiting')", name="kind"),
    sa.CheckConstraint(
        "NOT (isempty(period) OR lower_inf(period)) AND (kind = 'outage' OR NOT upper_inf(period))", name="period"
    ),
    sa.CheckConstraint(
        "num_nulls(stay_id, candidacy_id, nights) = CASE kind WHEN 'stay' THEN 0"
        " WHEN 'secure_waiting' THEN num_nulls(stay_id) + 2 ELSE 3 END",
        name="stay",
    ),
    sa.CheckConstraint("NOT isempty(nights) AND nights <@ period AND lower(nights) = lower(period)", name="nights"),
    ExcludeConstraint(("cell", "="), ("period", "&&"), where=_LIVE, name="ex_bed_uses_cell_period"),
    ExcludeConstraint(("candidacy_id", "="), ("nights", "&&"), where=_LIVE, name="ex_bed_uses_candidacy_id_nights"),
    sa.Index("ix_bed_uses_stay_id", "stay_id", postgresql_where=_LIVE),
    sa.Index("ix_bed_uses_period", "period", postgresql_using="gist", postgresql_where=_LIVE),
)
"""The one truth about days and beds. A stay's `period` is its `nights` and the days of cleaning after them.

Rows are corrected, never deleted: `officer`, `function`, `reason` and `at` say who made the row what it is, and a
trigger keeps what it was in `bed_use_history`. Another trigger, `keep_apart`, refuses nights near somebody from whom
the person is kept apart.
"""

bed_use_history = sa.Table(
    "bed_use_history",
    metadata,
    sa.Column("use_id", sa.ForeignKey("bed_uses.id"), nullable=False, index=True),
    sa.Column("cell", sa.Text, nullable=False),
    sa.Column("period", DATERANGE, nullable=False),
    sa.Column("nights", DATERANGE),
    sa.Column("officer", sa.Text),
    sa.Column("function", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
)

separations = sa.Table(
    "separations",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("one", sa.Uuid, nullable=False),
    sa.Column("other", sa.Uuid, nullable=False),
    sa.Column("period", DATERANGE, nullable=False),
    sa.Column("declared_by", sa.Text, nullable=False),
    sa.Column("declared_by_function", sa.Text, nullable=False),
    sa.Column("declared_at", INSTANT, nullable=False),
    sa.Column("lifted_by", sa.Text),
    sa.Column("lifted_by_function", sa.Text),
    sa.Column("lifted_at", INSTANT),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.CheckConstraint("one < other", name="pair"),
    sa.CheckConstraint("NOT (isempty(period) OR lower_inf(period))", name="period"),
    sa.CheckConstraint("num_nulls(lifted_by, lifted_by_function, lifted_at) IN (0, 3)", name="lifted_by_somebody"),
    ExcludeConstraint(
        *(("one", "="), ("other", "="), ("period", "&&")),
        where=sa.text("lifted_at IS NULL"),
        name="ex_separations_one_other_period",
    ),
    sa.Index("ix_separations_one", "one", postgresql_where=sa.text("lifted_at IS NULL")),
    sa.Index("ix_separations_other", "other", postgresql_where=sa.text("lifted_at IS NULL")),
)
"""Pairs of candidacies that are kept apart, never why."""

separation_reasons = sa.Table(
    "separation_reasons",
    metadata,
    sa.Column("separation_id", sa.ForeignKey("separations.id"), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
)
"""Why, apart from the pair: for the signer and the appeal authority only."""
