"""The vault, candidacies, opinions, decisions and the journey."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    "CREATE SCHEMA vault",
    """
    CREATE TABLE vault.identities (
        person_id uuid CONSTRAINT pk_identities PRIMARY KEY,
        last_name text NOT NULL,
        first_names text NOT NULL,
        birth_date date NOT NULL,
        ecrou_number text NOT NULL,
        sex text NOT NULL CONSTRAINT ck_identities_sex CHECK (sex IN ('M', 'F'))
    )
    """,
    """
    CREATE TABLE vault.identity_reads (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_identity_reads PRIMARY KEY,
        read_at timestamptz NOT NULL,
        reader text NOT NULL,
        reader_function text NOT NULL,
        purpose text NOT NULL,
        person_id uuid NOT NULL,
        route text NOT NULL
    )
    """,
    "CREATE INDEX ix_identity_reads_person_id ON vault.identity_reads (person_id)",
    """
    CREATE TABLE candidacies (
        id uuid CONSTRAINT pk_candidacies PRIMARY KEY,
        person_id uuid NOT NULL
            CONSTRAINT fk_candidacies_person_id_identities REFERENCES vault.identities (person_id),
        site text NOT NULL,
        file_number bigint NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT uq_candidacies_file_number UNIQUE,
        state text NOT NULL CONSTRAINT ck_candidacies_state
            CHECK (state IN ('submitted', 'assessed', 'approved', 'refused', 'withdrawn')),
        version bigint NOT NULL,
        prepared_by text NOT NULL,
        establishment text,
        penal_status text,
        sentences jsonb NOT NULL,
        sentence_end date,
        extract_on date,
        consent_signed_on date,
        consent_withdrawn_on date,
        planned_entry date NOT NULL,
        adapted_cell boolean NOT NULL,
        training_wishes text[] NOT NULL,
        partner_categories text[] NOT NULL,
        submitted_at timestamptz NOT NULL,
        estimate jsonb NOT NULL,
        opinion_id uuid,
        decision_number text,
        CONSTRAINT ck_candidacies_ends_after_entry CHECK (sentence_end > planned_entry),
        CONSTRAINT ck_candidacies_withdrawn_after_signed CHECK (consent_withdrawn_on >= consent_signed_on),
        CONSTRAINT ck_candidacies_decided_by_act
            CHECK ((state IN ('approved', 'refused')) <= (decision_number IS NOT NULL)),
        CONSTRAINT uq_candidacies_id_prepared_by UNIQUE (id, prepared_by)
    )
    """,
    """
    CREATE TABLE opinions (
        id uuid CONSTRAINT pk_opinions PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT fk_opinions_candidacy_id_candidacies REFERENCES candidacies (id),
        rule_version text NOT NULL,
        reference_on date NOT NULL,
        result text NOT NULL CONSTRAINT ck_opinions_result
            CHECK (result IN ('favourable', 'unfavourable', 'deferred', 'to_complete', 'to_examine')),
        eligible_on date,
        at_entry text NOT NULL,
        lines jsonb NOT NULL,
        assessed_by text NOT NULL,
        assessed_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_opinions_candidacy_id ON opinions (candidacy_id)",
    """
    CREATE TABLE decision_counters (
        site text NOT NULL,
        year integer NOT NULL,
        last bigint NOT NULL,
        CONSTRAINT pk_decision_counters PRIMARY KEY (site, year)
    )
    """,
    r"""
    CREATE TABLE decisions (
        id uuid CONSTRAINT pk_decisions PRIMARY KEY,
        candidacy_id uuid NOT NULL,
        number text NOT NULL CONSTRAINT uq_decisions_number UNIQUE,
        kind text NOT NULL CONSTRAINT ck_decisions_kind CHECK (kind IN ('approved', 'refused')),
        opinion_id uuid CONSTRAINT fk_decisions_opinion_id_opinions REFERENCES opinions (id),
        prepared_by text NOT NULL,
        signer_id text NOT NULL,
        signer_name text NOT NULL,
        signer_function text NOT NULL,
        authority text NOT NULL CONSTRAINT ck_decisions_authority_given CHECK (authority ~ '\S'),
        delegation text NOT NULL CONSTRAINT ck_decisions_delegation_given CHECK (delegation ~ '\S'),
        reason_codes text[] NOT NULL,
        reasons text NOT NULL CONSTRAINT ck_decisions_reasons_given CHECK (reasons ~ '\S'),
        effects jsonb NOT NULL,
        criteria jsonb NOT NULL,
        act_digest bytea NOT NULL CONSTRAINT ck_decisions_act_digest CHECK (octet_length(act_digest) = 32),
        signed_at timestamptz NOT NULL,
        decided_on date NOT NULL,
        CONSTRAINT ck_decisions_four_eyes CHECK (signer_id <> prepared_by),
        CONSTRAINT ck_decisions_approved_on_opinion CHECK (kind <> 'approved' OR opinion_id IS NOT NULL),
        CONSTRAINT ck_decisions_refused_with_code CHECK (kind <> 'refused' OR cardinality(reason_codes) > 0),
        CONSTRAINT fk_decisions_candidacy_id_prepared_by_candidacies
            FOREIGN KEY (candidacy_id, prepared_by) REFERENCES candidacies (id, prepared_by)
    )
    """,
    "CREATE UNIQUE INDEX uq_decisions_approved_candidacy_id ON decisions (candidacy_id) WHERE kind = 'approved'",
    """
    CREATE TABLE expected_replies (
        request_id uuid CONSTRAINT pk_expected_replies PRIMARY KEY,
        candidacy_id uuid NOT NULL
            CONSTRAINT fk_expected_replies_candidacy_id_candidacies REFERENCES candidacies (id),
        step text NOT NULL CONSTRAINT ck_expected_replies_step
            CHECK (step IN ('accommodation', 'training', 'partners')),
        asked_version bigint NOT NULL,
        decision_number text,
        asked_at timestamptz NOT NULL,
        answered_at timestamptz
    )
    """,
    "CREATE INDEX ix_expected_replies_candidacy_id ON expected_replies (candidacy_id)",
    """
    CREATE TABLE journey_steps (
        candidacy_id uuid NOT NULL,
        step text NOT NULL,
        version bigint NOT NULL,
        fact text NOT NULL,
        request_id text NOT NULL,
        decision_number text,
        detail jsonb NOT NULL,
        occurred_at timestamptz NOT NULL,
        CONSTRAINT pk_journey_steps PRIMARY KEY (candidacy_id, step)
    )
    """,
)


def upgrade() -> None:
    """Creates everything."""
    for statement in STATEMENTS:
        op.execute(statement)
