"""What other services said of what waits for functions of the site."""

import sqlalchemy as sa

from services.notifications.tables.base import metadata

waiting_elsewhere = sa.Table(
    "waiting_elsewhere",
    metadata,
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("matter", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.CheckConstraint("count >= 0", name="count"),
)
"""The newest counts of each service, 0 where nothing waits. `day`: of which they are, Europe/Paris."""
