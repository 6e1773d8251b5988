"""Reasons that may not be told to the person (L211-2 7° CRPA: secrets and security), and who reads them."""

from services.selection.domain.decision import Signer
from services.selection.domain.policy import Policy
from services.selection.domain.refusal import Refusal, Refused


def check_restricted_reader(reader: Signer, signer_id: str, policy: Policy) -> None:
    """The signer reads them, and who decides an appeal: another competent authority.

    Args:
        reader: as the token says.
        signer_id: subject of the officer who signed the decision.
        policy: names the functions that decide in own competence.

    Raises:
        Refused: `reasons-restricted`.
    """
    if reader.id != signer_id and reader.function not in policy.own_competence:
        raise Refused(Refusal.REASONS_RESTRICTED)
