"""The line, and the officer's hand on it: explained, in order, and never against a hard rule."""

from datetime import UTC, date, datetime

import pytest

from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import OUTAGE, Desk
from services.placement.tests.test_handlers import assert_vacancies_are_what_uses_leave
from shared.contracts.selection import CellType

ADAPTED = "DON-F1-U2-C10"
WHY = "The person must be near the health unit."


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)


async def test_a_proposal_says_why_it_is_this_cell_and_what_was_excluded(desk: Desk) -> None:
    await desk.must("cells/DON-F1-U1-C03/outages", OUTAGE)
    _, stay, _ = await desk.ask(planned_entry=date(2027, 1, 10))
    shown = await desk.get(f"stays/{stay}/explanation")
    assert shown["chosen"] == {
        "rule": "never_used",
        "cell": "DON-F1-U1-C04",
        "arrival_cell": "DON-F1-U1-C01",
        "excluded": {"other_sex": 81, "other_type": 1, "out_of_service": 1},
        "cells": {"out_of_service": ["DON-F1-U1-C03"]},
    }
    assert (shown["waiting"], shown["excluded"]) == (None, [])


async def test_somebody_in_line_is_told_the_rank_what_blocks_and_from_when_a_bed_is_free(desk: Desk) -> None:
    await desk.ask(cell_type=CellType.ADAPTED, projected_exit=date(2027, 3, 11))
    await desk.ask(cell_type=CellType.ADAPTED)
    _, stay, _ = await desk.ask(cell_type=CellType.ADAPTED)
    shown = await desk.get(f"stays/{stay}/explanation")
    waiting = shown["waiting"]
    # No adapted bed for women before 12 March: the holder leaves on the 11th, and the bed is cleaned.
    assert (waiting["rank"], waiting["blocked_by"], waiting["next_free_on"]) == (2, "no_free_bed", "2027-03-12")
    assert not waiting["waits_in_vain"]
    rules = {one["cell"]: (one["rule"], one["until"]) for one in shown["excluded"]}
    assert rules[ADAPTED] == ("taken", "2027-03-12")
    assert rules["DON-H1-U1-C05"] == ("other_sex", None)
    assert rules["DON-F1-U1-C03"] == ("other_type", None)
    assert len(rules) == 101


async def test_who_leaves_before_a_bed_is_free_is_listed_for_a_human(desk: Desk) -> None:
    await desk.ask(cell_type=CellType.ADAPTED)
    _, vain, _ = await desk.ask(cell_type=CellType.ADAPTED, projected_exit=date(2027, 6, 1))
    await desk.ask(cell_type=CellType.ADAPTED, projected_exit=date(2029, 6, 1))
    assert [(kind, stay) for kind, stay in await desk.attention() if kind == "waits_in_vain"] == [
        ("waits_in_vain", vain)
    ]
    items = (await desk.get("sites/DON/waiting-list"))["items"]
    assert [one["waits_in_vain"] for one in items] == [True, False]


async def test_somebody_is_put_ahead_by_name_and_reason_and_is_the_next(desk: Desk) -> None:
    _, holding, _ = await desk.ask(cell_type=CellType.ADAPTED)
    _, first, _ = await desk.ask(cell_type=CellType.ADAPTED)
    _, second, _ = await desk.ask(cell_type=CellType.ADAPTED)
    assert await desk.refused(f"stays/{holding}/ahead", {"reason": WHY}) == "stay-not-waiting"
    await desk.must(f"stays/{second}/ahead", {"reason": WHY})
    assert await desk.refused(f"stays/{second}/ahead", {"reason": WHY}) == "stay-ahead"
    items = (await desk.get("sites/DON/waiting-list"))["items"]
    assert [(one["stay_id"], one["rank"], one["ahead"]) for one in items] == [(second, 1, True), (first, 2, False)]
    # Somebody whose turn is earlier waits for what is proposed to the first.
    assert ("earlier_decision_waits", holding) in await desk.attention()
    await desk.must(f"stays/{second}/ahead/withdraw")
    assert await desk.refused(f"stays/{second}/ahead/withdraw") == "stay-not-ahead"
    await desk.must(f"stays/{second}/ahead", {"reason": WHY})
    await desk.bench.published()
    await desk.must(f"stays/{holding}/release", {"reason": "other"})
    assert (await desk.get("stays?state=proposed"))["items"][0]["id"] == second


async def test_an_officer_places_somebody_in_a_named_cell_and_the_one_before_is_free(desk: Desk) -> None:
    _, stay, _ = await desk.ask(planned_entry=date(2027, 1, 10))
    await desk.bench.published()
    placed = await desk.must(f"stays/{stay}/place", {"cell": "DON-F1-U2-C05", "reason": WHY})
    assert (placed["cells"], placed["state"]) == (["DON-F1-U2-C05"], "proposed")
    assert await desk.told() == ["bed_assigned"]
    assert (await desk.get(f"stays/{placed['id']}/explanation"))["chosen"]["rule"] == "officer"
    assert await desk.refused(f"stays/{stay}/place", {"cell": "DON-F1-U2-C06", "reason": WHY}) == "stay-not-waiting"
    await assert_vacancies_are_what_uses_leave(desk.bench.engine)


@pytest.mark.parametrize(
    ("need", "cell", "code"),
    [
        (CellType.STANDARD, "DON-H1-U1-C05", "sex-unfit"),
        (CellType.ADAPTED, "DON-F1-U1-C03", "cell-type-unfit"),
        (CellType.STANDARD, "DON-F1-U1-C04", "cell-closed"),
        (CellType.STANDARD, "DON-F1-U1-C03", "cell-taken"),
        (CellType.STANDARD, "DON-F9-U1-C03", "cell-unknown"),
    ],
)
async def test_no_hard_rule_bends_for_an_officer(desk: Desk, need: CellType, cell: str, code: str) -> None:
    await desk.ask()
    await desk.must("cells/DON-F1-U1-C04/outages", OUTAGE)
    _, stay, _ = await desk.ask(cell_type=need)
    assert await desk.refused(f"stays/{stay}/place", {"cell": cell, "reason": WHY}) == code


async def test_an_adapted_cell_that_is_lent_is_asked_back_as_soon_as_somebody_needs_it(desk: Desk) -> None:
    _, stay, _ = await desk.ask(planned_entry=date(2027, 1, 10))
    assert await desk.refused(f"stays/{stay}/recall") == "nothing-lent"
    lent = (await desk.must(f"stays/{stay}/place", {"cell": ADAPTED, "reason": WHY}))["id"]
    assert ("loan_needed", lent) not in await desk.attention()
    await desk.ask(cell_type=CellType.ADAPTED)
    assert ("loan_needed", lent) in await desk.attention()
    await desk.must(f"stays/{lent}/recall")
    assert await desk.refused(f"stays/{lent}/recall") == "nothing-lent"
    assert ("loan_needed", lent) not in await desk.attention()


async def test_only_the_placement_officer_has_a_hand_on_the_line(desk: Desk) -> None:
    _, stay, _ = await desk.ask()
    for by in ("spip", "decision_authority", "inspector"):
        for path, body in (("place", {"cell": ADAPTED, "reason": WHY}), ("ahead", {"reason": WHY}), ("recall", None)):
            assert (await desk.post(f"stays/{stay}/{path}", body, by)).status_code == 403
