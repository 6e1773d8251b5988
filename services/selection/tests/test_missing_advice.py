"""Nothing is decided before the file is gathered, but for an urgency with its reasons."""

from typing import Any

import pytest
import sqlalchemy as sa

from services.selection import domain, store
from services.selection.domain import AdviceKind, Gathered, Policy, Refusal, Refused
from services.selection.tables import decisions
from services.selection.tests import builders
from services.selection.tests.builders import POLICY, TODAY
from services.selection.tests.officers import GROUNDS, Api, problem
from services.selection.tests.test_postponements import due
from shared.testing.kernel import Bench

ALL = frozenset(POLICY.required_advice)
WORDS = "The judge sits on Thursday only, and the convoy leaves on Wednesday."


def test_what_is_missing_is_named_kind_by_kind_and_the_interview_last() -> None:
    assert domain.missing(Gathered(ALL, TODAY), POLICY) == ()
    assert domain.missing(Gathered(), POLICY) == (
        "spip",
        "origin_head",
        "advisory_board",
        "sentence_judge",
        "interview",
    )
    assert domain.missing(Gathered(ALL - {AdviceKind.SENTENCE_JUDGE}, TODAY), POLICY) == ("sentence_judge",)
    assert domain.missing(Gathered(ALL, None), POLICY) == ("interview",)


def test_the_site_says_which_advice_it_needs() -> None:
    policy = Policy(required_advice=(AdviceKind.PROSECUTOR,))
    assert domain.missing(Gathered(ALL, TODAY), policy) == ("prosecutor",)


@pytest.mark.parametrize("gathered", [Gathered(), Gathered(ALL, None), Gathered(frozenset(), TODAY)])
def test_a_file_that_is_not_gathered_is_decided_in_urgency_only(gathered: Gathered) -> None:
    with pytest.raises(Refused) as refused:
        domain.check_gathered(gathered, POLICY, None)
    assert refused.value.refusal is Refusal.ADVICE_MISSING
    domain.check_gathered(gathered, POLICY, WORDS)


async def not_gathered(api: Api) -> str:
    candidacy_id = await api.create(gathered=False)
    assert (await api.post(f"/{candidacy_id}/assess")).status_code == 201
    return candidacy_id


REFUSAL = {**GROUNDS, "reason_codes": ["PROJECT_INSUFFICIENT"]}


async def test_the_officer_sees_what_is_missing_before_signing(api: Api) -> None:
    candidacy_id = await not_gathered(api)
    shown = await api.post(f"/{candidacy_id}/approve/preview", by="decision_authority")
    assert shown.json()["missing"] == ["spip", "origin_head", "advisory_board", "sentence_judge", "interview"]
    await api.gather(candidacy_id)
    shown = await api.post(f"/{candidacy_id}/approve/preview", by="decision_authority")
    assert shown.json()["missing"] == []


async def test_neither_approval_nor_refusal_goes_without_the_advice(api: Api) -> None:
    candidacy_id = await not_gathered(api)
    order = await api.order(candidacy_id)
    before = await api.stored()
    for path, body in (("approve", order), ("refuse", REFUSAL)):
        answer = await api.post(f"/{candidacy_id}/{path}", body, by="decision_authority")
        assert problem(answer) == (409, "advice-missing")
        for blank in ("", " \n"):
            answer = await api.post(f"/{candidacy_id}/{path}", {**body, "urgency": blank}, by="decision_authority")
            assert problem(answer) == (422, "urgency-without-reasons")
    assert await api.stored() == before


@pytest.mark.parametrize("path", ["approve", "refuse"])
async def test_an_urgency_with_its_reasons_stands_in_the_signed_act(api: Api, path: str) -> None:
    candidacy_id = await not_gathered(api)
    body = await api.order(candidacy_id) if path == "approve" else dict(REFUSAL)
    answer = await api.post(f"/{candidacy_id}/{path}", {**body, "urgency": WORDS}, by="decision_authority")
    assert (answer.status_code, answer.json()["urgency"]) == (201, WORDS)
    async with api.engine.connect() as conn:
        row = (await conn.execute(sa.select(decisions))).one()._asdict()
    assert row["act_digest"] == store.digest_of(row)
    assert row["act_digest"] != store.digest_of(row | {"urgency": WORDS + "!"})
    assert row["act_digest"] != store.digest_of(row | {"urgency": None})


async def test_an_act_without_an_urgency_keeps_the_digest_of_before_there_was_one(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await builders.an_approved_candidacy(tx)
        row = await store.decision_row_of(tx.conn, candidacy_id)
    assert row is not None
    assert row.urgency is None
    of_old: dict[str, Any] = {
        name: value
        for name, value in row._asdict().items()
        if name not in {"number", "act_digest", "urgency", "examined"}
    }
    plain = {name: store.decisions._plain(value) for name, value in of_old.items()}
    assert row.act_digest == domain.act_digest(plain)


async def test_a_file_that_is_refused_in_urgency_awaits_no_advice_any_more(api: Api, bench: Bench) -> None:
    candidacy_id = await not_gathered(api)
    await api.post(f"/{candidacy_id}/advice", {"kind": "sentence_judge"})
    assert "advice" in await due(bench, candidacy_id)
    await api.post(f"/{candidacy_id}/refuse", {**REFUSAL, "urgency": WORDS}, by="decision_authority")
    assert "advice" not in await due(bench, candidacy_id)


async def test_an_advice_that_comes_while_the_officer_signs_makes_the_signature_stale(api: Api) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    version = await api.version(candidacy_id)
    await api.post(f"/{candidacy_id}/advice", {"kind": "sentence_judge"})
    stale = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority", version=version)
    assert problem(stale) == (412, "stale-version")
    asked_anew = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")
    assert problem(asked_anew) == (409, "advice-missing")
