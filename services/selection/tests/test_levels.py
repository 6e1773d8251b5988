"""What a file waits for, since when, and whether that is longer than promised."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.selection import domain
from services.selection.domain import Act, Level, Moment, State
from services.selection.tests.officers import Api
from services.selection.tests.test_doubles import row_of

POLICY = domain.Policy()
SUBMITTED = datetime(2026, 11, 2, 9, tzinfo=UTC)


def after(days: int) -> datetime:
    return SUBMITTED + timedelta(days=days)


def day(days: int) -> date:
    return date(2026, 11, 2) + timedelta(days=days)


def standings(
    state: State, *lines: tuple[Act, int], today: int, confirmed: int | None = None, arrived: int | None = None
) -> dict[Level, domain.Standing]:
    found = domain.levels(
        state,
        [Moment(act, after(days)) for act, days in lines],
        confirmed_at=None if confirmed is None else after(confirmed),
        arrived_on=None if arrived is None else day(arrived),
        departed_on=None,
        today=day(today),
        policy=POLICY,
    )
    return {one.level: one for one in found}


def test_a_draft_waits_for_nothing_and_is_never_late() -> None:
    assert standings(State.DRAFT, (Act.AMEND, 0), today=400) == {}


@pytest.mark.parametrize(("today", "late"), [(0, False), (15, False), (16, True)])
def test_a_submitted_file_is_complete_in_time_until_the_last_day_is_over(today: int, late: bool) -> None:
    found = standings(State.SUBMITTED, (Act.SUBMIT, 0), today=today)
    assert found[Level.FILE_COMPLETE] == domain.Standing(Level.FILE_COMPLETE, day(0), day(15), None, late)
    assert found[Level.DECIDED].due_on == day(45)
    assert domain.waits_for(tuple(found.values())) is Level.FILE_COMPLETE


def test_the_days_count_in_paris() -> None:
    late_evening = [Moment(Act.SUBMIT, datetime(2026, 11, 1, 23, 30, tzinfo=UTC))]
    (one, _) = domain.levels(
        State.SUBMITTED,
        late_evening,
        confirmed_at=None,
        arrived_on=None,
        departed_on=None,
        today=day(1),
        policy=POLICY,
    )
    assert one.since == day(0)


def test_what_was_reached_late_stays_late_and_the_next_is_waited_for() -> None:
    found = standings(State.ASSESSED, (Act.SUBMIT, 0), (Act.ASSESS, 20), (Act.ASSESS, 30), today=31)
    assert (found[Level.FILE_COMPLETE].reached_on, found[Level.FILE_COMPLETE].late) == (day(20), True)
    assert domain.waits_for(tuple(found.values())) is Level.DECIDED


def test_an_approved_file_waits_for_its_bed_then_for_arrival() -> None:
    lines = ((Act.SUBMIT, 0), (Act.ASSESS, 5), (Act.APPROVE, 10))
    found = standings(State.APPROVED, *lines, today=26)
    assert list(found) == [Level.FILE_COMPLETE, Level.DECIDED, Level.ORDER_ISSUED, Level.ARRIVED]
    assert (found[Level.ORDER_ISSUED].late, found[Level.ARRIVED].late) == (True, False)
    found = standings(State.APPROVED, *lines, today=26, confirmed=12)
    assert (found[Level.ORDER_ISSUED].reached_on, found[Level.ORDER_ISSUED].late) == (day(12), False)
    assert domain.waits_for(tuple(found.values())) is Level.ARRIVED


def test_of_the_first_hour_nothing_tells_yet() -> None:
    lines = ((Act.SUBMIT, 0), (Act.ASSESS, 5), (Act.APPROVE, 10))
    found = standings(State.APPROVED, *lines, today=90, confirmed=12, arrived=40)
    assert found[Level.FIRST_HOUR] == domain.Standing(Level.FIRST_HOUR, day(40), day(50), None, None)
    assert domain.waits_for(tuple(found.values())) is Level.FIRST_HOUR


def test_a_deferred_file_waits_for_nothing_and_its_days_begin_anew_when_it_is_taken_up() -> None:
    deferred = ((Act.SUBMIT, 0), (Act.ASSESS, 5), (Act.DEFER, 10))
    found = standings(State.DEFERRED, *deferred, today=100)
    assert domain.waits_for(tuple(found.values())) is None
    assert found[Level.DECIDED].late is False
    found = standings(State.SUBMITTED, *deferred, (Act.RESUME, 100), today=101)
    assert (found[Level.DECIDED].since, found[Level.DECIDED].late) == (day(100), False)
    assert found[Level.FILE_COMPLETE].reached_on is None


def test_a_closed_file_shows_what_was_reached_and_waits_for_nothing() -> None:
    lines = ((Act.SUBMIT, 0), (Act.ASSESS, 5), (Act.WITHDRAW, 6))
    found = standings(State.WITHDRAWN, *lines, today=100)
    assert list(found) == [Level.FILE_COMPLETE]


async def test_the_journey_says_what_the_file_waits_for(api: Api) -> None:
    candidacy_id = await api.create()
    shown = (await api.get(f"/{candidacy_id}/journey")).json()
    assert shown["waits_for"] == "file_complete"
    assert shown["levels"][0] == {
        "level": "file_complete",
        "since": "2026-11-23",
        "due_on": "2026-12-08",
        "reached_on": None,
        "late": False,
    }
    await api.post(f"/{candidacy_id}/assess")
    await api.approve(candidacy_id)
    shown = (await api.get(f"/{candidacy_id}/journey")).json()
    assert [(one["level"], one["reached_on"]) for one in shown["levels"]] == [
        ("file_complete", "2026-11-23"),
        ("decided", "2026-11-23"),
        ("order_issued", None),
        ("arrived", None),
    ]
    assert shown["waits_for"] == "order_issued"
    assert (await row_of(api, candidacy_id)).state == "approved"
