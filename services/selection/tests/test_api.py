"""Selection over HTTP: the main job, who may read what, and what stays inside."""

import pytest
import sqlalchemy as sa

from services.selection.api import PROBLEMS
from services.selection.domain import Refusal
from services.selection.tests.builders import a_body
from services.selection.tests.officers import CANDIDACIES, DELEGATION, GROUNDS, NOBODY, Api, problem


def test_every_refusal_has_its_own_problem() -> None:
    assert set(PROBLEMS) == set(Refusal)
    assert len({one.code for one in PROBLEMS.values()}) == len(PROBLEMS)


async def test_a_file_goes_from_submission_to_a_signed_decision_and_its_journey(api: Api) -> None:
    created = await api.post("", a_body())
    assert created.status_code == 201
    assert created.json() | {"id": 0, "estimate": 0} == {
        "id": 0,
        "site": "DON",
        "file_number": 1,
        "state": "submitted",
        "version": 1,
        "estimate": 0,
    }
    candidacy_id = created.json()["id"]
    await api.gather(candidacy_id)

    opinion = (await api.post(f"/{candidacy_id}/assess")).json()
    assert (opinion["result"], [line["criterion"] for line in opinion["lines"]]) == (
        "favourable",
        ["C1", "C2", "C3a", "C3b", "C4", *(f"C{n}" for n in range(5, 12)), "C12a", "C12b", "C13", "C14", "C15"],
    )

    preview = await api.http.post(
        f"{CANDIDACIES}/{candidacy_id}/approve/preview", headers=api.tokens.bearer("decision_authority")
    )
    assert preview.status_code == 200
    assert [effect["kind"] for effect in preview.json()["effects"]] == ["accommodation", "training", "partners"]

    decided = await api.approve(candidacy_id)
    assert decided.status_code == 201
    assert decided.json()["decision_number"] == "DON-2026-000001"
    assert decided.json()["effects"] == preview.json()["effects"]
    assert decided.json()["signer_name"] == "Solange Brisefer"

    journey = (await api.get(f"/{candidacy_id}/journey", by="inspector")).json()
    assert journey["state"] == "approved"
    assert journey["decision"]["decision_number"] == "DON-2026-000001"
    assert [(step["step"], step["status"]) for step in journey["steps"]] == [
        ("accommodation", "waiting"),
        ("training", "waiting"),
        ("partners", "waiting"),
    ]
    assert len(journey["missing_replies"]) == 3

    withdrawn = await api.post(f"/{candidacy_id}/withdraw")
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")


async def test_a_refusal_is_signed_with_codes_and_own_words(api: Api) -> None:
    candidacy_id = await api.assessed()
    body = {**GROUNDS, "reason_codes": ["PROJECT_INSUFFICIENT", "PROJECT_INSUFFICIENT"]}
    refused = await api.post(f"/{candidacy_id}/refuse", body, by="decision_authority")
    assert (refused.status_code, refused.json()["kind"]) == (201, "refused")
    assert refused.json()["reason_codes"] == ["PROJECT_INSUFFICIENT"]
    body["reason_codes"] = []
    assert problem(await api.post(f"/{candidacy_id}/refuse", body, by="decision_authority"))[0] == 422


async def test_the_identity_is_read_with_a_purpose_and_each_read_is_logged(api: Api) -> None:
    identity = a_body()["identity"]
    candidacy_id = await api.assessed(identity=identity)
    await api.approve(candidacy_id)
    for headers in ({}, {"Purpose": ""}, {"Purpose": "curiosity"}):
        assert problem(await api.get(f"/{candidacy_id}", **headers)) == (400, "purpose-missing")
    assert (await api.stored())["vault.identity_reads"] == []
    read = await api.get(f"/{candidacy_id}", by="decision_authority", Purpose="decision")
    assert read.status_code == 200
    assert read.json()["identity"] == identity
    assert read.json()["opinion"]["result"] == "favourable"
    assert read.json()["decision"]["reasons"] == GROUNDS["reasons"]
    (logged,) = (await api.stored())["vault.identity_reads"]
    assert "agent-2001" in logged
    assert "GET /v1/candidacies/{candidacy_id}" in logged


