"""The route of a correction: only what is named is changed, and only by who may change it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from services.selection import domain, handlers
from services.selection.api.fields import Body, Day, Name, Wishes, editor_of
from services.selection.api.files import StateView, show_state
from shared.boundary import IfMatch, Write, writing
from shared.messaging import Tx

router = APIRouter(prefix="/v1/candidacies", tags=["candidacies"])

_ROUTE = "PATCH /v1/candidacies/{candidacy_id}"


class Changes(Body):
    """At least one field, and none of them null: nothing can be made unsaid."""

    @model_validator(mode="before")
    @classmethod
    def _says_something(cls, given: Any) -> Any:
        if isinstance(given, dict) and (not given or None in given.values()):
            raise PydanticCustomError("nothing_said", "name what is changed, and what it becomes")
        return given


class IdentityChanges(Changes):
    """What is rectified of an identity."""

    last_name: Name | None = None
    first_names: Name | None = None
    birth_date: Day | None = None
    ecrou_number: Annotated[Name, Field(max_length=40)] | None = None
    sex: domain.Sex | None = None


class AmendmentBody(Changes):
    """What is changed of a file; everything that is left out stays as it is."""

    identity: IdentityChanges | None = None
    planned_entry: Day | None = None
    adapted_cell: StrictBool | None = None
    training_wishes: Annotated[Wishes, Field(max_length=10)] | None = None
    local_project: StrictBool | None = None

    def amendment(self) -> domain.Amendment:
        """As the rules take it."""
        identity = None if self.identity is None else domain.IdentityChange(**dict(self.identity))
        return domain.Amendment(
            identity, self.planned_entry, self.adapted_cell, self.training_wishes, self.local_project
        )


@router.patch("/{candidacy_id}", response_model=StateView)
async def amend(
    candidacy_id: UUID,
    body: AmendmentBody,
    version: IfMatch,
    write: Annotated[Write, Depends(writing(*domain.roles_for(domain.Act.AMEND)))],
) -> Response:
    """Corrects a file that is not decided yet. Rectifying an identity is logged as a read of it."""
    principal = write.principal
    editor = editor_of(principal, write.site, version)

    async def command(tx: Tx) -> UUID:
        return await handlers.amend(tx, candidacy_id, body.amendment(), editor, roles=principal.roles, route=_ROUTE)

    return await write(command, show_state, status=200)
