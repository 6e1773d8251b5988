"""How an opinion came about, told to people."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain, store


async def explain_opinion(
    conn: AsyncConnection, candidacy_id: UUID, opinion_id: UUID
) -> tuple[domain.Opinion, domain.Explanation]:
    """An opinion on a file, and its explanation by the rules that it was made with.

    Raises:
        domain.Refused: `opinion-unknown`: the file has no such opinion.
    """
    opinion = await store.opinion_of_file(conn, candidacy_id, opinion_id)
    return opinion, domain.explain(opinion)