async def test_only_who_works_on_the_file_reads_the_identity(api: Api) -> None:
    candidacy_id = await api.create()
    for officer in ("placement_officer", "training_lead", "companion", "partner_admin", "operator"):
        assert problem(await api.get(f"/{candidacy_id}", by=officer, Purpose="decision")) == (403, "role-missing")
    assert (await api.stored())["vault.identity_reads"] == []
    assert (await api.get(f"/{candidacy_id}", by="inspector", Purpose="control")).json()["identity"] is None


async def test_an_officer_of_another_establishment_finds_nothing(api: Api) -> None:
    candidacy_id = await api.create()
    async with api.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE candidacies SET establishment = 'MA-CHALONS'"))
    for answer in (
        await api.get(f"/{candidacy_id}", Purpose="assessment"),
        await api.get(f"/{candidacy_id}/journey"),
        await api.post(f"/{candidacy_id}/assess"),
        await api.post(f"/{candidacy_id}/withdraw"),
        await api.post(f"/{candidacy_id}/approve/preview", by="head_of_spip"),
    ):
        assert problem(answer) == (404, "candidacy-unknown")


async def test_what_does_not_exist_is_not_found(api: Api) -> None:
    approval = {"opinion_id": NOBODY, "effects": [], **GROUNDS}
    for answer in (
        await api.get(f"/{NOBODY}", Purpose="assessment"),
        await api.get(f"/{NOBODY}/journey"),
        await api.post(f"/{NOBODY}/assess"),
        await api.post(f"/{NOBODY}/approve/preview", by="decision_authority"),
        await api.post(f"/{NOBODY}/approve", approval, by="decision_authority"),
        await api.post(f"/{NOBODY}/withdraw"),
    ):
        assert problem(answer) == (404, "candidacy-unknown")


async def test_the_same_key_answers_the_same_and_does_nothing_again(api: Api) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    first = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority", key="one")
    before = await api.stored()
    again = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority", key="one")
    assert (again.status_code, again.json()) == (201, first.json())
    other = order | {"reasons": "Others."}
    conflicting = await api.post(f"/{candidacy_id}/approve", other, by="decision_authority", key="one")
    assert problem(conflicting) == (422, "idempotency-key-reused")
    assert await api.stored() == before


async def test_identity_and_own_words_stay_where_they_belong(
    api: Api, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    canary = "Zzcanaryzz"
    identity = {
        "last_name": f"{canary}1",
        "first_names": f"{canary}2",
        "birth_date": "1977-07-07",
        "ecrou_number": f"{canary}3",
        "sex": "F",
    }
    answers = []
    recorded = await api.send("/delegations", DELEGATION | {"reference": f"{canary}6"}, by="director")
    assert recorded.status_code == 201
    candidacy_id = await api.assessed(identity=identity)
    order = await api.order(candidacy_id, reasons=f"{canary}4", authority=f"{canary}5", delegation=f"{canary}6")
    path = f"/{candidacy_id}/approve"
    answers.append(
        await api.post("", a_body(identity=identity | {"sex": canary, "birth_date": canary, canary: canary}))
    )
    answers.append(await api.post(path, order | {canary: canary}, by="decision_authority"))
    answers.append(await api.post(path, order | {"effects": [{"kind": canary}]}, by="decision_authority"))
    assert (await api.post(path, order, by="decision_authority")).status_code == 201
    answers.append(await api.post(path, order, by="decision_authority"))
    answers.append(await api.post(f"/{candidacy_id}/withdraw"))
    answers.append(await api.get(f"/{candidacy_id}/journey"))
    answers.append(await api.get(f"/{candidacy_id}", Purpose=canary))
    for answer in answers:
        assert canary not in answer.text
        assert "1977" not in answer.text
    kept = {table: "\n".join(rows) for table, rows in (await api.stored()).items()}
    assert {table for table, rows in kept.items() if canary in rows} == {
        "vault.identities",
        "public.decisions",
        "public.delegations",
    }
    assert {table for table, rows in kept.items() if "1977-07-07" in rows} == {"vault.identities"}
    said = caplog.text + "".join(capfd.readouterr())
    assert canary not in said
