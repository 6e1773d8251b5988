"""Every version of the penal facts, amendments, answers of consent; the window before a release."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    # The end of a sentence may move before an entry that is ordered already: a fact, for a human to look at.
    """
    ALTER TABLE candidacies
        ADD release_window_opened_at timestamptz,
        DROP CONSTRAINT ck_candidacies_ends_after_entry
    """,
    """
    CREATE TABLE penal_situations (
        candidacy_id uuid NOT NULL CONSTRAINT fk_penal_situations_candidacy_id_candidacies REFERENCES candidacies (id),
        version bigint NOT NULL,
        penal_status text,
        sentences jsonb NOT NULL,
        sentence_end date,
        extract_on date,
        specially_flagged boolean NOT NULL,
        terrorism boolean NOT NULL,
        separation boolean NOT NULL,
        other_proceedings boolean NOT NULL,
        adjustment_requested boolean NOT NULL,
        source text CONSTRAINT ck_penal_situations_source CHECK (source IN ('national_system', 'registry', 'court')),
        result text,
        recorded_by text NOT NULL,
        recorded_by_function text NOT NULL,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT pk_penal_situations PRIMARY KEY (candidacy_id, version)
    )
    """,
    """
    INSERT INTO penal_situations (candidacy_id, version, penal_status, sentences, sentence_end, extract_on,
        specially_flagged, terrorism, separation, other_proceedings, adjustment_requested, result, recorded_by,
        recorded_by_function, recorded_at)
    SELECT id, 1, penal_status, sentences, sentence_end, extract_on, specially_flagged, terrorism, separation,
        other_proceedings, adjustment_requested, estimate ->> 'result', prepared_by, '', created_at
    FROM candidacies
    """,
    """
    CREATE TABLE exit_adoptions (
        candidacy_id uuid NOT NULL CONSTRAINT fk_exit_adoptions_candidacy_id_candidacies REFERENCES candidacies (id),
        version bigint NOT NULL,
        decision_number text NOT NULL,
        ordered_until date NOT NULL,
        projected_exit date NOT NULL,
        reasons text NOT NULL CONSTRAINT ck_exit_adoptions_reasons_given CHECK (reasons ~ '\\S'),
        signer_id text NOT NULL,
        signer_name text NOT NULL,
        signer_function text NOT NULL,
        signed_at timestamptz NOT NULL,
        CONSTRAINT pk_exit_adoptions PRIMARY KEY (candidacy_id, version),
        CONSTRAINT ck_exit_adoptions_exit_moved CHECK (projected_exit <> ordered_until)
    )
    """,
    """
    CREATE TABLE amendments (
        candidacy_id uuid NOT NULL,
        version bigint NOT NULL,
        fields text[] NOT NULL CONSTRAINT ck_amendments_something_changed CHECK (cardinality(fields) > 0),
        CONSTRAINT pk_amendments PRIMARY KEY (candidacy_id, version),
        CONSTRAINT fk_amendments_candidacy_id_version_file_history
            FOREIGN KEY (candidacy_id, version) REFERENCES file_history (candidacy_id, version)
    )
    """,
    """
    CREATE TABLE consent_history (
        candidacy_id uuid NOT NULL CONSTRAINT fk_consent_history_candidacy_id_candidacies REFERENCES candidacies (id),
        version bigint NOT NULL,
        subject text NOT NULL,
        yes boolean NOT NULL,
        text_version text,
        dated_on date,
        recorded_by text NOT NULL,
        recorded_by_function text NOT NULL,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT pk_consent_history PRIMARY KEY (candidacy_id, version, subject)
    )
    """,
    """
    INSERT INTO consent_history (candidacy_id, version, subject, yes, dated_on, recorded_by, recorded_by_function,
        recorded_at)
    SELECT id, 1, 'programme', consent_withdrawn_on IS NULL, coalesce(consent_withdrawn_on, consent_signed_on),
        prepared_by, '', created_at
    FROM candidacies WHERE consent_signed_on IS NOT NULL OR consent_withdrawn_on IS NOT NULL
    """,
    """
    INSERT INTO consent_history (candidacy_id, version, subject, yes, recorded_by, recorded_by_function, recorded_at)
    SELECT id, 1, unnest(partner_categories), true, prepared_by, '', created_at FROM candidacies
    """,
)


def upgrade() -> None:
    """Keeps what the files say now as their first version."""
    for statement in STATEMENTS:
        op.execute(statement)
