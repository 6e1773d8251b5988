"""Ways back across the four real services: after arrival, and by the administration's revocation."""

from uuid import uuid4

import pytest

from deploy.local.officers import Officers, detail_of, steps_of
from deploy.local.papers import Person
from tests.integration.test_journeys import standing

# All journeys share one stack, so one worker runs them.
pytestmark = pytest.mark.xdist_group("stack")


async def test_after_arrival_a_withdrawal_frees_nothing_until_the_departure(officers: Officers) -> None:
    inbox = uuid4().hex
    await officers.subscribe("Mission locale du village", "youth_service", inbox)
    person = Person("Valjean", "Jean", categories=("youth_service",))
    candidacy, _ = await officers.approve(person, planned_entry=officers.today.isoformat())
    found = await standing(officers, candidacy, accommodation="proposed", training="reserved", partners="told")
    stay = detail_of(found, "accommodation")["stay_id"]
    before = await officers.withdrawal_preview(candidacy)
    assert {line["what"] for line in before["undone"]} == {"frees_bed", "frees_seat", "retracts_notice"}
    await officers.confirm_bed(stay)
    await standing(officers, candidacy, accommodation="confirmed")
    await officers.arrive(stay)
    await officers.arrive(stay)
    found = await standing(officers, candidacy, accommodation="arrived")
    assert detail_of(found, "accommodation")["arrived_on"] == officers.today.isoformat()

    passed = await officers.call(
        "spip",
        "POST",
        "selection",
        f"/v1/candidacies/{candidacy}/withdraw",
        headers={"If-Match": f'"{found["version"]}"'},
    )
    assert (passed.status, passed.body["code"]) == (403, "passed-to-site")
    assert (await officers.withdrawal_preview(candidacy, "site_spip"))["undone"] == []
    withdrawn = await officers.withdraw(candidacy, "site_spip")
    assert withdrawn.body["state"] == "approved"
    found = await standing(officers, candidacy, accommodation="arrived", training="reserved", partners="told")
    assert found["change_of_assignment"] == {
        "id": withdrawn.body["change_of_assignment"],
        "requested_on": officers.today.isoformat(),
        "state": "open",
    }
    held = (await officers.must("placement_officer", "GET", "placement", f"/v1/stays?candidacy_id={candidacy}")).body
    assert [one["state"] for one in held["items"]] == ["arrived"]
    assert [one["type"] for one in await officers.notices(inbox, count=1)] == ["candidacy.approved"]

    close = f"change-of-assignment/{withdrawn.body['change_of_assignment']}/close"
    answer = {"outcome": "granted", "reasons": "Place libre au centre de détention d'origine."}
    await officers.act("director", candidacy, close, answer)
    await officers.depart(stay)
    found = await standing(officers, candidacy, accommodation="departed")
    assert (found["state"], found["change_of_assignment"]["state"]) == ("approved", "granted")
    assert detail_of(found, "accommodation")["reason"] == "transferred"


async def test_a_revocation_takes_everything_back_and_the_partner_does_not_learn_why(officers: Officers) -> None:
    told, bystander = uuid4().hex, uuid4().hex
    await officers.subscribe("Région du roman", "region", told)
    await officers.subscribe("Organisme du roman", "training_body", bystander)
    candidacy, approved = await officers.approve(Person("Rastignac", "Eugène", categories=("region",)))
    await standing(officers, candidacy, accommodation="proposed", training="reserved", partners="told")
    revoked = await officers.revoke(candidacy)
    assert revoked.body["kind"] == "revoked"
    found = await standing(officers, candidacy, accommodation="released", training="released", partners="told")
    assert (found["state"], found["decision"]["decision_number"]) == ("revoked", revoked.body["decision_number"])
    numbers = {step["decision_number"] for step in found["steps"]}
    assert numbers == {approved.body["decision_number"]}
    assert "superseded" in steps_of(found).values()
    kinds = [notice["type"] for notice in await officers.notices(told, count=2)]
    assert kinds == ["candidacy.approved", "candidacy.withdrawn"]
    assert await officers.notices(bystander) == []
