"""A real PostgreSQL 18 as a child process: start, stop, kill, restart on the same port."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.local.artefacts import Artefacts
from deploy.local.machine import Failed, Say, free_port, home, locked, quiet, servant
from deploy.local.processes import Child, Run

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "log_error_verbosity": "terse",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
"""What differs from the server's defaults; `fsync` and `synchronous_commit` stay on, as in production."""


class PostgresServer:
    """One server with a database cluster of its own, which ends with its run."""

    def __init__(
        self, artefacts: Artefacts, run: Run, *, name: str = "postgres", settings: Mapping[str, str] | None = None
    ) -> None:
        """Prepares an empty cluster without starting it.

        Args:
            artefacts: where the binaries are.
            run: owns the process, and holds data and log.
            name: of the log and of the data directory, unique within the run.
            settings: server parameters beside `SETTINGS`.
        """
        self._artefacts, self._run, self._name = artefacts, run, name
        self._settings = {**SETTINGS, **(settings or {})}
        self._child: Child | None = None
        self.port = free_port()
        self.data = run.path / f"{name}-data"

    @property
    def password(self) -> str:
        """The superuser's; the same for all servers of this user, kept in a file that only the user reads."""
        prepare(self._artefacts)
        return (self._artefacts.cluster / "password").read_text(encoding="ascii")

    @property
    def url(self) -> str:
        """The superuser's address: `postgresql://inserre:…@127.0.0.1:<port>/postgres`."""
        return f"postgresql://inserre:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int | None:
        """The server's process id, None while stopped."""
        return self._child.pid if self._child is not None and self._child.alive() else None

    def start(self, progress: Say = quiet, within: float = 30.0) -> "PostgresServer":
        """Starts the server and returns when it answers; makes the cluster at the first start.

        Raises:
            Failed: it did not come up; the text ends with its last log lines.
        """
        started = time.monotonic()
        if not self.data.exists():
            prepare(self._artefacts)
            _copy(self._artefacts.cluster / "data", self.data)
        # Left by a killed server; it would be taken for the new one's until that writes its own.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        self._child = self._run.start(
            self._name,
            [self._artefacts.postgres / "bin" / "postgres", "-D", self.data, "-p", str(self.port), *options],
            user=servant(),
            cwd=self._run.path,
        )
        while not self._ready():
            if not self._child.alive() or time.monotonic() > started + within:
                raise Failed(f"PostgreSQL did not start:\n{self._child.tail()}")
            time.sleep(0.01)
        progress(f"PostgreSQL 18 answers on port {self.port} ({time.monotonic() - started:.1f} s)")
        return self

    def _ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="ascii").splitlines() or [""]
        except OSError:
            return False
        return lines[0] == str(self.pid) and lines[-1].strip() == "ready"

    def stop(self) -> None:
        """A fast shutdown: open transactions are rolled back, everything is written out."""
        if self._child is not None:
            self._child.stop(signal.SIGINT)

    def kill(self) -> None:
        """Ends it with SIGKILL, like a crash of the machine's process; committed work survives in `data`."""
        if self._child is not None:
            self._child.kill()

    def restart(self) -> None:
        """Stops, then starts on the same port with the same data."""
        self.stop()
        self.start()


def prepare(artefacts: Artefacts) -> None:
    """Makes, once per machine, the empty cluster that servers copy: four times as fast as `initdb` at each start."""
    with locked(home() / "versions.lock"):
        if artefacts.cluster.exists():
            return
        with tempfile.TemporaryDirectory(dir=artefacts.path) as scratch:
            os.chmod(scratch, 0o711)
            made = Path(scratch) / "cluster"
            made.mkdir(mode=0o711)
            data, secret = made / "data", made / "password"
            data.mkdir(mode=0o700)
            with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(16))
            account = servant()
            if account is not None:
                for path in (data, secret):
                    os.chown(path, account.pw_uid, account.pw_gid)
            form = ["--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
            initdb = str(artefacts.postgres / "bin" / "initdb")
            result = subprocess.run(
                [initdb, "-D", str(data), "-U", "inserre", "-A", "scram-sha-256", f"--pwfile={secret}", *form],
                capture_output=True,
                text=True,
                check=False,
                cwd=scratch,
                user=None if account is None else account.pw_uid,
                group=None if account is None else account.pw_gid,
                extra_groups=None if account is None else [],
            )
            if result.returncode != 0:
                raise Failed(f"PostgreSQL's initdb failed: {result.stderr.strip()}")
            made.rename(artefacts.cluster)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
    account = servant()
    if account is not None:
        for folder, _, files in os.walk(target):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                os.chown(path, account.pw_uid, account.pw_gid)
