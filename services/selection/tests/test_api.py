"""Selection over HTTP: the main job, and every bad input with its own problem and nothing changed."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from services.selection.api import PROBLEMS, REFUSALS, router
from services.selection.domain import Refusal
from services.selection.settings import Settings
from services.selection.tests.builders import Clock, a_body
from shared.testing.api import Tokens, client, once
from shared.web import create_app

CANDIDACIES = "/v1/candidacies"
GROUNDS = {"reasons": "A solid project.", "authority": "DISP Strasbourg", "delegation": "2026-014"}
NOBODY = "01931111-2222-7333-8444-555566667777"


class Api:
    """Selection's API as officers use it."""

    def __init__(self, http: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine) -> None:
        self.http, self.tokens, self.engine = http, tokens, engine

    async def post(self, path: str, body: Any = None, *, by: str = "spip", key: str | None = None) -> httpx.Response:
        headers = {**self.tokens.bearer(by), **once(key)}
        return await self.http.post(f"{CANDIDACIES}{path}", json=body, headers=headers)

    async def get(self, path: str, *, by: str = "spip", **headers: str) -> httpx.Response:
        return await self.http.get(f"{CANDIDACIES}{path}", headers={**self.tokens.bearer(by), **headers})

    async def create(self, *, by: str = "spip", **overrides: Any) -> str:
        answer = await self.post("", a_body(**overrides), by=by)
        assert answer.status_code == 201, answer.text
        candidacy_id: str = answer.json()["id"]
        return candidacy_id

    async def assessed(self, **overrides: Any) -> str:
        candidacy_id = await self.create(**overrides)
        answer = await self.post(f"/{candidacy_id}/assess")
        assert answer.status_code == 201, answer.text
        return candidacy_id

    async def order(self, candidacy_id: str, **overrides: Any) -> dict[str, Any]:
        """What an officer sends to approve, as previewed, but for the overrides."""
        shown = (await self.post(f"/{candidacy_id}/approve/preview", by="decision_authority")).json()
        return {"opinion_id": shown["opinion_id"], "effects": shown["effects"], **GROUNDS} | overrides

    async def approve(self, candidacy_id: str) -> httpx.Response:
        return await self.post(f"/{candidacy_id}/approve", await self.order(candidacy_id), by="decision_authority")

    async def stored(self) -> dict[str, list[str]]:
        """Every row of every table as text, by table; to compare before and after, and to look for leaks."""
        async with self.engine.connect() as conn:
            names = await conn.execute(
                sa.text(
                    "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                    " WHERE schemaname IN ('public', 'vault', 'messaging') ORDER BY 1"
                )
            )
            return {
                name: sorted((await conn.execute(sa.text(f"SELECT t::text FROM {name} AS t"))).scalars())
                for name in names.scalars()
            }


@pytest.fixture
def tokens() -> Tokens:
    """Tokens of this site's officers."""
    return Tokens("DON")


