"""Each service alone: with the folders of the other three deleted it is imported and brings its database to head.

Its own tests run the same way by `make isolated s=placement`, which takes longer.
"""

import asyncio
import json
import os

import asyncpg
import pytest

from shared.migrate import heads
from shared.testing.fixtures import Databases
from tests.checks.compose import ROOT, SERVICES

ALONE = ROOT / "tests" / "checks" / "isolated.sh"


async def alone(service: str, *command: str, **environment: str) -> str:
    """Runs a command where only this service exists; gives its output, and fails with it.

    Args:
        service: folder name below `services/`.
        command: to run at the top of the copied tree.
        environment: added to this process's own.
    """
    process = await asyncio.create_subprocess_exec(
        ALONE,
        service,
        *command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_is_imported_and_migrates_without_the_others(service: str, databases: Databases) -> None:
    url = await databases.empty()
    prefix = service.upper()
    settings = {
        "SITE": "DON",
        f"{prefix}_DATABASE_URL": url,
        f"{prefix}_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        f"{prefix}_OIDC_ISSUER": "http://127.0.0.1:1",
        f"{prefix}_IDEMPOTENCY_SECRET": "x" * 32,
        f"{prefix}_API_PORT": "8000",
        f"{prefix}_WORKER_PORT": "8001",
        "NOTIFICATIONS_SECRETS_KEY": f"{'A' * 43}=",
        "NOTIFICATIONS_SIGNING_KEYS": json.dumps(
            [{"id": "1", "seed": f"{'A' * 43}=", "not_before": "2020-01-01T00:00Z", "not_after": "2100-01-01T00:00Z"}]
        ),
        "PLACEMENT_SHEETS_DIR": "/nowhere",
        "PLACEMENT_SELECTION_URL": "http://127.0.0.1:1",
    }
    program = (
        "import os, sys\n"
        f"import services.{service}.api, services.{service}.consumers, services.{service}.main\n"
        "print(sorted(name for name in os.listdir('services') if name.isidentifier() and name[0] != '_'))\n"
        "sys.argv[1:] = ['migrate']\n"
        f"services.{service}.main.main()"
    )
    output = await alone(service, "python", "-c", program, **settings)
    assert output.startswith(f"['{service}']\n")
    assert output.endswith(f"{service}: database at head\n")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        stands_at = [
            await connection.fetchval("SELECT version_num FROM messaging.alembic_version"),
            await connection.fetchval("SELECT version_num FROM public.alembic_version"),
        ]
    finally:
        await connection.close()
    assert tuple(stands_at) == heads(service)
