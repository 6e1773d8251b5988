"""The gate of the partner route: what opens it, and each of the things that close it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from services.selection.domain import (
    Convention,
    Named,
    PartnerCategory,
    PartnerField,
    Refusal,
    Shown,
    State,
    Withheld,
    disclose,
)

TODAY = date(2028, 6, 1)
PARTNER = uuid7()
ALL = tuple(PartnerField)
NAMES = (PartnerField.LAST_NAME, PartnerField.FIRST_NAMES)


def a_convention(category: PartnerCategory = PartnerCategory.EMPLOYMENT_SERVICE, **overrides: Any) -> Convention:
    """Of an employment service, permitting all fields in the last six months."""
    convention = Convention(category, date(2026, 1, 1), date(2029, 1, 1), frozenset(ALL), window_months=6)
    return replace(convention, **overrides)


def somebody(**overrides: Any) -> Named:
    """A person of 25 who has arrived and agreed, half a year before the exit."""
    named = Named(
        candidacy_id=uuid7(),
        person_id=uuid7(),
        partner_id=PARTNER,
        state=State.APPROVED,
        consent_signed_on=date(2026, 11, 2),
        consent_withdrawn_on=None,
        agreed=frozenset(PartnerCategory),
        arrived_on=date(2027, 1, 11),
        departed_on=None,
        projected_exit=date(2028, 11, 23),
        born_on=date(2003, 2, 28),
    )
    return replace(named, **overrides)


@pytest.mark.parametrize(
    ("category", "fields"),
    [
        (PartnerCategory.EMPLOYMENT_SERVICE, ALL),
        (PartnerCategory.YOUTH_SERVICE, ALL),
        (PartnerCategory.TRAINING_BODY, NAMES),
        (PartnerCategory.REGION, ()),
        (PartnerCategory.SOCIAL_EMPLOYER, ()),
    ],
)
def test_a_convention_opens_no_more_than_the_law_grants_its_category(
    category: PartnerCategory, fields: tuple[PartnerField, ...]
) -> None:
    decision = disclose(PARTNER, a_convention(category), somebody(), TODAY)
    assert decision == (Shown(fields) if fields else Withheld.NOTHING_PERMITTED)


def test_the_law_opens_no_more_than_the_convention_permits() -> None:
    narrow = a_convention(fields=frozenset({PartnerField.FIRST_NAMES}))
    assert disclose(PARTNER, narrow, somebody(), TODAY) == Shown((PartnerField.FIRST_NAMES,))
    assert disclose(PARTNER, a_convention(fields=frozenset()), somebody(), TODAY) is Withheld.NOTHING_PERMITTED


CLOSED: list[tuple[dict[str, Any], Withheld]] = [
    ({"partner_id": uuid7()}, Withheld.REFERENCE_OF_ANOTHER),
    *(({"state": state}, Withheld.NOT_APPROVED) for state in State if state is not State.APPROVED),
    ({"consent_signed_on": None}, Withheld.NO_CONSENT),
    ({"consent_signed_on": date(2028, 6, 2)}, Withheld.NO_CONSENT),
    ({"consent_withdrawn_on": date(2028, 5, 31)}, Withheld.NO_CONSENT),
    ({"agreed": frozenset()}, Withheld.CATEGORY_NOT_AGREED),
    ({"agreed": frozenset(PartnerCategory) - {PartnerCategory.EMPLOYMENT_SERVICE}}, Withheld.CATEGORY_NOT_AGREED),
    ({"arrived_on": None}, Withheld.NOT_ARRIVED),
    ({"arrived_on": date(2028, 6, 2)}, Withheld.NOT_ARRIVED),
    ({"departed_on": date(2028, 6, 1)}, Withheld.DEPARTED),
    ({"projected_exit": None}, Withheld.OUT_OF_WINDOW),
    ({"projected_exit": date(2028, 12, 2)}, Withheld.OUT_OF_WINDOW),
    ({"projected_exit": date(2028, 5, 31)}, Withheld.OUT_OF_WINDOW),
]


@pytest.mark.parametrize(("fact", "cause"), CLOSED)
def test_each_condition_alone_closes_the_gate(fact: dict[str, Any], cause: Withheld) -> None:
    assert disclose(PARTNER, a_convention(), somebody(**fact), TODAY) is cause


def test_a_reference_that_nobody_knows_shows_nothing() -> None:
    assert disclose(PARTNER, a_convention(), None, TODAY) is Withheld.REFERENCE_UNKNOWN


@pytest.mark.parametrize(
    ("today", "opens"),
    [(date(2026, 1, 1), True), (date(2028, 12, 31), True), (date(2025, 12, 31), False), (date(2029, 1, 1), False)],
)
def test_a_convention_opens_from_its_first_day_to_the_day_before_its_end(today: date, *, opens: bool) -> None:
    there = somebody(consent_signed_on=today, arrived_on=today, projected_exit=today)
    closed = disclose(PARTNER, a_convention(), there, today) is Withheld.CONVENTION_ENDED
    assert closed is not opens


def test_a_partner_without_a_known_convention_is_answered_alike_whoever_the_reference_means() -> None:
    for named in (None, somebody(), somebody(arrived_on=None), somebody(partner_id=uuid7())):
        assert disclose(PARTNER, None, named, TODAY) is Withheld.CONVENTION_ENDED
        assert disclose(PARTNER, a_convention(ends_before=TODAY), named, TODAY) is Withheld.CONVENTION_ENDED


@pytest.mark.parametrize(
    ("born_on", "opens"),
    [(date(2002, 6, 2), True), (date(2002, 6, 1), False), (date(2002, 5, 31), False)],
)
def test_a_youth_service_sees_people_below_26_only(born_on: date, *, opens: bool) -> None:
    youth = a_convention(PartnerCategory.YOUTH_SERVICE, window_months=None)
    decision = disclose(PARTNER, youth, somebody(born_on=born_on), TODAY)
    assert decision == (Shown(ALL) if opens else Withheld.OVER_AGE)
    assert disclose(PARTNER, a_convention(), somebody(born_on=born_on), TODAY) == Shown(ALL)


@pytest.mark.parametrize(
    ("today", "opens"),
    [
        (date(2028, 5, 22), False),
        (date(2028, 5, 23), True),
        (date(2028, 11, 23), True),
        (date(2028, 11, 24), False),
    ],
)
def test_an_employment_service_sees_people_in_the_last_six_months_only(today: date, *, opens: bool) -> None:
    decision = disclose(PARTNER, a_convention(), somebody(), today)
    assert decision == (Shown(ALL) if opens else Withheld.OUT_OF_WINDOW)


def test_an_employment_service_without_a_window_sees_nobody_and_others_need_none() -> None:
    assert disclose(PARTNER, a_convention(window_months=None), somebody(), TODAY) is Withheld.OUT_OF_WINDOW
    training = a_convention(PartnerCategory.TRAINING_BODY, window_months=None)
    assert disclose(PARTNER, training, somebody(projected_exit=None), TODAY) == Shown(NAMES)


def test_whatever_depends_on_a_person_is_refused_in_the_same_words() -> None:
    assert {cause.refusal for cause in Withheld if cause is not Withheld.CONVENTION_ENDED} == {
        Refusal.REFERENCE_UNKNOWN
    }
    assert Withheld.CONVENTION_ENDED.refusal is Refusal.CONVENTION_ENDED
