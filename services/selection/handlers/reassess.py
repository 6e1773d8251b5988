"""All open files again under today's rules: opinions are kept, differences are reviewed, nothing is decided."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from shared.messaging import Tx

CHUNK = 500
"""Files of one transaction."""


@dataclass(frozen=True)
class Reassessed:
    """What one chunk did.

    Args:
        last: file number of its last file; None when there was none left.
        files: how many were assessed.
        differing: of how many the result is another one than that of the opinion that stands.
    """

    last: int | None
    files: int
    differing: int


async def reassess(
    tx: Tx, policy: domain.Policy, *, after: int, limit: int = CHUNK, lane: tuple[int, int] = (0, 1)
) -> Reassessed:
    """Assesses the next files of which an opinion stands, in the order of their numbers.

    The opinion that stands and the version of the file stay: an officer is asked to look, and assesses anew. A file
    that has an opinion of these rules and this day already is passed over, so that a run that broke off goes on.

    Args:
        after: file number of the last file of the chunk before; 0 for the first.
        limit: files at most.
        lane: number and count of the lanes that share the files out among them, by file number.
    """
    today = domain.date_in_paris(tx.now)
    version = domain.rule_set_on(today).version
    files = await store.files_to_reassess(tx.conn, version, today, after=after, limit=limit, lane=lane)
    if not files:
        return Reassessed(None, 0, 0)
    opinions = [domain.assess(file.case, today, policy) for file, _ in files]
    made = [(uuid7(), file.id, opinion) for (file, _), opinion in zip(files, opinions, strict=True)]
    await store.insert_opinions(tx.conn, made, assessed_by="", assessed_at=tx.now)
    reviews = [
        (uuid7(), _review(file.id, standing.result, opinion))
        for (file, standing), opinion in zip(files, opinions, strict=True)
        if opinion.result is not standing.result
    ]
    if reviews:
        await store.open_many_reviews(tx.conn, reviews, tx.now)
    return Reassessed(files[-1][0].file_number, len(files), len(reviews))


def _review(candidacy_id: UUID, was: domain.Result, opinion: domain.Opinion) -> domain.Review:
    detail = {"was": was.value, "now": opinion.result.value, "rule_version": opinion.rule_version}
    return domain.Review(candidacy_id, domain.Cause.RESULT_CHANGED, detail)
