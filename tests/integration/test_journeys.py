"""Journeys of persons across the four real services."""

from typing import Any
from uuid import uuid4

import pytest

from deploy.local.officers import Officers, detail_of, steps_of
from deploy.local.papers import Person
from shared.testing.waiting import eventually

# All journeys share one stack, so one worker runs them.
pytestmark = pytest.mark.xdist_group("stack")


async def standing(officers: Officers, candidacy: str, **wanted: str) -> dict[str, Any]:
    """The journey, once its steps stand as wanted and nothing is missing."""

    async def check() -> dict[str, Any] | None:
        found = await officers.journey(candidacy)
        assert wanted.items() <= steps_of(found).items(), steps_of(found)
        return found if not found["missing_replies"] else None

    return await eventually(check)


async def test_an_approved_candidate_gets_a_bed_and_a_seat_and_the_partner_is_told_once(officers: Officers) -> None:
    inbox = uuid4().hex
    await officers.subscribe("Mission locale fictive", "youth_service", inbox)
    candidacy, signed = await officers.approve(Person("Karr", "Alphonse", categories=("youth_service",)))
    found = await standing(officers, candidacy, accommodation="proposed", training="reserved", partners="told")
    assert found["decision"]["decision_number"] == signed.body["decision_number"]

    await officers.confirm_bed(detail_of(found, "accommodation")["stay_id"])
    await officers.confirm_seat(detail_of(found, "training")["enrolment_id"])
    await standing(officers, candidacy, accommodation="confirmed", training="confirmed", partners="told")
    (notice,) = await officers.notices(inbox, count=1)
    assert notice["body"].keys() == {"type", "timestamp", "data", "sequence"}
    assert notice["body"]["data"].keys() == {"reference"}


async def test_an_officer_sees_free_places_while_deciding(officers: Officers) -> None:
    preview = await officers.preview(await officers.prepare(Person("Fogg", "Phileas")))
    assert preview["places_unknown"] is None
    assert preview["places"]["free"] > 0
    assert preview["places"]["next_free_on"] == preview["effects"][0]["planned_entry"]


async def test_a_withdrawal_undoes_everything_and_tells_exactly_those_who_were_told(officers: Officers) -> None:
    told, bystander = uuid4().hex, uuid4().hex
    await officers.subscribe("Région fictive", "region", told)
    await officers.subscribe("Organisme fictif", "training_body", bystander)
    candidacy, _ = await officers.approve(Person("Dantès", "Edmond", categories=("region",)))
    await standing(officers, candidacy, accommodation="proposed", training="reserved", partners="told")
    await officers.withdraw(candidacy)
    await standing(officers, candidacy, accommodation="released", training="released", partners="told")
    kinds = [notice["type"] for notice in await officers.notices(told, count=2)]
    assert kinds == ["candidacy.approved", "candidacy.withdrawn"]
    assert await officers.notices(bystander) == []


async def test_a_withdrawal_before_any_decision_gets_its_one_reply_and_tells_nobody(officers: Officers) -> None:
    candidacy = await officers.prepare(Person("Sorel", "Julien"))
    await officers.withdraw(candidacy)
    found = await standing(officers, candidacy, partners="nobody_to_tell")
    assert steps_of(found).keys() == {"partners"}


async def test_a_partner_that_fails_at_first_is_told_by_the_same_id(officers: Officers) -> None:
    inbox = uuid4().hex
    await officers.subscribe("Entreprise fictive", "social_employer", inbox)
    await officers.fault(inbox, times=1)
    candidacy, _ = await officers.approve(Person("Rubempré", "Lucien", categories=("social_employer",)))
    await standing(officers, candidacy, partners="told")
    (notice,) = await officers.notices(inbox, count=1)
    deliveries = (await officers.must("operator", "GET", "notifications", "/v1/deliveries")).body["items"]
    mine = next(one for one in deliveries if one["id"] == notice["id"])
    assert [attempt["http_status"] for attempt in mine["attempts"]] == [500, 204]


async def test_no_token_no_role_or_a_token_of_another_site_opens_nothing(officers: Officers) -> None:
    stranger = officers.stack.token("placement_officer", sites=("ARR",))
    for service, path in (
        ("selection", f"/v1/candidacies/{uuid4()}/journey"),
        ("placement", "/v1/stays"),
        ("citizen_space", "/v1/enrolments"),
        ("notifications", "/v1/deliveries"),
    ):
        nobody = await officers.call(None, "GET", service, path)
        companion = await officers.call("companion", "GET", service, path)
        foreign = await officers.call(None, "GET", service, path, headers={"Authorization": f"Bearer {stranger}"})
        codes = [(answer.status, answer.body["code"]) for answer in (nobody, companion, foreign)]
        assert codes == [(401, "token-missing"), (403, "role-missing"), (403, "wrong-site")], service


async def test_nobody_can_try_out_events_on_a_worker(officers: Officers) -> None:
    for service in officers.stack.services:
        for path in ("/docs/try", "/docs"):
            answer = await officers.call("operator", "POST", f"{service}-worker", path, {})
            assert answer.status == 404
