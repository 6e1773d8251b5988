"""Which categories of partners may be told, once the person has said yes or no anew."""

from collections.abc import Collection, Iterable


def newly_allowed(ordered: Iterable[str], before: Collection[str], now: Collection[str]) -> list[str]:
    """The categories to tell because of a yes that comes later: those alone that the signed act lists.

    Args:
        ordered: categories that the act orders to be told.
        before: categories that were allowed until now.
        now: categories that are allowed from now on.
    """
    return [category for category in ordered if category in now and category not in before]
