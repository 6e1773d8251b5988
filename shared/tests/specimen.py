"""A smallest service for tests of the HTTP side: things that have a name, can be made and shown."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from uuid_utils.compat import uuid7

from shared.boundary import Read, Record, Write, reading, recording, writing
from shared.database import metadata
from shared.messaging import Event, Topic, Tx, publish
from shared.problems import NOT_FOUND, Problem

tables = metadata()
things = sa.Table(
    "things",
    tables,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("name <> 'Forbidden'", name="name"),
)
SECRET = SecretStr("s" * 32)
NOWHERE = SecretStr("postgresql+asyncpg://nobody@127.0.0.1:1/none")


class Refusal(StrEnum):
    UNWANTED = "unwanted"


class Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


PROBLEMS = {Refusal.UNWANTED: Problem(409, "unwanted", "Nobody wants this thing.")}
REFUSALS = (Refused, PROBLEMS)


@dataclass(frozen=True)
class Settings:
    """What `create_app` needs, without an environment."""

    database_url: SecretStr = NOWHERE
    oidc_issuer: str = "http://127.0.0.1:1"
    site: str = "DON"
    oidc_audience: str = "inserre"
    idempotency_secret: SecretStr = SECRET
    otlp_endpoint: str | None = None
    api_host: str = "127.0.0.1"
    api_port: int = 0


class ThingMade(Event):
    topic: ClassVar[Topic] = Topic("specimen.thing.v1")
    type: ClassVar[str] = "specimen.thing.made.v1"


class NewThing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    born: date | None = None


class Thing(BaseModel):
    id: UUID
    name: str
    made_at: datetime


async def make(tx: Tx, name: str, site: str) -> UUID:
    thing = uuid7()
    await tx.conn.execute(things.insert(), {"id": thing, "name": name, "made_at": tx.now})
    await publish(tx, ThingMade(), subject=thing, version=1, site=site)
    if name == "unwanted":
        raise Refused(Refusal.UNWANTED)
    if name == "broken":
        raise RuntimeError("canary in an exception")
    return thing


async def show(conn: AsyncConnection, thing: UUID) -> Thing:
    row = (await conn.execute(sa.select(things).where(things.c.id == thing))).first()
    if row is None:
        raise NOT_FOUND.problem()
    return Thing(id=row.id, name=row.name, made_at=row.made_at)


def routes() -> APIRouter:
    router = APIRouter(prefix="/v1")

    @router.post("/things", status_code=201, response_model=Thing)
    async def post_thing(body: NewThing, write: Annotated[Write, Depends(writing("spip"))]) -> Response:
        return await write(lambda tx: make(tx, body.name, write.site), show)

    @router.get("/things/{thing}")
    async def get_thing(thing: UUID, read: Annotated[Read, Depends(reading("spip", "inspector"))]) -> Thing:
        return await show(read.conn, thing)

    @router.post("/things/{thing}/rename", response_model=Thing)
    async def rename(thing: UUID, body: NewThing, write: Annotated[Write, Depends(writing("spip"))]) -> Response:
        async def command(tx: Tx) -> UUID:
            await tx.conn.execute(sa.update(things).where(things.c.id == thing).values(name=body.name))
            return thing

        return await write(command, show, status=200)

    @router.get("/things/{thing}/noted", response_model=Thing)
    async def noted(thing: UUID, record: Annotated[Record, Depends(recording("inspector"))]) -> Response:
        async def query(tx: Tx) -> Thing:
            note = {"id": uuid7(), "name": f"read by {record.principal.subject}", "made_at": tx.now}
            await tx.conn.execute(things.insert(), note)
            return await show(tx.conn, thing)

        return await record(query)

    @router.get("/things/{thing}/denied", response_model=Thing)
    async def denied(record: Annotated[Record, Depends(recording("inspector"))]) -> Response:
        async def query(tx: Tx) -> Refused:
            note = {"id": uuid7(), "name": f"refused to {record.principal.subject}", "made_at": tx.now}
            await tx.conn.execute(things.insert(), note)
            return Refused(Refusal.UNWANTED)

        return await record(query)

    @router.get("/scribble")
    async def scribble(read: Annotated[Read, Depends(reading("inspector"))]) -> None:
        await read.conn.execute(sa.delete(things))

    return router
