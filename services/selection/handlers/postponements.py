"""Use cases of a decision that is not taken yet: send the file back, put it off, take it up again."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.handlers.calendar import french_holiday
from services.selection.handlers.files import opened, write
from services.selection.handlers.receipts import await_decision
from services.selection.handlers.signing import sign
from services.selection.handlers.terms import meet_deadline, open_deadline
from shared.contracts.selection import CandidacyDeferred
from shared.messaging import Tx, publish


@dataclass(frozen=True)
class Postponement:
    """What the officer signs: own words, and in whose name."""

    grounds: domain.Grounds
    signer: domain.Signer


async def adjourn(
    tx: Tx, candidacy_id: UUID, order: Postponement, editor: domain.Editor, policy: domain.Policy
) -> UUID:
    """Sends the file back to those who prepare it. The answer to the person stays due.

    Returns:
        The id of the decision.

    Raises:
        domain.Refused: as `domain.admit` and `sign`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.ADJOURN, editor)
    act = _act(tx, file, domain.Kind.ADJOURNED, order, [], policy)
    await sign(tx, file, act, policy)
    await write(tx, file, domain.Act.ADJOURN, state, editor)
    return act.id


async def defer(
    tx: Tx, candidacy_id: UUID, order: Postponement, until: date, editor: domain.Editor, policy: domain.Policy
) -> UUID:
    """Puts the file off until a day, on which the probation service is to take it up again.

    Args:
        until: Europe/Paris.

    Returns:
        The id of the decision.

    Raises:
        domain.Refused: as `domain.admit` and `sign`, or `impossible-dates`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.DEFER, editor)
    domain.check_deferral(until, domain.date_in_paris(tx.now), file.case.facts)
    act = _act(tx, file, domain.Kind.DEFERRED, order, [domain.deferral(until)], policy)
    await meet_deadline(tx, domain.Due.DECISION, file.id)
    remind_on = domain.add_working_days(until, -policy.reminder_days, french_holiday)
    await open_deadline(tx, file.id, domain.Due.DEFERRAL, until, owner=domain.Role.SPIP, remind_on=remind_on)
    number = await sign(tx, file, act, policy)
    event = CandidacyDeferred(decision_number=number)
    await publish(tx, event, subject=file.id, version=file.version + 1, site=file.site)
    await write(tx, file, domain.Act.DEFER, state, editor, values={"deferred_until": until})
    return act.id


async def resume(tx: Tx, candidacy_id: UUID, editor: domain.Editor, policy: domain.Policy) -> UUID:
    """Takes a deferred file up again, on its day or before; the time in which it is to be answered starts anew.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: as `domain.admit`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.RESUME, editor)
    await write(tx, file, domain.Act.RESUME, state, editor, values={"deferred_until": None})
    await meet_deadline(tx, domain.Due.DEFERRAL, file.id)
    await await_decision(tx, file.id, policy)
    return file.id


def _act(
    tx: Tx,
    file: domain.File,
    kind: domain.Kind,
    order: Postponement,
    effects: list[dict[str, object]],
    policy: domain.Policy,
) -> store.Act:
    decided_on = domain.date_in_paris(tx.now)
    return store.Act(
        id=uuid7(),
        kind=kind,
        opinion_id=file.opinion_id,
        signer=order.signer,
        grounds=order.grounds,
        reason_codes=(),
        effects=effects,
        criteria=domain.assess(file.case, decided_on, policy),
        signed_at=tx.now,
        decided_on=decided_on,
    )
