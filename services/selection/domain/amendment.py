"""A correction of a file before its decision: what is said replaces what was there, and only that."""

from dataclasses import dataclass, field, replace
from datetime import date

from services.selection.domain.candidacy import Wishes
from services.selection.domain.case import Facts
from services.selection.domain.fields import Group
from services.selection.domain.identity import Identity
from services.selection.domain.sites import Sex


@dataclass(frozen=True)
class IdentityChange:
    """A rectification: None leaves a field as it is. The repr says nothing, as that of an identity."""

    last_name: str | None = field(default=None, repr=False)
    first_names: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    ecrou_number: str | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)

    def apply(self, identity: Identity) -> Identity:
        """The identity as it reads afterwards."""
        return replace(identity, **{name: value for name, value in vars(self).items() if value is not None})


@dataclass(frozen=True)
class Amendment:
    """What an officer changes: None leaves a field as it is.

    Args:
        planned_entry: first night at the site, Europe/Paris.
        training_wishes: activity codes, first wish first.
        local_project: whether the person has a project around the site.
    """

    identity: IdentityChange | None = None
    planned_entry: date | None = None
    adapted_cell: bool | None = None
    training_wishes: tuple[str, ...] | None = None
    local_project: bool | None = None

    @property
    def fields(self) -> list[str]:
        """Names of what is changed, such as `identity.birth_date`; never a value."""
        own = [name for name, value in vars(self).items() if name != "identity" and value is not None]
        inner = {} if self.identity is None else vars(self.identity)
        return [f"identity.{name}" for name, value in inner.items() if value is not None] + own

    @property
    def groups(self) -> frozenset[Group]:
        """The parts of the file that are touched."""
        return frozenset(Group.IDENTITY if name.startswith("identity.") else Group.WISHES for name in self.fields)

    def facts_after(self, facts: Facts) -> Facts:
        """The facts as they read afterwards."""
        return replace(
            facts,
            planned_entry=facts.planned_entry if self.planned_entry is None else self.planned_entry,
            local_project=facts.local_project if self.local_project is None else self.local_project,
        )

    def wishes_after(self, wishes: Wishes) -> Wishes:
        """The wishes as they read afterwards."""
        return replace(
            wishes,
            adapted_cell=wishes.adapted_cell if self.adapted_cell is None else self.adapted_cell,
            training=wishes.training if self.training_wishes is None else self.training_wishes,
        )
