"""Routes that find persons: by name or number, and by the whole identity before a new file. Each person is logged."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from services.selection import domain, store
from services.selection.api.fields import Day, Name, ReadPurpose, View, scope_of
from services.selection.api.files import IdentityView
from shared.boundary import Record, recording
from shared.messaging import Tx

router = APIRouter(prefix="/v1/persons", tags=["persons"])

MOST = 20
"""Persons that one search shows. Who finds too many says more."""
_SHORTEST = 3

Recorded = Annotated[Record, Depends(recording("spip", "registry", "head", "decision_authority"))]


def _sought(text: str) -> str:
    """A number, or enough of a name to mean somebody."""
    stripped = text.strip()
    if not stripped.isdecimal() and sum(map(str.isalnum, stripped)) < _SHORTEST:
        raise PydanticCustomError("too_little", "at least three letters of a name, or a whole number")
    return stripped


Sought = Annotated[
    str, Query(max_length=200, description="Name, écrou number or file number."), AfterValidator(_sought)
]


class FoundFile(View):
    """A file of a person, as far as the officer may see it."""

    id: UUID
    file_number: int
    state: domain.State
    establishment: str | None


class FoundPerson(View):
    """Somebody who may be meant."""

    person_id: UUID
    identity: IdentityView
    files: tuple[FoundFile, ...]
    """The latest first."""


class FoundPersons(View):
    """The most alike first, 20 at most."""

    items: tuple[FoundPerson, ...]


class Homonym(View):
    """Somebody of the same name and birth date."""

    person_id: UUID
    sex: domain.Sex
    establishment: str | None
    """Of the latest file: whom to ask whether it is the same person."""
    has_open_file: bool


class Homonyms(View):
    """All of them."""

    items: tuple[Homonym, ...]


@router.get("/search", response_model=FoundPersons)
async def search_persons(q: Sought, record: Recorded, purpose: ReadPurpose) -> Response:
    """Persons with a file in the officer's sight. What was typed is kept nowhere; whoever is shown is logged."""
    scope = scope_of(record.principal, record.site)

    async def query(tx: Tx) -> FoundPersons:
        found = await store.find_persons(tx.conn, q, scope, limit=MOST)
        reads = _reads(tx, record, purpose, found, "GET /v1/persons/search")
        known = {row.person_id: row for row in await store.read_identities(tx.conn, reads)}
        files = await store.files_of(tx.conn, found, scope)
        return FoundPersons(
            items=tuple(
                FoundPerson(
                    person_id=person_id,
                    identity=IdentityView.model_validate(known[person_id]._asdict()),
                    files=tuple(FoundFile.model_validate(row._asdict()) for row in files if row.person_id == person_id),
                )
                for person_id in found
            )
        )

    return await record(query)


@router.get("/homonyms", response_model=Homonyms)
async def find_homonyms(
    last_name: Annotated[Name, Query()],
    first_names: Annotated[Name, Query()],
    birth_date: Annotated[Day, Query()],
    record: Recorded,
    purpose: ReadPurpose,
) -> Response:
    """Who is known under exactly this identity, in any prison: a file is not to be opened twice. Logged as a search."""

    async def query(tx: Tx) -> Homonyms:
        rows = await store.homonyms(tx.conn, last_name, first_names, birth_date)
        reads = _reads(tx, record, purpose, [row.person_id for row in rows], "GET /v1/persons/homonyms")
        await store.read_identities(tx.conn, reads)
        return Homonyms(items=tuple(Homonym.model_validate(row._asdict()) for row in rows))

    return await record(query)


def _reads(tx: Tx, record: Record, purpose: domain.Purpose, persons: list[UUID], route: str) -> list[store.Read]:
    who = record.principal
    return [store.Read(who.subject, who.function, tx.now, purpose, person_id, route) for person_id in persons]
