"""The seed has every special case, comes out as the rules say, and can be repeated."""

from datetime import date
from typing import Any

import pytest

from deploy.local.officers import Officers
from deploy.local.seed import load
from deploy.local.seed.people import COUNT, candidates
from deploy.local.stack import Stack

# All journeys share one stack, so one worker runs them.
pytestmark = pytest.mark.xdist_group("stack")


def test_the_same_people_come_out_every_time_and_nobody_twice() -> None:
    day = date(2026, 11, 23)
    for site in ("DON", "ARR"):
        people = candidates(site, day)
        assert people == candidates(site, day)
        assert len({(one.person.last_name, one.person.first_names) for one in people}) == COUNT
    assert {one.result for one in candidates("ARR", day) if one.person.sex == "F"} == {"unfavourable"}


async def test_every_special_case_is_judged_as_it_should_be_and_loading_again_opens_nothing(
    stack: Stack, officers: Officers
) -> None:
    await load(stack, lambda _: None, officers.today)
    wanted = {one.person.ecrou: one for one in candidates(stack.site, officers.today)}
    for ecrou, candidate in wanted.items():
        if not candidate.title:
            continue
        found = await _opinion(officers, ecrou)
        assert found["result"] == candidate.result, candidate.title
        if candidate.code is not None:
            assert candidate.code in [line["code"] for line in found["lines"]], candidate.title
    assert await load(stack, lambda _: None, officers.today) == {"known": COUNT}


async def _opinion(officers: Officers, ecrou: str) -> dict[str, Any]:
    purpose = {"Purpose": "assessment"}
    sought = await officers.must("spip", "GET", "selection", f"/v1/persons/search?q={ecrou}", headers=purpose)
    (person,) = sought.body["items"]
    (file,) = person["files"]
    opinions = await officers.must("spip", "GET", "selection", f"/v1/candidacies/{file['id']}/opinions")
    newest: dict[str, Any] = opinions.body["opinions"][0]
    return newest
