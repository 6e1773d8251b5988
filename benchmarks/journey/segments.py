"""Where the time between signature and webhook goes, read from the trace of each approval."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import pairwise
from uuid import UUID

from benchmarks.journey.ground import Ground
from benchmarks.journey.load import Sent
from deploy.local.machine import Failed
from deploy.local.traces import Span

SEGMENTS = (
    ("client to server", "the client's send until the server span begins: connection, parsing, event loop"),
    ("http and transaction", "server span's start until the transaction ends: token, rules, statements, commit"),
    ("commit to send", "commit until the relay sends: NOTIFY, its select"),
    ("send to process", "send until the handler begins: Kafka, fetch, inbox, held keys"),
    ("process", "the handler's span in notifications: delivery row, reply"),
    ("process to post", "handler's end until the request begins: commit, wake, claim, commit"),
    ("post to verified", "request until the partner has verified it"),
)
"""Name and meaning, in order. Their sum is the whole time of the same approval."""


async def segments(ground: Ground, sent: Sequence[Sent], told: Mapping[UUID, float]) -> list[tuple[float, ...]]:
    """Milliseconds per segment of each approval, in the order of `SEGMENTS`."""
    return [await _of(ground, one, told[one.candidacy]) for one in sent]


async def _of(ground: Ground, one: Sent, verified_at: float) -> tuple[float, ...]:
    spans: dict[str, Span] = {}
    for _ in range(50):
        found = await asyncio.to_thread(ground.stack.spans, one.trace_id)
        spans = {span["name"]: span for span in found}
        if {*_NAMES} <= set(spans):
            break
        await asyncio.sleep(0.1)
    else:
        raise Failed(f"spans are missing in a trace: {sorted(set(_NAMES) - set(spans))}")
    server, transaction, send, process, post = (spans[name] for name in _NAMES)
    marks = (
        one.at * 1e9,
        server["start"],
        transaction["end"],
        send["start"],
        process["start"],
        process["end"],
        post["start"],
        verified_at * 1e9,
    )
    return tuple((after - before) / 1e6 for before, after in pairwise(marks))


_NAMES = (
    "POST /v1/candidacies/{candidacy_id}/approve",
    "transaction selection",
    "send selection.candidacy.v1",
    "process selection.candidacy.v1",
    "POST webhook",
)
