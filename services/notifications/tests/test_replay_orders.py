"""Ordering a replay: what it would take is counted first, what is no order is refused, and who may not is told so."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.notifications.domain import Lane, State, room, skipped
from services.notifications.tables import replayed, replays
from services.notifications.tests.builders import a_partner, a_subscription
from services.notifications.tests.conftest import SettableClock
from services.notifications.tests.receiver import Receiver
from services.notifications.tests.replaying import Replaying
from services.notifications.tests.worker import Desk
from shared.messaging.event import utc_now
from shared.testing.api import Tokens, once

FREE = Lane(served=True, failing=False, busy=False, live_due=False, open=0, allowance=8)


@pytest.fixture
def clock() -> SettableClock:
    """Begins four minutes ago: the partner's library refuses what is more than five minutes from the real time."""
    return SettableClock(utc_now() - timedelta(minutes=4))


@pytest.fixture
def replaying(
    desk: Desk, clock: SettableClock, api: httpx.AsyncClient, tokens: Tokens, subscription: UUID
) -> Replaying:
    return Replaying(desk, clock, api, tokens, subscription)


@pytest.mark.parametrize(
    ("lane", "per_minute", "many"),
    [
        (FREE, 1, 1),
        (FREE, 60, 1),
        (FREE, 120, 2),
        (FREE, 240, 4),
        (FREE, 10_000, 4),
        (replace(FREE, open=3), 240, 1),
        (replace(FREE, open=5), 240, 0),
        (replace(FREE, allowance=2), 240, 1),
        (replace(FREE, allowance=1), 240, 1),
        (replace(FREE, allowance=1, open=1), 240, 0),
        (replace(FREE, served=False), 240, 0),
        (replace(FREE, live_due=True), 240, 0),
        (replace(FREE, busy=True), 240, 4),
        (replace(FREE, failing=True), 240, 1),
        (replace(FREE, failing=True, busy=True), 240, 0),
        (replace(FREE, failing=True, served=False), 240, 0),
    ],
)
def test_how_many_may_be_taken_now(lane: Lane, per_minute: int, many: int) -> None:
    assert room(lane, per_minute) == many


def test_only_what_has_ended_is_still_so_and_has_a_body_is_sent_again() -> None:
    for state in State:
        expected = None if state in {State.FAILED, State.DELIVERED} else state.value
        assert skipped(state, set(State), overtaken=False, gone=False) == expected
        assert skipped(state, set(State), overtaken=True, gone=False) == "overtaken"
    assert skipped(State.DELIVERED, {State.FAILED}, overtaken=False, gone=True) == "delivered"
    assert skipped(State.FAILED, {State.FAILED}, overtaken=False, gone=True) == "body_gone"


async def test_a_dry_run_counts_and_writes_nothing(
    desk: Desk, replaying: Replaying, receiver: Receiver, clock: SettableClock
) -> None:
    await replaying.failed(3)
    await replaying.delivered(2)
    until = clock().isoformat()
    await replaying.failed(1)
    first = "(SELECT candidacy_id FROM deliveries ORDER BY created_at LIMIT 1)"
    await replaying.change(f"UPDATE approvals SET allowed = '{{}}' WHERE candidacy_id = {first}")
    everything = (
        "SELECT (SELECT count(*) FROM replays), (SELECT count(*) FROM messaging.timer),"
        " (SELECT count(*) FROM messaging.idempotency), (SELECT max(xmin::text::bigint) FROM deliveries)"
    )
    before = await replaying.rows(everything)
    assert await replaying.forecast(until=until, states=["failed", "delivered"]) == {
        "counts": [
            {"state": "delivered", "notice": "candidacy.approved", "deliveries": 2},
            {"state": "failed", "notice": "candidacy.approved", "deliveries": 3},
        ],
        "found": 5,
        "to_take": 5,
        "permitted": 4,
        "forbidden": {"not_allowed": 1},
        "skipped": {},
        "per_minute": 30,
        "minutes": 1,
    }
    failed = await replaying.forecast(until=until)
    assert (failed["found"], failed["to_take"], failed["skipped"]) == (5, 3, {"delivered": 2})
    none = await replaying.forecast(until=until, notices=["candidacy.withdrawn"])
    assert (none["found"], none["to_take"], none["counts"]) == (0, 0, [])
    assert await replaying.rows(everything) == before
    assert before[0][:2] == (0, 0)


