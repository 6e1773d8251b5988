"""Ours: the four services of the site, each `api` and `worker`, driven through their public APIs."""

import asyncio
import itertools
import json
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from benchmarks.journey.ground import TRAINING, Ground
from benchmarks.journey.side import Approval
from deploy.local.officers import Officers
from deploy.local.papers import GROUNDS, Person

_FEW = 6
"""Files prepared side by side."""


class Platform:
    """The running stack. Its processes are started anew for each round, its data stays."""

    name = "ours"
    inbox = "ours"

    def __init__(self, ground: Ground) -> None:
        self._ground, self._stack = ground, ground.stack
        self._names = [f"{service}-{kind}" for service in self._stack.services for kind in ("api", "worker")]
        self._subscribed = False
        self._persons = itertools.count(1)

    async def start(self) -> None:
        """Starts what does not run, and subscribes the partner once."""
        for name in self._names:
            if name not in self._stack.pids:
                self._stack.start_process(name)
        await asyncio.gather(*(asyncio.to_thread(self._stack.wait_ready, name) for name in self._names))
        if not self._subscribed:
            async with self._officers() as officers:
                await officers.subscribe("Partenaire de mesure", "employment_service", self.inbox)
            self._subscribed = True

    async def stop(self) -> None:
        """As a deploy would: SIGTERM to all, then wait."""
        children = [self._stack.child(name) for name in self._names]
        await asyncio.gather(*(asyncio.to_thread(child.stop) for child in children))

    def _officers(self) -> Officers:
        return Officers(self._stack, datetime.now(ZoneInfo("Europe/Paris")).date())

    async def prepare(self, count: int) -> list[Approval]:
        """Files handed in, assessed and previewed by officers."""
        token = await asyncio.to_thread(self._stack.token, "decision_authority")
        few = asyncio.Semaphore(_FEW)
        async with self._officers() as officers:

            async def one(_: int) -> Approval:
                async with few:
                    person = Person(f"Mesure-{next(self._persons):06}", "Personne", wishes=(TRAINING,))
                    candidacy = await officers.prepare(person)
                    preview = await officers.preview(candidacy)
                act = {"opinion_id": preview["opinion_id"], "effects": preview["effects"], **GROUNDS}
                headers = {
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {token}",
                    "Idempotency-Key": str(uuid4()),
                    "If-Match": f'"{preview["version"]}"',
                }
                url = f"{self._stack.urls['selection']}/v1/candidacies/{candidacy}/approve"
                return Approval(UUID(candidacy), url, headers, json.dumps(act).encode())

            return list(await asyncio.gather(*map(one, range(count))))

    @property
    def pids(self) -> dict[str, int]:
        """The services' processes."""
        return {name: self._stack.pids[name] for name in self._names}

    async def settled(self, candidacies: Iterable[UUID]) -> int:
        """By the rows that the journey is read from."""
        rows = await self._ground.query("selection", _SETTLED, list(candidacies))
        return int(rows[0]["count"])

    async def deliveries(self, candidacies: Iterable[UUID]) -> dict[str, UUID]:
        """As notifications has them."""
        statement = "SELECT id, candidacy_id FROM deliveries WHERE candidacy_id = ANY($1::uuid[])"
        rows = await self._ground.query("notifications", statement, list(candidacies))
        return {str(row["id"]): UUID(str(row["candidacy_id"])) for row in rows}


_SETTLED = """
    SELECT count(*) FROM unnest($1::uuid[]) AS wanted (id)
    WHERE (SELECT count(*) FROM journey_steps s WHERE s.candidacy_id = wanted.id AND (
            (s.step = 'accommodation' AND s.fact = 'bed_assigned') OR (s.step = 'training' AND s.fact = 'enrolled')
            OR (s.step LIKE 'partners/%' AND s.fact = 'partner_alerted'))) = 3
        AND (SELECT count(*) FROM expected_replies e
            WHERE e.candidacy_id = wanted.id AND e.answered_at IS NOT NULL) = 3
"""
