"""The estate: sites, wings, units, cells and the pools that beds of one kind form."""

import sqlalchemy as sa

from services.placement.tables.base import metadata

sites = sa.Table(
    "sites",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("interregion", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("arrival_days", sa.Integer, nullable=False, server_default="21"),
    sa.Column("cleaning_days", sa.Integer, nullable=False, server_default="1"),
    sa.CheckConstraint("status IN ('open', 'preparation', 'suspended')", name="status"),
    # Three weeks at most (R212-17 of the Code pénitentiaire).
    sa.CheckConstraint("arrival_days BETWEEN 0 AND 21", name="arrival_days"),
    sa.CheckConstraint("cleaning_days BETWEEN 0 AND 14", name="cleaning_days"),
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
    sa.CheckConstraint("cell_type IN ('standard', 'adapted', 'arrival')", name="cell_type"),
    sa.UniqueConstraint("site", "sex", "cell_type"),
)
"""The beds of one site that serve the same need. The rows of one sex are the lock of whoever assigns, lists or frees:
units mix types, and who is kept apart from whom goes by the unit."""

cells = sa.Table(
    "cells",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("site", sa.ForeignKey("sites.code"), nullable=False),
    sa.Column("unit", sa.ForeignKey("units.code")),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("pool", sa.ForeignKey("pools.code")),
    sa.Column("in_service", sa.Boolean, nullable=False, server_default=sa.true()),
    # Rises by one with each event published about the cell.
    sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
    sa.CheckConstraint("type IN ('standard', 'adapted', 'arrival', 'secure_waiting')", name="type"),
    sa.CheckConstraint("(pool IS NOT NULL) = (type <> 'secure_waiting')", name="pool"),
    sa.CheckConstraint("(unit IS NULL) = (type = 'secure_waiting')", name="unit"),
)
