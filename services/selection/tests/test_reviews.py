"""The platform keeps the review list; only a named officer makes a candidacy lapse, and only from that list."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.selection import domain, handlers, store
from services.selection.domain import Cause
from services.selection.handlers.files import opened, write
from services.selection.handlers.terms import ask_review
from services.selection.tables import candidacies
from services.selection.tests import builders
from services.selection.tests.builders import Clock
from services.selection.tests.officers import GROUNDS, Api, problem
from services.selection.tests.steps import approved, requests
from services.selection.tests.test_handlers import refusal_of
from shared.testing.api import once
from shared.testing.kernel import Bench

ENTRY_OVER = datetime(2027, 1, 11, 23, 30, tzinfo=UTC)
"""Half past midnight in Paris, after the planned entry of 11 January."""


async def listed(bench: Bench, candidacy_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    async with bench.engine.connect() as conn:
        return [(row.cause, row.detail) for row in await store.open_reviews(conn, candidacy_id)]


async def test_an_approved_file_whose_entry_has_passed_comes_on_the_list_and_nothing_is_decided(
    bench: Bench, clock: Clock
) -> None:
    candidacy_id, _ = await approved(bench)
    clock.now = ENTRY_OVER - timedelta(hours=1)
    await bench.fire_timers()
    assert await listed(bench, candidacy_id) == []
    clock.now = ENTRY_OVER
    assert await bench.fire_timers() == []
    assert await listed(bench, candidacy_id) == [("entry_passed", {"planned_entry": "2027-01-11"})]
    async with bench.engine.connect() as conn:
        assert (await conn.execute(sa.select(candidacies.c.state))).scalar_one() == "approved"


async def test_what_was_kept_comes_back_as_long_as_it_is_so(bench: Bench, clock: Clock) -> None:
    candidacy_id, _ = await approved(bench)
    clock.now = ENTRY_OVER
    await bench.fire_timers()
    async with bench.transaction() as tx:
        (row,) = await store.open_reviews(tx.conn, candidacy_id)
        await handlers.close_review(tx, row.id, domain.ReviewOutcome.KEPT, "director-1", builders.SITE)
    clock.now += timedelta(days=29)
    await bench.fire_timers()
    assert await listed(bench, candidacy_id) == []
    clock.now += timedelta(days=2)
    await bench.fire_timers()
    assert [cause for cause, _ in await listed(bench, candidacy_id)] == ["entry_passed"]


async def test_whoever_arrives_is_off_the_list_and_never_on_it_again(bench: Bench, clock: Clock) -> None:
    candidacy_id, asked = await approved(bench)
    clock.now = ENTRY_OVER
    await bench.fire_timers()
    await builders.arrive(bench, candidacy_id, asked["accommodation-request"], uuid7())
    assert await listed(bench, candidacy_id) == []
    clock.now += timedelta(days=365)
    await bench.fire_timers()
    assert await listed(bench, candidacy_id) == []


async def test_a_file_that_is_approved_no_more_never_rings(bench: Bench, clock: Clock) -> None:
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await builders.withdraw(tx, candidacy_id)
    await bench.published()
    clock.now = ENTRY_OVER + timedelta(days=40)
    assert await bench.timers.fire() == 0


async def test_a_deferred_file_that_nobody_took_up_is_looked_at(bench: Bench, clock: Clock) -> None:
    until = date(2027, 1, 4)
    async with bench.transaction() as tx:
        candidacy_id, _ = await builders.an_assessed_candidacy(tx)
        file, state = await opened(tx, candidacy_id, domain.Act.DEFER, builders.DECIDING)
        await write(tx, file, domain.Act.DEFER, state, builders.DECIDING, values={"deferred_until": until})
    clock.now = datetime(2027, 4, 4, 21, tzinfo=UTC)
    await bench.fire_timers()
    assert await listed(bench, candidacy_id) == []
    clock.now += timedelta(hours=2)
    await bench.fire_timers()
    assert await listed(bench, candidacy_id) == [("dormant", {"deferred_until": "2027-01-04"})]


async def test_the_list_comes_in_pages_with_open_lines_first_and_without_identity(api: Api, bench: Bench) -> None:
    files = [UUID(await api.create()) for _ in range(4)]
    for file in files:
        async with bench.transaction() as tx:
            await ask_review(tx, file, Cause.RESULT_CHANGED, {"now": "deferred"})
    async with bench.transaction() as tx:
        await store.close_reviews(tx.conn, files[0], outcome="kept", by="agent-2001", at=tx.now)
    seen: list[tuple[str, str | None]] = []
    query: dict[str, str] = {"limit": "2"}
    while True:
        answer = await api.http.get("/v1/reviews", params=query, headers=api.tokens.bearer("inspector"))
        assert answer.status_code == 200
        assert "Fictif" not in answer.text
        assert "agent-" not in answer.text
        seen += [(one["candidacy_id"], one["outcome"]) for one in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            break
        query = {"limit": "2", "cursor": answer.json()["next_cursor"]}
    assert seen == [*((str(one), None) for one in files[1:]), (str(files[0]), "kept")]
    others = await api.http.get("/v1/reviews", headers=api.tokens.bearer("origin_spip"))
    assert others.json()["items"] == []
    wrong = await api.http.get("/v1/reviews", params={"cursor": "x"}, headers=api.tokens.bearer("spip"))
    assert problem(wrong) == (422, "cursor-invalid")
    nobody = await api.http.get("/v1/reviews", headers=api.tokens.bearer("placement_officer"))
    assert problem(nobody) == (403, "role-missing")


async def test_a_line_is_closed_once_in_the_name_of_an_officer_who_may_see_the_file(api: Api, bench: Bench) -> None:
    file = UUID(await api.create())
    async with bench.transaction() as tx:
        await ask_review(tx, file, Cause.RESULT_CHANGED, {})
        (row,) = await store.open_reviews(tx.conn, file)

    async def close(review: UUID, by: str, outcome: str = "kept") -> Any:
        headers = api.tokens.bearer(by) | once()
        return await api.http.post(f"/v1/reviews/{review}/close", json={"outcome": outcome}, headers=headers)

    assert problem(await close(row.id, "origin_spip")) == (404, "review-unknown")
    assert problem(await close(uuid7(), "spip")) == (404, "review-unknown")
    assert problem(await close(row.id, "inspector")) == (403, "role-missing")
    assert problem(await close(row.id, "spip", "lapsed"))[0] == 422
    closed = await close(row.id, "spip", "followed_up")
    assert (closed.status_code, closed.json()["outcome"]) == (200, "followed_up")
    assert problem(await close(row.id, "spip")) == (409, "review-is-closed")
    (line,) = (await api.stored())["public.reviews"]
    assert "agent-1001" in line


async def test_a_candidacy_lapses_only_from_the_review_list_and_undoes_its_approval(
    api: Api, bench: Bench, clock: Clock
) -> None:
    candidacy_id = await api.assessed()
    await api.approve(candidacy_id)
    await bench.published()
    path = f"/{candidacy_id}/lapse"
    assert problem(await api.post(path, GROUNDS, by="decision_authority")) == (409, "not-on-review-list")
    clock.now = ENTRY_OVER
    await bench.fire_timers()
    assert problem(await api.post(path, GROUNDS, by="spip")) == (403, "role-missing")
    lapsed = await api.post(path, GROUNDS, by="decision_authority")
    assert (lapsed.status_code, lapsed.json()["kind"]) == (201, "lapsed")
    published = await bench.published()
    assert [(one.event_type.split(".", 1)[1], one.body["decision_number"]) for one in published] == [
        ("candidacy.lapsed.v1", "DON-2026-000001"),
        ("accommodation-request.cancelled.v1", "DON-2026-000001"),
        ("training-request.cancelled.v1", "DON-2026-000001"),
    ]
    assert await listed(bench, UUID(candidacy_id)) == []
    journey = (await api.get(f"/{candidacy_id}/journey")).json()
    assert (journey["state"], len(journey["missing_replies"])) == ("lapsed", 6)
    assert requests(published).keys() == {"candidacy", "accommodation-request", "training-request"}


async def test_a_file_without_an_approval_lapses_without_undoing_anything(bench: Bench) -> None:
    async with bench.transaction() as tx:
        candidacy_id = await handlers.create_candidacy(tx, builders.a_submission(), builders.POLICY)
        await ask_review(tx, candidacy_id, Cause.DORMANT, {})
        await handlers.lapse(tx, candidacy_id, builders.GROUNDS, builders.DIRECTOR, builders.DECIDING, builders.POLICY)
    event = (await bench.published())[-1]
    assert (event.event_type, event.body) == ("selection.candidacy.lapsed.v1", {"decision_number": None})


async def test_who_prepared_a_file_does_not_make_it_lapse(bench: Bench) -> None:
    signer = domain.Signer(builders.PREPARER, "Same Person", "director")
    candidacy_id, _ = await approved(bench)
    async with bench.transaction() as tx:
        await ask_review(tx, candidacy_id, Cause.ENTRY_PASSED, {})
    refused = await refusal_of(
        bench,
        lambda tx: handlers.lapse(tx, candidacy_id, builders.GROUNDS, signer, builders.DECIDING, builders.POLICY),
    )
    assert refused is domain.Refusal.DECISION_BY_PREPARER
