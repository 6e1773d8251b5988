"""Drafts, rounds, deferral, history; deadlines and reviews."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    ALTER TABLE candidacies
        ADD round integer NOT NULL DEFAULT 1,
        ADD preparers text[],
        ADD referent text,
        ADD arrived_on date,
        ADD departed_on date,
        ADD deferred_until date,
        ADD merged_into uuid CONSTRAINT fk_candidacies_merged_into_candidacies REFERENCES candidacies (id),
        ADD consent_text text,
        ADD consent_recorded_by text,
        ADD consent_recorded_at timestamptz,
        ADD created_at timestamptz,
        ALTER planned_entry DROP NOT NULL,
        ALTER submitted_at DROP NOT NULL,
        ALTER estimate DROP NOT NULL
    """,
    "UPDATE candidacies SET preparers = ARRAY[prepared_by], referent = prepared_by, created_at = submitted_at",
    """
    ALTER TABLE candidacies
        ALTER round DROP DEFAULT,
        ALTER preparers SET NOT NULL,
        ALTER referent SET NOT NULL,
        ALTER created_at SET NOT NULL,
        DROP CONSTRAINT ck_candidacies_state,
        DROP CONSTRAINT ck_candidacies_decided_by_act,
        ADD CONSTRAINT ck_candidacies_state CHECK (state IN ('draft', 'submitted', 'assessed', 'deferred', 'approved',
            'refused', 'withdrawn', 'revoked', 'lapsed', 'merged')),
        ADD CONSTRAINT ck_candidacies_complete_once_submitted CHECK (state IN ('draft', 'withdrawn', 'merged')
            OR (planned_entry IS NOT NULL AND submitted_at IS NOT NULL)),
        ADD CONSTRAINT ck_candidacies_decided_by_act CHECK (state NOT IN ('approved', 'refused', 'revoked', 'lapsed')
            OR decision_number IS NOT NULL),
        ADD CONSTRAINT ck_candidacies_opener_prepared CHECK (prepared_by = ANY (preparers)),
        ADD CONSTRAINT ck_candidacies_merged_into_another CHECK ((state = 'merged') = (merged_into IS NOT NULL)),
        ADD CONSTRAINT ck_candidacies_deferred_until_a_date CHECK (state <> 'deferred' OR deferred_until IS NOT NULL),
        ADD CONSTRAINT ck_candidacies_departed_after_arrival CHECK (departed_on >= arrived_on)
    """,
    """
    CREATE UNIQUE INDEX uq_candidacies_open_person_id ON candidacies (person_id)
        WHERE state IN ('draft', 'submitted', 'assessed', 'deferred', 'approved') AND departed_on IS NULL
    """,
    "ALTER TABLE decisions ADD round integer NOT NULL DEFAULT 1, ADD preparers text[]",
    "UPDATE decisions SET preparers = ARRAY[prepared_by]",
    """
    ALTER TABLE decisions
        ALTER round DROP DEFAULT,
        ALTER preparers SET NOT NULL,
        DROP CONSTRAINT ck_decisions_kind,
        DROP CONSTRAINT ck_decisions_four_eyes,
        ADD CONSTRAINT ck_decisions_kind
            CHECK (kind IN ('approved', 'refused', 'adjourned', 'deferred', 'revoked', 'lapsed')),
        ADD CONSTRAINT ck_decisions_four_eyes CHECK (signer_id <> prepared_by AND signer_id <> ALL (preparers))
    """,
    "DROP INDEX uq_decisions_approved_candidacy_id",
    """
    CREATE UNIQUE INDEX uq_decisions_approved_candidacy_id_round ON decisions (candidacy_id, round)
        WHERE kind = 'approved'
    """,
    """
    CREATE TABLE file_history (
        candidacy_id uuid NOT NULL CONSTRAINT fk_file_history_candidacy_id_candidacies REFERENCES candidacies (id),
        version bigint NOT NULL,
        act text NOT NULL,
        state text NOT NULL,
        officer text NOT NULL,
        officer_function text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_file_history PRIMARY KEY (candidacy_id, version)
    )
    """,
    """
    CREATE TABLE deadlines (
        id uuid CONSTRAINT pk_deadlines PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT fk_deadlines_candidacy_id_candidacies REFERENCES candidacies (id),
        kind text NOT NULL,
        subject uuid NOT NULL,
        owner text NOT NULL,
        due_on date NOT NULL,
        remind_on date,
        opened_at timestamptz NOT NULL,
        reminded_at timestamptz,
        escalated_at timestamptz,
        met_at timestamptz,
        CONSTRAINT ck_deadlines_reminded_before_due CHECK (remind_on <= due_on)
    )
    """,
    "CREATE UNIQUE INDEX uq_deadlines_open_kind_subject ON deadlines (kind, subject) WHERE met_at IS NULL",
    "CREATE INDEX ix_deadlines_open_due_on ON deadlines (due_on, id) WHERE met_at IS NULL",
    "CREATE INDEX ix_deadlines_candidacy_id ON deadlines (candidacy_id)",
    """
    CREATE TABLE reviews (
        id uuid CONSTRAINT pk_reviews PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT fk_reviews_candidacy_id_candidacies REFERENCES candidacies (id),
        cause text NOT NULL,
        detail jsonb NOT NULL,
        opened_at timestamptz NOT NULL,
        closed_at timestamptz,
        closed_by text,
        outcome text,
        CONSTRAINT ck_reviews_closed_with_outcome CHECK ((closed_at IS NULL) = (outcome IS NULL))
    )
    """,
    """
    CREATE UNIQUE INDEX uq_reviews_open_candidacy_id_cause ON reviews (candidacy_id, cause) WHERE closed_at IS NULL
    """,
    "CREATE INDEX ix_reviews_open_opened_at ON reviews (opened_at, id) WHERE closed_at IS NULL",
)


def upgrade() -> None:
    """Keeps what is there, and adds the rest."""
    for statement in STATEMENTS:
        op.execute(statement)
