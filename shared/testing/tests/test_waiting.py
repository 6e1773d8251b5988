"""Waiting ends with the event, or with a reason."""

from collections.abc import Awaitable, Callable

import pytest

from shared.testing.waiting import eventually


def counting(first_true: int) -> Callable[[], Awaitable[int]]:
    """A check that is false until its n-th call."""
    calls: list[None] = []

    async def check() -> int:
        calls.append(None)
        return len(calls) if len(calls) >= first_true else 0

    return check


async def test_the_first_true_result_is_given_back() -> None:
    assert await eventually(counting(3), every=0) == 3


async def test_a_failed_assertion_means_not_yet() -> None:
    check = counting(3)

    async def asserting() -> bool:
        assert await check()
        return True

    assert await eventually(asserting, every=0)


async def test_the_last_failure_is_the_reason_when_time_is_over() -> None:
    async def never() -> bool:
        raise AssertionError("the bed is not proposed")

    with pytest.raises(AssertionError, match="the bed is not proposed"):
        await eventually(never, within=0.01, every=0)


async def test_a_false_result_is_shown_when_time_is_over() -> None:
    async def empty() -> list[int]:
        return []

    with pytest.raises(AssertionError, match=r"still \[\]"):
        await eventually(empty, within=0.01, every=0)


async def test_another_error_ends_the_waiting() -> None:
    async def broken() -> bool:
        raise LookupError("no such table")

    with pytest.raises(LookupError):
        await eventually(broken)
