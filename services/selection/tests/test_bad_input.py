"""Every bad input has its own problem, and changes nothing."""

import json
from typing import Any

from services.selection.tests.builders import a_body
from services.selection.tests.officers import CANDIDACIES, GROUNDS, NOBODY, Api, problem
from shared.testing.api import once


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


IMPOSSIBLE_FILES: list[tuple[Any, tuple[int, str]]] = [
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
    (body_with("nationality", "any"), (422, "unknown-field")),
    (body_with("identity/religion", "any"), (422, "unknown-field")),
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
]


async def test_a_file_that_cannot_be_is_refused_and_nothing_is_stored(api: Api) -> None:
    before = await api.stored()
    for body, expected in IMPOSSIBLE_FILES:
        headers = {**api.tokens.bearer("spip"), **once(), "content-type": "application/json"}
        answer = await api.http.post(CANDIDACIES, content=json.dumps(body), headers=headers)
        assert problem(answer) == expected, body
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


async def test_a_decision_without_its_grounds_is_refused(api: Api) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    before = await api.stored()
    for field in GROUNDS:
        for body in (order | {field: " \n "}, {name: value for name, value in order.items() if name != field}):
            answer = await api.post(f"/{candidacy_id}/approve", body, by="decision_authority")
            assert problem(answer) == (422, f"{field}-missing")
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