@pytest.fixture
async def api(engine: AsyncEngine, clock: Clock, tokens: Tokens) -> AsyncIterator[Api]:
    """Selection's API on a database of its own."""
    settings = Settings(
        SITE="DON",
        database_url=SecretStr("postgresql+asyncpg://unused"),
        kafka_bootstrap="unused:9092",
        oidc_issuer="http://issuer.test",
        idempotency_secret=SecretStr("s" * 32),
        api_port=1,
        worker_port=2,
    )
    app = create_app(
        "selection", router, settings, REFUSALS, engine=engine, authenticator=tokens.authenticator, clock=clock
    )
    async with client(app) as http:
        yield Api(http, tokens, engine)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem, whose form is checked."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["type"] == f"urn:inserre:problem:{body['code']}"
    assert body["status"] == answer.status_code
    return answer.status_code, body["code"]


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

    opinion = (await api.post(f"/{candidacy_id}/assess")).json()
    assert (opinion["result"], [line["criterion"] for line in opinion["lines"]]) == (
        "favourable",
        ["C1", "C2", "C3a", "C3b", "C4"],
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
    candidacy_id = await api.assessed()
    await api.approve(candidacy_id)
    for headers in ({}, {"Purpose": ""}, {"Purpose": "curiosity"}):
        assert problem(await api.get(f"/{candidacy_id}", **headers)) == (400, "purpose-missing")
    assert (await api.stored())["vault.identity_reads"] == []
    read = await api.get(f"/{candidacy_id}", by="decision_authority", Purpose="decision")
    assert read.status_code == 200
    assert read.json()["identity"] == a_body()["identity"]
    assert read.json()["opinion"]["result"] == "favourable"
    assert read.json()["decision"]["reasons"] == GROUNDS["reasons"]
    (logged,) = (await api.stored())["vault.identity_reads"]
    assert "agent-2001" in logged
    assert "GET /v1/candidacies/{candidacy_id}" in logged


async def test_only_who_works_on_the_file_reads_the_identity(api: Api) -> None:
    candidacy_id = await api.create()
    for officer in ("placement_officer", "training_lead", "inspector", "companion", "partner_admin", "operator"):
        assert problem(await api.get(f"/{candidacy_id}", by=officer, Purpose="decision")) == (403, "role-missing")
    assert (await api.stored())["vault.identity_reads"] == []


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


def body_with(path: str, value: Any) -> dict[str, Any]:
    """A body with one value replaced or added, at a path such as `penal/sentence_end`."""
    body: dict[str, Any] = json.loads(json.dumps(a_body()))
    *parents, last = path.split("/")
    inner = body
    for parent in parents:
        inner = inner[parent]
    inner[last] = value
    return body


DAYS_ONLY = [{"pronounced": {"days": 900}}]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (body_with("penal/sentence_end", "2027-02-31"), (422, "impossible-dates")),
        (body_with("planned_entry", "2027-02-31"), (422, "impossible-dates")),
        (body_with("penal/sentence_end", "2027-01-11"), (422, "impossible-dates")),
        (body_with("consent/withdrawn_on", "2026-01-01"), (422, "impossible-dates")),
        (body_with("identity/birth_date", "2030-01-01"), (422, "impossible-dates")),
        (body_with("identity/birth_date", "0090-01-01"), (422, "impossible-dates")),
        (body_with("planned_entry", "11/01/2027"), (422, "validation-failed")),
        (body_with("planned_entry", "2027-01-11T00:00:00"), (422, "validation-failed")),
        (body_with("planned_entry", 1799625600), (422, "validation-failed")),
        (body_with("penal/sentences", DAYS_ONLY), (422, "sentence-not-as-pronounced")),
        (body_with("penal/sentences", [{"pronounced": {"years": 1, "days": 31}}]), (422, "sentence-not-as-pronounced")),
        (body_with("penal/sentences", [{"pronounced": {}}]), (422, "sentence-not-as-pronounced")),
        (
            body_with("penal/sentences", [{"pronounced": {"years": 1}, "firm": {"years": 2}}]),
            (422, "firm-part-too-long"),
        ),
        (body_with("penal/sentences", [{"pronounced": {"years": "4"}}]), (422, "validation-failed")),
        (body_with("penal/sentences", [{"pronounced": {"years": True}}]), (422, "validation-failed")),
        (body_with("site", "ARR"), (403, "wrong-site")),
        (body_with("nationality", "any"), (422, "validation-failed")),
        (body_with("identity/religion", "any"), (422, "validation-failed")),
        (body_with("identity/last_name", " "), (422, "validation-failed")),
        (body_with("identity/last_name", "a\u0000b"), (422, "validation-failed")),
        (body_with("identity/last_name", "\ud800"), (422, "validation-failed")),
        (body_with("identity/last_name", None), (422, "validation-failed")),
        (body_with("identity/sex", "X"), (422, "validation-failed")),
        (body_with("adapted_cell", "yes"), (422, "validation-failed")),
        (body_with("training_wishes", ["DON-WEB", "DON-WEB"]), (422, "validation-failed")),
        (body_with("training_wishes", ["Ask his brother"]), (422, "validation-failed")),
        (body_with("partner_categories", ["press"]), (422, "validation-failed")),
        ({}, (422, "validation-failed")),
        ([], (422, "validation-failed")),
    ],
)
async def test_a_file_that_cannot_be_is_refused_and_nothing_is_stored(
    api: Api, body: Any, expected: tuple[int, str]
) -> None:
    before = await api.stored()
    content = json.dumps(body)
    headers = {**api.tokens.bearer("spip"), **once(), "content-type": "application/json"}
    assert problem(await api.http.post(CANDIDACIES, content=content, headers=headers)) == expected
    assert await api.stored() == before


async def test_malformed_and_oversized_bodies_have_problems_of_their_own(api: Api) -> None:
    before = await api.stored()
    headers = {**api.tokens.bearer("spip"), **once(), "content-type": "application/json"}
    malformed = await api.http.post(CANDIDACIES, content=b'{"site": ', headers=headers)
    assert problem(malformed) == (400, "malformed-json")
    oversized = await api.http.post(CANDIDACIES, content=b" " * 70_000, headers=headers)
    assert problem(oversized) == (413, "body-too-large")
    assert await api.stored() == before


async def test_without_a_token_of_this_site_with_the_role_nothing_happens(api: Api) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    before = await api.stored()
    path = f"{CANDIDACIES}/{candidacy_id}/approve"
    assert problem(await api.http.post(path, json=order, headers=once())) == (401, "token-missing")
    expired = api.tokens.bearer("decision_authority", lifetime=-120)
    assert problem(await api.http.post(path, json=order, headers={**expired, **once()})) == (401, "token-invalid")
    stranger = api.tokens.bearer("decision_authority", sites=("ARR",))
    assert problem(await api.http.post(path, json=order, headers={**stranger, **once()})) == (403, "wrong-site")
    for officer in ("spip", "placement_officer", "inspector", "operator"):
        assert problem(await api.post(f"/{candidacy_id}/approve", order, by=officer)) == (403, "role-missing")
    for act in ("assess", "withdraw"):
        assert problem(await api.post(f"/{candidacy_id}/{act}", by="decision_authority")) == (403, "role-missing")
    assert problem(await api.get(f"/{candidacy_id}/journey", by="companion")) == (403, "role-missing")
    assert await api.stored() == before


