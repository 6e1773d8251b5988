"""Persons are found by name and number, and united; caseloads are reassigned; lists are read by index."""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    # The one place where names are made alike. The built-in collation gives the same letters on every machine, so that
    # the function may call itself immutable.
    r"""
    CREATE FUNCTION vault.plain(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(regexp_replace(regexp_replace(normalize(replace(replace(replace(
        lower(written COLLATE pg_c_utf8), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'), NFKD),
        '[\u0300-\u036f]', '', 'g'), '[^[:alnum:]]+', ' ', 'g'))
    """,
    """
    ALTER TABLE vault.identities
        ADD plain_name text NOT NULL GENERATED ALWAYS AS (vault.plain(last_name || ' ' || first_names)) STORED,
        ADD different_from uuid[] NOT NULL DEFAULT '{}',
        ADD merged_into uuid CONSTRAINT fk_identities_merged_into_identities REFERENCES vault.identities (person_id),
        ADD CONSTRAINT ck_identities_merged_into_another CHECK (merged_into <> person_id)
    """,
    "CREATE INDEX ix_identities_plain_name_birth_date ON vault.identities (plain_name, birth_date)",
    "CREATE INDEX ix_identities_plain_name_trigrams ON vault.identities USING gin (plain_name gin_trgm_ops)",
    "CREATE INDEX ix_identities_ecrou_number ON vault.identities (ecrou_number)",
    "CREATE INDEX ix_identities_merged_into ON vault.identities (merged_into) WHERE merged_into IS NOT NULL",
    """
    CREATE TABLE merges (
        candidacy_id uuid CONSTRAINT pk_merges PRIMARY KEY
            CONSTRAINT fk_merges_candidacy_id_candidacies REFERENCES candidacies (id),
        kept_id uuid NOT NULL CONSTRAINT fk_merges_kept_id_candidacies REFERENCES candidacies (id),
        person_id uuid NOT NULL,
        kept_person_id uuid NOT NULL,
        statement text,
        merged_by text NOT NULL,
        merged_by_function text NOT NULL,
        merged_at timestamptz NOT NULL,
        CONSTRAINT ck_merges_into_another CHECK (kept_id <> candidacy_id)
    )
    """,
    """
    CREATE TABLE reassignments (
        id uuid CONSTRAINT pk_reassignments PRIMARY KEY,
        from_officer text NOT NULL,
        to_officer text NOT NULL,
        files integer NOT NULL,
        ordered_by text NOT NULL,
        ordered_by_function text NOT NULL,
        ordered_at timestamptz NOT NULL,
        CONSTRAINT ck_reassignments_to_another CHECK (from_officer <> to_officer)
    )
    """,
    "CREATE INDEX ix_candidacies_person_id ON candidacies (person_id)",
    """
    CREATE INDEX ix_candidacies_open_file_number ON candidacies (file_number)
        WHERE state IN ('draft', 'submitted', 'assessed', 'deferred', 'approved') AND departed_on IS NULL
    """,
    "CREATE INDEX ix_candidacies_state_file_number ON candidacies (state, file_number)",
    "CREATE INDEX ix_candidacies_referent_file_number ON candidacies (referent, file_number)",
    "CREATE INDEX ix_candidacies_establishment_file_number ON candidacies (establishment, file_number)",
    """
    CREATE INDEX ix_expected_replies_missing_candidacy_id ON expected_replies (candidacy_id, asked_at)
        WHERE answered_at IS NULL
    """,
)


def upgrade() -> None:
    """Adds to what is there; every person already known gets a plain name."""
    for statement in STATEMENTS:
        op.execute(statement)
