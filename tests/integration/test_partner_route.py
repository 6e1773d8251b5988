"""A partner comes back with the reference of its webhook: before arrival it learns nothing, and that is noted."""

from typing import Any
from uuid import uuid4

import pytest

from deploy.local.officers import Officers
from deploy.local.papers import Person
from shared.testing.waiting import eventually
from tests.integration.test_journeys import standing

# All journeys share one stack, so one worker runs them.
pytestmark = pytest.mark.xdist_group("stack")


async def test_a_partner_that_was_told_learns_nothing_more_before_arrival_and_each_try_is_noted(
    officers: Officers,
) -> None:
    inbox = uuid4().hex
    subscription = await officers.subscribe("Service d'emploi fictif", "employment_service", inbox)
    candidacy, _ = await officers.approve(Person("Valmont", "Cécile", categories=("employment_service",)))
    await standing(officers, candidacy, partners="told")
    (notice,) = await officers.notices(inbox, count=1)
    reference = notice["body"]["data"]["reference"]
    partner = await _partner_of(officers, subscription)
    token = officers.stack.token("partner", partner=partner)
    path, why = f"/v1/partner/references/{reference}", {"Purpose": "release_preparation"}

    async def noted() -> dict[str, Any] | None:
        answer = await officers.call(
            None, "GET", "selection", path, headers={**why, "Authorization": f"Bearer {token}"}
        )
        if answer.status == 403 and answer.body["code"] == "convention-ended":
            return None  # The convention is on its way to selection.
        assert (answer.status, answer.body["code"]) == (404, "reference-unknown")
        log = await officers.must("spip", "GET", "selection", f"/v1/candidacies/{candidacy}/disclosures")
        return log.body["items"][0] if log.body["items"] else None

    line = await eventually(noted)
    assert (line["outcome"], line["fields"]) == ("not_arrived", [])
    assert (line["partner_id"], line["partner"]) == (partner, "Service d'emploi fictif")

    stranger = officers.stack.token("partner", partner=str(uuid4()))
    answer = await officers.call(None, "GET", "selection", path, headers={**why, "Authorization": f"Bearer {stranger}"})
    assert (answer.status, answer.body["code"]) == (403, "convention-ended")
    for service, other in (("selection", f"/v1/candidacies/{candidacy}/journey"), ("notifications", "/v1/deliveries")):
        answer = await officers.call(None, "GET", service, other, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status, answer.body["code"]) == (403, "role-missing")


async def _partner_of(officers: Officers, subscription: str) -> str:
    listed = (await officers.must("partner_admin", "GET", "notifications", "/v1/subscriptions?limit=200")).body["items"]
    return next(str(one["partner_id"]) for one in listed if one["id"] == subscription)
