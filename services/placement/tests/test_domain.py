"""The rules of beds, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from services.placement import domain
from services.placement.domain import CellType, Need, Refusal, Refused, Request, Sex, State

NEED = Need(date(2026, 11, 2), 1, Sex.WOMEN, CellType.ADAPTED, date(2027, 1, 4), date(2028, 7, 1))
STAY = UUID(int=7)
HOLDING = [State.PROPOSED, State.CONFIRMED]


def a_known(state: State, **changed: object) -> Request:
    known = Request(UUID(int=1), UUID(int=2), "DON", "e1", "DON-1", NEED, "DON-F-adapted", STAY, state, False, 5)
    return replace(known, **changed)  # type: ignore[arg-type]


def an_order(need: Need | None = NEED, decision: str = "DON-1") -> Request:
    state = State.REQUESTED if need else State.CANCELLED
    return Request(uuid7(), UUID(int=2), "DON", "e2", decision, need, "DON-F-adapted", uuid7(), state, False, 0)


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
def test_another_need_goes_in_line_again_and_gives_up_a_bed_if_there_is_one(state: State) -> None:
    new = an_order(NEED._replace(projected_exit=date(2028, 8, 1)))
    queued = domain.receive(a_known(state), new)
    assert queued == domain.Queued(replace(new, id=UUID(int=1), version=5), STAY if state in HOLDING else None)


@pytest.mark.parametrize(
    ("decided_on", "goes_in_line"), [(date(2026, 11, 1), False), (date(2026, 11, 2), True), (date(2026, 11, 3), True)]
)
@pytest.mark.parametrize("state", [*HOLDING, State.WAITLISTED, State.CANCELLED])
def test_another_decision_counts_unless_it_is_older(state: State, decided_on: date, goes_in_line: bool) -> None:
    verdict = domain.receive(a_known(state), an_order(NEED._replace(decided_on=decided_on), "DON-2"))
    assert isinstance(verdict, domain.Queued if goes_in_line else domain.Void)


def test_an_order_of_a_cancelled_decision_is_void() -> None:
    known = a_known(State.CANCELLED, need=None, stay_id=None)
    assert domain.receive(known, an_order()) == domain.Void(replace(known, version=6))


@pytest.mark.parametrize("state", HOLDING)
def test_a_cancellation_releases_a_bed_that_is_held(state: State) -> None:
    known = a_known(state)
    gone = replace(known, state=State.CANCELLED, event_id="e2", version=6)
    assert domain.release(known, an_order(None)) == domain.Released(gone, STAY)


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
        (None, Refusal.STAY_UNKNOWN),
        (a_known(State.WAITLISTED), Refusal.STAY_WAITING),
        (a_known(State.CONFIRMED), Refusal.STAY_CONFIRMED),
        (a_known(State.CANCELLED), Refusal.STAY_RELEASED),
        (a_known(State.PROPOSED, stay_id=UUID(int=8)), Refusal.STAY_RELEASED),
        (a_known(State.PROPOSED, overdue=True), Refusal.PROPOSAL_OVERDUE),
    ],
)
def test_only_a_proposal_in_time_is_confirmed(request_: Request | None, refusal: Refusal) -> None:
    with pytest.raises(Refused) as refused:
        domain.confirm(request_, STAY)
    assert refused.value.refusal is refusal


def test_a_proposal_is_confirmed() -> None:
    assert domain.confirm(a_known(State.PROPOSED), STAY).state is State.CONFIRMED


def test_a_passed_date_only_concerns_the_proposal_that_it_belongs_to() -> None:
    assert domain.expire(a_known(State.PROPOSED), STAY) == a_known(State.PROPOSED, overdue=True, version=6)
    assert domain.expire(a_known(State.PROPOSED), UUID(int=8)) is None
    assert domain.expire(a_known(State.PROPOSED, overdue=True), STAY) is None
    assert domain.expire(a_known(State.CONFIRMED), STAY) is None


def test_a_proposal_waits_twenty_one_days() -> None:
    assert domain.confirm_by(datetime(2026, 11, 23, 9, tzinfo=UTC)) == datetime(2026, 12, 14, 9, tzinfo=UTC)


@pytest.mark.parametrize(("exit_", "has_days"), [(date(2027, 1, 4), False), (date(2027, 1, 5), True)])
def test_a_stay_has_at_least_one_night(exit_: date, has_days: bool) -> None:
    assert NEED._replace(projected_exit=exit_).has_days is has_days
