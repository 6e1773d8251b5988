"""A smallest service for tests of the kernel: it notes what it is told, and fails when it is told to."""

from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging import Consumer, Event, Meta, Poison, Topic, Tx, at, on, publish

TOPIC = Topic("specimen.thing.v1", 6)
ECHO = Topic("specimen.echo.v1", 6)

SCHEMA = (
    "CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY, subject uuid, word text, version bigint)",
    "CREATE TABLE broken (word text PRIMARY KEY, sqlstate text, times int NOT NULL DEFAULT 1000000)",
    # How many records each worker was given again, written when it ends.
    "CREATE TABLE again (records int)",
    "CREATE TABLE revocation (ended bool, notes int)",
    # A sequence does not roll back, so it counts the tries.
    "CREATE SEQUENCE tries",
    """
    CREATE FUNCTION fail(code text, times int) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('tries') <= times THEN
            RAISE EXCEPTION 'Durand Marie must not be seen' USING ERRCODE = code;
        END IF;
    END $$
    """,
)


class Noted(Event):
    """Something to note."""

    topic: ClassVar[Topic] = TOPIC
    type: ClassVar[str] = "specimen.thing.noted.v1"

    word: str
    group: UUID | None = None

    def key(self, subject: UUID) -> UUID:
        return self.group or subject


class Echoed(Event):
    """What the specimen says when it has noted something."""

    topic: ClassVar[Topic] = ECHO
    type: ClassVar[str] = "specimen.echo.heard.v1"

    word: str


class Ring(BaseModel):
    """Body of a timer."""

    word: str


async def note(tx: Tx, event: Noted, meta: Meta) -> None:
    """Notes the word and echoes it; a word that stands in `broken` fails, with its SQLSTATE or without."""
    broken = (await tx.conn.execute(_BROKEN, {"word": event.word})).first()
    if event.word.startswith("poison"):
        raise Poison("cannot-be-noted")
    if broken is not None and broken.sqlstate:
        await tx.conn.execute(_RAISE, {"sqlstate": broken.sqlstate, "times": broken.times})
    elif broken is not None:
        raise RuntimeError("Durand Marie must not be seen")
    await tx.conn.execute(_NOTE, {"subject": meta.subject, "word": event.word, "version": meta.version})
    await publish(tx, Echoed(word=event.word), subject=meta.subject, version=meta.version, site=meta.site)


async def ring(tx: Tx, body: Ring, meta: Meta) -> None:
    """Notes the word of a timer; fails when it stands in `broken`."""
    if (await tx.conn.execute(_BROKEN, {"word": body.word})).first() is not None:
        raise RuntimeError("broken")
    await tx.conn.execute(_NOTE, {"subject": meta.subject, "word": body.word, "version": 0})


_BROKEN = sa.text("SELECT sqlstate, times FROM broken WHERE word = :word")
_NOTE = sa.text("INSERT INTO note (subject, word, version) VALUES (:subject, :word, :version)")
_RAISE = sa.text("SELECT fail(:sqlstate, :times)")

consumer = Consumer("specimen", (on(Noted, note), at("ring", Ring, ring)), chunk=50)
one_by_one = Consumer("specimen", (on(Noted, note), at("ring", Ring, ring)), chunk=1)


async def create(conn: AsyncConnection) -> None:
    """Makes the specimen's own tables."""
    for statement in SCHEMA:
        await conn.execute(sa.text(statement))


async def words(conn: AsyncConnection) -> list[str]:
    """The words noted, in order."""
    return [word for (word,) in await conn.execute(sa.text("SELECT word FROM note ORDER BY id"))]


async def break_(conn: AsyncConnection, word: str, sqlstate: str | None = None, times: int = 1_000_000) -> None:
    """Makes the handler fail on a word: by an error of its own, or by a database error for so many tries."""
    await conn.execute(
        sa.text("INSERT INTO broken (word, sqlstate, times) VALUES (:word, :sqlstate, :times)"),
        {"word": word, "sqlstate": sqlstate, "times": times},
    )


async def mend(conn: AsyncConnection) -> None:
    """Lets the handler work again."""
    await conn.execute(sa.text("DELETE FROM broken"))


def variant(name: str, chunk: int = 50) -> tuple[Consumer, type[Noted]]:
    """The specimen under a group and a topic of its own, so that tests share one broker."""

    class Named(Noted):
        topic: ClassVar[Topic] = Topic(f"specimen.thing.{name}", 6)

    return Consumer(f"specimen-{name}", (on(Named, note_slowly), at("ring", Ring, ring)), chunk=chunk), Named


async def note_slowly(tx: Tx, event: Noted, meta: Meta) -> None:
    """Notes, but a word that begins with `wait` first waits for the test that holds the lock."""
    if event.word.startswith("wait"):
        await tx.conn.execute(sa.text("SET LOCAL lock_timeout = 0"))
        await tx.conn.execute(sa.text("SET LOCAL statement_timeout = 0"))
        await tx.conn.execute(sa.text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": GATE})
    await tx.conn.execute(_NOTE, {"subject": meta.subject, "word": event.word, "version": meta.version})


GATE = 7
"""Advisory lock by which a test holds a handler in the middle of a chunk."""
