"""Waiting for an event instead of sleeping for a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(check: Callable[[], Awaitable[T | None]], *, within: float = 20.0, every: float = 0.02) -> T:
    """Repeats a check until it gives something true, and returns that.

    Args:
        check: an async function; a false result (None, an empty list, False) and an AssertionError mean "not yet",
            any other error ends the waiting.
        within: deadline in seconds.
        every: pause between two checks in seconds.

    Raises:
        AssertionError: the deadline passed; the check's own last one, or one that shows its last result.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        try:
            if result := await check():
                return result
            last = AssertionError(f"still {result!r} after {within} s")
        except AssertionError as error:
            last = error
        if loop.time() >= deadline:
            raise last
        await asyncio.sleep(every)
