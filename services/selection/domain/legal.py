"""Legal bases as data with dates: articles are renumbered, and an opinion names the one of its day."""

from datetime import date
from typing import NamedTuple

_PROGRAMME = "InSERRE programme, published selection criteria"
_PROGRAMME_FRENCH = "Programme InSERRE, critères de sélection publiés"
_ARTICLES = "Code pénitentiaire"
_RENUMBERED = date(2029, 1, 1)
"""Entry into force of ordonnance 2025-1091, which renumbers the Code de procédure pénale."""


class Basis(NamedTuple):
    """A text.

    Args:
        text: for the opinion.
        french: for the person.
        until: the first day on which it is no longer the one to name, if known.
    """

    text: str
    french: str
    until: date | None = None


Bases = tuple[Basis, ...]
"""Of one criterion, the earlier first."""


def basis_on(bases: Bases, day: date) -> Basis:
    """The one to name on a day."""
    return next(basis for basis in bases if basis.until is None or day < basis.until)


def _counted(text: str, french: str) -> Bases:
    """Published by the programme, and counted as the Code de procédure pénale says."""
    return (
        Basis(f"{_PROGRAMME}: {text}; CPP 716-1", f"{_PROGRAMME_FRENCH} : {french} ; CPP, art. 716-1", _RENUMBERED),
        Basis(f"{_PROGRAMME}: {text}; CPP L5211-2", f"{_PROGRAMME_FRENCH} : {french} ; CPP, art. L. 5211-2"),
    )


def _published(text: str, french: str) -> Bases:
    return (Basis(f"{_PROGRAMME}: {text}", f"{_PROGRAMME_FRENCH} : {french}"),)


def _article(articles: str, french: str, what: str) -> Bases:
    return (Basis(f"{articles} {_ARTICLES}: {what}", f"{_ARTICLES}, {french}"),)


CONVICTED = _published("finally convicted", "condamnation définitive")
SENTENCE = _counted("sentence of at most five years", "peine de cinq ans au plus")
REMAINDER = _counted("one to three years remaining", "un à trois ans de peine restant à exécuter")
CONSENT = _published("volunteer, consent signed and not withdrawn", "volontariat, accord signé et non retiré")
AGE = (Basis("Adults only (assumption of the programme); Code civil 414", "Majorité : Code civil, art. 414"),)
PUBLIC = _article("R211-1", "art. R. 211-1", "separate quarters; the site's announced public")
COMPETENCE = _article("D211-18", "art. D. 211-18", "the minister alone decides")
ADVICE = _article("D211-11, D211-22, D211-28", "art. D. 211-11, D. 211-22 et D. 211-28", "advice before the decision")
INTERVIEW = _published("motivation interview", "entretien de motivation")
SEPARATION = _article("D211-12", "art. D. 211-12", "contact and place bans")
SITUATION = _article("D211-11", "art. D. 211-11", "the penal situation is known")
RELEASE = _article("D422-1", "art. D. 422-1", "conditional release examined at two thirds")
ADJUSTMENT = _article("D112-20", "art. D. 112-20", "adjustment of the end of a sentence")
PROJECT = _published("local project (information)", "projet local (information)")
ADAPTATION = _article("L6, L411-1, L412-1", "art. L. 6, L. 411-1 et L. 412-1", "adapted, never refused for it")
PLACES = (Basis("The site's waiting list (assumption): never a refusal", "Liste d'attente du site : jamais un refus"),)