async def test_a_range_takes_its_first_instant_and_not_its_last(replaying: Replaying) -> None:
    await replaying.failed(3)
    (_, second, third) = [at for (at,) in await replaying.rows("SELECT created_at FROM deliveries ORDER BY 1")]
    ordered = replaying.body(since=second.isoformat(), until=third.isoformat())
    assert (await replaying.forecast(**ordered))["found"] == 1
    job = await replaying.order(**ordered)
    await replaying.step()
    await replaying.step(after=2)
    taken = "SELECT created_at FROM replayed JOIN deliveries ON deliveries.id = delivery_id"
    assert await replaying.rows(taken) == [(second,)]
    assert (await replaying.see(job))["remaining"] == 0


def missing(field: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda body: {name: value for name, value in body.items() if name != field}


def given(**changed: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda body: body | changed


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        (missing("until"), "validation-failed", "/until"),
        (given(until=None), "validation-failed", "/until"),
        (given(until=""), "validation-failed", "/until"),
        (given(until="2026-11-23T09:00:00"), "validation-failed", "/until"),
        (missing("since"), "validation-failed", "/since"),
        (given(since="2020-01-01"), "validation-failed", "/since"),
        (given(since="2020-01-01T00:00:00Z"), "replay-range", None),
        (given(since="2100-01-01T00:00:00Z"), "replay-range", None),
        (given(until="2100-01-01T00:00:00Z"), "replay-range", None),
        (given(notices=[]), "validation-failed", "/notices"),
        (given(notices=["candidacy.assessed"]), "validation-failed", "/notices/0"),
        (given(states=[]), "validation-failed", "/states"),
        (given(states=["pending"]), "validation-failed", "/states/0"),
        (given(states=["cancelled"]), "validation-failed", "/states/0"),
        (given(per_minute=0), "validation-failed", "/per_minute"),
        (given(per_minute=241), "validation-failed", "/per_minute"),
        (missing("reason"), "validation-failed", "/reason"),
        (given(reason="because"), "validation-failed", "/reason"),
        (given(candidacy_id=str(uuid7())), "unknown-field", ""),
        (given(subscription_id="*"), "validation-failed", "/subscription_id"),
        (given(notices=["candidacy.withdrawn"]), "replay-empty", None),
    ],
)
async def test_what_is_no_order_is_refused_and_says_where(
    replaying: Replaying, change: Callable[[dict[str, Any]], dict[str, Any]], code: str, pointer: str | None
) -> None:
    await replaying.failed(1)
    answer = await replaying.ask(body=change(replaying.body()))
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert [error["pointer"] for error in answer.json().get("errors", ())] == ([] if pointer is None else [pointer])
    assert await replaying.rows("SELECT id FROM replays") == []


async def test_a_range_that_is_none_is_refused_before_it_is_counted(replaying: Replaying) -> None:
    await replaying.failed(1)
    turned = {"since": replaying.clock().isoformat(), "until": replaying.begun.isoformat()}
    late = (replaying.clock() + timedelta(seconds=1)).isoformat()
    for wrong in (turned, {"until": replaying.begun.isoformat()}, {"until": late}):
        for path in ("", "?dry_run=true"):
            answer = await replaying.ask(path, replaying.body(**wrong))
            assert (answer.status_code, answer.json()["code"]) == (422, "replay-range"), wrong


async def test_an_order_is_no_faster_than_its_subscription(replaying: Replaying) -> None:
    await replaying.failed(1)
    await replaying.change("UPDATE subscriptions SET rate_per_minute = 20")
    answer = await replaying.ask(body=replaying.body(per_minute=21))
    assert (answer.status_code, answer.json()["code"]) == (422, "replay-too-fast")
    assert (await replaying.order())["per_minute"] == 20


async def test_a_subscription_that_is_gone_or_never_was_is_not_replayed(replaying: Replaying) -> None:
    await replaying.failed(1)
    for path in ("", "?dry_run=true"):
        stranger = await replaying.ask(path, replaying.body(subscription_id=str(uuid7())))
        assert (stranger.status_code, stranger.json()["code"]) == (404, "subscription-unknown")
    await replaying.change("UPDATE subscriptions SET state = 'disabled'")
    gone = await replaying.ask()
    assert (gone.status_code, gone.json()["code"]) == (409, "subscription-disabled")


