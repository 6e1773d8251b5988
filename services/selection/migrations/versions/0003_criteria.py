"""All criteria: the facts that they look at, and opinions that hold all that they were made from."""

from alembic import op

revision = "0003"
down_revision = "0002"

# What the first rules looked at is known of every opinion that was made with them: nothing of a file could be amended
# then but the date of a withdrawal, and that is in the opinion's line on the consent.
_INPUTS = """
    UPDATE opinions SET inputs = jsonb_build_object(
        'facts', jsonb_build_object(
            'penal_status', file.penal_status,
            'sentences', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'pronounced', jsonb_build_object('years', one->'pronounced'->0, 'months', one->'pronounced'->1,
                        'days', one->'pronounced'->2),
                    'firm', CASE WHEN one->'firm' = 'null' THEN 'null' ELSE jsonb_build_object(
                        'years', one->'firm'->0, 'months', one->'firm'->1, 'days', one->'firm'->2) END
                ) ORDER BY place), '[]')
                FROM jsonb_array_elements(file.sentences) WITH ORDINALITY AS listed (one, place)
            ),
            'sentence_end', file.sentence_end,
            'extract_on', file.extract_on,
            'consent_signed_on', file.consent_signed_on,
            'consent_withdrawn_on',
                jsonb_path_query_first(lines, '$[*] ? (@.criterion == "C4").inputs.consent_withdrawn_on'),
            'planned_entry', file.planned_entry,
            'specially_flagged', false,
            'terrorism', false,
            'separation', false,
            'other_proceedings', false,
            'adjustment_requested', false,
            'local_project', null
        ),
        'gathered', jsonb_build_object('advice', jsonb_build_array(), 'interviewed_on', null),
        'sex', person.sex,
        'adult_at_entry', person.birth_date <= file.planned_entry - interval '18 years',
        'site', file.site,
        'adapted_cell', file.adapted_cell,
        'others_wait', null
    )
    FROM candidacies file JOIN vault.identities person USING (person_id)
    WHERE file.id = opinions.candidacy_id
"""

STATEMENTS = (
    """
    ALTER TABLE candidacies
        ADD specially_flagged boolean NOT NULL DEFAULT false,
        ADD terrorism boolean NOT NULL DEFAULT false,
        ADD separation boolean NOT NULL DEFAULT false,
        ADD other_proceedings boolean NOT NULL DEFAULT false,
        ADD adjustment_requested boolean NOT NULL DEFAULT false,
        ADD local_project boolean
    """,
    """
    ALTER TABLE candidacies
        ALTER specially_flagged DROP DEFAULT,
        ALTER terrorism DROP DEFAULT,
        ALTER separation DROP DEFAULT,
        ALTER other_proceedings DROP DEFAULT,
        ALTER adjustment_requested DROP DEFAULT
    """,
    "CREATE INDEX ix_journey_steps_waiting ON journey_steps (candidacy_id) WHERE fact = 'bed_waitlisted'",
    "ALTER TABLE opinions ADD entry_lines jsonb NOT NULL DEFAULT '[]', ADD inputs jsonb, ADD choices jsonb",
    _INPUTS,
    """
    UPDATE opinions SET
        choices = '{"quantum_rule": "total", "extract_days": 30, "required_advice": [], "sites": []}',
        lines = (
            SELECT jsonb_agg(one || '{"kind": "substantive"}' ORDER BY place)
            FROM jsonb_array_elements(lines) WITH ORDINALITY AS listed (one, place)
        )
    """,
    """
    ALTER TABLE opinions
        ALTER entry_lines DROP DEFAULT,
        ALTER inputs SET NOT NULL,
        ALTER choices SET NOT NULL
    """,
)


def upgrade() -> None:
    """Keeps what is there, and adds the rest."""
    for statement in STATEMENTS:
        op.execute(statement)
