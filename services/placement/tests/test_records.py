"""What is recorded during a stay: by name, one open at a time, and nothing follows by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import Desk
from services.placement.tests.test_handlers import rows
from shared.contracts.selection import CellType

SECURE = {"kind": "secure_waiting", "code": "violence", "day": "2027-01-04", "until": "2027-01-06"}


@pytest.fixture(autouse=True)
def on_the_day(clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)


async def somebody(desk: Desk) -> str:
    _, stay, _ = await desk.ask(cell_type=CellType.ADAPTED)
    await desk.come(stay)
    await desk.bench.published()
    return stay


async def test_secure_waiting_takes_the_cell_for_it_and_leaves_the_bed(desk: Desk) -> None:
    stay = await somebody(desk)
    line = await desk.must(f"stays/{stay}/records", SECURE)
    assert (await desk.must(f"stays/{stay}/records", SECURE))["id"] == line["id"]
    assert await desk.refused(f"stays/{stay}/records", SECURE | {"code": "threat"}) == "record-open"
    uses = "SELECT cell, kind FROM bed_uses WHERE given_up_at IS NULL ORDER BY kind"
    assert await rows(desk.bench.engine, uses) == [("DON-SW-C01", "secure_waiting"), ("DON-F1-U2-C10", "stay")]
    _, other, _ = await desk.ask()
    await desk.come(other)
    assert await desk.refused(f"stays/{other}/records", SECURE) == "cell-taken"
    closed = await desk.must(f"stays/{stay}/records/{line['id']}/close", {"code": "ended"})
    assert (closed["closed_on"], closed["closed_code"]) == ("2027-01-04", "ended")
    again = await desk.must(f"stays/{stay}/records/{line['id']}/close", {"code": "ended"})
    assert again == closed
    assert (await desk.must(f"stays/{other}/records", SECURE))["kind"] == "secure_waiting"


async def test_an_absence_keeps_the_bed_until_the_person_is_back(desk: Desk, clock: SettableClock) -> None:
    stay = await somebody(desk)
    away = {"kind": "absence", "code": "hospital", "day": "2027-01-04", "until": "2027-01-08"}
    line = await desk.must(f"stays/{stay}/records", away)
    clock.forward(timedelta(days=2))
    closed = await desk.must(f"stays/{stay}/records/{line['id']}/close", {"code": "returned"})
    assert closed["closed_on"] == "2027-01-06"
    assert (await desk.get("sites/DON/roll"))["items"][0]["cell"] == "DON-F1-U2-C10"


async def test_a_proposed_exit_has_the_persons_own_words_and_moves_nobody(desk: Desk) -> None:
    stay = await somebody(desk)
    proposal = {"kind": "exit_proposal", "code": "incompatible_behaviour", "day": "2027-01-04"}
    line = await desk.must(f"stays/{stay}/records", proposal)
    words = {"words": "I ask to stay."}
    said = await desk.must(f"stays/{stay}/records/{line['id']}/observations", words)
    assert (said["kind"], said["observations"]) == ("observations", "I ask to stay.")
    assert (await desk.must(f"stays/{stay}/records/{line['id']}/observations", words))["id"] == said["id"]
    await desk.must(f"stays/{stay}/records/{line['id']}/close", {"code": "withdrawn"})
    words = {"words": "I ask to stay, please."}
    assert await desk.refused(f"stays/{stay}/records/{line['id']}/observations", words) == "record-closed"
    assert await desk.told() == []
    kinds = [one["kind"] for one in (await desk.get(f"stays/{stay}/records"))["items"]]
    assert kinds == ["exit_proposal", "observations", "closing"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"day": "2027-01-03"}, "impossible-dates"),
        ({"day": "2027-01-05"}, "impossible-dates"),
        ({"until": "2027-01-04"}, "impossible-dates"),
        ({"code": "hospital"}, "record-code-unknown"),
        ({"kind": "party"}, "validation-failed"),
    ],
)
async def test_what_cannot_be_meant_is_refused(desk: Desk, changed: dict[str, Any], code: str) -> None:
    stay = await somebody(desk)
    assert await desk.refused(f"stays/{stay}/records", SECURE | changed) == code
    assert (await desk.get(f"stays/{stay}/records"))["items"] == []


async def test_nothing_is_recorded_of_who_is_not_there_or_by_who_may_not(desk: Desk) -> None:
    _, stay, _ = await desk.ask(cell_type=CellType.ADAPTED)
    unknown = "01931111-2222-7333-8444-555566667777"
    assert await desk.refused(f"stays/{stay}/records", SECURE) == "stay-not-arrived"
    assert await desk.refused(f"stays/{unknown}/records", SECURE) == "stay-unknown"
    await desk.come(stay)
    assert await desk.refused(f"stays/{stay}/records/{unknown}/close", {"code": "ended"}) == "record-unknown"
    assert (await desk.post(f"stays/{stay}/records", SECURE, by="spip")).status_code == 403
    answer = await desk.api.get(f"/v1/stays/{stay}/records", headers=desk.tokens.bearer("spip"))
    assert answer.status_code == 403
