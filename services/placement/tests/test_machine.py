"""Anything in any order, on the real service and database: the rules of beds hold after every step."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from services.placement.tests.machine import Ground, Machine
from shared.database import create_engine
from shared.testing.fixtures import Databases


@pytest.fixture
def ground(databases: Databases) -> Iterator[Ground]:
    with asyncio.Runner() as runner:
        engine = create_engine(runner.run(databases.clone("placement")), application="placement-machine")
        yield Ground(runner, engine)
        runner.run(engine.dispose())


def play(ground: Ground, examples: int, *, random: bool) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        derandomize=not random,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    machine = type("Machine", (Machine,), {"ground": ground})
    run_state_machine_as_test(machine, settings=chosen)


# The same examples every time; the long lane draws others.
def test_the_rules_of_beds_hold_whatever_happens(ground: Ground) -> None:
    play(ground, 15, random=False)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_rules_of_beds_hold_whatever_happens_two_thousand_times(ground: Ground) -> None:
    play(ground, int(os.environ.get("EXAMPLES", "2000")), random=True)
