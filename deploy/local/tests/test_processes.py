"""No process outlives its owner, and a recycled process id is never touched."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.machine import free_port
from deploy.local.processes import Child, Run, birth

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "owner").write_text(f"{os.getpid()} {birth(os.getpid())}")
    return Run(tmp_path)


def test_the_end_of_a_run_ends_its_children_and_removes_its_folder(run: Run) -> None:
    child = run.start("sleeper", SLEEPER)
    assert child.alive()

    run.end()

    assert not child.alive()
    assert not run.path.exists()


def test_a_child_of_another_process_is_found_and_ended(run: Run) -> None:
    starter = f"from deploy.local.processes import *; Run(Path({str(run.path)!r})).start('sleeper', {SLEEPER!r})"
    subprocess.run([sys.executable, "-c", starter], check=True)
    (child,) = run.children()
    assert child.alive()

    run.end()

    assert not child.alive()


def test_a_recycled_process_id_is_never_touched(run: Run) -> None:
    child = run.start("sleeper", SLEEPER)
    ended = Child("an earlier process of that id", child.pid, "1", child.log)

    ended.kill()

    assert child.alive()
    run.end()


def test_an_exit_code_is_reported(run: Run) -> None:
    assert run.start("seven", (sys.executable, "-c", "raise SystemExit(7)")).wait(20) == 7
    run.end()


def test_a_run_without_an_owner_is_not_owned(run: Run) -> None:
    assert run.owned()
    (run.path / "owner").write_text(f"{os.getpid()} 1")
    assert not run.owned()


def test_a_stopping_child_that_does_not_listen_is_killed(run: Run) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    child = run.start("deaf", (sys.executable, "-c", deaf))
    while "deaf" not in child.tail():
        assert child.alive()

    child.stop(within=0.2)

    assert child.wait(1) == -signal.SIGKILL
    run.end()


def test_ports_lie_below_the_range_of_outgoing_connections() -> None:
    floor = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(1024 <= free_port() < floor for _ in range(20))
