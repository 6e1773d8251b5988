"""How files are written: opened, and changed by one act at a time, each with its line of the history."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import opinion_data, sentence_data
from services.selection.tables import candidacies, file_history


@dataclass(frozen=True)
class Written:
    """What a write says of itself, for the row and for the history.

    Args:
        state: of the file afterwards.
        version: the last one that the act uses; each event that it publishes has its own.
        preparers: afterwards.
        officer: subject of the token; empty where an event or a timer did it.
        function: of the officer.
        at: UTC.
    """

    act: domain.Act | domain.Occurrence
    state: domain.State
    version: int
    preparers: tuple[str, ...]
    officer: str
    function: str
    at: datetime


async def insert_file(
    conn: AsyncConnection,
    *,
    candidacy_id: UUID,
    person_id: UUID,
    site: str,
    establishment: str | None,
    facts: domain.Facts,
    wishes: domain.Wishes,
    estimate: domain.Opinion | None,
    written: Written,
) -> None:
    """Opens a file with the next file number.

    Args:
        establishment: of origin.
        estimate: of the criteria; None for a draft.
        written: as a draft or submitted, version 1.

    Raises:
        domain.Refused: `open-candidacy-exists`.
    """
    submitted = written.state is not domain.State.DRAFT
    row = {
        "id": candidacy_id,
        "person_id": person_id,
        "site": site,
        "state": written.state.value,
        "version": written.version,
        "round": 1,
        "prepared_by": written.officer,
        "preparers": list(written.preparers),
        "referent": written.officer,
        "establishment": establishment,
        **facts_data(facts),
        **wishes_data(wishes),
        "consent_recorded_by": facts.consent_signed_on and written.officer,
        "consent_recorded_at": facts.consent_signed_on and written.at,
        "created_at": written.at,
        "submitted_at": written.at if submitted else None,
        "estimate": None if estimate is None else opinion_data(estimate),
    }
    with _one_open_file():
        await conn.execute(candidacies.insert(), row)
    await conn.execute(file_history.insert(), _history(candidacy_id, written))


async def save(conn: AsyncConnection, file: domain.File, written: Written, values: Mapping[str, object]) -> None:
    """Writes an act on a file that the caller has locked, and its line of the history, as one statement.

    Args:
        values: further columns of the candidacy, by name.

    Raises:
        domain.Refused: `open-candidacy-exists`, of an act that opens a file again.
    """
    row = {
        "state": written.state.value,
        "version": written.version,
        "preparers": list(written.preparers),
        **values,
    }
    line = _history(file.id, written)
    moved = sa.update(candidacies).where(candidacies.c.id == file.id).values(row).cte("moved")
    with _one_open_file():
        await conn.execute(file_history.insert().values(line).add_cte(moved))


@contextmanager
def _one_open_file() -> Iterator[None]:
    """Whoever was faster has opened a file for the person: that is an answer, and no failure."""
    try:
        yield
    except IntegrityError as error:
        if getattr(getattr(error.orig, "__cause__", None), "constraint_name", None) == "uq_candidacies_open_person_id":
            raise domain.Refused(domain.Refusal.OPEN_CANDIDACY_EXISTS) from None
        raise


async def history(conn: AsyncConnection, candidacy_id: UUID) -> list[domain.Moment]:
    """What was done to a file and when, the oldest first."""
    found = await conn.execute(
        sa.select(file_history.c.act, file_history.c.at)
        .where(file_history.c.candidacy_id == candidacy_id)
        .order_by(file_history.c.version)
    )
    return [domain.Moment(_done(row.act), row.at) for row in found]


def _done(act: str) -> domain.Act | domain.Occurrence:
    return domain.Occurrence(act) if act in _OCCURRENCES else domain.Act(act)


_OCCURRENCES = frozenset(one.value for one in domain.Occurrence)


def facts_data(facts: domain.Facts) -> dict[str, object]:
    """The columns that hold the facts."""
    return {
        "penal_status": facts.penal_status and facts.penal_status.value,
        "sentences": [sentence_data(sentence) for sentence in facts.sentences],
        "sentence_end": facts.sentence_end,
        "extract_on": facts.extract_on,
        "consent_signed_on": facts.consent_signed_on,
        "consent_withdrawn_on": facts.consent_withdrawn_on,
        "planned_entry": facts.planned_entry,
        "specially_flagged": facts.specially_flagged,
        "terrorism": facts.terrorism,
        "separation": facts.separation,
        "other_proceedings": facts.other_proceedings,
        "adjustment_requested": facts.adjustment_requested,
        "local_project": facts.local_project,
    }


def wishes_data(wishes: domain.Wishes) -> dict[str, object]:
    """The columns that hold the wishes."""
    return {
        "adapted_cell": wishes.adapted_cell,
        "training_wishes": list(wishes.training),
        "partner_categories": [category.value for category in wishes.partner_categories],
    }


def _history(candidacy_id: UUID, written: Written) -> dict[str, object]:
    return {
        "candidacy_id": candidacy_id,
        "version": written.version,
        "act": written.act.value,
        "state": written.state.value,
        "officer": written.officer,
        "officer_function": written.function,
        "at": written.at,
    }
