"""The file: penal facts as pronounced, consent, wishes, where it stands; its opinions and its history."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.selection.tables.base import instant, metadata
from services.selection.tables.vault import identities

candidacies = sa.Table(
    "candidacies",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, sa.ForeignKey(identities.c.person_id), nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("file_number", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    # How often it is examined: one more for each appeal that succeeded.
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("prepared_by", sa.Text, nullable=False),
    # Everybody who worked on it: none of them decides it.
    sa.Column("preparers", ARRAY(sa.Text), nullable=False),
    sa.Column("referent", sa.Text, nullable=False),
    sa.Column("establishment", sa.Text),
    sa.Column("arrived_on", sa.Date),
    sa.Column("departed_on", sa.Date),
    sa.Column("deferred_until", sa.Date),
    sa.Column("merged_into", sa.Uuid, sa.ForeignKey("candidacies.id")),
    sa.Column("penal_status", sa.Text),
    sa.Column("sentences", JSONB, nullable=False),
    sa.Column("sentence_end", sa.Date),
    sa.Column("extract_on", sa.Date),
    sa.Column("consent_signed_on", sa.Date),
    sa.Column("consent_withdrawn_on", sa.Date),
    sa.Column("consent_text", sa.Text),
    sa.Column("consent_recorded_by", sa.Text),
    sa.Column("consent_recorded_at", instant),
    sa.Column("planned_entry", sa.Date),
    # Yes or no, never which or why: what lies behind these is restricted, and not here.
    sa.Column("specially_flagged", sa.Boolean, nullable=False),
    sa.Column("terrorism", sa.Boolean, nullable=False),
    sa.Column("separation", sa.Boolean, nullable=False),
    sa.Column("other_proceedings", sa.Boolean, nullable=False),
    sa.Column("adjustment_requested", sa.Boolean, nullable=False),
    sa.Column("local_project", sa.Boolean),
    sa.Column("adapted_cell", sa.Boolean, nullable=False),
    sa.Column("training_wishes", ARRAY(sa.Text), nullable=False),
    sa.Column("partner_categories", ARRAY(sa.Text), nullable=False),
    sa.Column("created_at", instant, nullable=False),
    sa.Column("submitted_at", instant),
    # When the bodies that prepare the release were told that they may act.
    sa.Column("release_window_opened_at", instant),
    # What the criteria said at submission: an estimate that blocks nothing.
    sa.Column("estimate", JSONB),
    sa.Column("opinion_id", sa.Uuid),
    sa.Column("decision_number", sa.Text),
    sa.CheckConstraint(
        "state IN ('draft', 'submitted', 'assessed', 'deferred', 'approved', 'refused', 'withdrawn', 'revoked',"
        " 'lapsed', 'merged')",
        name="state",
    ),
    sa.CheckConstraint(
        "state IN ('draft', 'withdrawn', 'merged') OR (planned_entry IS NOT NULL AND submitted_at IS NOT NULL)",
        name="complete_once_submitted",
    ),
    sa.CheckConstraint("prepared_by = ANY (preparers)", name="opener_prepared"),
    sa.CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)", name="merged_into_another"),
    sa.CheckConstraint("state <> 'deferred' OR deferred_until IS NOT NULL", name="deferred_until_a_date"),
    sa.CheckConstraint("departed_on >= arrived_on", name="departed_after_arrival"),
    sa.CheckConstraint("consent_withdrawn_on >= consent_signed_on", name="withdrawn_after_signed"),
    sa.CheckConstraint(
        "state NOT IN ('approved', 'refused', 'revoked', 'lapsed') OR decision_number IS NOT NULL",
        name="decided_by_act",
    ),
    # Gives decisions something to prove their copy of the preparer against.
    sa.UniqueConstraint("id", "prepared_by"),
    # One open file per person; who has left may come again.
    sa.Index(
        "uq_candidacies_open_person_id",
        "person_id",
        unique=True,
        postgresql_where=sa.text(
            "state IN ('draft', 'submitted', 'assessed', 'deferred', 'approved') AND departed_on IS NULL"
        ),
    ),
    sa.Index("ix_candidacies_person_id", "person_id"),
    # Lists go by file number; somebody still works on these.
    sa.Index(
        "ix_candidacies_open_file_number",
        "file_number",
        postgresql_where=sa.text(
            "state IN ('draft', 'submitted', 'assessed', 'deferred', 'approved') AND departed_on IS NULL"
        ),
    ),
    sa.Index("ix_candidacies_state_file_number", "state", "file_number"),
    sa.Index("ix_candidacies_referent_file_number", "referent", "file_number"),
    sa.Index("ix_candidacies_establishment_file_number", "establishment", "file_number"),
)

opinions = sa.Table(
    "opinions",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), nullable=False),
    sa.Column("rule_version", sa.Text, nullable=False),
    sa.Column("reference_on", sa.Date, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("eligible_on", sa.Date),
    sa.Column("at_entry", sa.Text, nullable=False),
    sa.Column("lines", JSONB, nullable=False),
    # As of the planned entry; empty in opinions of the first rules, which kept the result of it alone.
    sa.Column("entry_lines", JSONB, nullable=False),
    # What it takes to find the same again: of the file, without the birth date, and of the site's settings.
    sa.Column("inputs", JSONB, nullable=False),
    sa.Column("choices", JSONB, nullable=False),
    sa.Column("assessed_by", sa.Text, nullable=False),
    sa.Column("assessed_at", instant, nullable=False),
    sa.CheckConstraint(
        "result IN ('favourable', 'unfavourable', 'deferred', 'to_complete', 'to_examine')",
        name="result",
    ),
    sa.Index("ix_opinions_candidacy_id", "candidacy_id"),
)

file_history = sa.Table(
    "file_history",
    metadata,
    sa.Column("candidacy_id", sa.Uuid, sa.ForeignKey(candidacies.c.id), primary_key=True),
    # The version that the act led to.
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # Subject of the token; empty where an event or a timer did it.
    sa.Column("officer", sa.Text, nullable=False),
    sa.Column("officer_function", sa.Text, nullable=False),
    sa.Column("at", instant, nullable=False),
)
