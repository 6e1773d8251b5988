"""Delegations, hand-overs, restricted reasons; which decision a logged read was of."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    r"""
    CREATE TABLE delegations (
        id uuid CONSTRAINT pk_delegations PRIMARY KEY,
        reference text NOT NULL,
        delegate_id text NOT NULL,
        delegate_name text NOT NULL,
        authority text NOT NULL,
        kinds text[] NOT NULL,
        valid_from date NOT NULL,
        valid_until date NOT NULL,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL,
        ended_on date,
        ended_by text,
        CONSTRAINT ck_delegations_reference_given CHECK (reference ~ '\S'),
        CONSTRAINT ck_delegations_kinds CHECK (cardinality(kinds) > 0
            AND kinds <@ ARRAY['approved', 'refused', 'adjourned', 'deferred', 'revoked', 'lapsed']),
        CONSTRAINT ck_delegations_validity CHECK (valid_from <= valid_until),
        CONSTRAINT ck_delegations_ended_by_somebody CHECK ((ended_on IS NULL) = (ended_by IS NULL))
    )
    """,
    "CREATE INDEX ix_delegations_delegate_id_reference ON delegations (delegate_id, reference)",
    """
    CREATE TABLE hand_overs (
        decision_id uuid CONSTRAINT pk_hand_overs PRIMARY KEY
            CONSTRAINT fk_hand_overs_decision_id_decisions REFERENCES decisions (id),
        handed_on date NOT NULL,
        outcome text NOT NULL,
        language text,
        handed_by text NOT NULL,
        handed_by_function text NOT NULL,
        recorded_at timestamptz NOT NULL,
        appeal_until date NOT NULL,
        CONSTRAINT ck_hand_overs_outcome CHECK (outcome IN ('signed', 'refused_to_sign', 'interpreter')),
        CONSTRAINT ck_hand_overs_language_of_interpreter CHECK ((outcome = 'interpreter') = (language IS NOT NULL)),
        CONSTRAINT ck_hand_overs_appeal_after_hand_over CHECK (appeal_until > handed_on)
    )
    """,
    r"""
    CREATE TABLE restricted_reasons (
        decision_id uuid CONSTRAINT pk_restricted_reasons PRIMARY KEY
            CONSTRAINT fk_restricted_reasons_decision_id_decisions REFERENCES decisions (id),
        words text NOT NULL,
        digest bytea NOT NULL,
        CONSTRAINT ck_restricted_reasons_words_given CHECK (words ~ '\S'),
        CONSTRAINT ck_restricted_reasons_digest CHECK (octet_length(digest) = 32)
    )
    """,
    "CREATE INDEX ix_decisions_candidacy_id ON decisions (candidacy_id)",
    "ALTER TABLE vault.identity_reads ADD decision_id uuid",
)


def upgrade() -> None:
    """Keeps what is there, and adds the rest."""
    for statement in STATEMENTS:
        op.execute(statement)