async def test_of_two_orders_at_once_one_is_taken(replaying: Replaying) -> None:
    await replaying.failed(1)
    answers = await asyncio.gather(*(replaying.ask() for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"replay-running"}


async def test_the_same_order_repeated_is_one(replaying: Replaying, tokens: Tokens, api: httpx.AsyncClient) -> None:
    await replaying.failed(1)
    body, headers = replaying.body(), tokens.bearer("partner_admin") | once("same")
    first, again = [await api.post("/v1/replays", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 201, first.json()["id"])


async def test_who_ordered_and_cancelled_what_and_why_is_kept_and_shown(
    replaying: Replaying, api: httpx.AsyncClient, tokens: Tokens, engine: AsyncEngine
) -> None:
    await replaying.failed(90)
    made = await replaying.order(reason="asked_by_partner")
    assert made == {
        "id": made["id"], "subscription_id": str(replaying.subscription), "since": made["since"],
        "until": made["until"], "notices": ["candidacy.approved", "candidacy.withdrawn"], "states": ["failed"],
        "per_minute": 30, "reason": "asked_by_partner", "state": "queued", "created_by": "agent-6001",
        "created_at": made["created_at"], "started_at": None, "ended_at": None, "cancelled_by": None,
        "cancelled_because": None, "found": 90, "to_take": 90, "taken": 0, "skipped": {}, "remaining": 90,
        "delivered": 0, "failed": 0, "refused": 0, "cancelled": 0, "given_back": 0, "pending": 0,
        "estimated_end": (replaying.clock() + timedelta(minutes=3)).isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    over = await replaying.cancel(made, "mistake")
    assert (over["cancelled_because"], over["cancelled_by"], over["estimated_end"]) == ("mistake", "agent-6001", None)
    other = await a_subscription(engine, await a_partner(engine))
    for query, found in (("", 1), (f"?subscription_id={replaying.subscription}", 1), (f"?subscription_id={other}", 0)):
        listed = await api.get(f"/v1/replays{query}", headers=tokens.bearer("operator"))
        assert listed.json() == {"items": [over] * found, "next_cursor": None}


async def test_who_has_no_part_in_it_orders_and_reads_nothing(
    replaying: Replaying, api: httpx.AsyncClient, tokens: Tokens
) -> None:
    await replaying.failed(1)
    job = await replaying.order()
    for officer in ("spip", "inspector", "operator"):
        for path, body in (("", replaying.body()), ("?dry_run=true", replaying.body()), (f"/{job['id']}/cancel", {})):
            answer = await replaying.ask(path, body or {"reason": "load"}, by=officer)
            assert (answer.status_code, answer.json()["code"]) == (403, "role-missing"), (path, officer)
    for path in ("/v1/replays", f"/v1/replays/{job['id']}"):
        for officer, status in (("spip", 403), ("inspector", 200), ("operator", 200), ("partner_admin", 200)):
            assert (await api.get(path, headers=tokens.bearer(officer))).status_code == status, (path, officer)
    assert (await replaying.see(job))["state"] == "queued"


async def test_a_replay_that_never_was_is_unknown(replaying: Replaying, api: httpx.AsyncClient, tokens: Tokens) -> None:
    seen = await api.get(f"/v1/replays/{uuid7()}", headers=tokens.bearer("operator"))
    for answer in (seen, await replaying.ask(f"/{uuid7()}/cancel", {"reason": "load"})):
        assert (answer.status_code, answer.json()["code"]) == (404, "replay-unknown")


BROKEN = {
    "ck_replays_range": "until = since",
    "ck_replays_notices": "notices = '{}'",
    "ck_replays_states": "states = '{pending}'",
    "ck_replays_pace": "per_minute = 241",
    "ck_replays_reason": "reason = 'why'",
    "ck_replays_state": "state = 'gone'",
    "ck_replays_cursor": "cursor_at = now()",
    "ck_replays_begun": "state = 'running'",
    "ck_replays_ended": "state = 'done'",
    "ck_replays_cancelled": "cancelled_because = 'load'",
    "uq_replays_one_at_a_time": None,
    "ck_replayed_former": "former = 'pending'",
    "ck_replayed_ended": "ended = 'pending'",
    "pk_replayed": None,
    "ck_deliveries_replayed_while_pending": "replay_id = (SELECT id FROM replays)",
}
COPIES = {
    "uq_replays_one_at_a_time": 'INSERT INTO replays SELECT (jsonb_populate_record(r, \'{"id": "'
    "01890000-0000-7000-8000-000000000009\"}')).* FROM replays r",
    "pk_replayed": "INSERT INTO replayed SELECT * FROM replayed",
}


async def test_the_database_keeps_the_rules_of_replays(replaying: Replaying) -> None:
    await replaying.failed(2)
    await replaying.order()
    await replaying.step()
    await replaying.change("UPDATE replays SET state = 'queued', started_at = NULL, cursor_at = NULL, cursor_id = NULL")
    for rule, broken in BROKEN.items():
        table = rule.split("_")[1]
        where = " WHERE state = 'failed'" if table == "deliveries" else ""
        with pytest.raises(IntegrityError, match=rule):
            await replaying.change(COPIES.get(rule) or f"UPDATE {table} SET {broken}{where}")


def test_every_rule_is_tried() -> None:
    checks = [one for table in (replays, replayed) for one in table.constraints if isinstance(one, sa.CheckConstraint)]
    assert {str(one.name) for one in checks} <= set(BROKEN)
