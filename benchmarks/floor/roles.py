"""What each worker of the floor does with an event, and the loops that it runs."""

import asyncio
import json
from uuid import UUID

from uuid_utils.compat import uuid7

from benchmarks.floor.consume import Given, Group, Headers, consume
from benchmarks.floor.deliveries import send_all
from benchmarks.floor.outbox import Fact, relay
from benchmarks.floor.plan import (
    ACCOMMODATION,
    CANDIDACY,
    DELIVERY,
    ENROLMENT,
    STAY,
    TRAINING,
    Plan,
)


async def give_bed(given: Given) -> Fact:
    """Placement: one row, one reply."""
    await given.conn.execute(
        "INSERT INTO stays (candidacy_id, cell, at) VALUES ($1, $2, $3)", *_person(given), "ARR-H1-U2-C01", given.now
    )
    return Fact(STAY, "floor.stay.bed_assigned.v1", given.record.key, _reply(given, "bed"))


async def give_seat(given: Given) -> Fact:
    """Citizen space: one row, one reply."""
    await given.conn.execute(
        "INSERT INTO seats (candidacy_id, cohort, at) VALUES ($1, $2, $3)", *_person(given), "ARR-CODING", given.now
    )
    return Fact(ENROLMENT, "floor.enrolment.enrolled.v1", given.record.key, _reply(given, "seat"))


async def plan_delivery(given: Given) -> Fact:
    """Notifications: one delivery row, one reply."""
    (candidacy,) = _person(given)
    notice = {
        "type": "candidacy.approved",
        "timestamp": given.now.isoformat(),
        "data": {"reference": f"r_{uuid7().hex}"},
    }
    cause = {name: value.decode() for name, value in given.headers.items()}
    await given.conn.execute(
        "INSERT INTO deliveries (id, candidacy_id, cause, body, state) VALUES ($1, $2, $3, $4, 'pending')",
        uuid7(),
        candidacy,
        json.dumps(cause),
        json.dumps(notice).encode(),
    )
    return Fact(DELIVERY, "floor.delivery.alerts_planned.v1", given.record.key, _reply(given, "planned"))


async def keep_step(given: Given) -> None:
    """Selection: one row of the journey per reply."""
    body = json.loads(given.record.value)
    await given.conn.execute(
        "INSERT INTO journey (candidacy_id, step, fact, at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (candidacy_id, step) DO UPDATE SET fact = excluded.fact, at = excluded.at",
        UUID(body["candidacy_id"]),
        body["step"],
        given.headers["ce_type"].decode(),
        given.now,
    )


GROUPS = {
    "selection": Group("selection", (STAY, ENROLMENT, DELIVERY), keep_step, 50),
    "placement": Group("placement", (ACCOMMODATION,), give_bed, 1),
    "citizen_space": Group("citizen_space", (TRAINING,), give_seat, 1),
    "notifications": Group("notifications", (CANDIDACY,), plan_delivery, 50),
}


async def work(plan: Plan, role: str) -> None:
    """Runs consumer, relay and, for notifications, the sender, until SIGTERM."""
    url, relaying, sending = plan.databases[role], asyncio.Event(), asyncio.Event()

    def committed() -> None:
        relaying.set()
        sending.set()

    loops = [consume(url, plan.bootstrap, GROUPS[role], committed), relay(url, plan.bootstrap, relaying)]
    if role == "notifications":
        loops.append(send_all(plan, sending, relaying))
    await asyncio.gather(*loops)


def _person(given: Given) -> tuple[UUID]:
    return (UUID(given.headers["ce_subject"].decode()),)


def _reply(given: Given, step: str) -> bytes:
    headers: Headers = given.headers
    reply = {
        "candidacy_id": headers["ce_subject"].decode(),
        "request_id": headers["ce_id"].decode(),
        "decision_number": headers["ce_decisionnumber"].decode(),
        "step": step,
    }
    return json.dumps(reply).encode()
