"""Queries on opinions: each is kept for ever."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow, opinion_data, opinion_of, opinion_texts
from services.selection.tables import candidacies, opinions


async def insert_opinion(
    conn: AsyncConnection,
    opinion_id: UUID,
    candidacy_id: UUID,
    opinion: domain.Opinion,
    *,
    assessed_by: str,
    assessed_at: datetime,
) -> None:
    """Keeps an opinion, for ever: an assessment made again is another one."""
    await conn.execute(
        opinions.insert(),
        {
            "id": opinion_id,
            "candidacy_id": candidacy_id,
            **opinion_data(opinion),
            "reference_on": opinion.reference_on,
            "eligible_on": opinion.eligible_on,
            "assessed_by": assessed_by,
            "assessed_at": assessed_at,
        },
    )


async def insert_opinions(
    conn: AsyncConnection,
    made: Sequence[tuple[UUID, UUID, domain.Opinion]],
    *,
    assessed_by: str,
    assessed_at: datetime,
) -> None:
    """Keeps many opinions at once.

    Args:
        made: each with its id and that of its candidacy.
        assessed_by: subject of the officer; empty where the rules changed and nobody asked.
        assessed_at: UTC.
    """
    texts = [opinion_texts(opinion) for _, _, opinion in made]
    given: dict[str, list[Any]] = {name: [text[number] for text in texts] for number, name in enumerate(_TEXTS)}
    given |= {name: [getattr(opinion, name) for _, _, opinion in made] for name in _PLAIN}
    given |= {"id": [one[0] for one in made], "candidacy_id": [one[1] for one in made]}
    await conn.execute(_INSERT_MANY, {**given, "assessed_by": assessed_by, "assessed_at": assessed_at})


_TEXTS = ("lines", "entry_lines", "inputs", "choices")
_PLAIN = ("rule_version", "reference_on", "result", "eligible_on", "at_entry")

# One statement of arrays and texts: a row for each opinion would take longer than the criteria.
_INSERT_MANY = sa.text(
    """
    INSERT INTO opinions (id, candidacy_id, lines, entry_lines, inputs, choices, rule_version, reference_on, result,
        eligible_on, at_entry, assessed_by, assessed_at)
    SELECT one.id, one.candidacy_id, one.lines::jsonb, one.entry_lines::jsonb, one.inputs::jsonb, one.choices::jsonb,
        one.rule_version, one.reference_on, one.result, one.eligible_on, one.at_entry, :assessed_by, :assessed_at
    FROM unnest(:id, :candidacy_id, :lines, :entry_lines, :inputs, :choices, :rule_version, :reference_on, :result,
        :eligible_on, :at_entry) AS one (id, candidacy_id, lines, entry_lines, inputs, choices, rule_version,
        reference_on, result, eligible_on, at_entry)
    """
).bindparams(
    sa.bindparam("id", type_=sa.ARRAY(sa.Uuid)),
    sa.bindparam("candidacy_id", type_=sa.ARRAY(sa.Uuid)),
    *(sa.bindparam(name, type_=sa.ARRAY(sa.Text)) for name in (*_TEXTS, "rule_version", "result", "at_entry")),
    *(sa.bindparam(name, type_=sa.ARRAY(sa.Date)) for name in ("reference_on", "eligible_on")),
    sa.bindparam("assessed_at", type_=sa.DateTime(timezone=True)),
)


async def opinion_row(conn: AsyncConnection, opinion_id: UUID) -> AnyRow:
    """An opinion as stored, with the `version` of its file now."""
    found = await conn.execute(
        sa.select(opinions, candidacies.c.version)
        .join(candidacies, candidacies.c.id == opinions.c.candidacy_id)
        .where(opinions.c.id == opinion_id)
    )
    return found.one()


async def opinion_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """All opinions on a file, the newest first."""
    newest = (
        sa.select(opinions)
        .where(opinions.c.candidacy_id == candidacy_id)
        .order_by(opinions.c.assessed_at.desc(), opinions.c.id.desc())
    )
    return list(await conn.execute(newest))


async def opinion_of_file(conn: AsyncConnection, candidacy_id: UUID, opinion_id: UUID) -> domain.Opinion:
    """One opinion on a file.

    Raises:
        domain.Refused: `opinion-unknown`: the file has no such opinion.
    """
    found = await conn.execute(
        sa.select(opinions).where(opinions.c.candidacy_id == candidacy_id, opinions.c.id == opinion_id)
    )
    row = found.first()
    if row is None:
        raise domain.Refused(domain.Refusal.OPINION_UNKNOWN)
    return opinion_of(row)
