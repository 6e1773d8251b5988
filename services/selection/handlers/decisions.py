"""Use cases of the deciding officer: see what a signature sets off, approve, refuse."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.domain.journey import ACCOMMODATION, PARTNERS, TRAINING
from services.selection.handlers.files import opened, order, write
from services.selection.handlers.release import await_release_window
from services.selection.handlers.signing import sign
from services.selection.handlers.terms import meet_all_deadlines, meet_deadline
from shared.contracts import selection as contract
from shared.messaging import Event, Tx


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
    """What the officer signs: at least one code of the closed list, and own words.

    Args:
        restricted: further reasons, which the person may not be told; blank for none.
    """

    reason_codes: tuple[domain.RefusalReason, ...]
    grounds: domain.Grounds
    signer: domain.Signer
    restricted: str = ""


@dataclass(frozen=True)
class Preview:
    """What an officer is shown before signing: the file's version, the opinion to name, and what would be set off.

    Args:
        missing: advice and interview without which it cannot be signed, but for a reasoned urgency.
    """

    version: int
    opinion_id: UUID
    approval: domain.Approval
    missing: tuple[str, ...]


async def preview_effects(
    conn: AsyncConnection, candidacy_id: UUID, now: datetime, scope: domain.Scope, policy: domain.Policy
) -> Preview:
    """What approving would set off now, and the opinion to name. Changes nothing.

    Args:
        now: UTC; the criteria are checked on its date, Europe/Paris.
        scope: whose files this officer may see.
        policy: what the site set where the law is silent.

    Raises:
        domain.Refused: what `approve` would say of the state, the opinion and the planned entry.
    """
    file, named = await store.file_to_preview(conn, candidacy_id)
    scope.check_read(file.establishment, file.arrived_on)
    domain.next_state(file.state, domain.Act.APPROVE)
    assert named is not None
    approval = domain.approvable(file, named, domain.date_in_paris(now), policy)
    return Preview(file.version, named.id, approval, domain.missing(file.case.gathered, policy))


async def approve(
    tx: Tx, candidacy_id: UUID, order_: ApprovalOrder, editor: domain.Editor, policy: domain.Policy
) -> UUID:
    """Enters the signed act and orders its effects: three events of one transaction, and the replies that are due.

    Returns:
        The id of the decision.

    Raises:
        domain.Refused: as `domain.admit` and `sign`; by the opinion, the planned entry, what is missing or was not
            examined, or the effects. Nothing was changed.
    """
    file, named = await store.lock_file_to_decide(tx.conn, candidacy_id, order_.opinion_id)
    state = domain.admit(file, domain.Act.APPROVE, editor)
    decided_on = domain.date_in_paris(tx.now)
    approval = domain.approvable(file, named, decided_on, policy)
    domain.check_gathered(file.case.gathered, policy, order_.grounds.urgency)
    approval.check_examined(order_.grounds.examined)
    domain.check_effects(order_.effects, approval.effects)
    act = store.Act(
        id=uuid7(),
        kind=domain.Kind.APPROVED,
        opinion_id=order_.opinion_id,
        signer=order_.signer,
        grounds=order_.grounds,
        reason_codes=(),
        effects=order_.effects,
        criteria=approval.opinion,
        signed_at=tx.now,
        decided_on=decided_on,
    )
    await meet_deadline(tx, domain.Due.DECISION, file.id)
    await await_release_window(tx, file.id, approval.effects.projected_exit, policy)
    number = await sign(tx, file, act, policy)
    version = await order(tx, file, _orders(file, approval.effects, number, act), decision_number=number)
    values = {"decision_number": number, "release_window_opened_at": None}
    await write(tx, file, domain.Act.APPROVE, state, editor, version=version, values=values)
    return act.id


async def refuse(
    tx: Tx, candidacy_id: UUID, order_: RefusalOrder, editor: domain.Editor, policy: domain.Policy
) -> UUID:
    """Enters a signed refusal. Its reasons stay here; partners learn at most that there is one.

    Returns:
        The id of the decision.

    Raises:
        domain.Refused: as `domain.admit` and `sign`, or by what is missing. Nothing was changed.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.REFUSE, editor)
    domain.check_gathered(file.case.gathered, policy, order_.grounds.urgency)
    decided_on = domain.date_in_paris(tx.now)
    act = store.Act(
        id=uuid7(),
        kind=domain.Kind.REFUSED,
        opinion_id=file.opinion_id,
        signer=order_.signer,
        grounds=order_.grounds,
        reason_codes=order_.reason_codes,
        effects=[],
        criteria=domain.assess(file.case, decided_on, policy),
        signed_at=tx.now,
        decided_on=decided_on,
    )
    await meet_all_deadlines(tx, file.id)
    number = await sign(tx, file, act, policy)
    if order_.restricted.strip():
        await store.insert_restricted_reasons(tx.conn, act.id, order_.restricted)
    events: list[tuple[str, Event]] = [(PARTNERS, contract.CandidacyRefused(decision_number=number))]
    version = await order(tx, file, events, decision_number=number)
    values = {"decision_number": number}
    await write(tx, file, domain.Act.REFUSE, state, editor, version=version, values=values)
    return act.id


def _orders(file: domain.File, effects: domain.Effects, number: str, act: store.Act) -> list[tuple[str, Event]]:
    """The events that carry the effects out, each with the step that it opens."""
    return [
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
    ]
