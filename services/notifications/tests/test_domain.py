"""Whom a withdrawal is told to, and what a partner reads."""

import json
from datetime import UTC, date, datetime

import pytest

from services.notifications.domain import (
    Held,
    Notice,
    Retraction,
    State,
    Terms,
    Undoing,
    day_in_france,
    held_retraction,
    payload,
    terms,
    undo,
)
from services.notifications.tests.builders import an_alert


def test_an_alert_that_nobody_can_know_of_is_cancelled_and_not_retracted() -> None:
    alert = an_alert()
    assert undo([alert]) == Undoing(unsent=(alert.id,), stopped=(), closed=(), retractions=())


def test_an_alert_whose_attempts_never_left_the_socket_is_cancelled_and_not_retracted() -> None:
    alert = an_alert(reached=False)
    assert undo([alert]).retractions == ()


def test_a_delivered_alert_is_retracted_at_once() -> None:
    alert = an_alert(state=State.DELIVERED, reached=True)
    assert undo([alert]) == Undoing((), (), (), (Retraction(alert.subscription, (alert.id,), waits=False),))


def test_an_alert_between_two_attempts_is_stopped_and_retracted_because_a_timeout_may_have_been_read() -> None:
    alert = an_alert(reached=True)
    assert undo([alert]) == Undoing((), (alert.id,), (), (Retraction(alert.subscription, (alert.id,), waits=False),))


@pytest.mark.parametrize("reached", [True, False])
def test_a_retraction_waits_for_the_alert_that_is_being_sent(reached: bool) -> None:
    alert = an_alert(leased=True, reached=reached)
    assert undo([alert]) == Undoing((), (), (), (Retraction(alert.subscription, (alert.id,), waits=True),))


def test_an_alert_that_was_given_up_but_may_have_been_read_is_retracted() -> None:
    alert = an_alert(state=State.FAILED, reached=True)
    assert undo([alert]) == Undoing((), (), (), (Retraction(alert.subscription, (alert.id,), waits=False),))


def test_an_alert_that_was_given_up_unread_can_never_be_tried_again() -> None:
    alert = an_alert(state=State.FAILED)
    assert undo([alert]) == Undoing((), (), (alert.id,), ())


def test_each_subscription_gets_one_retraction() -> None:
    told = [an_alert(state=State.DELIVERED, reached=True) for _ in range(3)]
    assert [one.subscription for one in undo(told).retractions] == [one.subscription for one in told]


@pytest.mark.parametrize(
    ("leased", "reached", "expected"),
    [(True, True, Held.WAIT), (True, False, Held.WAIT), (False, True, Held.SEND), (False, False, Held.VOID)],
)
def test_a_waiting_retraction_goes_only_to_who_may_have_read_the_alert(
    leased: bool, reached: bool, expected: Held
) -> None:
    assert held_retraction(leased=leased, reached=reached) is expected


def test_a_partner_reads_what_happened_when_and_its_own_reference_and_nothing_else() -> None:
    at = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
    assert json.loads(payload(Notice.APPROVED, at, "r_1")) == {
        "type": "candidacy.approved",
        "timestamp": "2026-11-23T09:00:00Z",
        "data": {"reference": "r_1"},
    }


def test_a_convention_runs_by_the_calendar_of_france() -> None:
    assert day_in_france(datetime(2026, 12, 31, 22, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert day_in_france(datetime(2026, 12, 31, 23, 0, tzinfo=UTC)) == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("category", "usual"),
    [
        ("employment_service", Terms(("last_name", "first_names", "ecrou_number", "projected_exit"), 6)),
        ("youth_service", Terms(("last_name", "first_names", "ecrou_number", "projected_exit"), None)),
        ("training_body", Terms(("last_name", "first_names"), None)),
        ("region", Terms((), None)),
        ("social_employer", Terms((), None)),
    ],
)
def test_a_convention_that_says_nothing_permits_what_the_law_grants(category: str, usual: Terms) -> None:
    assert terms(category, None, None) == usual
    assert terms(category, (), 3) == Terms((), 3)
