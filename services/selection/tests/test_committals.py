"""The committal number of an arrival: into the vault and nowhere else, one for a person, no two persons for one."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.selection.tables import committal_numbers, identities
from services.selection.tests.builders import TODAY, a_reply
from services.selection.tests.officers import NOBODY, Api
from services.selection.tests.steps import approved
from shared.contracts.placement import Arrived
from shared.testing.api import once
from shared.testing.kernel import Bench

NUMBER = "DON-27-0113"


@pytest.fixture
async def candidacy(bench: Bench) -> UUID:
    """A file whose person goes by the number of the prison of origin."""
    return await a_file(bench)


async def a_file(bench: Bench, **changed: Any) -> UUID:
    return (await approved(bench, **changed))[0]


async def give(api: Api, candidacy_id: UUID | str, number: str, by: str = "placement_officer") -> httpx.Response:
    path = f"/v1/candidacies/{candidacy_id}/committal-number"
    return await api.http.post(path, json={"number": number}, headers=api.tokens.bearer(by) | once())


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def goes_by(api: Api) -> list[str]:
    async with api.engine.connect() as conn:
        return list((await conn.execute(sa.select(identities.c.ecrou_number))).scalars())


async def arrived(bench: Bench, candidacy_id: UUID) -> None:
    event = Arrived(**a_reply(candidacy_id, str(uuid7())), stay_id=uuid7(), arrived_on=TODAY)
    await bench.deliver(event, subject=uuid7())


async def test_the_person_goes_by_the_new_number_from_the_arrival_on(api: Api, bench: Bench, candidacy: UUID) -> None:
    before = await goes_by(api)
    answer = await give(api, candidacy, NUMBER)
    assert (answer.status_code, answer.json()) == (200, {"candidacy_id": str(candidacy)})
    assert await goes_by(api) == before
    await arrived(bench, candidacy)
    assert await goes_by(api) == [NUMBER]
    async with api.engine.connect() as conn:
        (row,) = (await conn.execute(sa.select(committal_numbers))).all()
    assert (row.number, row.former, row.recorded_by_function, row.replaced_at) == (
        NUMBER,
        before[0],
        "placement_officer",
        None,
    )
    assert not any(NUMBER in str(one) for one in await bench.published())


async def test_a_mistyped_number_is_replaced_before_the_arrival_and_never_after(
    api: Api, bench: Bench, candidacy: UUID
) -> None:
    for number in ("DON-27-0131", NUMBER, NUMBER):
        assert (await give(api, candidacy, number)).status_code == 200
    async with api.engine.connect() as conn:
        kept = await conn.execute(sa.select(committal_numbers.c.number).order_by(committal_numbers.c.recorded_at))
        assert list(kept.scalars()) == ["DON-27-0131", NUMBER]
    await arrived(bench, candidacy)
    assert (await give(api, candidacy, NUMBER)).status_code == 200
    assert problem(await give(api, candidacy, "DON-27-0114")) == (409, "committal-number-recorded")
    assert await goes_by(api) == [NUMBER]


async def test_two_persons_never_have_one_number(api: Api, bench: Bench, candidacy: UUID) -> None:
    other = await a_file(bench)
    answers = await asyncio.gather(give(api, candidacy, NUMBER), give(api, other, NUMBER))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (refused,) = (answer for answer in answers if answer.status_code != 200)
    assert problem(refused) == (409, "committal-number-taken")


async def test_who_is_there_by_another_file_does_not_arrive_again(api: Api, bench: Bench, candidacy: UUID) -> None:
    await arrived(bench, candidacy)
    async with bench.engine.begin() as conn:
        second = await a_second_file(conn, candidacy)
    assert problem(await give(api, second, NUMBER)) == (409, "present-elsewhere")


async def a_second_file(conn: Any, candidacy_id: UUID) -> UUID:
    """Another file of the same person: the first one is closed on paper, and the departure was never recorded."""
    second = uuid7()
    await conn.execute(sa.text("UPDATE candidacies SET state = 'withdrawn' WHERE id = :id"), {"id": candidacy_id})
    columns = await conn.execute(
        sa.text(
            "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns WHERE table_name ="
            " 'candidacies' AND column_name NOT IN ('id', 'file_number', 'arrived_on', 'state')"
        )
    )
    names = columns.scalar_one()
    copy = f"SELECT :new, 'submitted', {names} FROM candidacies WHERE id = :old"
    await conn.execute(
        sa.text(f"INSERT INTO candidacies (id, state, {names}) {copy}"), {"new": second, "old": candidacy_id}
    )
    return second


@pytest.mark.parametrize("number", ["", "a", "x" * 41, "27;DROP", "<b>1</b>", " 27", 27, None])
async def test_what_is_no_number_is_refused(api: Api, candidacy: UUID, number: Any) -> None:
    assert problem(await give(api, candidacy, number)) == (422, "validation-failed")


async def test_only_the_placement_officer_hands_a_number_over(api: Api, candidacy: UUID) -> None:
    for by in ("spip", "registry", "decision_authority", "site_spip", "inspector", "partner"):
        assert problem(await give(api, candidacy, NUMBER, by))[0] == 403
    assert problem(await give(api, NOBODY, NUMBER)) == (404, "candidacy-unknown")
