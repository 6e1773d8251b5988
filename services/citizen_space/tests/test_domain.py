"""The rules of seats, without a database."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from services.citizen_space import domain
from services.citizen_space.domain import Need, Refusal, Refused, Request, State

NEED = Need(date(2026, 11, 2), 1, ("DON-GREEN", "DON-BASIC"), date(2027, 1, 18), date(2028, 7, 1))
ENROLMENT = UUID(int=7)
HOLDING = [State.RESERVED, State.CONFIRMED]


def a_known(state: State, **changed: object) -> Request:
    known = Request(UUID(int=1), UUID(int=2), "DON", "e1", "DON-1", NEED, ("DON-BASIC",), ENROLMENT, state, 5)
    return replace(known, **changed)  # type: ignore[arg-type]


def an_order(need: Need | None = NEED, decision: str = "DON-1") -> Request:
    state = State.REQUESTED if need else State.CANCELLED
    return Request(uuid7(), UUID(int=2), "DON", "e2", decision, need, ("DON-BASIC",), uuid7(), state, 0)


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_only_listed_transitions_are_made(before: State, after: State) -> None:
    if after in domain.TRANSITIONS[before]:
        assert a_known(before).moved(after).version == 6
    else:
        with pytest.raises(ValueError, match="->"):
            a_known(before).moved(after)


def test_a_first_order_goes_in_line() -> None:
    new = an_order()
    assert domain.receive(new, new) == domain.Queued(new, None)


@pytest.mark.parametrize("state", [*HOLDING, State.WAITLISTED])
def test_the_same_order_again_is_told_what_stands(state: State) -> None:
    known = a_known(state)
    assert domain.receive(known, an_order()) == domain.Kept(replace(known, event_id="e2", version=6))


@pytest.mark.parametrize("state", [*HOLDING, State.WAITLISTED])
def test_another_need_goes_in_line_again_and_gives_up_a_seat_if_there_is_one(state: State) -> None:
    new = an_order(NEED._replace(projected_exit=date(2028, 8, 1)))
    queued = domain.receive(a_known(state), new)
    assert queued == domain.Queued(replace(new, id=UUID(int=1), version=5), ENROLMENT if state in HOLDING else None)


@pytest.mark.parametrize(
    ("decided_on", "goes_in_line"), [(date(2026, 11, 1), False), (date(2026, 11, 2), True), (date(2026, 11, 3), True)]
)
@pytest.mark.parametrize("state", [*HOLDING, State.WAITLISTED, State.CANCELLED])
def test_another_decision_counts_unless_it_is_older(state: State, decided_on: date, goes_in_line: bool) -> None:
    verdict = domain.receive(a_known(state), an_order(NEED._replace(decided_on=decided_on), "DON-2"))
    assert isinstance(verdict, domain.Queued if goes_in_line else domain.Void)


def test_an_order_of_a_cancelled_decision_is_void() -> None:
    known = a_known(State.CANCELLED, need=None, enrolment_id=None)
    assert domain.receive(known, an_order()) == domain.Void(replace(known, version=6))


@pytest.mark.parametrize("state", HOLDING)
def test_a_cancellation_frees_a_seat_that_is_held(state: State) -> None:
    known = a_known(state)
    gone = replace(known, state=State.CANCELLED, event_id="e2", version=6)
    assert domain.release(known, an_order(None)) == domain.Released(gone, ENROLMENT)


def test_a_cancellation_on_the_list_leaves_it() -> None:
    verdict = domain.release(a_known(State.WAITLISTED), an_order(None))
    assert isinstance(verdict, domain.NothingHeld)
    assert verdict.left_waiting_list
    assert verdict.request.state is State.CANCELLED


@pytest.mark.parametrize("state", [*HOLDING, State.WAITLISTED])
def test_a_cancellation_of_another_decision_touches_nothing(state: State) -> None:
    known = a_known(state)
    verdict = domain.release(known, an_order(None, "DON-0"))
    assert verdict == domain.NothingHeld(replace(known, version=6), left_waiting_list=False)


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (None, Refusal.ENROLMENT_UNKNOWN),
        (a_known(State.WAITLISTED), Refusal.ENROLMENT_WAITING),
        (a_known(State.CONFIRMED), Refusal.ENROLMENT_CONFIRMED),
        (a_known(State.CANCELLED), Refusal.ENROLMENT_CANCELLED),
        (a_known(State.RESERVED, enrolment_id=UUID(int=8)), Refusal.ENROLMENT_CANCELLED),
    ],
)
def test_only_a_reservation_is_confirmed(request_: Request | None, refusal: Refusal) -> None:
    with pytest.raises(Refused) as refused:
        domain.confirm(request_, ENROLMENT)
    assert refused.value.refusal is refusal


def test_a_reservation_is_confirmed() -> None:
    assert domain.confirm(a_known(State.RESERVED), ENROLMENT).state is State.CONFIRMED
