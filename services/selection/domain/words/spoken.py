"""How figures, dates and codes are said in French."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.selection.domain.sites import SITES

_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_CODES: Mapping[str, str] = {
    "finally_convicted": "condamné définitif",
    "convicted_not_final": "condamné, décision non définitive",
    "remanded": "prévenu",
    "M": "homme",
    "F": "femme",
    "OPEN": "ouvert",
    "PREPARATION": "en préparation",
    "SUSPENDED": "suspendu",
    "TOTAL": "le total des peines",
    "total": "le total des peines",
    "LONGEST": "la peine la plus longue",
    "longest": "la peine la plus longue",
    "origin_head": "le chef de l'établissement d'origine",
    "spip": "le service pénitentiaire d'insertion et de probation",
    "advisory_board": "la commission pluridisciplinaire unique",
    "sentence_judge": "le juge de l'application des peines",
    "prosecutor": "le procureur de la République",
    "origin_region": "la direction interrégionale d'origine",
    "work_agency": "l'agence du travail d'intérêt général et de l'insertion professionnelle",
    "selection_board": "la commission du programme InSERRE",
    **{site.code: site.name for site in SITES},
}
UNKNOWN = "non renseigné"
"""What the file does not say."""


def spoken(value: object) -> str:
    """A value of an opinion as a French reader takes it.

    Args:
        value: a code, a date, a measure as (months, days) under these names, a list of them, or plain JSON of these.
    """
    match value:
        case None:
            said = UNKNOWN
        case bool():
            said = "oui" if value else "non"
        case date():
            said = _day(value)
        case str():
            said = _CODES.get(value) or _day_of(value)
        case {"months": int(months), "days": int(days)}:
            said = _duration(months, days)
        case Sequence():
            said = _listed([spoken(one) for one in value])
        case _:
            said = str(value)
    return said


def _day_of(text: str) -> str:
    try:
        return _day(date.fromisoformat(text))
    except ValueError:
        return text


def _day(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


def _duration(months: int, days: int) -> str:
    years, rest = divmod(months, 12)
    said = [
        f"{count} {one if count == 1 else more}"
        for count, one, more in ((years, "an", "ans"), (rest, "mois", "mois"), (days, "jour", "jours"))
        if count
    ]
    return _listed(said) if said else "0 jour"


def _listed(said: Sequence[str]) -> str:
    if not said:
        return "aucun"
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} et {said[-1]}"
