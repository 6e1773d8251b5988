"""Queries on decisions: the register of signed acts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.store.data import AnyRow, opinion_data
from services.selection.store.register import numbered_insert
from services.selection.tables import candidacies, decision_counters, decisions

_INSERT = numbered_insert(decisions, decision_counters, "%s-%s-%s")
_COVERED = [column.name for column in decisions.c if column.name not in {"number", "act_digest"}]
_CAME_LATER = {"urgency", "examined"}
"""Covered where it says something: acts that were signed before the column came keep their digest."""


@dataclass(frozen=True)
class Act:
    """What is written into the register.

    Args:
        reason_codes: of a refusal; empty for an approval.
        effects: as signed; empty for a refusal.
        criteria: as checked again on the date of the decision.
        signed_at: UTC.
        decided_on: Europe/Paris.
    """

    id: UUID
    kind: domain.Kind
    opinion_id: UUID | None
    signer: domain.Signer
    grounds: domain.Grounds
    reason_codes: tuple[domain.RefusalReason, ...]
    effects: list[dict[str, object]]
    criteria: domain.Opinion
    signed_at: datetime
    decided_on: date


async def insert_decision(conn: AsyncConnection, file: domain.File, act: Act) -> str:
    """Enters a signed act and gives it its number, such as `DON-2026-000001`: per site and year, without gaps."""
    criteria = opinion_data(act.criteria)
    columns = {
        "id": act.id,
        "candidacy_id": file.id,
        "kind": act.kind.value,
        "opinion_id": act.opinion_id,
        "round": file.round,
        "prepared_by": file.prepared_by,
        "preparers": list(file.preparers),
        "signer_id": act.signer.id,
        "signer_name": act.signer.name,
        "signer_function": act.signer.function,
        "authority": act.grounds.authority,
        "delegation": act.grounds.delegation,
        "reason_codes": [code.value for code in act.reason_codes],
        "reasons": act.grounds.reasons,
        "urgency": act.grounds.urgency,
        "examined": {criterion.value: words for criterion, words in act.grounds.examined.items()} or None,
        "effects": act.effects,
        "criteria": criteria,
        "signed_at": act.signed_at,
        "decided_on": act.decided_on,
    }
    parameters = {f"the_{name}": value for name, value in (columns | {"act_digest": digest_of(columns)}).items()}
    row = await conn.execute(_INSERT, parameters | {"site": file.site, "year": act.decided_on.year})
    return row.scalar_one()


def digest_of(columns: Mapping[str, object]) -> bytes:
    """The digest of an act as stored: of all that was signed, so without its number and the digest itself.

    Args:
        columns: of `decisions`, by name; more of them may be given.
    """
    signed = {name: columns[name] for name in _COVERED if name not in _CAME_LATER or columns[name] is not None}
    return domain.act_digest({name: _plain(value) for name, value in signed.items()})


async def decision_row(conn: AsyncConnection, decision_id: UUID) -> AnyRow:
    """A decision by its id, with the `version` of its file now."""
    return (await conn.execute(_BY_ID, {"decision_id": decision_id})).one()


_BY_ID = (
    sa.select(decisions, candidacies.c.version)
    .join(candidacies, candidacies.c.id == decisions.c.candidacy_id)
    .where(decisions.c.id == sa.bindparam("decision_id", type_=sa.Uuid))
)


async def decision_row_of(conn: AsyncConnection, candidacy_id: UUID) -> AnyRow | None:
    """The latest decision on a candidacy; None when there is none."""
    newest = (
        sa.select(decisions)
        .where(decisions.c.candidacy_id == candidacy_id)
        .order_by(decisions.c.signed_at.desc(), decisions.c.number.desc())
        .limit(1)
    )
    return (await conn.execute(newest)).first()


def _plain(value: object) -> object:
    """The value as the digest sees it: instants and dates in ISO 8601, ids as text."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
