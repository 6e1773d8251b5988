"""What lies before the officers of a local stack: fictitious persons, the body of a new file, grounds, who advises."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4


@dataclass(frozen=True)
class Person:
    """A fictitious candidate. Names of characters in novels, dates long past."""

    last_name: str
    first_names: str
    sex: str = "M"
    adapted_cell: bool = False
    wishes: tuple[str, ...] = ("DON-BASIC", "DON-REMOTE", "DON-LAUNDRY")
    categories: tuple[str, ...] = ("employment_service", "training_body")
    ecrou: str = field(default_factory=lambda: f"F-{uuid4().hex[:10]}")


def file_of(person: Person, site: str, today: date, **overrides: Any) -> dict[str, Any]:
    """The body of a new file that meets every criterion: four years, two of them still to serve.

    Args:
        person: who it is about.
        site: code of the site.
        today: reference date, Europe/Paris.
        overrides: top-level fields to replace.
    """
    body = {
        "site": site,
        "identity": {
            "last_name": person.last_name,
            "first_names": person.first_names,
            "birth_date": "1991-05-04",
            "ecrou_number": person.ecrou,
            "sex": person.sex,
        },
        "penal": {
            "status": "finally_convicted",
            "sentences": [{"pronounced": {"years": 4}}],
            "sentence_end": (today + timedelta(days=730)).isoformat(),
            "extract_on": (today - timedelta(days=3)).isoformat(),
        },
        "consent": {"signed_on": (today - timedelta(days=2)).isoformat()},
        "planned_entry": (today + timedelta(days=40)).isoformat(),
        "adapted_cell": person.adapted_cell,
        "training_wishes": list(person.wishes),
        "partner_categories": list(person.categories),
    }
    return body | overrides


GROUNDS = {
    "reasons": "Projet professionnel construit, avis concordants.",
    "authority": "Directeur interrégional des services pénitentiaires",
    "delegation": "Délégation 2026-114 du 1er septembre 2026",
}


ADVICE = {
    "spip": ("spip", "Maëlle Kervadec", "cpip"),
    "origin_head": ("origin_head", "Fulgence Ancelot", "head_of_prison"),
    "advisory_board": ("registry", "Fulgence Ancelot", "head_of_prison"),
    "sentence_judge": ("registry", "Éponine Larrivée", "sentence_judge"),
}
"""Each kind that a decision needs: the officer who takes it in, and who gave it, in which function."""
