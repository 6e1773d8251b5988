"""A cell with somebody inside is closed on the real services: plan, act, and the way back."""

from typing import Any

import pytest

from deploy.local.officers import Officers, detail_of
from deploy.local.papers import Person
from tests.integration.test_journeys import standing

# All journeys share one stack, so one worker runs them.
pytestmark = pytest.mark.xdist_group("stack")

EVACUATIONS = "/v1/sites/DON/evacuations"


async def test_who_sleeps_in_a_flooded_cell_is_moved_as_the_plan_said(officers: Officers) -> None:
    person = Person("Fauchelevent", "Ultime")
    candidacy, _ = await officers.approve(person, planned_entry=officers.today.isoformat())
    found = await standing(officers, candidacy, accommodation="proposed")
    stay = detail_of(found, "accommodation")["stay_id"]
    await officers.confirm_bed(stay)
    await standing(officers, candidacy, accommodation="confirmed")
    cell = (await officers.arrive(stay)).body["cell"]
    await standing(officers, candidacy, accommodation="arrived")

    async def post(path: str, body: dict[str, Any] | None = None) -> Any:
        return (await officers.must("placement_officer", "POST", "placement", path, body)).body

    outage = {"reason": "flood", "owner": "Maintenance", "starts_on": officers.today.isoformat()}
    closed = await officers.call("placement_officer", "POST", "placement", f"/v1/cells/{cell}/outages", outage)
    assert (closed.status, closed.body["code"]) == (409, "cell-occupied")
    flood = {"place": cell, **outage}
    plan = await post(f"{EVACUATIONS}/plan", flood)
    (removal,) = plan["removals"]
    assert (removal["stay_id"], removal["cell"], plan["closes"]) == (stay, cell, [cell])
    done = await post(EVACUATIONS, flood | {"plan": plan["digest"]})
    assert done["plan"] == plan
    roll = (await officers.must("placement_officer", "GET", "placement", "/v1/sites/DON/roll")).body["items"]
    assert [one["cell"] for one in roll if one["stay_id"] == stay] == [removal["to"]]
    outages = (await officers.must("placement_officer", "GET", "placement", "/v1/sites/DON/outages")).body["items"]
    (open_one,) = (one for one in outages if one["cell"] == cell)
    await post(f"/v1/outages/{open_one['id']}/end")
    await officers.depart(stay)
    await standing(officers, candidacy, accommodation="departed")
