"""Child processes that never outlive their owner: all are recorded, so the next run ends what a crash left."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.machine import CHECKOUT, checkout_home, locked

KEPT = "kept"
"""Stands in place of an owner when a run was left running on purpose."""


def birth(pid: int) -> str | None:
    """When a process was started, in clock ticks since boot; None if it has ended. Pid and birth name one process."""
    state, born = _stat(pid)
    return None if state in "ZX" else born


def _stat(pid: int) -> tuple[str, str]:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "X", ""
    return fields[0], fields[19]


def _threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def _descendants(pid: int) -> list[int]:
    """Every living process below this one."""
    below: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                below += [int(child), *_descendants(int(child))]
    return below


class Child:
    """One process, named by pid and birth, so that a recycled pid is never touched. Need not be our own child."""

    def __init__(self, name: str, pid: int, born: str, log: Path) -> None:
        self.name, self.pid, self.born, self.log = name, pid, born, log
        self.status: int | None = None

    def alive(self) -> bool:
        """True until the process has ended; reaps it if it is ours."""
        state, born = _stat(self.pid)
        if born != self.born:
            return False
        if state not in "ZX":
            return True
        # A killed process is a zombie before its last thread has let go of its ports and files.
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return _threads(self.pid) > 1
        if pid == 0:
            return True
        self.status = os.waitstatus_to_exitcode(status)
        return False

    def send(self, number: int) -> None:
        """Sends a signal, if the process still lives."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, within: float) -> int | None:
        """Waits for the end; gives the exit code (None if the process was not our own child).

        Raises:
            TimeoutError: the process lives on after `within` seconds.
        """
        deadline = time.monotonic() + within
        while self.alive():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} did not end within {within} s")
            time.sleep(0.01)
        return self.status

    def stop(self, number: int = signal.SIGTERM, within: float = 15.0) -> None:
        """Asks the process to end, and kills it after `within` seconds."""
        self.send(number)
        try:
            self.wait(within)
        except TimeoutError:
            self.kill()

    def kill(self) -> None:
        """Ends the process and all below it with SIGKILL, and waits until it is gone."""
        below = [(pid, birth(pid)) for pid in _descendants(self.pid)] if self.alive() else []
        self.send(signal.SIGKILL)
        for pid, born in below:
            if born is not None and birth(pid) == born:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.wait(10)

    def tail(self, lines: int = 15) -> str:
        """The last lines that the process wrote."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        return ""


class Run:
    """One owner's directory: data, logs, and the list of processes that end with the owner.

    Any process may add children through the same directory; they all belong to the owner.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def begin(cls, purpose: str) -> "Run":
        """Makes the directory of a new run that this process owns, after ending what dead owners left."""
        runs = checkout_home() / "runs"
        runs.mkdir(exist_ok=True)
        with locked(checkout_home() / "runs.lock"):
            for path in runs.iterdir():
                if not cls(path).owned():
                    cls(path).end()
            run = cls(Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=runs)))
            # Readable by the unprivileged servant; secrets inside have modes of their own.
            run.path.chmod(0o711)
            (run.path / "owner").write_text(f"{os.getpid()} {birth(os.getpid())}", encoding="ascii")
        return run

    @classmethod
    def kept(cls) -> "Run | None":
        """The run of this checkout that was left running with `keep`, if any of it still runs."""
        runs = checkout_home() / "runs"
        found = [cls(path) for path in runs.iterdir()] if runs.exists() else []
        return next((run for run in found if run._owner() == KEPT and run.owned()), None)

    def keep(self) -> None:
        """Gives up ownership: the children outlive this process, until somebody calls `end`."""
        (self.path / "owner").write_text(KEPT, encoding="ascii")

    def _owner(self) -> str:
        try:
            return (self.path / "owner").read_text(encoding="ascii")
        except OSError:
            return ""

    def owned(self) -> bool:
        """True while the owner lives; of a kept run, while one of its children does."""
        owner = self._owner()
        if owner == KEPT:
            return any(child.alive() for child in self.children())
        pid, _, born = owner.partition(" ")
        return pid.isdigit() and birth(int(pid)) == born

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        user: pwd.struct_passwd | None = None,
        cwd: Path = CHECKOUT,
    ) -> Child:
        """Starts a process whose output goes to `<name>.log` of this run.

        Args:
            name: for people; several processes may follow one another under one name and share its log.
            command: program and arguments.
            env: the whole environment; the caller's own if not given.
            user: the account to run as, if not the caller's.
            cwd: working directory.
        """
        log = self.path / f"{name}.log"
        with log.open("ab") as output, locked(self.path / "children.lock"):
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=None if env is None else dict(env),
                cwd=cwd,
                # Ctrl-C reaches the owner alone, which then ends its children in order.
                start_new_session=True,
                user=None if user is None else user.pw_uid,
                group=None if user is None else user.pw_gid,
                extra_groups=None if user is None else [],
            )
            child = Child(name, process.pid, birth(process.pid) or "", log)
            # The list of children watches over it from here, so the starter may end or forget it without a warning.
            process.returncode = 0
            with (self.path / "children").open("a", encoding="utf-8") as file:
                file.write(f"{child.pid} {child.born} {name}\n")
        return child

    def children(self) -> list[Child]:
        """Every process that was started in this run, oldest first; most may have ended."""
        try:
            lines = (self.path / "children").read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        parts = [line.split(" ", 2) for line in lines]
        return [Child(name, int(pid), born, self.path / f"{name}.log") for pid, born, name in parts]

    def end(self) -> None:
        """Kills what still runs, newest first, and removes the directory."""
        for child in reversed(self.children()):
            child.kill()
        shutil.rmtree(self.path, ignore_errors=True)
