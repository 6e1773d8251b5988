"""What the law wants said of an algorithmic treatment: the notice, and how it came to what it says."""

from collections.abc import Mapping
from typing import NamedTuple

from services.selection.domain.criteria import Criterion

NOTICE = (
    "Un traitement algorithmique a aidé à préparer cette décision (article L. 311-3-1 du code des relations entre le"
    " public et l'administration). Il sert à vérifier les critères du programme InSERRE. Il ne décide pas : une"
    " personne nommée décide et donne ses raisons. Vous avez le droit de connaître les règles de ce traitement et la"
    " façon dont elles ont été appliquées à votre dossier. Demandez-le au service pénitentiaire d'insertion et de"
    " probation. Si l'on refuse de vous répondre, ou sans réponse après un mois, vous pouvez saisir la commission"
    " d'accès aux documents administratifs (CADA)."
)
"""L311-3-1 and R311-3-1-1 CRPA: purpose, right to the rules and how they were applied, how to ask, where to turn."""

CONTRIBUTION = (
    "Le traitement compare le dossier avec des critères écrits et donne un avis, ligne par ligne. Cet avis aide à"
    " préparer la décision. La décision est prise par une personne nommée, qui peut refuser malgré un avis"
    " favorable, et qui ne peut pas admettre sans avis favorable."
)
"""R311-3-1-2, 1°: degree and way of contributing."""

WEIGHTING = (
    "Aucun critère n'a plus de poids qu'un autre. Il n'y a ni note, ni classement, ni calcul de risque. Un seul critère"
    " non rempli rend l'avis défavorable ; une information manquante ne le rend jamais défavorable."
)
"""R311-3-1-2, 3°: how the parameters are weighted."""


class Described(NamedTuple):
    """Something that is looked at or applied.

    Args:
        name: of an input, of a figure of the rules, or of a choice of the site.
        label: in French.
        criteria: that look at it.
        source: of an input; empty for what the rules or the site bring.
    """

    name: str
    label: str
    criteria: tuple[Criterion, ...]
    source: str = ""


_EXTRACT = "fiche pénale"
_FILE = "dossier préparé par le SPIP"
_VAULT = "état civil pénitentiaire"
_REMAINDER = (Criterion.AT_LEAST_ONE_YEAR, Criterion.AT_MOST_THREE_YEARS)
_LATER = (Criterion.CONDITIONAL_RELEASE, Criterion.ADJUSTMENT)

DATA = (
    Described("penal_status", "Situation pénale", (Criterion.FINALLY_CONVICTED,), _EXTRACT),
    Described("sentences", "Peines à exécuter", (Criterion.FIVE_YEARS, Criterion.CONDITIONAL_RELEASE), _EXTRACT),
    Described("sentence_end", "Date de fin de peine", (*_REMAINDER, *_LATER), _EXTRACT),
    Described("extract_on", "Date de la fiche pénale", _REMAINDER, _EXTRACT),
    Described("specially_flagged", "Détenu particulièrement signalé", (Criterion.COMPETENCE,), _EXTRACT),
    Described("terrorism", "Condamnation pour terrorisme", (Criterion.COMPETENCE,), _EXTRACT),
    Described("separation", "Séparation à respecter", (Criterion.SEPARATION,), _EXTRACT),
    Described("other_proceedings", "Autre affaire en cours", (Criterion.JUDICIAL_SITUATION,), _EXTRACT),
    Described("adjustment_requested", "Demande d'aménagement de peine", (Criterion.ADJUSTMENT,), _FILE),
    Described("consent_signed_on", "Date de l'accord écrit", (Criterion.VOLUNTEER,), "accord signé par la personne"),
    Described("consent_withdrawn_on", "Date du retrait de l'accord", (Criterion.VOLUNTEER,), "courrier de la personne"),
    Described("planned_entry", "Date d'entrée prévue", (*_REMAINDER, Criterion.ADULT), _FILE),
    Described("local_project", "Projet autour du site", (Criterion.LOCAL_PROJECT,), _FILE),
    Described("adapted_cell", "Cellule adaptée nécessaire", (Criterion.ADAPTATION,), _FILE),
    Described("site", "Site demandé", (Criterion.SITE_TAKES_PUBLIC,), _FILE),
    Described("sex", "Sexe (pour le quartier)", (Criterion.SITE_TAKES_PUBLIC,), _VAULT),
    Described("adult_at_entry", "18 ans ou plus à l'entrée prévue", (Criterion.ADULT,), _VAULT),
    Described("advice", "Avis reçus", (Criterion.ADVICE_GATHERED,), "avis joints au dossier"),
    Described(
        "interviewed_on",
        "Date de l'entretien de motivation",
        (Criterion.INTERVIEW_HELD,),
        "compte rendu de l'entretien",
    ),
    Described("others_wait", "Autres en attente", (Criterion.PLACE_AVAILABLE,), "liste d'attente du site"),
)
"""R311-3-1-2, 2°: what is treated, and where it comes from."""