async def test_a_write_without_an_idempotency_key_is_refused(api: Api) -> None:
    answer = await api.http.post(CANDIDACIES, json=a_body(), headers=api.tokens.bearer("spip"))
    assert problem(answer) == (400, "idempotency-key-missing")


async def test_the_preparer_does_not_decide_even_with_both_roles(api: Api) -> None:
    candidacy_id = await api.create(by="head_of_spip")
    await api.post(f"/{candidacy_id}/assess")
    order = await api.order(candidacy_id)
    before = await api.stored()
    answer = await api.post(f"/{candidacy_id}/approve", order, by="head_of_spip")
    assert problem(answer) == (403, "decision-by-preparer")
    refusal = {**GROUNDS, "reason_codes": ["OTHER"]}
    assert problem(await api.post(f"/{candidacy_id}/refuse", refusal, by="head_of_spip")) == (
        403,
        "decision-by-preparer",
    )
    assert await api.stored() == before


@pytest.mark.parametrize(
    ("field", "code"),
    [("reasons", "reasons-missing"), ("authority", "authority-missing"), ("delegation", "delegation-missing")],
)
async def test_a_decision_without_its_grounds_is_refused(api: Api, field: str, code: str) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    before = await api.stored()
    for body in (order | {field: " \n "}, {name: value for name, value in order.items() if name != field}):
        answer = await api.post(f"/{candidacy_id}/approve", body, by="decision_authority")
        assert problem(answer) == (422, code)
    assert await api.stored() == before


async def test_a_decision_is_taken_once(api: Api) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    assert (await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")).status_code == 201
    before = await api.stored()
    again = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")
    assert problem(again) == (409, "already-decided")
    refusal = {**GROUNDS, "reason_codes": ["OTHER"]}
    assert problem(await api.post(f"/{candidacy_id}/refuse", refusal, by="decision_authority")) == (
        409,
        "already-decided",
    )
    assert problem(await api.post(f"/{candidacy_id}/assess")) == (409, "already-decided")
    assert await api.stored() == before


async def test_nothing_is_decided_after_a_withdrawal(api: Api) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    assert (await api.post(f"/{candidacy_id}/withdraw", {"withdrawn_on": "2026-11-22"})).status_code == 200
    before = await api.stored()
    for answer, expected in (
        (await api.post(f"/{candidacy_id}/approve", order, by="decision_authority"), "candidacy-withdrawn"),
        (await api.post(f"/{candidacy_id}/approve/preview", by="decision_authority"), "candidacy-withdrawn"),
        (await api.post(f"/{candidacy_id}/assess"), "candidacy-withdrawn"),
        (await api.post(f"/{candidacy_id}/withdraw"), "already-withdrawn"),
    ):
        assert problem(answer) == (409, expected)
    assert await api.stored() == before


async def test_nothing_is_approved_before_it_is_assessed(api: Api) -> None:
    candidacy_id = await api.create()
    approval = {"opinion_id": NOBODY, "effects": [], **GROUNDS}
    for path, body in (("approve/preview", None), ("approve", approval)):
        answer = await api.post(f"/{candidacy_id}/{path}", body, by="decision_authority")
        assert problem(answer) == (409, "not-assessed")


async def test_effects_other_than_the_previewed_ones_are_refused(api: Api) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    before = await api.stored()
    adapted = [order["effects"][0] | {"cell_type": "adapted"}, *order["effects"][1:]]
    for effects in (adapted, order["effects"][:2], list(reversed(order["effects"]))):
        answer = await api.post(f"/{candidacy_id}/approve", order | {"effects": effects}, by="decision_authority")
        assert problem(answer) == (409, "effects-changed")
    assert await api.stored() == before


async def test_an_opinion_that_is_not_favourable_or_not_this_files_approves_nothing(api: Api) -> None:
    short = json.loads(json.dumps(a_body()["penal"])) | {"sentence_end": "2027-11-22"}
    unfavourable = await api.assessed(penal=short)
    preview = await api.post(f"/{unfavourable}/approve/preview", by="decision_authority")
    assert problem(preview) == (409, "opinion-not-favourable")
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id, opinion_id=NOBODY)
    answer = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")
    assert problem(answer) == (404, "opinion-unknown")
    older = await api.order(candidacy_id)
    await api.post(f"/{candidacy_id}/assess")
    answer = await api.post(f"/{candidacy_id}/approve", older, by="decision_authority")
    assert problem(answer) == (409, "opinion-stale")


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
    assert {table for table, rows in kept.items() if canary in rows} == {"vault.identities", "public.decisions"}
    assert {table for table, rows in kept.items() if "1977-07-07" in rows} == {"vault.identities"}
    said = caplog.text + "".join(capfd.readouterr())
    assert canary not in said
