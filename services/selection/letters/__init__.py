"""The letter of a decision, for the person: French, accessible, to be printed. Made on request and never stored."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.selection import domain, store
from services.selection.domain.words import NOTICE
from services.selection.letters import words


def letter(decision: store.AnyRow, identity: store.AnyRow, policy: domain.Policy) -> str:
    """The whole letter as HTML: what was decided, why, its effects, the remedies, and the notice on algorithms.

    Args:
        decision: as `store.handed_decision_row` gives it.
        identity: of the person, from the vault; the caller has noted the read.
        policy: says how long an appeal is in time.
    """
    return _environment().get_template("letter.html.j2").render(_said(decision, identity, policy))


def easy_letter(decision: store.AnyRow, identity: store.AnyRow, policy: domain.Policy) -> str:
    """The same in short sentences and big type, for who reads with difficulty ("facile à lire et à comprendre")."""
    return _environment().get_template("easy.html.j2").render(_said(decision, identity, policy))


def day_in_words(day: date) -> str:
    """Such as `1er décembre 2026`."""
    return f"{'1er' if day.day == 1 else day.day} {words.MONTHS[day.month - 1]} {day.year}"


def _said(decision: store.AnyRow, identity: store.AnyRow, policy: domain.Policy) -> Mapping[str, object]:
    effects: dict[str, dict[str, Any]] = {one["kind"]: one for one in decision.effects}
    kind = domain.Kind(decision.kind)
    return {
        "words": words,
        "algorithm_notice": NOTICE,
        "site": words.SITES.get(decision.site, decision.site),
        "title": words.TITLE_WORDS[identity.sex],
        "last_name": identity.last_name,
        "first_names": identity.first_names,
        "ecrou_number": identity.ecrou_number,
        "number": decision.number,
        "decided_on": decision.decided_on,
        "kind": kind,
        "outcome": words.OUTCOMES[kind],
        "reason_codes": [domain.RefusalReason(code) for code in decision.reason_codes],
        "reasons": decision.reasons,
        "accommodation": effects.get("accommodation"),
        "training": effects.get("training"),
        "partners": effects.get("partners"),
        "deferral": effects.get("deferral"),
        "signer_name": decision.signer_name,
        "signer_function": words.FUNCTIONS.get(decision.signer_function, decision.signer_function),
        "authority": decision.authority,
        "delegation": None if decision.delegation == domain.OWN_COMPETENCE else decision.delegation,
        "handed_on": decision.handed_on,
        "appeal_until": decision.appeal_until,
        "appeal_months": policy.appeal_months,
    }


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["day"] = lambda given: day_in_words(given if isinstance(given, date) else date.fromisoformat(given))
    return made
