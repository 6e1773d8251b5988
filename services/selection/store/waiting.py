"""Whether anybody waits for a cell, as far as this service has heard."""

import sqlalchemy as sa

from services.selection import domain
from services.selection.domain.journey import ACCOMMODATION
from services.selection.tables import candidacies, identities, journey_steps

_other, _of_other = candidacies.alias("other"), identities.alias("of_other")

OTHERS_WAIT = (
    sa.select(sa.literal(1))
    .select_from(
        journey_steps.join(_other, _other.c.id == journey_steps.c.candidacy_id).join(
            _of_other, _of_other.c.person_id == _other.c.person_id
        )
    )
    .where(
        journey_steps.c.step == ACCOMMODATION,
        # As a literal, so that the partial index answers.
        journey_steps.c.fact == sa.literal_column("'bed_waitlisted'"),
        _other.c.id != candidacies.c.id,
        _other.c.state == domain.State.APPROVED.value,
        _other.c.adapted_cell == candidacies.c.adapted_cell,
        _of_other.c.sex == identities.c.sex,
    )
    .correlate(candidacies, identities)
    .exists()
    .label("others_wait")
)
"""Of a file and its person: somebody else who is approved is on the waiting list for the same kind of cell."""
