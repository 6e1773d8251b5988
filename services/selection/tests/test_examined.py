"""What an opinion leaves to a human, the signer examines and says so; nothing of it is passed over."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from services.selection import store
from services.selection.tests.builders import a_body
from services.selection.tests.officers import Api, problem

WORDS = "The place ban concerns another department."


def penal(**overrides: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(a_body()["penal"])) | overrides
    return found


async def test_a_file_with_points_for_a_human_is_approved_once_the_signer_says_what_was_found(api: Api) -> None:
    partly = {"pronounced": {"years": 7}, "firm": {"years": 3}}
    candidacy_id = await api.assessed(penal=penal(separation=True, sentences=[partly]))
    preview = await api.post(f"/{candidacy_id}/approve/preview", by="decision_authority")
    assert set(preview.json()["to_examine"]) == {"C2", "C10"}
    examined = {"C2": "Three years are firm.", "C10": WORDS}
    signed = await api.post(
        f"/{candidacy_id}/approve", await api.order(candidacy_id, examined=examined), by="decision_authority"
    )
    assert signed.status_code == 201, signed.text
    assert signed.json()["examined"] == examined
    async with api.engine.connect() as conn:
        row = await store.decision_row_of(
            conn, (await conn.execute(sa.text("SELECT id FROM candidacies"))).scalar_one()
        )
    assert row is not None
    assert row.act_digest == store.digest_of(row._asdict())
    assert row.act_digest != store.digest_of(row._asdict() | {"examined": {"C2": "x", "C10": WORDS}})
    outbox = "".join((await api.stored())["messaging.outbox"])
    assert "another department" not in outbox


@pytest.mark.parametrize("examined", [{}, {"C10": " "}, {"C10": WORDS, "C2": "made up"}, {"C2": "the wrong one"}])
async def test_a_point_that_is_passed_over_or_made_up_is_refused(api: Api, examined: dict[str, str]) -> None:
    candidacy_id = await api.assessed(penal=penal(separation=True))
    order = await api.order(candidacy_id, examined=examined)
    before = await api.stored()
    answer = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")
    assert problem(answer) == (409, "points-not-examined")
    assert await api.stored() == before


async def test_a_favourable_file_leaves_nothing_to_examine(api: Api) -> None:
    candidacy_id = await api.assessed()
    preview = await api.post(f"/{candidacy_id}/approve/preview", by="decision_authority")
    assert preview.json()["to_examine"] == []
    order = await api.order(candidacy_id, examined={"C10": WORDS})
    answer = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")
    assert problem(answer) == (409, "points-not-examined")


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"specially_flagged": True}, "minister-decides"),
        # Made tomorrow: the remainder cannot be judged by it.
        ({"extract_on": "2026-11-24"}, "opinion-not-favourable"),
    ],
)
async def test_what_the_minister_decides_and_what_contradicts_itself_is_approved_by_nobody_here(
    api: Api, overrides: dict[str, Any], code: str
) -> None:
    candidacy_id = await api.assessed(penal=penal(**overrides))
    preview = await api.post(f"/{candidacy_id}/approve/preview", by="decision_authority")
    assert problem(preview) == (409, code)


async def test_facts_that_need_a_human_since_the_opinion_make_it_stale(api: Api) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    async with api.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE candidacies SET separation = true"))
    answer = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")
    assert problem(answer) == (409, "opinion-stale")
