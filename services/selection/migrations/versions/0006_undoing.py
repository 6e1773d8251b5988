"""Revocations, requests for a change of assignment, appeals."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    r"""
    CREATE TABLE revocations (
        id uuid CONSTRAINT pk_revocations PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT fk_revocations_candidacy_id_candidacies REFERENCES candidacies (id),
        opened_at timestamptz NOT NULL,
        opened_by text NOT NULL,
        opened_by_function text NOT NULL,
        grounds text NOT NULL CONSTRAINT ck_revocations_grounds_given CHECK (grounds ~ '\S'),
        handed_over_on date NOT NULL,
        observe_until date NOT NULL,
        file_access_on date,
        closed_at timestamptz,
        closed_by text,
        outcome text CONSTRAINT ck_revocations_outcome
            CHECK (outcome IN ('revoked', 'dropped', 'change_of_assignment', 'file_closed')),
        reasons text,
        decision_id uuid CONSTRAINT fk_revocations_decision_id_decisions REFERENCES decisions (id),
        CONSTRAINT ck_revocations_time_to_observe CHECK (observe_until >= handed_over_on),
        CONSTRAINT ck_revocations_access_after_notice CHECK (file_access_on >= handed_over_on),
        CONSTRAINT ck_revocations_closed_with_outcome CHECK (num_nulls(closed_at, closed_by, outcome) IN (0, 3)),
        CONSTRAINT ck_revocations_dropped_with_reasons
            CHECK (outcome <> 'dropped' OR (reasons IS NOT NULL AND reasons ~ '\S')),
        CONSTRAINT ck_revocations_revoked_by_act
            CHECK ((decision_id IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'revoked'))
    )
    """,
    "CREATE UNIQUE INDEX uq_revocations_open_candidacy_id ON revocations (candidacy_id) WHERE closed_at IS NULL",
    "CREATE INDEX ix_revocations_candidacy_id ON revocations (candidacy_id)",
    r"""
    CREATE TABLE observations (
        id uuid CONSTRAINT pk_observations PRIMARY KEY,
        revocation_id uuid NOT NULL CONSTRAINT fk_observations_revocation_id_revocations REFERENCES revocations (id),
        received_on date NOT NULL,
        words text CONSTRAINT ck_observations_words_given CHECK (words ~ '\S'),
        counsel boolean NOT NULL,
        recorded_at timestamptz NOT NULL,
        recorded_by text NOT NULL
    )
    """,
    "CREATE INDEX ix_observations_revocation_id ON observations (revocation_id)",
    r"""
    CREATE TABLE change_of_assignments (
        id uuid CONSTRAINT pk_change_of_assignments PRIMARY KEY,
        candidacy_id uuid NOT NULL
            CONSTRAINT fk_change_of_assignments_candidacy_id_candidacies REFERENCES candidacies (id),
        cause text NOT NULL CONSTRAINT ck_change_of_assignments_cause
            CHECK (cause IN ('consent_withdrawn', 'revocation', 'decision_undone')),
        revocation_id uuid CONSTRAINT fk_change_of_assignments_revocation_id_revocations REFERENCES revocations (id),
        requested_on date NOT NULL,
        state text NOT NULL CONSTRAINT ck_change_of_assignments_state CHECK (state IN ('open', 'granted', 'refused')),
        closed_at timestamptz,
        closed_by text,
        closed_by_function text,
        reasons text CONSTRAINT ck_change_of_assignments_reasons_given CHECK (reasons ~ '\S'),
        CONSTRAINT ck_change_of_assignments_revocation
            CHECK ((cause = 'revocation') = (revocation_id IS NOT NULL)),
        CONSTRAINT ck_change_of_assignments_answered_by_somebody CHECK (
            num_nulls(closed_at, closed_by, closed_by_function, reasons) = CASE WHEN state = 'open' THEN 4 ELSE 0 END
        )
    )
    """,
    """
    CREATE UNIQUE INDEX uq_change_of_assignments_open_candidacy_id ON change_of_assignments (candidacy_id)
        WHERE state = 'open'
    """,
    "CREATE INDEX ix_change_of_assignments_candidacy_id ON change_of_assignments (candidacy_id)",
    r"""
    CREATE TABLE appeals (
        id uuid CONSTRAINT pk_appeals PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT fk_appeals_candidacy_id_candidacies REFERENCES candidacies (id),
        decision_id uuid NOT NULL CONSTRAINT fk_appeals_decision_id_decisions REFERENCES decisions (id),
        first_decider text NOT NULL,
        lodged_on date NOT NULL,
        channel text NOT NULL CONSTRAINT ck_appeals_channel CHECK (channel IN ('letter', 'statement', 'counsel')),
        grounds text NOT NULL,
        recorded_by text NOT NULL,
        recorded_by_function text NOT NULL,
        acknowledged_at timestamptz NOT NULL,
        answer_due_on date NOT NULL,
        outcome text CONSTRAINT ck_appeals_outcome CHECK (outcome IN ('upheld', 'reversed', 'inadmissible')),
        reasons text CONSTRAINT ck_appeals_reasons_given CHECK (reasons ~ '\S'),
        decided_at timestamptz,
        decided_by text,
        decided_by_name text,
        decided_by_function text,
        CONSTRAINT ck_appeals_decided_by_somebody CHECK (
            num_nulls(outcome, reasons, decided_at, decided_by, decided_by_name, decided_by_function) IN (0, 6)
        ),
        CONSTRAINT ck_appeals_not_by_first_decider CHECK (decided_by <> first_decider)
    )
    """,
    "CREATE UNIQUE INDEX uq_appeals_open_decision_id ON appeals (decision_id) WHERE outcome IS NULL",
    "CREATE INDEX ix_appeals_candidacy_id ON appeals (candidacy_id)",
)


def upgrade() -> None:
    """Adds the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
