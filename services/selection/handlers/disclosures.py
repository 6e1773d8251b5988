"""Use cases of the partner route: learn what partners may ask and whom they know, and answer them."""

from uuid import UUID

from services.selection import domain, store
from services.selection.handlers.journeys import record_delivery
from shared.contracts.notifications import PartnerAlerted, PartnerConventionRecorded
from shared.messaging import Meta, Tx


async def record_convention(tx: Tx, event: PartnerConventionRecorded, meta: Meta) -> None:
    """What a partner may ask for from now on."""
    convention = domain.Convention(
        category=domain.PartnerCategory(event.category),
        begins_on=event.convention_from,
        ends_before=event.convention_to,
        fields=frozenset(domain.PartnerField(one) for one in event.fields),
        window_months=event.window_months,
    )
    await store.record_convention(tx.conn, event.partner_id, event.partner, convention, meta.version)


async def record_alert(tx: Tx, event: PartnerAlerted, meta: Meta) -> None:
    """A partner was told: a fact of the journey, and from now on that partner may ask by its reference."""
    await record_delivery(tx, event, meta)
    if event.partner_id is not None and event.reference is not None:
        await store.record_reference(tx.conn, event.reference, event.partner_id, event.candidacy_id)


async def answer_partner(
    tx: Tx, *, partner_id: UUID, reader: str, reference: str, purpose: domain.PartnerPurpose
) -> dict[str, object] | domain.Refused:
    """What a partner is shown of the person whom it knows by a reference; noted either way, before anything is read.

    Args:
        partner_id: of the token.
        reader: subject of the token.
        reference: as it was sent.
        purpose: why the partner asks.

    Returns:
        The permitted fields by name; or the refusal as a value, so that its note is committed.
    """
    convention = await store.convention_of(tx.conn, partner_id)
    named = await store.named_by(tx.conn, reference)
    decision = domain.disclose(partner_id, convention, named, domain.date_in_paris(tx.now))
    asked = store.AskedByPartner(partner_id, reader, reference, purpose, tx.now)
    await store.log_disclosure(tx.conn, asked, named, decision, None if convention is None else convention.basis)
    if isinstance(decision, domain.Withheld):
        return domain.Refused(decision.refusal)
    assert named is not None
    return await store.fields_of(tx.conn, named.candidacy_id, decision.fields)
