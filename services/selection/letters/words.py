"""The French of the letters, as data: to be proof-read by lawyers and by readers who test easy language."""

from typing import NamedTuple

from services.selection.domain import Kind, PartnerCategory, RefusalReason


class Outcome(NamedTuple):
    """What was decided, as the letter says it, and as the easy letter does."""

    heading: str
    sentence: str
    easy: tuple[str, ...]


MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
SITES = {"DON": "Donchery", "ARR": "Arras", "TOU": "Toul"}
TITLE_WORDS = {"F": "Madame", "M": "Monsieur"}

OUTCOMES = {
    Kind.APPROVED: Outcome(
        "Votre candidature est acceptée",
        "Votre candidature est acceptée.",
        ("La réponse est oui.", "Votre candidature est acceptée."),
    ),
    Kind.REFUSED: Outcome(
        "Votre candidature est refusée",
        "Votre candidature est refusée.",
        ("La réponse est non.", "Votre candidature est refusée."),
    ),
    Kind.ADJOURNED: Outcome(
        "La décision est ajournée",
        "Votre dossier n'est pas encore prêt à être décidé. Il retourne aux services qui le préparent, "
        "puis il sera examiné de nouveau.",
        ("La réponse n'est pas encore donnée.", "Votre dossier doit être complété."),
    ),
    Kind.DEFERRED: Outcome(
        "La décision est reportée",
        "La décision sur votre candidature est reportée à une date précise.",
        ("La réponse n'est pas encore donnée.", "Il faut attendre."),
    ),
    Kind.REVOKED: Outcome(
        "L'acceptation de votre candidature est retirée",
        "Votre candidature avait été acceptée. Cette acceptation est retirée : elle n'a plus d'effet.",
        ("Avant, la réponse était oui.", "Maintenant, la réponse est non."),
    ),
    Kind.LAPSED: Outcome(
        "Votre candidature est caduque",
        "Votre candidature ne peut plus avoir d'effet, parce que la situation a changé. Elle est close.",
        ("Votre situation a changé.", "Votre candidature est arrêtée."),
    ),
}

REASONS = {
    RefusalReason.CRITERIA_NOT_MET: "Une condition du programme n'est pas remplie.",
    RefusalReason.PROJECT_INSUFFICIENT: "Le projet n'est pas assez construit à ce jour.",
    RefusalReason.COMMITMENT_INSUFFICIENT: "L'engagement dans la démarche n'est pas suffisant à ce jour.",
    RefusalReason.INCOMPATIBLE_WITH_REGIME: "Le fonctionnement du site ne convient pas à la situation actuelle.",
    RefusalReason.SEPARATION: "Une séparation d'avec d'autres personnes doit être respectée.",
    RefusalReason.OFFER_UNSUITABLE: "Les activités du site ne correspondent pas au projet.",
    RefusalReason.OTHER_MEASURE_MORE_SUITABLE: "Une autre mesure convient mieux.",
    RefusalReason.OTHER: "Un autre motif, expliqué dans la décision.",
}
CATEGORIES = {
    PartnerCategory.EMPLOYMENT_SERVICE: "le service public de l'emploi",
    PartnerCategory.YOUTH_SERVICE: "la mission locale",
    PartnerCategory.TRAINING_BODY: "un organisme de formation",
    PartnerCategory.REGION: "la Région",
    PartnerCategory.SOCIAL_EMPLOYER: "un employeur de l'insertion",
}
FUNCTIONS = {
    "interregional_director": "direction interrégionale des services pénitentiaires",
    "deputy_director": "direction adjointe",
    "director": "direction",
    "dpip": "direction pénitentiaire d'insertion et de probation",
    "head_of_prison": "direction de l'établissement",
}

LEGAL_BASIS = "Décision prise en application de l'article D. 211-19 du code pénitentiaire."
"""Of every kind of decision on an assignment."""
