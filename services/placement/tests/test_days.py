"""Nights of a stay, without a database: whatever is corrected, nobody sleeps twice in one night or loses a night."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.placement import domain
from services.placement.domain import Days, Place, Terms, Use, Uses

FIRST = date(2027, 1, 4)
CELLS = ("A", "B", "C")


def new_ids() -> Iterator[UUID]:
    number = 0
    while True:
        number += 1
        yield UUID(int=number)


def a_stay(*nights: tuple[str, int, int]) -> Uses:
    ids = new_ids()
    return tuple(Use(next(ids), cell, Days(day(start), day(end))) for cell, start, end in nights)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def slept(uses: Uses) -> dict[date, str]:
    """Which cell each night; raises when one night has two."""
    found: dict[date, str] = {}
    for use in uses:
        for number in range((use.nights.end - use.nights.start).days):
            night = use.nights.start + timedelta(days=number)
            assert night not in found
            found[night] = use.cell
    return found


@st.composite
def stays(draw: st.DrawFn) -> Uses:
    lengths = draw(st.lists(st.integers(1, 30), min_size=1, max_size=5))
    start, nights = 0, []
    for number, length in enumerate(lengths):
        nights.append((CELLS[number % 3], start, start + length))
        start += length
    return a_stay(*nights)


spans = st.tuples(st.integers(0, 160), st.integers(1, 60)).map(lambda span: Days(day(span[0]), day(sum(span))))


@given(stays(), st.sampled_from(CELLS), spans)
def test_a_move_changes_the_nights_that_it_names_and_no_other(uses: Uses, cell: str, days: Days) -> None:
    before = slept(uses)
    ids = iter([UUID(int=100), UUID(int=101)])
    after = slept(moved := domain.slept_in(uses, cell, days, lambda: next(ids)))
    named = {days.start + timedelta(days=number) for number in range((days.end - days.start).days)}
    assert after == before | dict.fromkeys(named, cell)
    assert len({use.id for use in moved}) == len(moved)
    # Neighbours in one cell are one use: what is moved back leaves no trace in the plan.
    assert all(one.cell != next_.cell or one.nights.end < next_.nights.start for one, next_ in pairwise(moved))


@given(stays(), st.integers(-5, 170))
def test_a_stay_that_ends_on_another_day_keeps_the_nights_before_it(uses: Uses, number: int) -> None:
    on, before = day(number), slept(uses)
    after = slept(domain.ended(uses, on))
    assert {night: cell for night, cell in after.items() if night in before} == {
        night: cell for night, cell in before.items() if night < on
    }
    longer = set(after) - set(before)
    assert all(night < on and after[night] == uses[-1].cell for night in longer)
    assert max(after, default=None) == (on - timedelta(days=1) if on > FIRST else None)


@given(stays(), st.data())
def test_a_stay_that_begins_on_another_day_keeps_the_nights_from_it(uses: Uses, data: st.DataObject) -> None:
    on = day(data.draw(st.integers(-5, (uses[-1].nights.end - FIRST).days - 1)))
    before, after = slept(uses), slept(domain.begun(uses, on))
    assert min(after) == on
    assert {night: cell for night, cell in after.items() if night >= FIRST} == {
        night: cell for night, cell in before.items() if night >= on
    }
    assert all(after[night] == uses[0].cell for night in after if night < FIRST)


def test_a_stay_begins_in_the_arrival_cell_and_moves_on_when_the_phase_is_over() -> None:
    ids = new_ids()
    planned = domain.planned(Place("U", "A", FIRST), day(100), Terms(21, 1), lambda: next(ids))
    assert planned == a_stay(("A", 0, 21), ("U", 21, 100))
    ids = new_ids()
    assert domain.planned(Place("U", None, FIRST), day(100), Terms(21, 1), lambda: next(ids)) == a_stay(("U", 0, 100))


def test_a_stay_tells_the_cell_of_each_night() -> None:
    uses = a_stay(("A", 0, 21), ("U", 21, 100))
    asked = (day(-1), day(0), day(20), day(21), day(99), day(100))
    assert [domain.cell_on(uses, night) for night in asked] == [None, "A", "A", "U", "U", None]
