"""Which cells are near one another is said once; who put somebody ahead of the order of decisions stays known once it is taken back; a recall says in which function."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    # Two cells of a unit, or two arrival cells of a wing: what keep-apart goes by.
    """
    CREATE VIEW near_cells AS
    SELECT here.code AS here, there.code AS there
    FROM cells AS here JOIN units AS here_unit ON here_unit.code = here.unit
    JOIN units AS there_unit ON there_unit.wing = here_unit.wing JOIN cells AS there ON there.unit = there_unit.code
    WHERE there.unit = here.unit OR (there.type = 'arrival' AND here.type = 'arrival')
    """,
    """
    CREATE OR REPLACE FUNCTION kept_apart(person uuid, near text, days daterange) RETURNS boolean
    STABLE LANGUAGE sql AS $$
        SELECT EXISTS (
            SELECT FROM separations
            JOIN bed_uses ON bed_uses.given_up_at IS NULL AND bed_uses.candidacy_id
                = CASE WHEN separations.one = person THEN separations.other ELSE separations.one END
            JOIN near_cells ON near_cells.here = near AND near_cells.there = bed_uses.cell
            WHERE separations.lifted_at IS NULL AND (separations.one = person OR separations.other = person)
                AND NOT isempty(bed_uses.nights * separations.period * days)
        )
    $$
    """,
    """
    CREATE TABLE turn_changes (
        id uuid CONSTRAINT pk_turn_changes PRIMARY KEY,
        request_id uuid NOT NULL CONSTRAINT fk_turn_changes_request_id_requests REFERENCES requests,
        change text NOT NULL,
        reason text,
        officer text NOT NULL,
        function text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT ck_turn_changes_change CHECK (change IN ('ahead', 'in_order')),
        CONSTRAINT ck_turn_changes_reason CHECK ((change = 'ahead') = (reason IS NOT NULL))
    )
    """,
    "CREATE INDEX ix_turn_changes_request_id ON turn_changes (request_id)",
    """
    INSERT INTO turn_changes (id, request_id, change, reason, officer, function, at)
    SELECT uuidv7(), id, 'ahead', ahead_because, ahead_by, ahead_by_function, ahead_at
    FROM requests WHERE ahead_at IS NOT NULL
    """,
    "ALTER TABLE assignments ADD recalled_by_function text",
    # Only this officer could recall until now.
    "UPDATE assignments SET recalled_by_function = 'placement_officer' WHERE recalled_at IS NOT NULL",
    """
    ALTER TABLE assignments
        DROP CONSTRAINT ck_assignments_recalled,
        ADD CONSTRAINT ck_assignments_recalled CHECK (
            num_nulls(recalled_by, recalled_by_function, recalled_at) IN (0, 3)
            AND (recalled_at IS NULL OR lent_at IS NOT NULL)
        )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
