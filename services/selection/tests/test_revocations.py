"""Nobody is decided against unheard: notice, time to observe, a signature of somebody else; then the way back."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from services.selection import domain, store
from services.selection.domain import Status
from services.selection.tests import builders
from services.selection.tests.builders import NOW, TODAY, Clock, a_reply
from services.selection.tests.officers import GROUNDS, Api, problem
from services.selection.tests.steps import journey, requests, steps
from services.selection.tests.test_journeys import a_bed
from shared.contracts.notifications import AlertsPlanned, PartnerAlerted
from shared.contracts.placement import BedReleased
from shared.testing.kernel import Bench

NOTICE = {"grounds": "Grave facts at the prison of origin.", "handed_over_on": "2026-11-23"}
NONE_SAID = {"observations": None, "counsel": False, "received_on": "2026-11-23"}


async def approved(api: Api, bench: Bench) -> tuple[str, dict[str, str]]:
    candidacy_id = await api.assessed()
    assert (await api.approve(candidacy_id)).status_code == 201
    return candidacy_id, requests(await bench.published())


async def due(bench: Bench, candidacy_id: str) -> dict[str, date]:
    async with bench.engine.connect() as conn:
        rows = await store.deadline_rows(conn, UUID(candidacy_id))
    return {row.kind: row.due_on for row in rows if row.met_at is None}


async def test_a_revocation_waits_for_observations_and_is_signed_by_somebody_else(api: Api, bench: Bench) -> None:
    candidacy_id, _ = await approved(api, bench)
    path = f"/{candidacy_id}"
    revoke = f"{path}/revoke"
    assert problem(await api.post(revoke, GROUNDS, by="director")) == (409, "revocation-not-open")
    assert problem(await api.post(f"{path}/revocation", NOTICE, by="spip")) == (403, "role-missing")
    for notice, code in (
        (NOTICE | {"grounds": " "}, "reasons-missing"),
        (NOTICE | {"handed_over_on": "2026-11-24"}, "impossible-dates"),
        (NOTICE | {"handed_over_on": "2026-11-22"}, "impossible-dates"),
    ):
        assert problem(await api.post(f"{path}/revocation", notice, by="director")) == (422, code)
    opened = await api.post(f"{path}/revocation", NOTICE, by="director")
    assert (opened.status_code, opened.json()["observe_until"]) == (201, "2026-12-07")
    assert (await due(bench, candidacy_id))["observations"] == date(2026, 12, 7)
    assert problem(await api.post(f"{path}/revocation", NOTICE, by="origin_head")) == (409, "revocation-under-way")
    assert problem(await api.post(revoke, GROUNDS, by="decision_authority")) == (409, "observations-awaited")

    access = await api.post(f"{path}/revocation/file-access", {"accessed_on": "2026-11-23"})
    assert (access.status_code, access.json()["file_access_on"]) == (200, "2026-11-23")
    early = {"accessed_on": "2026-11-22"}
    assert problem(await api.post(f"{path}/revocation/file-access", early)) == (422, "impossible-dates")
    said = {"observations": "It was not me.", "counsel": True, "received_on": "2026-11-23"}
    heard = await api.post(f"{path}/revocation/observations", said, by="registry")
    assert heard.json()["observations"][0]["observations"] == "It was not me."
    assert "observations" not in await due(bench, candidacy_id)
    more = await api.post(f"{path}/revocation/observations", said | {"observations": "And more."})
    assert [one["observations"] for one in more.json()["observations"]] == ["It was not me.", "And more."]

    assert problem(await api.post(revoke, GROUNDS, by="director")) == (403, "decision-by-preparer")
    assert problem(await api.post(revoke, GROUNDS | {"reasons": ""}, by="decision_authority"))[1] == "reasons-missing"
    assert await bench.published() == []
    signed = await api.post(revoke, GROUNDS, by="decision_authority")
    assert (signed.status_code, signed.json()["kind"]) == (201, "revoked")
    assert signed.json()["decision_number"] == "DON-2026-000002"
    assert signed.json()["effects"] == [{"kind": "undoes", "decision_number": "DON-2026-000001"}]
    published = await bench.published()
    assert [one.event_type for one in published] == [
        "selection.candidacy.revoked.v1",
        "selection.accommodation-request.cancelled.v1",
        "selection.training-request.cancelled.v1",
    ]
    assert {one.body["decision_number"] for one in published} == {"DON-2026-000001"}
    versions = [int(one.headers["ce_aggregateversion"]) for one in published]
    assert versions == sorted(set(versions))
    assert versions[-1] == signed.json()["version"]
    read = (await api.get(f"{path}/revocation", by="origin_head")).json()
    assert (read["outcome"], read["decision_id"]) == ("revoked", signed.json()["id"])
    assert problem(await api.post(revoke, GROUNDS, by="decision_authority")) == (409, "already-decided")
    assert (await due(bench, candidacy_id)).keys() == {"hand_over"}


async def test_when_the_time_to_observe_is_over_the_revocation_may_be_signed(
    api: Api, bench: Bench, clock: Clock
) -> None:
    candidacy_id, _ = await approved(api, bench)
    await api.post(f"/{candidacy_id}/revocation", NOTICE, by="site_head")
    clock.now = NOW + timedelta(days=14)
    revoke = f"/{candidacy_id}/revoke"
    assert problem(await api.post(revoke, GROUNDS, by="decision_authority")) == (409, "observations-awaited")
    clock.now += timedelta(days=1)
    assert (await api.post(revoke, GROUNDS, by="decision_authority")).status_code == 201


async def test_a_dropped_revocation_leaves_the_approval_as_it_was(api: Api, bench: Bench) -> None:
    candidacy_id, _ = await approved(api, bench)
    await api.post(f"/{candidacy_id}/revocation", NOTICE, by="origin_head")
    drop = f"/{candidacy_id}/revocation/drop"
    assert problem(await api.post(drop, {}, by="origin_head")) == (422, "reasons-missing")
    dropped = await api.post(drop, {"reasons": "It was somebody else."}, by="origin_head")
    assert (dropped.status_code, dropped.json()["outcome"]) == (200, "dropped")
    assert problem(await api.post(drop, {"reasons": "Again."}, by="origin_head")) == (409, "revocation-not-open")
    assert problem(await api.post(f"/{candidacy_id}/revocation/observations", NONE_SAID)) == (
        409,
        "revocation-not-open",
    )
    assert "observations" not in await due(bench, candidacy_id)
    assert await bench.published() == []
    assert (await api.get(f"/{candidacy_id}/journey")).json()["state"] == "approved"


async def test_a_withdrawal_ends_an_intended_revocation(api: Api, bench: Bench) -> None:
    candidacy_id, _ = await approved(api, bench)
    await api.post(f"/{candidacy_id}/revocation", NOTICE, by="origin_head")
    assert (await api.post(f"/{candidacy_id}/withdraw")).json()["state"] == "withdrawn"
    assert (await api.get(f"/{candidacy_id}/revocation")).json()["outcome"] == "file_closed"


async def test_after_arrival_a_notice_becomes_a_change_of_assignment(api: Api, bench: Bench) -> None:
    candidacy_id, asked = await approved(api, bench)
    await builders.arrive(bench, UUID(candidacy_id), asked["accommodation-request"], uuid7())
    opened = await api.post(f"/{candidacy_id}/revocation", NOTICE, by="site_head")
    assert (opened.status_code, opened.json()["outcome"]) == (201, "change_of_assignment")
    assert problem(await api.post(f"/{candidacy_id}/revoke", GROUNDS, by="decision_authority")) == (
        409,
        "person-has-arrived",
    )
    (change,) = (await api.get(f"/{candidacy_id}/change-of-assignment", by="site_head")).json()["items"]
    assert (change["cause"], change["revocation_id"]) == ("revocation", opened.json()["id"])
    assert (await due(bench, candidacy_id)).keys() & {"observations", "change_of_assignment"} == {
        "change_of_assignment"
    }
    assert await bench.published() == []


async def test_an_arrival_overtakes_an_intended_revocation(api: Api, bench: Bench) -> None:
    candidacy_id, asked = await approved(api, bench)
    await api.post(f"/{candidacy_id}/revocation", NOTICE, by="origin_head")
    await builders.arrive(bench, UUID(candidacy_id), asked["accommodation-request"], uuid7())
    read = (await api.get(f"/{candidacy_id}/revocation", by="site_head")).json()
    assert read["outcome"] == "change_of_assignment"
    (change,) = (await api.get(f"/{candidacy_id}/change-of-assignment", by="site_head")).json()["items"]
    assert (change["cause"], change["state"]) == ("revocation", "open")


async def test_the_words_are_read_by_those_concerned_alone(api: Api, bench: Bench) -> None:
    candidacy_id, _ = await approved(api, bench)
    assert problem(await api.get(f"/{candidacy_id}/revocation")) == (404, "revocation-unknown")
    await api.post(f"/{candidacy_id}/revocation", NOTICE, by="origin_head")
    for officer in ("placement_officer", "training_lead", "inspector", "operator", "companion"):
        assert problem(await api.get(f"/{candidacy_id}/revocation", by=officer)) == (403, "role-missing")
    for officer in ("origin_spip",):
        assert problem(await api.get(f"/{candidacy_id}/revocation", by=officer)) == (404, "candidacy-unknown")
    canary = "Zzcanaryzz"
    said = NONE_SAID | {"observations": canary}
    await api.post(f"/{candidacy_id}/revocation/observations", said)
    kept = {table for table, rows in (await api.stored()).items() if canary in "".join(rows)}
    assert kept == {"public.observations"}


async def test_the_way_back_shows_until_every_service_has_replied(api: Api, bench: Bench) -> None:
    candidacy_id, asked = await approved(api, bench)
    file, stay, told = UUID(candidacy_id), uuid7(), uuid7()
    await bench.deliver(a_bed(file, asked["accommodation-request"]), subject=stay, version=1)
    reply = a_reply(file, asked["candidacy"])
    await bench.deliver(AlertsPlanned(**reply, count=1), subject=UUID(asked["candidacy"]))
    alert = PartnerAlerted(**reply, notice="candidacy.approved", partner="Mission fictive", attempts=1)
    await bench.deliver(alert, subject=told)
    await api.post(f"/{candidacy_id}/revocation", NOTICE, by="origin_head")
    await api.post(f"/{candidacy_id}/revocation/observations", NONE_SAID)
    await api.post(f"/{candidacy_id}/revoke", GROUNDS, by="decision_authority")
    back = requests(await bench.published())
    found = await steps(bench, file)
    assert {found[step].status for step in ("accommodation", "partners", f"partners/{told}")} == {Status.SUPERSEDED}
    assert [one.step for one in (await journey(bench, file)).missing] == [
        "training",
        "partners",
        "accommodation",
        "training",
    ]
    released = BedReleased(**a_reply(file, back["accommodation-request"]), stay_id=stay)
    await bench.deliver(released, subject=stay, version=2)
    assert (await steps(bench, file))["accommodation"].status is Status.RELEASED


@pytest.mark.parametrize("state", [domain.State.WITHDRAWN, domain.State.REVOKED, domain.State.LAPSED])
def test_an_approval_is_closed_however_it_ended(state: domain.State) -> None:
    bed = domain.Outcome("accommodation", "bed_assigned", "r1", "N1", {}, NOW)
    asked = [domain.Expected(one, "accommodation", "N1", NOW, NOW) for one in ("r1", "c1")]
    (step,) = domain.journey(state, [bed], asked, NOW).steps
    assert step.status is Status.SUPERSEDED


def test_what_partners_were_told_before_an_appeal_stays_superseded_after_the_second_approval() -> None:
    def told(delivery: str, request: str, number: str) -> domain.Outcome:
        return domain.Outcome(f"partners/{delivery}", "partner_alerted", request, number, {}, NOW)

    def asked(request: str, number: str) -> domain.Expected:
        return domain.Expected(request, "partners", number, NOW, NOW)

    expected = [asked("a1", "N1"), asked("r1", "N1")]
    outcomes = [told("first", "a1", "N1")]
    found: dict[str, Any] = {}
    for state, more in ((domain.State.SUBMITTED, []), (domain.State.APPROVED, [asked("a2", "N2")])):
        seen = domain.journey(state, [*outcomes, told("second", "a2", "N2")], [*expected, *more], NOW)
        found[state] = {step.step: step.status for step in seen.steps}
    assert found[domain.State.SUBMITTED]["partners/first"] is Status.SUPERSEDED
    assert found[domain.State.APPROVED]["partners/first"] is Status.SUPERSEDED
    assert found[domain.State.APPROVED]["partners/second"] is Status.TOLD


def test_the_time_to_observe_is_over_when_its_last_day_is() -> None:
    revocation = domain.Revocation(uuid7(), "head", TODAY, TODAY + timedelta(days=14), False)
    domain.check_heard(revocation, TODAY + timedelta(days=15))
    with pytest.raises(domain.Refused):
        domain.check_heard(revocation, TODAY + timedelta(days=14))
