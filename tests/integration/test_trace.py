"""One approval is one trace: every hop of it, the expected edges exactly, and no orphan."""

import asyncio
from collections import Counter
from uuid import uuid4

import pytest

from deploy.local.officers import Officers
from deploy.local.papers import Person
from deploy.local.traces import Span, orphans, roots
from shared.testing.waiting import eventually
from tests.integration.test_journeys import standing

# All journeys share one stack, so one worker runs them.
pytestmark = pytest.mark.xdist_group("stack")

CANDIDACY, BED, SEAT = (
    "selection.candidacy.v1",
    "selection.accommodation-request.v1",
    "selection.training-request.v1",
)
STAY, ENROLMENT, DELIVERY = "placement.stay.v1", "citizen-space.enrolment.v1", "notifications.delivery.v1"
APPROVE = "POST /v1/candidacies/{candidacy_id}/approve"

Place = tuple[str, str]
"""Name and service of a span."""


def hop(cause: Place, topic: str, producer: str, *consumers: str) -> Counter[tuple[Place, Place]]:
    """The edges of one event: created in its cause, sent by the relay, processed by each consumer."""
    created = (f"create {topic}", producer)
    return Counter(
        [
            (cause, created),
            (created, (f"send {topic}", producer)),
            *((created, (f"process {topic}", consumer)) for consumer in consumers),
        ]
    )


EXPECTED = (
    Counter[tuple[Place, Place]](
        {
            (("POST selection", "console"), (APPROVE, "selection")): 1,
            ((APPROVE, "selection"), ("transaction selection", "selection")): 1,
        }
    )
    + hop(("transaction selection", "selection"), CANDIDACY, "selection", "notifications")
    + hop(("transaction selection", "selection"), BED, "selection", "placement")
    + hop(("transaction selection", "selection"), SEAT, "selection", "citizen_space")
    + hop((f"process {BED}", "placement"), STAY, "placement", "selection")
    + hop((f"process {SEAT}", "citizen_space"), ENROLMENT, "citizen_space", "selection")
    + hop((f"process {CANDIDACY}", "notifications"), DELIVERY, "notifications", "selection")
    + Counter({((f"process {CANDIDACY}", "notifications"), ("POST webhook", "notifications")): 1})
    + hop(("POST webhook", "notifications"), DELIVERY, "notifications", "selection")
)


def edges(spans: list[Span]) -> Counter[tuple[Place, Place]]:
    """How often each (parent, child) stands in the trace."""
    places = {span["span_id"]: _place(span) for span in spans}
    return Counter((places[span["parent_id"]], _place(span)) for span in spans if span["parent_id"] in places)


def _place(span: Span) -> Place:
    return span["name"], span["service"].removeprefix("inserre-").removeprefix("officers-")


async def test_an_approval_is_one_trace_with_the_expected_edges_exactly(officers: Officers) -> None:
    inbox = uuid4().hex
    await officers.subscribe("Association fictive", "youth_service", inbox)
    others = len(await _subscribers(officers)) - 1
    candidacy, signed = await officers.approve(Person("Mareuil", "Armand", categories=("youth_service",)))
    await standing(officers, candidacy, accommodation="proposed", training="reserved", partners="told")
    # Earlier tests of the same run may have left partners of this category: each adds the same five edges.
    webhook = Counter({((f"process {CANDIDACY}", "notifications"), ("POST webhook", "notifications")): 1})
    more = webhook + hop(("POST webhook", "notifications"), DELIVERY, "notifications", "selection")
    expected = EXPECTED.copy()
    for _ in range(others):
        expected += more

    async def whole() -> list[Span] | None:
        spans = await asyncio.to_thread(officers.stack.spans, signed.trace_id)
        assert edges(spans) == expected
        return spans

    spans = await eventually(whole)
    assert orphans(spans) == []
    assert len(roots(spans)) == 1
    assert len(spans) == sum(expected.values()) + 1
    kinds = {span["name"].split()[0]: span["kind"] for span in spans if span["service"] != "officers-console"}
    assert (kinds["create"], kinds["send"], kinds["process"]) == ("producer", "producer", "consumer")
    for span in spans:
        if span["name"].startswith("process "):
            assert [link["span_id"] for link in span["links"]] == [span["parent_id"]]


async def _subscribers(officers: Officers) -> list[str]:
    partners = (await officers.must("operator", "GET", "notifications", "/v1/partners?limit=200")).body["items"]
    mine = {partner["id"] for partner in partners if partner["category"] == "youth_service"}
    subscriptions = (await officers.must("operator", "GET", "notifications", "/v1/subscriptions?limit=200")).body
    return [one["id"] for one in subscriptions["items"] if one["partner_id"] in mine and one["state"] == "active"]
