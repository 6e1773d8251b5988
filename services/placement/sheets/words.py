"""The French words of lists and sheets."""

from datetime import date, datetime

STATES = {"proposed": "proposé", "confirmed": "confirmé", "arrived": "arrivé", "departed": "parti"}
"""Of a stay."""

STATUSES = {
    "occupied": "occupée",
    "confirmed": "confirmée",
    "proposed": "proposée",
    "held": "retenue",
    "cleaning": "nettoyage",
    "out_of_service": "hors service",
    "free": "libre",
}
"""Of a cell on a day."""

CELL_TYPES = {
    "standard": "standard",
    "adapted": "adaptée",
    "arrival": "arrivants",
    "secure_waiting": "attente sécurisée",
}

SEXES = {"M": "hommes", "F": "femmes"}

EXPLANATIONS = {
    "court": "extraction judiciaire",
    "hospital": "hôpital",
    "outside": "activité à l'extérieur",
    "permission": "permission de sortir",
}

NO_WING = "Hors bâtiment"
"""Where the secure waiting cell is."""

_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)


def day(given: date | None) -> str:
    """Such as `23/11/2026`, which French spreadsheets take for a date; nothing for none."""
    return "" if given is None else f"{given:%d/%m/%Y}"


def day_in_words(given: date) -> str:
    """Such as `lundi 23 novembre 2026`."""
    first = "1er" if given.day == 1 else given.day
    return f"{_DAYS[given.weekday()]} {first} {_MONTHS[given.month - 1]} {given.year}"


def hour(given: datetime) -> str:
    """Such as `10 h 30`, in the time zone of what is given."""
    return f"{given:%H} h {given:%M}"


def yes(given: object) -> str:
    """`oui`, or nothing."""
    return "oui" if given else ""
