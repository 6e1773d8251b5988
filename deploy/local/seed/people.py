"""Sixty fictitious candidates of a site, always the same: every special case of the rules, and ordinary ones."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from typing import Any

from dateutil.relativedelta import relativedelta

from deploy.local.papers import Person

COUNT = 60
_LAST = ("Bovary", "Sorel", "Rastignac", "Maheu", "Lantier", "Bel-Ami", "Grandet", "Javert", "Coupeau", "Macquart")
_FIRST = ("Aimable", "Bertrande", "Célestin", "Dorothée", "Eudes", "Firmin", "Gervais")
_OPEN_TO = {"DON": ("M", "F"), "ARR": ("M",)}


@dataclass(frozen=True)
class Candidate:
    """Somebody of the seed.

    Args:
        title: what is special, in words.
        result: what the opinion says of the file on the day of the seed.
        code: one that stands in the opinion; None where nothing in particular does.
        overrides: top-level fields of the new file that differ from a favourable one.
        penal: fields of the penal facts that differ.
        without: kinds of advice that have not come in.
    """

    title: str
    person: Person
    result: str = "favourable"
    code: str | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    penal: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()


def candidates(site: str, today: date) -> list[Candidate]:
    """All of a site, in order.

    Args:
        site: `DON` or `ARR`.
        today: reference date, Europe/Paris, from which the special cases are counted.
    """
    names = product(_LAST, _FIRST)
    found = [*_special(site, today, names)]
    while len(found) < COUNT:
        sex = "F" if len(found) % 5 == 0 and "F" in _OPEN_TO[site] else "M"
        found.append(Candidate("", _person(site, names, len(found), sex)))
    return found


def _person(site: str, names: Iterator[tuple[str, str]], number: int, sex: str = "M", **more: Any) -> Person:
    last, first = next(names)
    wishes = {"DON": ("DON-BASIC", "DON-REMOTE", "DON-LAUNDRY"), "ARR": ("ARR-WEB", "ARR-BASIC", "ARR-BIKE")}[site]
    return Person(f"{last}-Fictif", first, sex, wishes=wishes, ecrou=f"S-{site}-{number:03}", **more)


def _special(site: str, today: date, names: Iterator[tuple[str, str]]) -> Iterator[Candidate]:
    """The special cases: title, result, code, and what makes it one."""
    for number, (title, result, code, more) in enumerate(_cases(today)):
        sex, adapted = more.pop("sex", "M"), more.pop("adapted", False)
        if sex == "F" and "F" not in _OPEN_TO[site]:
            result, code = "unfavourable", "SITE_NOT_OPEN_TO_PUBLIC"
        yield Candidate(title, _person(site, names, number, sex, adapted_cell=adapted), result, code, **more)


def _cases(today: date) -> Iterator[tuple[str, str, str | None, dict[str, Any]]]:
    def ends(months: int, days: int = 0) -> dict[str, Any]:
        return {"penal": {"sentence_end": (today + relativedelta(months=months) + timedelta(days=days)).isoformat()}}

    def sentences(*several: dict[str, Any]) -> dict[str, Any]:
        return {"penal": {"sentences": list(several)}}

    leap = _leap_day(today + relativedelta(months=12))
    leap_result = "favourable" if leap <= today + relativedelta(months=36) else "deferred"
    yield "five years to the day", "favourable", None, sentences({"pronounced": {"years": 5}})
    yield (
        "five years and a day",
        "unfavourable",
        "SENTENCE_OVER_5Y",
        sentences({"pronounced": {"years": 5, "days": 1}}),
    )
    yield "twelve months remain", "favourable", None, ends(12)
    yield "a day less than twelve months", "unfavourable", "REMAINDER_UNDER_1Y", ends(12, -1)
    yield "thirty-six months remain", "favourable", None, ends(36)
    yield "a day more than thirty-six months", "deferred", "REMAINDER_OVER_3Y", ends(36, 1)
    yield "ends on a 29th of February", leap_result, None, {"penal": {"sentence_end": leap.isoformat()}}
    yield (
        "two sentences, five years and a month together",
        "unfavourable",
        "SENTENCE_OVER_5Y",
        sentences({"pronounced": {"years": 3}}, {"pronounced": {"years": 2, "months": 1}}),
    )
    yield (
        "seven years, three of them firm",
        "to_examine",
        "PARTLY_SUSPENDED",
        sentences({"pronounced": {"years": 7}, "firm": {"years": 3}}),
    )
    yield "a woman", "favourable", None, {"sex": "F"}
    yield (
        "consent withdrawn",
        "unfavourable",
        "CANDIDATE_WITHDREW",
        {
            "overrides": {
                "consent": {
                    "signed_on": (today - timedelta(days=20)).isoformat(),
                    "withdrawn_on": (today - timedelta(days=1)).isoformat(),
                }
            }
        },
    )
    stale = (today - timedelta(days=31)).isoformat()
    yield "a stale extract", "to_complete", "EXTRACT_STALE", {"penal": {"extract_on": stale}}
    yield "no advice of the sentence judge", "favourable", "ADVICE_MISSING", {"without": ("sentence_judge",)}
    yield (
        "past two thirds: sixty months, eighteen left",
        "favourable",
        "INFO_CONDITIONAL_RELEASE",
        {"penal": {"sentences": [{"pronounced": {"months": 60}}], **ends(18)["penal"]}},
    )
    for one in ("one", "the other"):
        yield (
            f"{one} of two who must not meet",
            "to_examine",
            "SEPARATION_TO_EXAMINE",
            {"penal": {"separation": True}},
        )
    for one in ("an adapted cell", "an adapted cell, and none is left"):
        yield f"needs {one}", "favourable", None, {"sex": "F", "adapted": True}
    yield "a minor", "unfavourable", "MINOR", {"overrides": {"born_on": (today - relativedelta(years=17)).isoformat()}}
    yield (
        "specially flagged: the minister decides",
        "to_examine",
        "MINISTER_DECIDES",
        {"penal": {"specially_flagged": True}},
    )


def _leap_day(earliest: date) -> date:
    day = earliest
    while (day.month, day.day) != (2, 29):
        day += timedelta(days=1)
    return day
