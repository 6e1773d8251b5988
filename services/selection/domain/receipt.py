"""What a person is told of a request that came in (L112-3, R112-5 CRPA): in French, as it is handed over."""

from datetime import date
from enum import StrEnum

from services.selection.domain.words.spoken import spoken


class Requested(StrEnum):
    """What persons ask for."""

    SUBMISSION = "submission"
    WITHDRAWAL = "withdrawal"
    APPEAL = "appeal"
    CHANGE_OF_ASSIGNMENT = "change_of_assignment"


_WHAT = {
    Requested.SUBMISSION: "Vous avez déposé une candidature au programme InSERRE.",
    Requested.WITHDRAWAL: "Vous avez retiré votre candidature au programme InSERRE.",
    Requested.APPEAL: "Vous avez contesté une décision prise sur votre candidature au programme InSERRE.",
    Requested.CHANGE_OF_ASSIGNMENT: "Vous avez demandé à changer d'établissement.",
}


def what_was_requested(kind: Requested) -> str:
    """The first sentence of a receipt."""
    return _WHAT[kind]


def what_silence_means(silent_from: date | None) -> str:
    """The second one.

    Args:
        silent_from: the day on which silence becomes a refusal (L231-4 CRPA; two months to contest it: R421-2 CJA),
            Europe/Paris; None when the request needs no answer.
    """
    if silent_from is None:
        return "Votre demande prend effet sans réponse de l'administration."
    return (
        f"Sans réponse de l'administration le {spoken(silent_from)}, votre demande sera considérée comme refusée"
        " (article L231-4 du code des relations entre le public et l'administration)."
        " Vous aurez alors deux mois pour contester ce refus devant le tribunal administratif."
    )
