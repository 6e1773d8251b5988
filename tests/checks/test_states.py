"""The page of states says what the code does."""

from tests.checks.states import PAGE, page


def test_the_page_of_states_is_the_one_that_the_table_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.checks.states"
