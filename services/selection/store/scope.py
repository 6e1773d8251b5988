"""Whose files an officer may see and change, as conditions of queries: `domain.Scope` says the same of one file."""

import sqlalchemy as sa

from services.selection import domain
from services.selection.tables import candidacies

OPEN = sa.literal_column(
    "candidacies.state IN ('draft', 'submitted', 'assessed', 'deferred', 'approved')"
    " AND candidacies.departed_on IS NULL",
    sa.Boolean,
)
"""Somebody still works on it. In the words of the partial indexes, which a parameter would hide from the planner."""
_ARRIVED = candidacies.c.arrived_on.is_not(None)


def readable(scope: domain.Scope) -> sa.ColumnElement[bool]:
    """As `Scope.check_read`, of a row of `candidacies`."""
    if scope.establishment is None:
        return sa.true()
    own = candidacies.c.establishment == scope.establishment
    return sa.or_(own, _ARRIVED) if scope.establishment == scope.site else own


def writable(scope: domain.Scope) -> sa.ColumnElement[bool]:
    """As `Scope.check_write`, of a row of `candidacies`."""
    if scope.establishment in (None, scope.site):
        return readable(scope)
    return sa.and_(readable(scope), sa.not_(_ARRIVED))
