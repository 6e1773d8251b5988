"""Advice, interviews, documents, sittings, receipts; the urgency of a decision."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    r"""
    ALTER TABLE decisions
        ADD urgency text,
        ADD CONSTRAINT ck_decisions_urgency_given CHECK (urgency ~ '\S')
    """,
    """
    CREATE TABLE advice (
        id uuid CONSTRAINT pk_advice PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT fk_advice_candidacy_id_candidacies REFERENCES candidacies (id),
        kind text NOT NULL,
        asked_at timestamptz,
        asked_by text,
        due_on date,
        received_at timestamptz,
        received_by text,
        author_name text,
        author_function text,
        given_on date,
        sense text,
        words text,
        reference text,
        replaced_at timestamptz,
        CONSTRAINT ck_advice_sense CHECK (sense IN ('favourable', 'reserved', 'unfavourable')),
        CONSTRAINT ck_advice_asked_in_full CHECK (num_nulls(asked_at, asked_by, due_on) IN (0, 3)),
        CONSTRAINT ck_advice_received_in_full CHECK (
            num_nulls(received_at, received_by, author_name, author_function, given_on, sense, words) IN (0, 7)),
        CONSTRAINT ck_advice_asked_or_received CHECK (asked_at IS NOT NULL OR received_at IS NOT NULL)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_advice_standing_candidacy_id_kind ON advice (candidacy_id, kind) WHERE replaced_at IS NULL
    """,
    "CREATE INDEX ix_advice_candidacy_id ON advice (candidacy_id)",
    """
    CREATE TABLE interviews (
        id uuid CONSTRAINT pk_interviews PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT fk_interviews_candidacy_id_candidacies REFERENCES candidacies (id),
        interviewer_name text NOT NULL,
        interviewer_function text NOT NULL,
        held_on date NOT NULL,
        discussed text[] NOT NULL,
        words text NOT NULL,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_interviews_candidacy_id_held_on ON interviews (candidacy_id, held_on)",
    """
    CREATE TABLE documents (
        id uuid CONSTRAINT pk_documents PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT fk_documents_candidacy_id_candidacies REFERENCES candidacies (id),
        kind text NOT NULL,
        reference text NOT NULL,
        dated date NOT NULL,
        recorded_by text NOT NULL,
        recorded_by_function text NOT NULL,
        recorded_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_documents_candidacy_id ON documents (candidacy_id)",
    """
    CREATE TABLE sittings (
        id uuid CONSTRAINT pk_sittings PRIMARY KEY,
        sits_on date NOT NULL,
        planned_by text NOT NULL,
        planned_at timestamptz NOT NULL,
        held_at timestamptz,
        held_by text,
        chair jsonb,
        members jsonb,
        words text,
        CONSTRAINT ck_sittings_held_in_full CHECK (num_nulls(held_at, held_by, chair, members, words) IN (0, 5))
    )
    """,
    "CREATE INDEX ix_sittings_sits_on ON sittings (sits_on, id)",
    """
    CREATE TABLE agenda_items (
        sitting_id uuid CONSTRAINT fk_agenda_items_sitting_id_sittings REFERENCES sittings (id),
        rank integer,
        candidacy_id uuid NOT NULL CONSTRAINT fk_agenda_items_candidacy_id_candidacies REFERENCES candidacies (id),
        advice_id uuid CONSTRAINT fk_agenda_items_advice_id_advice REFERENCES advice (id),
        CONSTRAINT pk_agenda_items PRIMARY KEY (sitting_id, rank),
        CONSTRAINT uq_agenda_items_sitting_id_candidacy_id UNIQUE (sitting_id, candidacy_id)
    )
    """,
    """
    CREATE TABLE receipt_counters (
        site text,
        year integer,
        last bigint NOT NULL,
        CONSTRAINT pk_receipt_counters PRIMARY KEY (site, year)
    )
    """,
    """
    CREATE TABLE receipts (
        id uuid CONSTRAINT pk_receipts PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT fk_receipts_candidacy_id_candidacies REFERENCES candidacies (id),
        number text NOT NULL CONSTRAINT uq_receipts_number UNIQUE,
        kind text NOT NULL,
        requested text NOT NULL,
        silence_means text NOT NULL,
        silent_from date,
        issued_at timestamptz NOT NULL,
        CONSTRAINT ck_receipts_kind CHECK (kind IN ('submission', 'withdrawal', 'appeal', 'change_of_assignment'))
    )
    """,
    "CREATE INDEX ix_receipts_candidacy_id ON receipts (candidacy_id)",
)


def upgrade() -> None:
    """Adds what a file is gathered from."""
    for statement in STATEMENTS:
        op.execute(statement)
