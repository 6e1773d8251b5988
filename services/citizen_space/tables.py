"""The tables of the citizen space: activities, the cohorts of trainings, the requests and the enrolments."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from shared.database import metadata as new_metadata

metadata = new_metadata()

_instant = sa.DateTime(timezone=True)
_LIVE = sa.text("state IN ('reserved', 'confirmed')")
_WAITING = sa.text("state IN ('requested', 'waitlisted')")

activities = sa.Table(
    "activities",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("places", sa.Integer, nullable=False),
    sa.CheckConstraint("kind IN ('training', 'work')", name="kind"),
    sa.CheckConstraint("places > 0", name="places"),
    sa.UniqueConstraint("code", "kind"),
)
"""What a site offers. The row of a training is the lock of whoever reserves, waitlists or frees its seats."""

cohorts = sa.Table(
    "cohorts",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("activity", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, server_default="training"),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("capacity", sa.Integer, nullable=False),
    sa.Column("taken", sa.Integer, nullable=False, server_default="0"),
    # A work post has no cohort, so that no machine can ever reserve one.
    sa.ForeignKeyConstraint(["activity", "kind"], ["activities.code", "activities.kind"]),
    sa.CheckConstraint("kind = 'training'", name="kind"),
    sa.CheckConstraint("starts_on < ends_on", name="days"),
    sa.CheckConstraint("taken BETWEEN 0 AND capacity", name="taken"),
    sa.UniqueConstraint("activity", "starts_on"),
)
"""A group that starts and ends a training together. `taken` counts its live enrolments, by a trigger on these."""

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("decision_number", sa.Text, nullable=False),
    sa.Column("decided_on", sa.Date),
    sa.Column("file_number", sa.BigInteger),
    sa.Column("wishes", ARRAY(sa.Text)),
    sa.Column("earliest_start", sa.Date),
    sa.Column("projected_exit", sa.Date),
    sa.Column("trainings", ARRAY(sa.Text), nullable=False),
    sa.Column("enrolment_id", sa.Uuid, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.CheckConstraint("state IN ('requested', 'reserved', 'confirmed', 'waitlisted', 'cancelled')", name="state"),
    sa.CheckConstraint(
        "state = 'cancelled' OR num_nulls(decided_on, file_number, wishes, earliest_start, projected_exit,"
        " enrolment_id) = 0",
        name="need",
    ),
    sa.CheckConstraint("trainings <@ wishes", name="trainings"),
    sa.CheckConstraint("trainings <> '{}' OR state NOT IN ('reserved', 'confirmed')", name="seat"),
    sa.Index("ix_requests_waiting", "decided_on", "file_number", "id", postgresql_where=_WAITING),
    sa.Index("ix_requests_decided_on_file_number_id", "decided_on", "file_number", "id"),
)

enrolments = sa.Table(
    "enrolments",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("request_id", sa.ForeignKey("requests.id"), nullable=False),
    sa.Column("candidacy_id", sa.Uuid, nullable=False),
    sa.Column("cohort", sa.ForeignKey("cohorts.code"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("from_waiting_list", sa.Boolean, nullable=False),
    sa.Column("reserved_at", _instant, nullable=False),
    sa.Column("confirmed_by", sa.Text),
    sa.Column("confirmed_by_function", sa.Text),
    sa.Column("confirmed_at", _instant),
    sa.Column("cancelled_at", _instant),
    sa.CheckConstraint("state IN ('reserved', 'confirmed', 'cancelled')", name="state"),
    sa.CheckConstraint(
        "num_nulls(confirmed_by, confirmed_by_function, confirmed_at) = CASE WHEN state = 'confirmed' THEN 0"
        " WHEN state = 'reserved' THEN 3 ELSE num_nulls(confirmed_by) * 3 END",
        name="confirmed_by_somebody",
    ),
    sa.CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
    sa.Index("uq_enrolments_request_id", "request_id", unique=True, postgresql_where=_LIVE),
)
"""Who has, or had, a seat in which cohort: rows are never deleted."""
