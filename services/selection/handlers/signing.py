"""What every signed act has in common: the right to sign, the register, and the person who has to be given it."""

from dataclasses import replace

from services.selection import domain, store
from services.selection.handlers.calendar import french_holiday
from services.selection.handlers.terms import open_deadline
from shared.messaging import Tx


async def sign(tx: Tx, file: domain.File, act: store.Act, policy: domain.Policy) -> str:
    """Enters an act into the register, if its signer may sign it; the person is to be given it in a few days.

    Args:
        act: as the signer gave it; a signer of own competence names no delegation.

    Returns:
        The number of the decision.

    Raises:
        domain.Refused: `decision-by-preparer`, `delegation-missing` or `delegation-out-of-scope`.
    """
    domain.check_signer(file, act.signer)
    held = await store.delegations_held(tx.conn, act.signer.id, act.grounds.delegation)
    right = domain.right_to_sign(act.signer, act.grounds, act.kind, act.decided_on, held, policy)
    entered = replace(act, grounds=replace(act.grounds, delegation=right))
    due_on = domain.add_working_days(act.decided_on, policy.hand_over_days, french_holiday)
    await open_deadline(tx, file.id, domain.Due.HAND_OVER, due_on, owner=domain.Role.REGISTRY, subject=act.id)
    # Last: the counter of the numbers stays locked for all other decisions until the end.
    return await store.insert_decision(tx.conn, file, entered)
