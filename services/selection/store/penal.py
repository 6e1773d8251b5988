"""Queries on the penal situation over time, on what is ordered until when, and on the window before a release."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow
from services.selection.store.writing import Written, facts_data
from services.selection.tables import candidacies, decisions, exit_adoptions, opinions, penal_situations

_EXTRACTED = ("penal_status", "sentences", "sentence_end", "extract_on")


def penal_data(facts: domain.Facts) -> dict[str, object]:
    """The columns that an extract fills."""
    data = facts_data(facts)
    return {name: data[name] for name in (*_EXTRACTED, *domain.FLAGS)}


async def insert_penal_situation(
    conn: AsyncConnection,
    candidacy_id: UUID,
    facts: domain.Facts,
    written: Written,
    *,
    source: domain.ExtractSource | None,
    result: domain.Result | None,
) -> None:
    """Keeps a version of the penal facts, for ever.

    Args:
        source: of the extract; None for what a file says when it is opened.
        result: of the criteria on these facts; None where they were not applied.
    """
    await conn.execute(
        penal_situations.insert(),
        {
            "candidacy_id": candidacy_id,
            "version": written.version,
            **penal_data(facts),
            "source": source and source.value,
            "result": result and result.value,
            "recorded_by": written.officer,
            "recorded_by_function": written.function,
            "recorded_at": written.at,
        },
    )


async def penal_rows(conn: AsyncConnection, candidacy_id: UUID) -> list[AnyRow]:
    """Every version of the penal facts of a file, the newest first."""
    found = await conn.execute(
        sa.select(penal_situations)
        .where(penal_situations.c.candidacy_id == candidacy_id)
        .order_by(penal_situations.c.version.desc())
    )
    return list(found)


async def last_result(conn: AsyncConnection, file: domain.File) -> domain.Result | None:
    """What the criteria said last: the opinion that stands, or a submitted file's estimate; None for a draft."""
    if file.state is domain.State.SUBMITTED:
        said = sa.select(candidacies.c.estimate["result"].astext).where(candidacies.c.id == file.id)
    else:
        said = sa.select(opinions.c.result).where(opinions.c.id == file.opinion_id)
    found = (await conn.execute(said)).scalar_one_or_none()
    return None if found is None else domain.Result(found)


async def signed_effects(conn: AsyncConnection, decision_number: str) -> AnyRow:
    """The approval of this number: its `effects` as signed, and its `decided_on`."""
    query = sa.select(decisions.c.effects, decisions.c.decided_on).where(decisions.c.number == decision_number)
    return (await conn.execute(query)).one()


async def ordered_until(conn: AsyncConnection, decision_number: str) -> date:
    """Until when cell and seat are ordered: as adopted last, else as signed."""
    adopted = await conn.execute(
        sa.select(exit_adoptions.c.projected_exit)
        .where(exit_adoptions.c.decision_number == decision_number)
        .order_by(exit_adoptions.c.version.desc())
        .limit(1)
    )
    found: date | None = adopted.scalar_one_or_none()
    if found is not None:
        return found
    signed = await signed_effects(conn, decision_number)
    return next(date.fromisoformat(one["projected_exit"]) for one in signed.effects if one["kind"] == "accommodation")


async def insert_exit_adoption(
    conn: AsyncConnection,
    file: domain.File,
    *,
    version: int,
    before: date,
    after: date,
    reasons: str,
    signer: domain.Signer,
    at: datetime,
) -> None:
    """Keeps who took a moved exit over into what is ordered, and why.

    Args:
        before: until when cell and seat were ordered.
        after: until when they are from now on.
    """
    await conn.execute(
        exit_adoptions.insert(),
        {
            "candidacy_id": file.id,
            "version": version,
            "decision_number": file.decision_number,
            "ordered_until": before,
            "projected_exit": after,
            "reasons": reasons,
            "signer_id": signer.id,
            "signer_name": signer.name,
            "signer_function": signer.function,
            "signed_at": at,
        },
    )


async def exit_adoption_row(conn: AsyncConnection, candidacy_id: UUID) -> AnyRow:
    """The latest adoption on a file, with the `version` of the file now."""
    found = await conn.execute(
        sa.select(exit_adoptions, candidacies.c.version.label("file_version"))
        .join(candidacies, candidacies.c.id == exit_adoptions.c.candidacy_id)
        .where(exit_adoptions.c.candidacy_id == candidacy_id)
        .order_by(exit_adoptions.c.version.desc())
        .limit(1)
    )
    return found.one()


async def window_opened(conn: AsyncConnection, candidacy_id: UUID) -> bool:
    """Whether the window before the release was opened already."""
    opened = sa.select(candidacies.c.release_window_opened_at).where(candidacies.c.id == candidacy_id)
    return (await conn.execute(opened)).scalar_one() is not None
