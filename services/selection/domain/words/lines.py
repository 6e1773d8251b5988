"""What each criterion is called, and one sentence for each thing that it may find."""

from collections.abc import Mapping

from services.selection.domain.criteria import Code, Criterion, Finding
from services.selection.domain.words.spoken import spoken

TITLES: Mapping[Criterion, str] = {
    Criterion.FINALLY_CONVICTED: "Condamnation définitive",
    Criterion.FIVE_YEARS: "Peine de cinq ans au plus",
    Criterion.AT_LEAST_ONE_YEAR: "Au moins un an de peine restant",
    Criterion.AT_MOST_THREE_YEARS: "Au plus trois ans de peine restant",
    Criterion.VOLUNTEER: "Accord écrit de la personne",
    Criterion.ADULT: "Majorité",
    Criterion.SITE_TAKES_PUBLIC: "Site ouvert à ce public",
    Criterion.COMPETENCE: "Autorité qui décide",
    Criterion.ADVICE_GATHERED: "Avis recueillis",
    Criterion.INTERVIEW_HELD: "Entretien de motivation",
    Criterion.SEPARATION: "Personnes ou lieux à séparer",
    Criterion.JUDICIAL_SITUATION: "Situation judiciaire",
    Criterion.CONDITIONAL_RELEASE: "Libération sous contrainte (information)",
    Criterion.ADJUSTMENT: "Aménagement de peine (information)",
    Criterion.LOCAL_PROJECT: "Projet local (information)",
    Criterion.ADAPTATION: "Cellule adaptée (information)",
    Criterion.PLACE_AVAILABLE: "Place disponible (information)",
}

RESULTS: Mapping[str, str] = {
    "favourable": "Tous les critères sont remplis. Une personne doit encore décider.",
    "unfavourable": "Un critère au moins n'est pas rempli. Une personne doit encore décider.",
    "deferred": "La peine restante est encore trop longue. La demande pourra être étudiée plus tard.",
    "to_complete": "Il manque des informations dans le dossier. Il faut le compléter.",
    "to_examine": "Une personne doit examiner un point du dossier.",
}

_STALE = "La fiche pénale du {extract_on} est trop ancienne. Il faut en demander une nouvelle."
_NO_END = "Le dossier ne donne pas la date de fin de peine et la date de la fiche pénale. Il faut le compléter."
_CONTRADICTORY = "Les dates de la fiche pénale se contredisent. Une personne doit les vérifier."

_MET, _NOT_MET, _DEFERRED = Finding.MET, Finding.NOT_MET, Finding.DEFERRED
_TO_COMPLETE, _TO_EXAMINE, _INFORMATION = Finding.TO_COMPLETE, Finding.TO_EXAMINE, Finding.INFORMATION

