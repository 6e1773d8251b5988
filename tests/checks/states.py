"""Writes the diagram of a candidacy's states from the table that the code obeys: `python -m tests.checks.states`."""

from collections.abc import Iterator

from services.selection.domain.acts import State
from services.selection.domain.transitions import TRANSITIONS
from tests.checks.compose import ROOT

PAGE = ROOT / "docs" / "candidacy-states.md"


def page() -> str:
    """The whole page: the diagram, and the table with who may and what it needs."""
    return "\n".join(
        [
            "# States of a candidacy",
            "",
            "Written by `python -m tests.checks.states` from `services/selection/domain/transitions.py`; `make check`",
            "compares. Whatever is not here is refused with the state and the acts that are open in it.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *_arrows(),
            "```",
            "",
            "| act | from | to | roles | may still be refused with |",
            "| --- | --- | --- | --- | --- |",
            *_rows(),
            "",
        ]
    )


def _arrows() -> Iterator[str]:
    yield "    [*] --> draft"
    yield "    [*] --> submitted: submit"
    for row in TRANSITIONS:
        if row.target is not None:
            for source in State:
                if source in row.sources and source is not row.target:
                    yield f"    {source.value} --> {row.target.value}: {row.act.value}"


def _rows() -> Iterator[str]:
    for row in TRANSITIONS:
        sources = ", ".join(state.value for state in State if state in row.sources)
        target = "unchanged" if row.target is None else row.target.value
        roles = ", ".join(sorted(role.value for role in row.roles))
        needs = ", ".join(f"`{refusal.value}`" for refusal in row.needs)
        yield f"| `{row.act.value}` | {sources} | {target} | {roles} | {needs} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
