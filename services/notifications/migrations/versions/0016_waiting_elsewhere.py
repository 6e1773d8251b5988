"""Functions of the site are told what waits for them in other services too."""

from alembic import op

revision = "0016"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE waiting_elsewhere (
            service text NOT NULL,
            role text NOT NULL,
            matter text NOT NULL,
            day date NOT NULL,
            count integer NOT NULL,
            CONSTRAINT pk_waiting_elsewhere PRIMARY KEY (service, role, matter),
            CONSTRAINT ck_waiting_elsewhere_count CHECK (count >= 0)
        )
        """
    )