PARAMETERS = (
    Described("sentence_months", "Peine la plus longue, en mois", (Criterion.FIVE_YEARS,)),
    Described("shortest_remainder", "Peine restante la plus courte, en mois", (Criterion.AT_LEAST_ONE_YEAR,)),
    Described("longest_remainder", "Peine restante la plus longue, en mois", (Criterion.AT_MOST_THREE_YEARS,)),
    Described("adjustment_remainder", "Peine restante pour un aménagement, en mois", (Criterion.ADJUSTMENT,)),
)
CHOICES = (
    Described("quantum_rule", "Durée comparée quand il y a plusieurs peines", (Criterion.FIVE_YEARS,)),
    Described("extract_days", "Âge le plus élevé d'une fiche pénale, en jours", _REMAINDER),
    Described("required_advice", "Avis demandés avant la décision", (Criterion.ADVICE_GATHERED,)),
    Described("sites", "Sites qui accueillent ce public", (Criterion.SITE_TAKES_PUBLIC,)),
)
"""R311-3-1-2, 3°: figures of the rules, and what the site chose where the law is silent."""

OPERATIONS: Mapping[Criterion, str] = {
    Criterion.FINALLY_CONVICTED: "Lire la situation pénale sur la fiche.",
    Criterion.FIVE_YEARS: (
        "Compter les peines en années, mois et jours, comme le tribunal les a prononcées, sans la partie avec sursis,"
        " puis comparer avec cinq ans."
    ),
    Criterion.AT_LEAST_ONE_YEAR: "Ajouter un an à la date de l'avis et comparer avec la date de fin de peine.",
    Criterion.AT_MOST_THREE_YEARS: "Ajouter trois ans à la date de l'avis et comparer avec la date de fin de peine.",
    Criterion.VOLUNTEER: "Vérifier que l'accord écrit est signé et n'est pas retiré.",
    Criterion.ADULT: "Vérifier que la personne est majeure à la date d'entrée prévue.",
    Criterion.SITE_TAKES_PUBLIC: "Vérifier que le site accueille des personnes de ce sexe et n'est pas suspendu.",
    Criterion.COMPETENCE: "Vérifier si la loi réserve la décision au ministre.",
    Criterion.ADVICE_GATHERED: "Comparer les avis reçus avec les avis demandés. Cela ne change pas l'avis.",
    Criterion.INTERVIEW_HELD: "Vérifier que l'entretien a eu lieu. Cela ne change pas l'avis.",
    Criterion.SEPARATION: "Lire si le dossier signale une séparation, sans en connaître la raison.",
    Criterion.JUDICIAL_SITUATION: "Lire si le dossier signale une autre affaire en cours.",
    Criterion.CONDITIONAL_RELEASE: "Comparer la peine restante avec un tiers de la peine. Cela ne change pas l'avis.",
    Criterion.ADJUSTMENT: "Comparer la peine restante avec deux ans. Cela ne change pas l'avis.",
    Criterion.LOCAL_PROJECT: "Lire si la personne a un projet autour du site. Cela ne change pas l'avis.",
    Criterion.ADAPTATION: "Lire si une cellule adaptée est nécessaire. Cela ne change pas l'avis.",
    Criterion.PLACE_AVAILABLE: "Lire si d'autres personnes attendent une telle cellule. Cela ne change pas l'avis.",
}
"""R311-3-1-2, 4°: the operations of the treatment."""
