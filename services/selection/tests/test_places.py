"""Free places while deciding: shown when placement answers, and never missed when it does not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from services.selection.api import places
from services.selection.tests.officers import CANDIDACIES, Api


@dataclass
class Neighbour:
    """A server in the place of placement's, told what to answer."""

    url: str = ""
    status: int = 200
    body: Any = field(default_factory=lambda: {"free": 0, "next_free_on": "2027-03-02", "site": "DON"})
    asked: list[web.Request] = field(default_factory=list)
    silent: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared while it takes questions and does not answer."""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        await self.silent.wait()
        headers = {"Location": f"{self.url}/elsewhere"} if self.status == web.HTTPFound.status_code else None
        return web.json_response(self.body, status=self.status, headers=headers)


@pytest.fixture
async def neighbour() -> AsyncIterator[Neighbour]:
    made = Neighbour()
    made.silent.set()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    made.silent.set()
    await runner.cleanup()


@pytest.fixture
def placement_url(neighbour: Neighbour) -> str:
    return neighbour.url


async def preview(api: Api, candidacy_id: str) -> dict[str, Any]:
    headers = api.tokens.bearer("decision_authority")
    answer = await api.http.post(f"{CANDIDACIES}/{candidacy_id}/approve/preview", headers=headers)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_a_preview_shows_the_places_that_the_effects_would_ask_for(api: Api, neighbour: Neighbour) -> None:
    shown = await preview(api, await api.assessed())
    assert shown["places"] == {"free": 0, "next_free_on": "2027-03-02"}
    assert shown["places_unknown"] is None
    (asked,) = neighbour.asked
    assert asked.path == "/v1/sites/DON/vacancies"
    assert dict(asked.query) == {"sex": "M", "cell_type": "standard", "from": "2027-01-11", "until": "2028-11-23"}


async def test_placement_is_asked_in_the_officers_own_name_and_told_nothing_of_the_person(
    api: Api, neighbour: Neighbour
) -> None:
    candidacy_id = await api.assessed()
    headers = api.tokens.bearer("decision_authority")
    await api.http.post(f"{CANDIDACIES}/{candidacy_id}/approve/preview", headers=headers)
    (asked,) = neighbour.asked
    assert asked.headers["Authorization"] == headers["Authorization"]
    assert candidacy_id not in str(asked.url) + str(asked.headers)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {}),
        (403, {"code": "role-missing"}),
        (302, {}),
        (200, {"free": "many"}),
        (200, []),
        (200, {"free": 1}),
    ],
)
async def test_a_strange_answer_is_no_answer_and_is_followed_nowhere(
    api: Api, neighbour: Neighbour, status: int, body: Any
) -> None:
    neighbour.status, neighbour.body = status, body
    shown = await preview(api, await api.assessed())
    assert (shown["places"], shown["places_unknown"]) == (None, "placement-unreachable")
    assert len(neighbour.asked) == 1


async def test_a_placement_that_does_not_answer_is_not_waited_for(
    api: Api, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "PATIENCE", 0.05)
    neighbour.silent.clear()
    candidacy_id = await api.assessed()
    shown = await preview(api, candidacy_id)
    assert (shown["places"], shown["places_unknown"]) == (None, "placement-unreachable")
    neighbour.silent.set()
    signed = await api.approve(candidacy_id)
    assert signed.status_code == 201


@pytest.mark.parametrize("placement_url", ["http://127.0.0.1:1", "http://placement.invalid"])
async def test_a_placement_that_is_not_there_fails_nothing(api: Api) -> None:
    shown = await preview(api, await api.assessed())
    assert (shown["places"], shown["places_unknown"]) == (None, "placement-unreachable")


@pytest.mark.parametrize("placement_url", [None])
async def test_a_site_that_names_no_placement_shows_no_places_and_says_why(api: Api) -> None:
    shown = await preview(api, await api.assessed())
    assert (shown["places"], shown["places_unknown"]) == (None, "placement-not-configured")


async def test_an_approval_asks_placement_nothing(api: Api, neighbour: Neighbour) -> None:
    candidacy_id = await api.assessed()
    order = await api.order(candidacy_id)
    asked = len(neighbour.asked)
    assert (await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")).status_code == 201
    assert len(neighbour.asked) == asked
