"""The line, and the officer's hand on it: explained, in order, and never against a hard rule."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.placement.api import router
from services.placement.store.attention import KINDS
from services.placement.tests.builders import a_cancellation, a_request
from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import OUTAGE, Desk
from services.placement.tests.test_handlers import assert_vacancies_are_what_uses_leave, rows
from shared.contracts.selection import CellType
from shared.testing.kernel import record
from shared.web import routes_of

ADAPTED = "DON-F1-U2-C10"
WORKS = {"reason": "works", "owner": "Maintenance", "starts_on": "2027-01-04"}
WHY = "The person must be near the health unit."


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)


async def stay_of(desk: Desk, candidacy: UUID) -> str:
    stay: str = (await desk.get(f"stays?candidacy_id={candidacy}"))["items"][0]["id"]
    return stay


async def test_a_proposal_says_why_it_is_this_cell_and_what_was_excluded(desk: Desk) -> None:
    await desk.must("cells/DON-F1-U1-C03/outages", OUTAGE)
    _, stay, _ = await desk.ask(planned_entry=date(2027, 1, 10))
    shown = await desk.get(f"stays/{stay}/explanation")
    assert shown["chosen"] == {
        "rule": "never_used",
        "cell": "DON-F1-U1-C04",
        "arrival_cell": "DON-F1-U1-C01",
        "no_arrival_cell": None,
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
    (first,) = [one["stay_id"] for one in (await desk.get("sites/DON/waiting-list"))["items"] if one["rank"] == 1]
    assert shown["before"] == [first]
    assert (waiting["rank"], waiting["blocked_by"], waiting["next_free_on"]) == (2, "no_free_bed", "2027-03-12")
    assert not waiting["waits_in_vain"]
    rules = {one["cell"]: (one["rule"], one["until"]) for one in shown["excluded"]}
    assert rules[ADAPTED] == ("taken", "2027-03-12")
    assert rules["DON-H1-U1-C05"] == ("other_sex", None)
    assert rules["DON-F1-U1-C03"] == ("other_type", None)
    assert len(rules) == 101


@pytest.mark.parametrize(
    ("need", "why"),
    [
        ({"cell_type": CellType.ADAPTED}, "other_type"),
        ({"projected_exit": date(2027, 1, 25)}, "stay_too_short"),
        ({"file_number": 3}, "none_free"),
    ],
)
async def test_a_proposal_says_why_there_is_no_arrival_cell(desk: Desk, need: dict[str, Any], why: str) -> None:
    if why == "none_free":
        await desk.ask()
        await desk.ask()
    _, stay, _ = await desk.ask(**need)
    chosen = (await desk.get(f"stays/{stay}/explanation"))["chosen"]
    assert (chosen["arrival_cell"], chosen["no_arrival_cell"]) == (None, why)
    assert chosen["cell"] in {ADAPTED, "DON-F1-U1-C03", "DON-F1-U1-C05"}


async def test_a_cell_of_a_unit_is_looked_at_for_the_nights_that_are_slept_in_it(desk: Desk) -> None:
    for number in range(3, 11):
        if number != 4:
            await desk.must(f"cells/DON-F1-U1-C{number:02}/outages", WORKS)
    for number in range(1, 10):
        await desk.must(f"cells/DON-F1-U2-C{number:02}/outages", WORKS)
    # The only cell that is left is taken for the first two weeks of somebody who has an arrival cell for three.
    await desk.must("cells/DON-F1-U1-C04/outages", OUTAGE | {"expected_back_on": "2027-01-20"})
    _, stay, _ = await desk.ask()
    chosen = (await desk.get(f"stays/{stay}/explanation"))["chosen"]
    assert (chosen["cell"], chosen["arrival_cell"], chosen["rule"]) == (
        "DON-F1-U1-C04",
        "DON-F1-U1-C01",
        "free_for_good",
    )
    assert chosen["excluded"] == {"other_sex": 81, "other_type": 1, "out_of_service": 16}


async def test_who_waits_beside_a_free_cell_is_told_by_which_rule_it_is_not_given(desk: Desk) -> None:
    for unit, first, last in (("1", 3, 10), ("2", 2, 9)):
        for number in range(first, last + 1):
            await desk.must(f"cells/DON-F1-U{unit}-C{number:02}/outages", WORKS)
    # The last cell is free for all nights, but not for the day of cleaning after them.
    hold = {"purpose": "visit", "starts_on": "2027-06-01", "until": "2027-06-10", "expires_on": "2027-06-01"}
    await desk.must("cells/DON-F1-U2-C01/holds", hold)
    _, stay, cell = await desk.ask(projected_exit=date(2027, 6, 1))
    assert cell is None
    rules = {one["cell"]: one["rule"] for one in (await desk.get(f"stays/{stay}/explanation"))["excluded"]}
    assert rules["DON-F1-U2-C01"] == "held"
    # Arrival cells are free: for the first weeks, with another one to follow.
    assert rules["DON-F1-U1-C01"] == rules["DON-F1-U1-C02"] == "first_weeks_only"
    assert len(rules) == 101


async def test_an_officers_words_are_shown_to_placement_officers_only(desk: Desk) -> None:
    _, stay, _ = await desk.ask(planned_entry=date(2027, 1, 10))
    placed = (await desk.must(f"stays/{stay}/place", {"cell": "DON-F1-U2-C05", "reason": WHY}))["id"]
    assert (await desk.get(f"stays/{placed}/explanation"))["chosen"]["reason"] == WHY
    for by in ("decision_authority", "spip", "inspector"):
        shown = await desk.get(f"stays/{placed}/explanation", by)
        assert (shown["chosen"]["rule"], WHY in str(shown)) == ("officer", False)
    assert WHY not in str([one.body for one in await desk.bench.published()])


async def test_what_blocks_is_seen_from_today_and_away_from_whom_the_person_is_kept_apart(
    desk: Desk, clock: SettableClock
) -> None:
    holder, _, _ = await desk.ask(cell_type=CellType.ADAPTED, projected_exit=date(2027, 3, 11))
    waiting, stay, _ = await desk.ask(cell_type=CellType.ADAPTED)
    await desk.must(
        "separations", {"one": str(holder), "other": str(waiting), "starts_on": "2027-01-04", "reason": WHY}
    )
    # The holder has the cell: what blocks is that, and no rule about the two.
    (line,) = (await desk.get("sites/DON/waiting-list"))["items"]
    assert (line["blocked_by"], line["next_free_on"]) == ("no_free_bed", "2027-03-12")
    neighbour, _, _ = await desk.ask(projected_exit=date(2028, 12, 1))
    await desk.must(f"stays/{await stay_of(desk, neighbour)}/place", {"cell": "DON-F1-U2-C05", "reason": WHY})
    await desk.must(
        "separations", {"one": str(neighbour), "other": str(waiting), "starts_on": "2027-01-04", "reason": WHY}
    )
    (line,) = (await desk.get("sites/DON/waiting-list"))["items"]
    assert (line["blocked_by"], line["next_free_on"], line["waits_in_vain"]) == ("no_free_bed", None, True)
    assert ("waits_in_vain", stay) in await desk.attention()


async def test_a_bed_that_was_free_long_ago_is_free_from_today_on_at_the_earliest(
    desk: Desk, clock: SettableClock
) -> None:
    await desk.ask(cell_type=CellType.ADAPTED, projected_exit=date(2027, 3, 11))
    _, stay, _ = await desk.ask(cell_type=CellType.ADAPTED, projected_exit=date(2027, 6, 1))
    clock.now = datetime(2027, 5, 30, 9, tzinfo=UTC)
    (line,) = (await desk.get("sites/DON/waiting-list"))["items"]
    assert (line["next_free_on"], line["waits_in_vain"]) == ("2027-05-30", False)
    clock.now = datetime(2027, 6, 2, 9, tzinfo=UTC)
    assert ("waits_in_vain", stay) in await desk.attention()


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
    # Each time is kept, with who it was.
    kept = await rows(
        desk.bench.engine, "SELECT change, reason, officer IS NULL, function FROM turn_changes ORDER BY id"
    )
    by = (False, "placement_officer")
    assert kept == [("ahead", WHY, *by), ("in_order", None, *by), ("ahead", WHY, *by)]


async def test_who_went_ahead_for_one_order_does_not_go_ahead_for_another(desk: Desk) -> None:
    await desk.ask(cell_type=CellType.ADAPTED)
    candidacy, stay, _ = await desk.ask(cell_type=CellType.ADAPTED)
    await desk.must(f"stays/{stay}/ahead", {"reason": WHY})
    await desk.bench.deliver(a_cancellation(decision_number="DON-2"), subject=candidacy, version=2)
    await desk.bench.deliver(a_request(decision_number="DON-9", file_number=2), subject=candidacy, version=3)
    (line,) = (await desk.get("sites/DON/waiting-list"))["items"]
    assert (line["candidacy_id"], line["ahead"]) == (str(candidacy), False)


async def test_nobody_on_the_way_loses_the_place_that_the_transfer_order_names(desk: Desk) -> None:
    _, stay, _ = await desk.ask(planned_entry=date(2027, 1, 10))
    await desk.must(f"stays/{stay}/transfer-order", {"reference": "OT-1"})
    refused = await desk.refused(f"stays/{stay}/place", {"cell": "DON-F1-U2-C05", "reason": WHY})
    assert refused == "transfer-order-stands"


async def test_each_thing_that_waits_names_next_steps_that_exist() -> None:
    ends = {route.path.rsplit("/", 1)[-1] for route in routes_of(router.routes)}
    assert {step for question in KINDS.values() for step in question.next_steps} <= ends


async def test_what_waits_says_since_when_and_what_can_be_done(desk: Desk) -> None:
    _, stay, _ = await desk.ask(planned_entry=date(2027, 1, 10))
    (item,) = (await desk.get("attention"))["items"]
    assert item == {
        "kind": "arrival_unconfirmed",
        "since": "2027-01-04",
        "due": "2027-01-10",
        "stay_id": stay,
        "separation_id": None,
        "outage_id": None,
        "cell": None,
        "next_steps": ["confirm", "postpone", "place", "release"],
    }


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
    kept = "SELECT recalled_by IS NOT NULL, recalled_by_function FROM assignments WHERE recalled_at IS NOT NULL"
    assert await rows(desk.bench.engine, kept) == [(True, "placement_officer")]


async def test_a_loan_is_over_once_the_person_sleeps_elsewhere(desk: Desk) -> None:
    _, stay, _ = await desk.ask()
    lent = (await desk.must(f"stays/{stay}/place", {"cell": ADAPTED, "reason": WHY}))["id"]
    await desk.come(lent)
    await desk.ask(cell_type=CellType.ADAPTED, planned_entry=date(2027, 2, 1), projected_exit=date(2028, 1, 1))
    (item,) = [one for one in (await desk.get("attention"))["items"] if one["kind"] == "loan_needed"]
    # It is needed on the day on which the first who needs it is to come.
    assert (item["since"], item["due"], item["stay_id"]) == ("2027-01-04", "2027-02-01", lent)
    await desk.must(f"stays/{lent}/move", {"cell": "DON-F1-U2-C03", "reason": "other"})
    assert [kind for kind, _ in await desk.attention()] == []


async def test_only_the_placement_officer_has_a_hand_on_the_line(desk: Desk) -> None:
    _, stay, _ = await desk.ask()
    for by in ("spip", "decision_authority", "inspector"):
        for path, body in (("place", {"cell": ADAPTED, "reason": WHY}), ("ahead", {"reason": WHY}), ("recall", None)):
            assert (await desk.post(f"stays/{stay}/{path}", body, by)).status_code == 403


async def test_a_recalled_loan_stays_listed_until_the_cell_is_given_back(desk: Desk) -> None:
    _, stay, _ = await desk.ask(planned_entry=date(2027, 3, 1))
    lent = (await desk.must(f"stays/{stay}/place", {"cell": ADAPTED, "reason": WHY}))["id"]
    await desk.ask(cell_type=CellType.ADAPTED, planned_entry=date(2027, 3, 1))
    await desk.must(f"stays/{lent}/recall")
    assert ("loan_needed", lent) in await desk.attention()
    await desk.must(f"stays/{lent}/place", {"cell": "DON-F1-U2-C03", "reason": WHY})
    assert "loan_needed" not in [kind for kind, _ in await desk.attention()]


async def test_an_arrival_cell_is_nobodys_for_the_whole_stay(desk: Desk) -> None:
    _, stay, _ = await desk.ask(planned_entry=date(2027, 1, 10))
    body = {"cell": "DON-F1-U1-C02", "reason": WHY}
    assert await desk.refused(f"stays/{stay}/place", body) == "cell-type-unfit"


async def test_who_is_passed_over_because_of_an_event_not_read_is_told_so(desk: Desk) -> None:
    _, holding, _ = await desk.ask(cell_type=CellType.ADAPTED)
    candidacy, _, _ = await desk.ask(cell_type=CellType.ADAPTED)
    nonsense = a_request(planned_entry=date(2027, 2, 1), projected_exit=date(2027, 2, 1))
    await desk.bench.dispatcher.dispatch([record(nonsense, subject=candidacy, version=2)])
    await desk.must(f"stays/{holding}/release", {"reason": "other"})
    (item,) = (await desk.get("sites/DON/waiting-list"))["items"]
    assert item["blocked_by"] == "passed_over"
