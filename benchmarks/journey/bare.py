"""The floor as a side: its databases, topics and five processes beside the stack's, on the same servers."""

import asyncio
import base64
import json
import secrets
import sys
from collections.abc import Iterable
from uuid import UUID

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from uuid_utils.compat import uuid7

from benchmarks.floor.plan import DATABASES, ROLES, TABLES, TOPICS, Plan
from benchmarks.journey.ground import Ground
from benchmarks.journey.side import Approval
from benchmarks.lab import for_engine
from deploy.local.machine import Failed, free_port, listening
from deploy.local.papers import GROUNDS
from deploy.local.processes import Child
from shared.database import create_engine
from shared.migrate import upgrade_kernel


class Bare:
    """The floor's processes, started anew for each round; its data stays."""

    name = "floor"
    inbox = "floor"

    def __init__(self, ground: Ground) -> None:
        self._ground, self._run = ground, ground.stack.run
        self._children: dict[str, Child] = {}
        self._file = self._run.path / "floor.json"
        self._port = free_port()

    async def set_up(self) -> None:
        """Makes databases and topics, and tells the partner the secret."""
        for role in DATABASES:
            await self._ground.query("postgres", f"CREATE DATABASE floor_{role}")
            engine = create_engine(for_engine(self._ground.database(f"floor_{role}")), application="bench-prepare")
            await upgrade_kernel(engine)
            await engine.dispose()
            for statement in TABLES[role]:
                await self._ground.query(f"floor_{role}", statement)
        bootstrap = self._ground.stack.kafka.bootstrap
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(topic.name, topic.partitions, 1) for topic in TOPICS])
        finally:
            await admin.close()
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        partner = self._ground.stack.urls["partner"]
        databases = {role: self._ground.database(f"floor_{role}") for role in DATABASES}
        Plan(databases, bootstrap, self._port, f"{partner}/webhook/{self.inbox}", secret).write(self._file)
        told = {"inbox": self.inbox, "secret": secret}
        async with self._ground.session.post(f"{partner}/secret", json=told) as answer:
            answer.raise_for_status()

    async def start(self) -> None:
        """Starts the five; the API's port says when it listens, the warm-up shows that the others work."""
        if not self._file.exists():
            await self.set_up()
        for role in ROLES:
            command = (sys.executable, "-m", "benchmarks.floor", role, self._file)
            self._children[role] = self._run.start(f"floor-{role}", command)
        for _ in range(600):
            if await asyncio.to_thread(listening, self._port):
                return
            await asyncio.sleep(0.05)
        raise Failed(f"the floor's API did not start:\n{self._children['api'].tail()}")

    async def stop(self) -> None:
        """SIGTERM to all, then wait."""
        await asyncio.gather(*(asyncio.to_thread(child.stop) for child in self._children.values()))

    async def prepare(self, count: int) -> list[Approval]:
        """Rows that are assessed, and bodies as long as the platform's."""
        ids = [uuid7() for _ in range(count)]
        connection = await asyncpg.connect(self._ground.database("floor_selection"))
        try:
            await connection.executemany("INSERT INTO candidacies VALUES ($1, 'assessed', 2)", [(one,) for one in ids])
        finally:
            await connection.close()
        body = json.dumps({"opinion_id": str(uuid7()), "effects": _EFFECTS, **GROUNDS}).encode()
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + "x" * 600}
        url = f"http://127.0.0.1:{self._port}/v1/candidacies"
        return [Approval(one, f"{url}/{one}/approve", headers, body) for one in ids]

    @property
    def pids(self) -> dict[str, int]:
        """The floor's processes."""
        return {f"floor-{role}": child.pid for role, child in self._children.items()}

    async def settled(self, candidacies: Iterable[UUID]) -> int:
        """By the rows of its journey."""
        rows = await self._ground.query("floor_selection", _SETTLED, list(candidacies))
        return int(rows[0]["count"])

    async def deliveries(self, candidacies: Iterable[UUID]) -> dict[str, UUID]:
        """As its sender has them."""
        statement = "SELECT id, candidacy_id FROM deliveries WHERE candidacy_id = ANY($1::uuid[])"
        rows = await self._ground.query("floor_notifications", statement, list(candidacies))
        return {str(row["id"]): UUID(str(row["candidacy_id"])) for row in rows}


_EFFECTS = [
    {
        "kind": "accommodation",
        "wing_sex": "M",
        "cell_type": "standard",
        "planned_entry": "2027-01-02",
        "projected_exit": "2028-11-22",
    },
    {"kind": "training", "wishes": ["ARR-CODING"], "earliest_start": "2027-01-16", "projected_exit": "2028-11-22"},
    {"kind": "partners", "categories": ["employment_service", "training_body"]},
]
_SETTLED = """
    SELECT count(*) FROM unnest($1::uuid[]) AS wanted (id)
    WHERE (SELECT count(*) FROM journey WHERE candidacy_id = wanted.id) = 4
"""
