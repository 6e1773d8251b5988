"""What the processes of the floor are told, their topics, and their tables."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from shared.messaging.event import Topic

CANDIDACY = Topic("floor.candidacy.v1")
ACCOMMODATION = Topic("floor.accommodation-request.v1")
TRAINING = Topic("floor.training-request.v1")
STAY = Topic("floor.stay.v1")
ENROLMENT = Topic("floor.enrolment.v1")
DELIVERY = Topic("floor.delivery.v1")
TOPICS = (CANDIDACY, ACCOMMODATION, TRAINING, STAY, ENROLMENT, DELIVERY)

ROLES = ("api", "selection", "placement", "citizen_space", "notifications")
"""One process each: the platform's other three APIs have nothing to do in this job."""
DATABASES = ROLES[1:]

TABLES = {
    "selection": (
        "CREATE TABLE candidacies (id uuid PRIMARY KEY, state text NOT NULL, version bigint NOT NULL)",
        """
        CREATE TABLE journey (
            candidacy_id uuid, step text, fact text NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (candidacy_id, step)
        )
        """,
    ),
    "placement": ("CREATE TABLE stays (candidacy_id uuid PRIMARY KEY, cell text NOT NULL, at timestamptz NOT NULL)",),
    "citizen_space": (
        "CREATE TABLE seats (candidacy_id uuid PRIMARY KEY, cohort text NOT NULL, at timestamptz NOT NULL)",
    ),
    "notifications": (
        """
        CREATE TABLE deliveries (
            id uuid PRIMARY KEY, candidacy_id uuid NOT NULL, cause text NOT NULL, body bytea NOT NULL,
            state text NOT NULL, lease_until timestamptz
        )
        """,
        "CREATE INDEX ON deliveries (id) WHERE state = 'pending'",
    ),
}


@dataclass(frozen=True)
class Plan:
    """Addresses. Made once, written to a file that every process reads."""

    databases: dict[str, str]
    """By role: `postgresql://…`; the API shares selection's."""
    bootstrap: str
    port: int
    """Of the API."""
    webhook: str
    """Where the partner listens."""
    secret: str
    """`whsec_…`, that notices are signed with."""

    def write(self, path: Path) -> None:
        """Keeps it for the processes."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """Finds it again."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))