SENTENCES: Mapping[tuple[Criterion, Finding, Code | None], str] = {
    (Criterion.FINALLY_CONVICTED, _MET, None): "Votre condamnation est définitive.",
    (Criterion.FINALLY_CONVICTED, _NOT_MET, Code.NOT_FINALLY_CONVICTED): (
        "Votre condamnation n'est pas définitive. Le programme est réservé aux personnes condamnées définitivement."
    ),
    (Criterion.FINALLY_CONVICTED, _TO_COMPLETE, Code.DATA_MISSING): (
        "Le dossier ne dit pas si votre condamnation est définitive. Il faut le compléter."
    ),
    (Criterion.FIVE_YEARS, _MET, None): "La peine prise en compte est de {to_serve}. Elle ne dépasse pas cinq ans.",
    (Criterion.FIVE_YEARS, _NOT_MET, Code.SENTENCE_OVER_5Y): (
        "La peine prise en compte est de {to_serve}. Elle dépasse cinq ans."
    ),
    (Criterion.FIVE_YEARS, _TO_EXAMINE, Code.DAYS_MAKE_A_MONTH): (
        "L'addition de vos peines donne {to_serve}. Une personne doit dire si ce total dépasse cinq ans."
    ),
    (Criterion.FIVE_YEARS, _TO_EXAMINE, Code.PARTLY_SUSPENDED): (
        "La peine prononcée dépasse cinq ans, mais la partie à exécuter est de {to_serve}."
        " Une personne doit examiner ce point."
    ),
    (Criterion.FIVE_YEARS, _TO_COMPLETE, Code.DATA_MISSING): (
        "Le dossier ne donne pas la durée de votre peine. Il faut le compléter."
    ),
    (Criterion.AT_LEAST_ONE_YEAR, _MET, None): (
        "Au {reference_on}, il vous reste au moins un an de peine : elle se termine le {sentence_end}."
    ),
    (Criterion.AT_LEAST_ONE_YEAR, _NOT_MET, Code.REMAINDER_UNDER_1Y): (
        "Au {reference_on}, il vous reste moins d'un an de peine : elle se termine le {sentence_end}."
    ),
    (Criterion.AT_LEAST_ONE_YEAR, _TO_COMPLETE, Code.DATA_MISSING): _NO_END,
    (Criterion.AT_LEAST_ONE_YEAR, _TO_COMPLETE, Code.EXTRACT_STALE): _STALE,
    (Criterion.AT_LEAST_ONE_YEAR, _TO_EXAMINE, Code.DATA_CONTRADICTORY): _CONTRADICTORY,
    (Criterion.AT_MOST_THREE_YEARS, _MET, None): (
        "Au {reference_on}, il vous reste au plus trois ans de peine : elle se termine le {sentence_end}."
    ),
    (Criterion.AT_MOST_THREE_YEARS, _DEFERRED, Code.REMAINDER_OVER_3Y): (
        "Au {reference_on}, il vous reste plus de trois ans de peine. Ce critère sera rempli à partir du {eligible_on}."
    ),
    (Criterion.AT_MOST_THREE_YEARS, _TO_COMPLETE, Code.DATA_MISSING): _NO_END,
    (Criterion.AT_MOST_THREE_YEARS, _TO_COMPLETE, Code.EXTRACT_STALE): _STALE,
    (Criterion.AT_MOST_THREE_YEARS, _TO_EXAMINE, Code.DATA_CONTRADICTORY): _CONTRADICTORY,
    (Criterion.VOLUNTEER, _MET, None): "Vous avez donné votre accord par écrit le {consent_signed_on}.",
    (Criterion.VOLUNTEER, _NOT_MET, Code.CONSENT_MISSING): "Votre accord écrit n'est pas dans le dossier à cette date.",
    (Criterion.VOLUNTEER, _NOT_MET, Code.CANDIDATE_WITHDREW): (
        "Vous avez retiré votre accord le {consent_withdrawn_on}."
    ),
    (Criterion.ADULT, _MET, None): "Vous aurez 18 ans ou plus à la date d'entrée prévue, le {planned_entry}.",
    (Criterion.ADULT, _NOT_MET, Code.MINOR): (
        "Vous aurez moins de 18 ans à la date d'entrée prévue, le {planned_entry}."
        " Le programme est réservé aux personnes majeures."
    ),
    (Criterion.ADULT, _TO_COMPLETE, Code.DATA_MISSING): (
        "Le dossier ne donne pas de date d'entrée prévue. Il faut le compléter."
    ),
    (Criterion.SITE_TAKES_PUBLIC, _MET, None): "Le site demandé accueille ce public.",
    (Criterion.SITE_TAKES_PUBLIC, _NOT_MET, Code.SITE_NOT_OPEN_TO_PUBLIC): (
        "Le site demandé n'accueille pas ce public aujourd'hui. Autre site possible : {offers}."
    ),
    (Criterion.SITE_TAKES_PUBLIC, _TO_EXAMINE, Code.DATA_MISSING): (
        "Le site demandé n'est pas décrit dans le système. Une personne doit examiner ce point."
    ),
    (Criterion.COMPETENCE, _MET, None): "La décision ne relève pas du ministre de la justice.",
    (Criterion.COMPETENCE, _TO_EXAMINE, Code.MINISTER_DECIDES): (
        "Dans votre situation, seul le ministre de la justice peut décider. Le dossier doit lui être transmis."
    ),
    (Criterion.ADVICE_GATHERED, _MET, None): "Tous les avis demandés sont dans le dossier.",
    (Criterion.ADVICE_GATHERED, _TO_COMPLETE, Code.ADVICE_MISSING): (
        "Des avis manquent dans le dossier : {missing}. Ils sont demandés avant la décision."
    ),
    (Criterion.INTERVIEW_HELD, _MET, None): "L'entretien de motivation a eu lieu le {interviewed_on}.",
    (Criterion.INTERVIEW_HELD, _TO_COMPLETE, Code.INTERVIEW_NOT_HELD): (
        "L'entretien de motivation n'a pas encore eu lieu."
    ),
    (Criterion.SEPARATION, _MET, None): "Le dossier ne signale pas de personne ni de lieu à éviter.",
    (Criterion.SEPARATION, _TO_EXAMINE, Code.SEPARATION_TO_EXAMINE): (
        "Le dossier signale une séparation à respecter. Une personne doit examiner ce point."
    ),
    (Criterion.JUDICIAL_SITUATION, _MET, None): "Le dossier ne signale pas d'autre affaire en cours.",
    (Criterion.JUDICIAL_SITUATION, _TO_EXAMINE, Code.JUDICIAL_SITUATION_TO_EXAMINE): (
        "Le dossier signale une autre affaire en cours. Une personne doit examiner ce point."
    ),
    (
        Criterion.CONDITIONAL_RELEASE,
        _INFORMATION,
        None,
    ): "Vous n'avez pas encore exécuté les deux tiers de votre peine.",
    (Criterion.CONDITIONAL_RELEASE, _INFORMATION, Code.INFO_CONDITIONAL_RELEASE): (
        "Vous avez exécuté les deux tiers de votre peine. Le juge peut examiner une libération sous contrainte."
    ),
    (Criterion.CONDITIONAL_RELEASE, _INFORMATION, Code.DATA_MISSING): (
        "Le dossier ne permet pas de dire si les deux tiers de la peine sont exécutés."
    ),
    (Criterion.ADJUSTMENT, _INFORMATION, None): (
        "Vous n'avez pas demandé d'aménagement de peine, et il vous reste plus de deux ans."
    ),
    (Criterion.ADJUSTMENT, _INFORMATION, Code.INFO_ADJUSTMENT): (
        "Un aménagement de peine est demandé, ou possible parce qu'il vous reste deux ans de peine ou moins."
    ),
    (Criterion.ADJUSTMENT, _INFORMATION, Code.DATA_MISSING): (
        "Le dossier ne permet pas de dire si un aménagement de peine est possible."
    ),
    (Criterion.LOCAL_PROJECT, _INFORMATION, None): "Le dossier ne signale pas de projet autour du site.",
    (Criterion.LOCAL_PROJECT, _INFORMATION, Code.INFO_LOCAL_PROJECT): "Vous avez un projet autour du site.",
    (Criterion.ADAPTATION, _INFORMATION, None): "Aucune cellule adaptée n'est demandée.",
    (Criterion.ADAPTATION, _INFORMATION, Code.INFO_ADAPTATION): (
        "Une cellule adaptée est nécessaire. Ce besoin n'est jamais une raison de refuser."
    ),
    (Criterion.PLACE_AVAILABLE, _INFORMATION, None): "Aucune attente n'est connue pour ce type de cellule.",
    (Criterion.PLACE_AVAILABLE, _INFORMATION, Code.WAITING_LIST): (
        "D'autres personnes attendent déjà ce type de cellule. Attendre n'est pas un refus."
    ),
}


def sentence(criterion: Criterion, finding: Finding, code: Code | None, inputs: Mapping[str, object]) -> str:
    """What a line says to the person.

    Args:
        inputs: of the line, as the opinion holds them.
    """
    said = {name: spoken(value) for name, value in inputs.items()}
    return SENTENCES[criterion, finding, code].format_map(said)
