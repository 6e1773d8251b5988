"""Queries of the partner route: conventions and references as told, the log, and the fields that may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.selection import domain
from services.selection.domain import PartnerField
from services.selection.store.data import AnyRow
from services.selection.tables import candidacies, disclosures, identities, partner_conventions, partner_references

_SHOWABLE = {
    PartnerField.LAST_NAME: identities.c.last_name,
    PartnerField.FIRST_NAMES: identities.c.first_names,
    PartnerField.ECROU_NUMBER: identities.c.ecrou_number,
    PartnerField.PROJECTED_EXIT: candidacies.c.sentence_end,
}
_OF_PERSON = candidacies.join(identities, identities.c.person_id == candidacies.c.person_id)


@dataclass(frozen=True)
class AskedByPartner:
    """A partner's question.

    Args:
        partner_id: of the token.
        reader: subject of the token.
        reference: as it was sent.
        at: UTC.
    """

    partner_id: UUID
    reader: str
    reference: str
    purpose: domain.PartnerPurpose
    at: datetime


async def record_convention(
    conn: AsyncConnection, partner_id: UUID, partner: str, convention: domain.Convention, version: int
) -> None:
    """Puts a convention in the place of the partner's last one, unless that is as new.

    Args:
        partner: display name, an organisation.
        version: of the partner.
    """
    new = insert(partner_conventions).values(
        partner_id=partner_id,
        partner=partner,
        category=convention.category.value,
        convention_from=convention.begins_on,
        convention_to=convention.ends_before,
        fields=sorted(convention.fields),
        window_months=convention.window_months,
        version=version,
    )
    await conn.execute(
        new.on_conflict_do_update(
            index_elements=["partner_id"],
            set_={column.name: new.excluded[column.name] for column in partner_conventions.c},
            where=partner_conventions.c.version < new.excluded.version,
        )
    )


async def record_reference(conn: AsyncConnection, reference: str, partner_id: UUID, candidacy_id: UUID) -> None:
    """Keeps what a reference means; one that is known keeps its meaning for ever."""
    new = insert(partner_references).values(reference=reference, partner_id=partner_id, candidacy_id=candidacy_id)
    await conn.execute(new.on_conflict_do_nothing())


async def convention_of(conn: AsyncConnection, partner_id: UUID) -> domain.Convention | None:
    """The partner's convention; None when none was told."""
    query = sa.select(partner_conventions).where(partner_conventions.c.partner_id == partner_id)
    row = (await conn.execute(query)).first()
    if row is None:
        return None
    return domain.Convention(
        category=domain.PartnerCategory(row.category),
        begins_on=row.convention_from,
        ends_before=row.convention_to,
        fields=frozenset(map(PartnerField, row.fields)),
        window_months=row.window_months,
    )


async def named_by(conn: AsyncConnection, reference: str) -> domain.Named | None:
    """Whom a reference means, with the birth date and nothing else of the vault; None for one that is not known."""
    found = await conn.execute(
        sa.select(
            partner_references.c.partner_id,
            candidacies.c.id,
            candidacies.c.person_id,
            candidacies.c.state,
            candidacies.c.consent_signed_on,
            candidacies.c.consent_withdrawn_on,
            candidacies.c.partner_categories,
            candidacies.c.arrived_on,
            candidacies.c.departed_on,
            candidacies.c.sentence_end,
            identities.c.birth_date,
        )
        .select_from(_OF_PERSON.join(partner_references, partner_references.c.candidacy_id == candidacies.c.id))
        .where(partner_references.c.reference == reference)
    )
    row = found.first()
    if row is None:
        return None
    return domain.Named(
        candidacy_id=row.id,
        person_id=row.person_id,
        partner_id=row.partner_id,
        state=domain.State(row.state),
        consent_signed_on=row.consent_signed_on,
        consent_withdrawn_on=row.consent_withdrawn_on,
        agreed=frozenset(map(domain.PartnerCategory, row.partner_categories)),
        arrived_on=row.arrived_on,
        departed_on=row.departed_on,
        projected_exit=row.sentence_end,
        born_on=row.birth_date,
    )


async def log_disclosure(
    conn: AsyncConnection,
    asked: AskedByPartner,
    named: domain.Named | None,
    decision: domain.Shown | domain.Withheld,
    basis: str | None,
) -> None:
    """Notes what a partner is shown or refused, of whom and why."""
    fields = decision.fields if isinstance(decision, domain.Shown) else ()
    outcome = decision.value if isinstance(decision, domain.Withheld) else "shown"
    await conn.execute(
        disclosures.insert(),
        {
            "at": asked.at,
            "partner_id": asked.partner_id,
            "reader": asked.reader,
            "reference": None if named is None else asked.reference,
            "person_id": None if named is None else named.person_id,
            "fields": [one.value for one in fields],
            "purpose": asked.purpose.value,
            "basis": basis,
            "outcome": outcome,
        },
    )


async def fields_of(conn: AsyncConnection, candidacy_id: UUID, fields: Sequence[PartnerField]) -> dict[str, object]:
    """Exactly these fields of a person; nothing else is even read."""
    columns = [_SHOWABLE[one].label(one.value) for one in fields]
    query = sa.select(*columns).select_from(_OF_PERSON).where(candidacies.c.id == candidacy_id)
    return (await conn.execute(query)).one()._asdict()


async def disclosure_rows(
    conn: AsyncConnection, person_id: UUID, *, before: int | None, limit: int
) -> Sequence[AnyRow]:
    """What partners were shown or refused of a person, also while entered twice, the newest first.

    Args:
        before: id of the last line of the page before.
        limit: lines at most.
    """
    entered = sa.select(identities.c.person_id).where(
        sa.or_(identities.c.person_id == person_id, identities.c.merged_into == person_id)
    )
    query = (
        sa.select(disclosures, partner_conventions.c.partner)
        .join(partner_conventions, partner_conventions.c.partner_id == disclosures.c.partner_id, isouter=True)
        .where(disclosures.c.person_id.in_(entered))
    )
    if before is not None:
        query = query.where(disclosures.c.id < before)
    return list(await conn.execute(query.order_by(disclosures.c.id.desc()).limit(limit)))
