"""Activities, the cohorts of trainings, the requests and the enrolments."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE activities (
        code text CONSTRAINT pk_activities PRIMARY KEY,
        site text NOT NULL,
        title text NOT NULL,
        kind text NOT NULL CONSTRAINT ck_activities_kind CHECK (kind IN ('training', 'work')),
        places integer NOT NULL CONSTRAINT ck_activities_places CHECK (places > 0),
        CONSTRAINT uq_activities_code_kind UNIQUE (code, kind)
    )
    """,
    """
    CREATE TABLE cohorts (
        code text CONSTRAINT pk_cohorts PRIMARY KEY,
        activity text NOT NULL,
        kind text NOT NULL DEFAULT 'training' CONSTRAINT ck_cohorts_kind CHECK (kind = 'training'),
        starts_on date NOT NULL,
        ends_on date NOT NULL,
        capacity integer NOT NULL,
        taken integer NOT NULL DEFAULT 0,
        CONSTRAINT fk_cohorts_activity_kind_activities FOREIGN KEY (activity, kind) REFERENCES activities (code, kind),
        CONSTRAINT ck_cohorts_days CHECK (starts_on < ends_on),
        CONSTRAINT ck_cohorts_taken CHECK (taken BETWEEN 0 AND capacity),
        CONSTRAINT uq_cohorts_activity_starts_on UNIQUE (activity, starts_on)
    )
    """,
    """
    CREATE TABLE requests (
        id uuid CONSTRAINT pk_requests PRIMARY KEY,
        candidacy_id uuid NOT NULL CONSTRAINT uq_requests_candidacy_id UNIQUE,
        site text NOT NULL,
        event_id text NOT NULL,
        decision_number text NOT NULL,
        decided_on date,
        file_number bigint,
        wishes text[],
        earliest_start date,
        projected_exit date,
        trainings text[] NOT NULL,
        enrolment_id uuid CONSTRAINT uq_requests_enrolment_id UNIQUE,
        state text NOT NULL,
        version bigint NOT NULL,
        CONSTRAINT ck_requests_state
            CHECK (state IN ('requested', 'reserved', 'confirmed', 'waitlisted', 'cancelled')),
        CONSTRAINT ck_requests_need CHECK (
            state = 'cancelled'
            OR num_nulls(decided_on, file_number, wishes, earliest_start, projected_exit, enrolment_id) = 0
        ),
        CONSTRAINT ck_requests_trainings CHECK (trainings <@ wishes),
        CONSTRAINT ck_requests_seat CHECK (trainings <> '{}' OR state NOT IN ('reserved', 'confirmed'))
    )
    """,
    # The waiting lists of all trainings, in their common order.
    """
    CREATE INDEX ix_requests_waiting ON requests (decided_on, file_number, id)
        WHERE state IN ('requested', 'waitlisted')
    """,
    "CREATE INDEX ix_requests_decided_on_file_number_id ON requests (decided_on, file_number, id)",
    """
    CREATE TABLE enrolments (
        id uuid CONSTRAINT pk_enrolments PRIMARY KEY,
        request_id uuid NOT NULL CONSTRAINT fk_enrolments_request_id_requests REFERENCES requests,
        candidacy_id uuid NOT NULL,
        cohort text NOT NULL CONSTRAINT fk_enrolments_cohort_cohorts REFERENCES cohorts,
        state text NOT NULL,
        from_waiting_list boolean NOT NULL,
        reserved_at timestamptz NOT NULL,
        confirmed_by text,
        confirmed_by_function text,
        confirmed_at timestamptz,
        cancelled_at timestamptz,
        CONSTRAINT ck_enrolments_state CHECK (state IN ('reserved', 'confirmed', 'cancelled')),
        CONSTRAINT ck_enrolments_confirmed_by_somebody CHECK (
            num_nulls(confirmed_by, confirmed_by_function, confirmed_at)
            = CASE WHEN state = 'confirmed' THEN 0 WHEN state = 'reserved' THEN 3 ELSE num_nulls(confirmed_by) * 3 END
        ),
        CONSTRAINT ck_enrolments_cancelled CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL))
    )
    """,
    """
    CREATE UNIQUE INDEX uq_enrolments_request_id ON enrolments (request_id)
        WHERE state IN ('reserved', 'confirmed')
    """,
    # Whoever writes an enrolment, the count of its cohort follows, and its check refuses one seat too many.
    """
    CREATE FUNCTION keep_taken() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        was_live boolean := TG_OP = 'UPDATE' AND OLD.state IN ('reserved', 'confirmed');
        is_live boolean := NEW.state IN ('reserved', 'confirmed');
    BEGIN
        IF is_live <> was_live THEN
            UPDATE cohorts SET taken = taken + CASE WHEN is_live THEN 1 ELSE -1 END WHERE code = NEW.cohort;
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER keep_taken AFTER INSERT OR UPDATE OF state ON enrolments
        FOR EACH ROW EXECUTE FUNCTION keep_taken()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
