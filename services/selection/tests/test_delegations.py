"""Who may sign: the competent authority, and whom it has let sign, for these acts and on these days."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.selection import domain, handlers
from services.selection.domain import Kind, Refusal
from services.selection.tests import builders
from services.selection.tests.builders import COMPETENT, DIRECTOR, GROUNDS, POLICY, TODAY, Clock, a_delegation
from services.selection.tests.officers import DELEGATION, NOBODY, Api, problem
from services.selection.tests.officers import GROUNDS as SIGNED
from services.selection.tests.test_handlers import refusal_of
from shared.testing.kernel import Bench

LAST = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("overrides", "covered"),
    [
        ({"valid_from": TODAY, "valid_until": TODAY}, True),
        ({"valid_from": TODAY + timedelta(days=1)}, False),
        ({"valid_until": TODAY - timedelta(days=1)}, False),
        ({"kinds": frozenset({Kind.APPROVED})}, True),
        ({"kinds": frozenset(Kind) - {Kind.APPROVED}}, False),
        ({"ended_on": TODAY}, False),
        ({"ended_on": TODAY + timedelta(days=1)}, True),
    ],
)
def test_a_delegation_covers_its_kinds_from_its_first_day_to_its_last_unless_it_was_ended(
    overrides: dict[str, Any], covered: bool
) -> None:
    assert a_delegation(**overrides).covers(Kind.APPROVED, TODAY) is covered


def test_a_delegation_that_ends_before_it_begins_is_impossible() -> None:
    for overrides in ({"valid_from": LAST, "valid_until": TODAY}, {"valid_from": date(26, 1, 1)}):
        with pytest.raises(domain.Refused) as refused:
            a_delegation(**overrides)
        assert refused.value.refusal is Refusal.IMPOSSIBLE_DATES


def test_a_delegation_of_somebody_else_or_of_another_reference_is_none() -> None:
    with pytest.raises(domain.Refused) as refused:
        domain.right_to_sign(DIRECTOR, GROUNDS, Kind.APPROVED, TODAY, [], POLICY)
    assert refused.value.refusal is Refusal.DELEGATION_OUT_OF_SCOPE


async def test_who_decides_in_own_competence_names_no_delegation_and_the_register_says_so(api: Api) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    del order["delegation"]
    signed = await api.post(f"/{candidacy_id}/approve", order, by="director")
    assert (signed.status_code, signed.json()["delegation"]) == (201, "own competence")


async def test_own_competence_is_no_delegation_that_others_can_name(api: Api) -> None:
    candidacy_id = await api.assessed()
    for by, reference, expected in (
        ("decision_authority", "own competence", (403, "delegation-out-of-scope")),
        ("decision_authority", "2026-999", (403, "delegation-out-of-scope")),
        ("director", "2026-999", (403, "delegation-out-of-scope")),
        ("decision_authority", " ", (422, "delegation-missing")),
    ):
        order = await api.order(candidacy_id, delegation=reference)
        before = await api.stored()
        assert problem(await api.post(f"/{candidacy_id}/approve", order, by=by)) == expected
        refusal = {**SIGNED, "delegation": reference, "reason_codes": ["OTHER"]}
        assert problem(await api.post(f"/{candidacy_id}/refuse", refusal, by=by)) == expected
        assert await api.stored() == before


async def test_a_delegate_signs_the_kinds_that_were_delegated_and_nobody_else_by_that_reference(api: Api) -> None:
    assert (await api.send("/delegations", DELEGATION, by="director")).status_code == 201
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id, delegation="2026-077")
    refusal = {**SIGNED, "delegation": "2026-077", "reason_codes": ["OTHER"]}
    out_of_scope = (403, "delegation-out-of-scope")
    assert problem(await api.post(f"/{candidacy_id}/refuse", refusal, by="decision_authority")) == out_of_scope
    assert problem(await api.post(f"/{candidacy_id}/approve", order, by="appeal_authority")) == out_of_scope
    signed = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")
    assert (signed.status_code, signed.json()["delegation"]) == (201, "2026-077")


async def test_a_delegation_gives_the_right_on_the_date_of_the_decision_in_paris(bench: Bench, clock: Clock) -> None:
    async with bench.transaction() as tx:
        later = a_delegation(reference="next", valid_from=TODAY + timedelta(days=1), valid_until=LAST)
        await handlers.record_delegation(tx, later, COMPETENT, POLICY)
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
    grounds = domain.Grounds(GROUNDS.reasons, GROUNDS.authority, "next")

    async def sign(tx: Any) -> None:
        await builders.approve(tx, candidacy_id, grounds=grounds)

    # 23:59 and 00:00 in Paris.
    clock.now = clock.now.replace(hour=22, minute=59)
    assert await refusal_of(bench, sign) is Refusal.DELEGATION_OUT_OF_SCOPE
    clock.now = clock.now.replace(hour=23, minute=0)
    async with bench.transaction() as tx:
        await sign(tx)


async def test_nobody_signs_by_a_delegation_that_was_ended(api: Api) -> None:
    recorded = (await api.send("/delegations", DELEGATION, by="director")).json()
    assert recorded["ended_on"] is None
    ended = await api.send(f"/delegations/{recorded['id']}/end", by="appeal_authority")
    assert (ended.status_code, ended.json()["ended_on"]) == (200, "2026-11-23")
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id, delegation="2026-077")
    answer = await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")
    assert problem(answer) == (403, "delegation-out-of-scope")
    again = await api.send(f"/delegations/{recorded['id']}/end", by="director")
    assert problem(again) == (409, "delegation-ended")
    assert problem(await api.send(f"/delegations/{NOBODY}/end", by="director")) == (404, "delegation-unknown")


async def test_only_who_decides_in_own_competence_gives_or_ends_a_delegation(api: Api) -> None:
    recorded = (await api.send("/delegations", DELEGATION, by="director")).json()
    before = await api.stored()
    for by, expected in (
        ("decision_authority", (403, "not-competent")),
        ("head_of_spip", (403, "not-competent")),
        ("spip", (403, "role-missing")),
        ("site_head", (403, "role-missing")),
        ("inspector", (403, "role-missing")),
        ("operator", (403, "role-missing")),
    ):
        assert problem(await api.send("/delegations", DELEGATION, by=by)) == expected
        assert problem(await api.send(f"/delegations/{recorded['id']}/end", by=by)) == expected
    assert await api.stored() == before


BAD: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({"valid_until": "2026-11-22"}, (422, "impossible-dates")),
    ({"valid_from": "2026-02-30"}, (422, "impossible-dates")),
    ({"valid_from": None}, (422, "validation-failed")),
    ({"kinds": []}, (422, "validation-failed")),
    ({"kinds": ["approved", "approved"]}, (422, "validation-failed")),
    ({"kinds": ["pardoned"]}, (422, "validation-failed")),
    ({"reference": " "}, (422, "validation-failed")),
    ({"delegate_id": ""}, (422, "validation-failed")),
    ({"delegate_name": "a\u0000"}, (422, "validation-failed")),
    ({"authority": "x" * 201}, (422, "validation-failed")),
    ({"substitute": "anybody"}, (422, "unknown-field")),
]


async def test_a_delegation_that_cannot_be_is_refused_and_nothing_is_stored(api: Api) -> None:
    before = await api.stored()
    for overrides, expected in BAD:
        assert problem(await api.send("/delegations", DELEGATION | overrides, by="director")) == expected, overrides
    assert await api.stored() == before


async def test_deciding_officers_and_inspectors_read_all_delegations_page_by_page(api: Api) -> None:
    recorded = (await api.send("/delegations", DELEGATION, by="director")).json()
    newest = (await api.see("/delegations?limit=1", by="decision_authority")).json()
    assert newest["items"] == [recorded]
    assert (recorded["recorded_by"], recorded["kinds"]) == ("agent-2002", ["approved"])
    seen, cursor = [recorded["id"]], newest["next_cursor"]
    while cursor is not None:
        page = (await api.see(f"/delegations?limit=2&cursor={cursor}", by="inspector")).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 6
    assert problem(await api.see("/delegations?cursor=x", by="inspector")) == (422, "validation-failed")
    for by in ("spip", "registry", "site_head", "operator", "placement_officer"):
        assert problem(await api.see("/delegations", by=by)) == (403, "role-missing")
