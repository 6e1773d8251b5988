"""Use cases of the deciding officer: see what a signature sets off, approve, refuse."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.domain.journey import ACCOMMODATION, PARTNERS, TRAINING
from shared.contracts import selection as contract
from shared.messaging import Event, Tx, publish


@dataclass(frozen=True)
class ApprovalOrder:
    """What the officer signs.

    Args:
        opinion_id: the opinion that the officer relies on.
        effects: the list exactly as previewed.
    """

    opinion_id: UUID
    effects: list[dict[str, object]]
    grounds: domain.Grounds
    signer: domain.Signer


@dataclass(frozen=True)
class RefusalOrder:
    """What the officer signs: at least one code of the closed list, and own words."""

    reason_codes: tuple[domain.RefusalReason, ...]
    grounds: domain.Grounds
    signer: domain.Signer


async def preview_effects(
    conn: AsyncConnection, candidacy_id: UUID, now: datetime, *, scope: str | None
) -> tuple[UUID, domain.Approval]:
    """What approving would set off now, and the opinion to name. Changes nothing.

    Args:
        now: UTC; the criteria are checked on its date, Europe/Paris.
        scope: the only establishment whose files this officer may see; None for all of the site.

    Raises:
        domain.Refused: what `approve` would say of the state, the opinion and the planned entry.
    """
    file, named = await store.file_to_preview(conn, candidacy_id)
    domain.check_scope(file.establishment, scope)
    if named is None:
        domain.next_state(file.state, domain.Act.APPROVE)
        raise domain.Refused(domain.Refusal.NOT_ASSESSED)
    return named.id, domain.approvable(file, named, domain.date_in_paris(now))


async def approve(tx: Tx, candidacy_id: UUID, order: ApprovalOrder, *, scope: str | None) -> UUID:
    """Enters the signed act and orders its effects: three events of one transaction, and the replies that are due.

    Args:
        scope: the only establishment whose files this officer may decide; None for all of the site.

    Returns:
        The id of the decision.

    Raises:
        domain.Refused: by the state, the signer, the opinion, the planned entry or the effects. Nothing was changed.
    """
    file, named = await store.lock_file_to_decide(tx.conn, candidacy_id, order.opinion_id)
    domain.check_scope(file.establishment, scope)
    state = domain.next_state(file.state, domain.Act.APPROVE)
    domain.check_signer(file, order.signer)
    decided_on = domain.date_in_paris(tx.now)
    approval = domain.approvable(file, named, decided_on)
    domain.check_effects(order.effects, approval.effects)
    act = store.Act(
        id=uuid7(),
        kind=domain.Kind.APPROVED,
        opinion_id=order.opinion_id,
        signer=order.signer,
        grounds=order.grounds,
        reason_codes=(),
        effects=order.effects,
        criteria=approval.opinion,
        signed_at=tx.now,
        decided_on=decided_on,
    )
    number = await store.insert_decision(tx.conn, file, act)
    asked = []
    for version, (step, event) in enumerate(_orders(file, approval.effects, number, act), start=file.version + 1):
        event_id = await publish(tx, event, subject=file.id, version=version, site=file.site)
        asked.append(store.Asked(event_id, step, version))
    await store.move(tx.conn, file, state, version=file.version + len(asked), decision_number=number)
    await store.insert_expected(tx.conn, file.id, asked, decision_number=number, at=tx.now)
    return act.id


async def refuse(tx: Tx, candidacy_id: UUID, order: RefusalOrder, *, scope: str | None) -> UUID:
    """Enters a signed refusal. Its reasons stay here; partners learn at most that there is one.

    Args:
        scope: the only establishment whose files this officer may decide; None for all of the site.

    Returns:
        The id of the decision.

    Raises:
        domain.Refused: by the state or the signer. Nothing was changed.
    """
    file = await store.lock_file(tx.conn, candidacy_id)
    domain.check_scope(file.establishment, scope)
    state = domain.next_state(file.state, domain.Act.REFUSE)
    domain.check_signer(file, order.signer)
    decided_on = domain.date_in_paris(tx.now)
    act = store.Act(
        id=uuid7(),
        kind=domain.Kind.REFUSED,
        opinion_id=file.opinion_id,
        signer=order.signer,
        grounds=order.grounds,
        reason_codes=order.reason_codes,
        effects=[],
        criteria=domain.assess(file.facts, decided_on),
        signed_at=tx.now,
        decided_on=decided_on,
    )
    number = await store.insert_decision(tx.conn, file, act)
    version = file.version + 1
    event = contract.CandidacyRefused(decision_number=number)
    event_id = await publish(tx, event, subject=file.id, version=version, site=file.site)
    await store.move(tx.conn, file, state, version=version, decision_number=number)
    asked = [store.Asked(event_id, PARTNERS, version)]
    await store.insert_expected(tx.conn, file.id, asked, decision_number=number, at=tx.now)
    return act.id


def _orders(file: domain.File, effects: domain.Effects, number: str, act: store.Act) -> tuple[tuple[str, Event], ...]:
    """The events that carry the effects out, each with the step that it opens."""
    return (
        (
            PARTNERS,
            contract.CandidacyApproved(
                decision_number=number,
                partner_categories=tuple(contract.PartnerCategory(one) for one in effects.partner_categories),
            ),
        ),
        (
            ACCOMMODATION,
            contract.AccommodationRequested(
                decision_number=number,
                decided_on=act.decided_on,
                file_number=file.file_number,
                wing_sex=contract.WingSex(effects.wing_sex),
                cell_type=contract.CellType(effects.cell_type),
                planned_entry=effects.planned_entry,
                projected_exit=effects.projected_exit,
            ),
        ),
        (
            TRAINING,
            contract.TrainingRequested(
                decision_number=number,
                decided_on=act.decided_on,
                file_number=file.file_number,
                wishes=effects.wishes,
                earliest_start=effects.earliest_start,
                projected_exit=effects.projected_exit,
            ),
        ),
    )
